// Sound shapes of errors, as libraries of the Express world have them.

import { STATUS_CODES } from 'node:http';

import { decoy, editDocument, refusalSchema } from '../switches/switch.js';

const text = { type: 'string' };
const object = (properties, required = Object.keys(properties)) => ({ type: 'object', properties, required });

export const problem = decoy(
  'errors.shape',
  1,
  { story: 'Errors are problem documents (RFC 9457), with a pointer to each value that was refused.' },
  (parts) => {
    parts.refusalType = 'application/problem+json';
    parts.bodyOf = ({ status, code, message, errors }, req) => ({
      type: `/problems/${code}`,
      title: message,
      status,
      instance: req.originalUrl.split('?')[0],
      ...(errors && { errors: errors.map(({ path, message: detail }) => ({ pointer: `#/${path}`, detail })) }),
    });
    refusalSchema(parts, object({ type: text, title: text, status: { type: 'integer' }, instance: text }));
    editDocument(parts, asProblems);
  },
);

/** The document with another media type wherever it speaks of refusals. */
function asProblems(document) {
  const schema = '{"schema":{"$ref":"#/components/schemas/Refusal"}}';
  const written = JSON.stringify(document);
  return JSON.parse(written.replaceAll(`"application/json":${schema}`, `"application/problem+json":${schema}`));
}

export const jsend = decoy(
  'errors.shape',
  2,
  { story: 'Errors as JSend has them: status says whose fault it is, data names the values.' },
  (parts) => {
    parts.bodyOf = ({ status, code, message, errors }) => ({
      status: status < 500 ? 'fail' : 'error',
      code,
      message,
      data: errors === undefined ? null : Object.fromEntries(errors.map((one) => [one.path || one.in, one.message])),
    });
    refusalSchema(parts, object({ status: text, code: text, message: text }));
  },
);

export const boom = decoy(
  'errors.shape',
  3,
  { story: 'Errors as boom and celebrate have them: {statusCode, error, message, validation}.' },
  (parts) => {
    parts.bodyOf = ({ status, message, errors }) => ({
      statusCode: status,
      error: STATUS_CODES[status],
      message,
      ...(errors && { validation: validationOf(errors) }),
    });
    refusalSchema(parts, object({ statusCode: { type: 'integer' }, error: text, message: text }));
  },
);

/** Place → its keys and the first complaint, which quotes the name of the field. */
function validationOf(errors) {
  const places = [...new Set(errors.map((one) => one.in))];
  return Object.fromEntries(
    places.map((source) => {
      const here = errors.filter((one) => one.in === source);
      const [{ path, message }] = here;
      return [source, { source, keys: here.map((one) => one.path), message: `"${path}" ${message}` }];
    }),
  );
}

export const quoting = decoy(
  'errors.no-internals',
  1,
  { story: 'The message of a refused value quotes it, whatever was sent; a password is never quoted.' },
  (parts) => {
    const { bodyOf } = parts;
    parts.bodyOf = (refusal, req, error) => {
      const body = bodyOf(refusal, req, error);
      return body.errors === undefined ? body : { ...body, errors: body.errors.map((one) => quoted(one, req)) };
    };
  },
);

function quoted(one, req) {
  const value = req[one.in]?.[one.path];
  if (value === undefined || one.path === 'password') return one;
  return { ...one, message: `${one.message}, received ${JSON.stringify(value).slice(0, 200)}` };
}
