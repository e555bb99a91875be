// Cursors of lists: where the next page begins, opaque to clients and checked when they come back.

import { invalid } from '../errors.js';

const WRITTEN = /^(?<createdAt>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (?<id>[\w-]{21})$/;

export const encode = ({ createdAt, id }) => Buffer.from(`${createdAt} ${id}`).toString('base64url');

/** Throws a refusal for what is no cursor of ours. */
export function decode(cursor) {
  const written = WRITTEN.exec(Buffer.from(cursor, 'base64url').toString());
  if (written === null) {
    throw invalid([{ in: 'query', path: 'cursor', message: 'this is no cursor of this list' }]);
  }
  return { ...written.groups };
}
