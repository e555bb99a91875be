// The OpenAPI document, put together from the operations and the schemas.

import { componentSchemas, parametersOf } from './schemas.js';

const DESCRIPTION = `Tasks and comments on them, private to their owner. Register, sign in, and send the token as
\`Authorization: Bearer …\`. Every refusal is \`{code, message, requestId}\`, with \`errors\` where values were refused.`;

const REASONS = {
  400: 'The request is not valid, or its body is no JSON',
  401: 'No credentials, or none that are valid',
  403: 'Not an administrator',
  404: 'No such thing, or not the caller’s',
  409: 'Somebody has that already',
  413: 'The body is too large',
  415: 'The body is no JSON',
  423: 'Locked for a while',
  429: 'Too many requests; Retry-After says when to come back',
};

/** `operations` as in operations.js. */
export function openapi(operations) {
  const paths = {};
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: described(operation) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tasks',
      version: '1.0.0',
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: componentSchemas(),
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  };
}

function described({ id, tag, summary, params, query, body, answers, refuses = [], open = false }) {
  const parameters = [
    ...(params === undefined ? [] : parametersOf(params, 'path')),
    ...(query === undefined ? [] : parametersOf(query, 'query')),
  ];
  return {
    operationId: id,
    tags: [tag],
    summary,
    security: open ? [] : [{ bearer: [] }],
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, content: json(body) } }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, name]) => [status, answer(status, name)])),
      ...Object.fromEntries(
        refusals({ params, query, body, refuses, open }).map((status) => [status, refusal(status)]),
      ),
    },
  };
}

function answer(status, name) {
  const description = status === '201' ? 'Made' : status === '204' ? 'Done' : 'Here it is';
  if (name === null) return { description };
  const content = name.includes('/') ? { [name]: { schema: { type: 'string' } } } : json(name);
  return { description, content };
}

function refusals({ params, query, body, refuses, open }) {
  const usual = [
    ...(params || query || body ? [400] : []),
    ...(open ? [] : [401]),
    ...(params ? [404] : []),
    ...(body ? [413, 415] : []),
    429,
  ];
  return [...new Set([...usual, ...refuses])].sort((one, other) => one - other);
}

const refusal = (status) => ({ description: REASONS[status], content: json('Refusal') });

const json = (name) => ({ 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } });
