// Sound limits that say so in other words.

import { HttpError } from '../src/errors.js';
import { throttle, throttleLogin } from '../src/middleware/limits.js';
import { decoy, redescribe } from '../switches/switch.js';

export const legacyHeaders = decoy(
  'limits.enforced',
  1,
  { story: 'The limit is told in X-RateLimit-* alone, whose reset is a date in seconds.' },
  ({ config, layers }) => {
    layers.throttle = throttle(config, { standardHeaders: false, legacyHeaders: true });
  },
);

export const locked = decoy(
  'limits.auth-strict',
  1,
  { story: 'After five wrong passwords the account is locked for a while: 423, without a header about limits.' },
  (parts) => {
    parts.throttleLogin = throttleLogin(parts.config, {
      standardHeaders: false,
      handler: (req, res, next) => next(new HttpError(423, 'account_locked', 'this account is locked for a while')),
    });
    redescribe(
      parts,
      ({ id }) => id === 'login',
      () => ({ refuses: [401, 423] }),
    );
  },
);
