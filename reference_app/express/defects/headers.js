// Defects of the security headers. HSTS is missing here: it means nothing on plain http, which is all this app speaks.

import { HEADERS, secure } from '../src/middleware/secure.js';
import { defect } from '../switches/switch.js';

export const nosniff = defect(
  'headers.nosniff',
  { story: 'helmet was configured by the list of an older project, with one option off.' },
  ({ layers }) => {
    layers.secure = secure({ ...HEADERS, xContentTypeOptions: false });
  },
);

export const frameCsp = defect(
  'headers.frame-csp',
  { story: 'A policy is for pages, the author thought, and this is an API.' },
  ({ layers }) => {
    layers.secure = secure({ ...HEADERS, contentSecurityPolicy: false, frameguard: false });
  },
);

export const serverDisclosure = defect(
  'headers.server-disclosure',
  { story: 'Express says who it is unless it is told not to, and helmet was told to leave it alone.' },
  ({ layers, settings }) => {
    layers.secure = secure({ ...HEADERS, xPoweredBy: false });
    settings['x-powered-by'] = true;
  },
);

export const noHelmet = defect(
  'headers.nosniff~no-helmet',
  {
    story: 'The service was split off, and helmet stayed behind.',
    also: ['headers.frame-csp', 'headers.server-disclosure'],
  },
  ({ layers, settings }) => {
    delete layers.secure;
    settings['x-powered-by'] = true;
  },
);
