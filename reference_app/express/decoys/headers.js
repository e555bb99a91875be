// Sound headers other than ours.

import helmet from 'helmet';

import { decoy } from '../switches/switch.js';

export const helmetAsItComes = decoy(
  'headers.frame-csp',
  1,
  { story: '`helmet()` as it comes: a policy for pages, and frames of the same origin.' },
  ({ layers }) => {
    layers.secure = helmet();
  },
);
