// Defects of rate limits.

import { defect } from '../switches/switch.js';

export const enforced = defect(
  'limits.enforced',
  { story: 'The limiter was to come with the gateway, which never came.' },
  ({ layers }) => {
    delete layers.throttle;
  },
);

export const authStrict = defect(
  'limits.auth-strict',
  { story: 'The general limit was thought to be enough for the login.' },
  (parts) => {
    parts.throttleLogin = (req, res, next) => next();
  },
);
