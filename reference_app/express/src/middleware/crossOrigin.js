// Which web pages may read the answers: those of the listed origins, and no other.

import cors from 'cors';

export const crossOrigin = ({ corsOrigins }) =>
  cors({ origin: corsOrigins, exposedHeaders: ['Location', 'X-Request-Id', 'RateLimit', 'Retry-After'], maxAge: 600 });
