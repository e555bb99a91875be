// The schemas of the document, made of those that requests are held against.

import { z } from 'zod';

import * as requests from '../validators/requests.js';
import * as responses from '../validators/responses.js';

const BODIES = ['Registration', 'Login', 'ProfileChange', 'NewTask', 'TaskChange', 'CommentBody'];

/** Name → JSON Schema, as OpenAPI 3.1 takes it; named schemas refer to each other. */
export function componentSchemas() {
  const bodies = Object.fromEntries(BODIES.map((name) => [name, requests[name]]));
  return { ...schemasOf(bodies, 'input'), ...schemasOf(responses, 'output') };
}

function schemasOf(named, io) {
  const registry = z.registry();
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { io, uri: (id) => `#/components/schemas/${id}` });
  return Object.fromEntries(Object.entries(schemas).map(([id, { $schema, $id, ...schema }]) => [id, open(schema)]));
}

/** Answers may gain fields, so nothing in the document forbids them. */
function open(schema) {
  if (Array.isArray(schema)) return schema.map(open);
  if (schema === null || typeof schema !== 'object') return schema;
  const kept = Object.entries(schema).filter(([key, value]) => !(key === 'additionalProperties' && value === false));
  return Object.fromEntries(kept.map(([key, value]) => [key, open(value)]));
}

/** The members of a validator as parameters of an operation. */
export function parametersOf(validator, place) {
  const { properties, required = [] } = z.toJSONSchema(validator, { io: 'input' });
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description && { description }),
    schema,
  }));
}
