// Who may come in.

import { HttpError, forbidden, unauthenticated } from '../errors.js';

export function requireUser(req, res, next) {
  next(req.user === undefined ? unauthenticated() : undefined);
}

export function requireAdmin(req, res, next) {
  next(req.user.role === 'admin' ? undefined : forbidden());
}

/** Ends a route: every method that it does not offer is refused by name. */
export const onlyMethods =
  (...offered) =>
  (req, res, next) => {
    const headers = { Allow: offered.join(', ') };
    next(new HttpError(405, 'method_not_allowed', `this takes ${offered.join(', ')}`, { headers }));
  };
