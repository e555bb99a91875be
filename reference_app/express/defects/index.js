// Every defect by its name. Each replaces a part or two; `trips` are the checks that must notice, and no other may.

import * as auth from './auth.js';
import * as authz from './authz.js';
import * as cors from './cors.js';
import * as data from './data.js';
import * as design from './design.js';
import * as errors from './errors.js';
import * as headers from './headers.js';
import * as injection from './injection.js';
import * as input from './input.js';
import * as limits from './limits.js';
import * as ops from './ops.js';
import * as perf from './perf.js';

const FAMILIES = [auth, authz, cors, data, design, errors, headers, injection, input, limits, ops, perf];

export const DEFECTS = FAMILIES.flatMap((family) => Object.values(family)).sort((one, other) =>
  one.name < other.name ? -1 : 1,
);

/** The parts with the named defects in them, in a fixed order; throws for a name that nobody has. */
export function applied(names, parts) {
  const unknown = names.filter((name) => !DEFECTS.some((defect) => defect.name === name));
  if (unknown.length > 0) throw new Error(`there is no defect ${unknown.join(', ')}; --list names them all`);
  for (const defect of DEFECTS.filter(({ name }) => names.includes(name))) defect.apply(parts);
  return parts;
}
