// Defects of cross-origin access.

import cors from 'cors';

import { defect } from '../switches/switch.js';

export const credentialedReflection = defect(
  'cors.credentialed-reflection',
  { story: '`origin: true` made the error in the browser go away.' },
  ({ layers }) => {
    layers.crossOrigin = cors({ origin: true, credentials: true });
  },
);
