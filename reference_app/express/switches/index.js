// Every switch by its name. Each replaces a part or two; the application never knows.

import * as authDecoys from '../decoys/auth.js';
import * as authzDecoys from '../decoys/authz.js';
import * as corsDecoys from '../decoys/cors.js';
import * as dataDecoys from '../decoys/data.js';
import * as designDecoys from '../decoys/design.js';
import * as errorsDecoys from '../decoys/errors.js';
import * as headersDecoys from '../decoys/headers.js';
import * as injectionDecoys from '../decoys/injection.js';
import * as inputDecoys from '../decoys/input.js';
import * as limitsDecoys from '../decoys/limits.js';
import * as opsDecoys from '../decoys/ops.js';
import * as auth from '../defects/auth.js';
import * as authz from '../defects/authz.js';
import * as cors from '../defects/cors.js';
import * as data from '../defects/data.js';
import * as design from '../defects/design.js';
import * as errors from '../defects/errors.js';
import * as headers from '../defects/headers.js';
import * as injection from '../defects/injection.js';
import * as input from '../defects/input.js';
import * as limits from '../defects/limits.js';
import * as ops from '../defects/ops.js';
import * as perf from '../defects/perf.js';

const byName = (families) =>
  families.flatMap((family) => Object.values(family)).sort((one, other) => (one.name < other.name ? -1 : 1));

/** `trips` are the checks that must notice, and no other may. */
export const DEFECTS = byName([auth, authz, cors, data, design, errors, headers, injection, input, limits, ops, perf]);

/** Nothing may be raised. */
export const DECOYS = byName([
  authDecoys,
  authzDecoys,
  corsDecoys,
  dataDecoys,
  designDecoys,
  errorsDecoys,
  headersDecoys,
  injectionDecoys,
  inputDecoys,
  limitsDecoys,
  opsDecoys,
]);

/** What there is, without the functions. */
export const listed = () => ({
  defects: DEFECTS.map(({ name, story, trips }) => ({ name, story, trips })),
  decoys: DECOYS.map(({ name, story, check }) => ({ name, story, check })),
});

/** The parts with the named switches thrown, in a fixed order; throws for a name that nobody has. */
export function applied({ defects, decoys }, parts) {
  for (const [kind, known, names] of [
    ['defect', DEFECTS, defects],
    ['decoy', DECOYS, decoys],
  ]) {
    const unknown = names.filter((name) => !known.some((one) => one.name === name));
    if (unknown.length > 0) throw new Error(`there is no ${kind} ${unknown.join(', ')}; --list names them all`);
    for (const one of known.filter(({ name }) => names.includes(name))) one.apply(parts);
  }
  return parts;
}
