// Sound openness to other origins.

import cors from 'cors';

import { decoy } from '../switches/switch.js';

export const anybody = decoy(
  'cors.credentialed-reflection',
  1,
  { story: '`cors()` as it comes: every origin may read, and no browser sends credentials along.' },
  ({ layers }) => {
    layers.crossOrigin = cors();
  },
);
