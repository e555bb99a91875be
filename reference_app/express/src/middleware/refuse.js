// The end of every request that went wrong.

import { HttpError } from '../errors.js';

/** What the layers below throw, by the type that body-parser gives it. */
const KNOWN = {
  'entity.parse.failed': new HttpError(400, 'malformed_body', 'the body is no JSON'),
  'entity.too.large': new HttpError(413, 'body_too_large', 'the body is too large'),
  'encoding.unsupported': new HttpError(415, 'unsupported_encoding', 'this content encoding is not supported'),
  'charset.unsupported': new HttpError(415, 'unsupported_charset', 'bodies are UTF-8'),
};

export function nothingHere(req, res, next) {
  next(new HttpError(404, 'not_found', 'there is nothing at this path'));
}

/** Turns anything thrown into a refusal; what nobody thought of is a 500 that tells nothing. */
export function refusalOf(error) {
  if (error instanceof HttpError) return error;
  if (KNOWN[error.type] !== undefined) return KNOWN[error.type];
  if (error.status >= 400 && error.status < 500) {
    return new HttpError(error.status, 'bad_request', 'the request could not be read');
  }
  return new HttpError(500, 'internal', 'something went wrong on our side');
}

export const bodyOf = (refusal, req) => ({
  code: refusal.code,
  message: refusal.message,
  requestId: req.id,
  ...(refusal.errors && { errors: refusal.errors }),
});

// Express knows an error handler by its four arguments.
export const refuse = (parts) => (error, req, res, next) => {
  const refusal = parts.refusalOf(error);
  if (refusal.status >= 500) parts.logError(error, { requestId: req.id, method: req.method, path: req.path });
  if (res.headersSent) return next(error);
  const body = JSON.stringify(parts.bodyOf(refusal, req, error));
  return res.status(refusal.status).set(refusal.headers).type(parts.refusalType).send(body);
};
