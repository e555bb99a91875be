// How much one caller may ask: by account, and by address where nobody is signed in.

import { rateLimit, ipKeyGenerator } from 'express-rate-limit';

import { tooMany } from '../errors.js';

export const throttle = ({ rateLimit: limit, rateWindowMs }, options = {}) =>
  rateLimit({
    identifier: 'general',
    windowMs: rateWindowMs,
    limit,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator: (req) => (req.user === undefined ? `ip:${ipKeyGenerator(req.ip)}` : `user:${req.user.id}`),
    handler: (req, res, next) => next(tooMany('too many requests; wait as long as Retry-After says')),
    ...options,
  });

/** Wrong passwords only, for each account and address. */
export const throttleLogin = ({ loginFailures, loginWindowMs }, options = {}) =>
  rateLimit({
    identifier: 'login',
    windowMs: loginWindowMs,
    limit: loginFailures,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    skipSuccessfulRequests: true,
    keyGenerator: (req) => `${ipKeyGenerator(req.ip)} ${req.valid.body.email.toLowerCase()}`,
    handler: (req, res, next) => next(tooMany('too many wrong passwords; wait as long as Retry-After says')),
    ...options,
  });
