// Holds a request against its schemas: what passed is in `req.valid`, what did not is named, field by field.

import { invalid } from '../errors.js';

export const validate = (schemas) => (req, res, next) => {
  const valid = {};
  const errors = [];
  for (const [place, schema] of Object.entries(schemas)) {
    const read = schema.safeParse(req[place]);
    if (read.success) valid[place] = read.data;
    else errors.push(...read.error.issues.map((issue) => problem(place, issue)));
  }
  req.valid = valid;
  next(errors.length > 0 ? invalid(errors) : undefined);
};

const problem = (place, { path, message }) => ({ in: place, path: path.join('.'), message });
