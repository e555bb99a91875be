// Security headers, by helmet: an API loads nothing and is framed by nobody.

import helmet from 'helmet';

export const HEADERS = Object.freeze({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
  frameguard: { action: 'deny' },
  strictTransportSecurity: { maxAge: 31_536_000, includeSubDomains: true },
});

export const secure = (options = HEADERS) => helmet(options);
