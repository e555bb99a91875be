// Bodies are JSON in UTF-8 of a bounded size, and nothing else.

import { isUtf8 } from 'node:buffer';
import express from 'express';

import { HttpError } from '../errors.js';

export const jsonBody = ({ bodyLimitBytes }) => {
  const parse = express.json({ limit: bodyLimitBytes, verify: readable });
  return (req, res, next) => {
    // The parser would take nothing for an empty object.
    if (req.get('content-length') === '0') return next();
    if (req.is('json') === false)
      return next(new HttpError(415, 'unsupported_media_type', 'bodies are application/json'));
    return parse(req, res, next);
  };
};

/** The parser would put replacement characters where bytes are no UTF-8. */
function readable(req, res, body) {
  if (!isUtf8(body)) throw new HttpError(400, 'malformed_body', 'the body is no UTF-8');
}
