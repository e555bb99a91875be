// Gives every request an id, and every answer the same.

import { nanoid } from 'nanoid';

const ACCEPTABLE = /^[\w.-]{8,64}$/;

export function context(req, res, next) {
  const given = req.get('x-request-id') ?? '';
  req.id = ACCEPTABLE.test(given) ? given : nanoid();
  res.set('X-Request-Id', req.id);
  res.set('Cache-Control', 'no-store');
  next();
}
