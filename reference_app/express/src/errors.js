// Every refusal is one shape: {code, message, requestId}, and where values were refused, errors: [{in, path, message}].

/** A refusal that a client can act on. `code` is for programs, `message` for people. */
export class HttpError extends Error {
  constructor(status, code, message, { errors, headers } = {}) {
    super(message);
    this.name = 'HttpError';
    this.status = status;
    this.code = code;
    this.errors = errors;
    this.headers = headers ?? {};
  }
}

export const invalid = (errors) => new HttpError(400, 'validation_failed', 'the request is not valid', { errors });

export const unauthenticated = (message = 'sign in first') =>
  new HttpError(401, 'unauthenticated', message, { headers: { 'WWW-Authenticate': 'Bearer' } });

export const forbidden = () => new HttpError(403, 'forbidden', 'this needs an administrator');

export const notFound = (what) => new HttpError(404, 'not_found', `there is no such ${what}`);

export const conflict = (message) => new HttpError(409, 'conflict', message);

export const tooMany = (message) => new HttpError(429, 'too_many_requests', message);
