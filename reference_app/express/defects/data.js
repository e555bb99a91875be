// Defects of what is given away.

import { defect } from '../switches/switch.js';

export const sensitiveFields = defect(
  'data.sensitive-fields',
  { story: '`res.json(user)`: the row went out as it is stored.' },
  ({ views }) => {
    views.user = (row) => ({ ...row });
  },
);

export const passwordCanary = defect(
  'data.password-canary',
  { story: 'To help front-end developers, a validation error carries the body it refused.' },
  (parts) => {
    const { bodyOf } = parts;
    parts.bodyOf = (refusal, req, error) => ({
      ...bodyOf(refusal, req, error),
      ...(refusal.errors && { received: req.body }),
    });
  },
);
