// Settings come from the environment, are checked once, and are plain values from then on.

import { randomBytes } from 'node:crypto';
import { z } from 'zod';

const count = z.coerce.number().int().positive();
const flag = z.stringbool();
const words = z.string().transform((text) =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean),
);

const Environment = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  JWT_SECRET: z.string().min(32).optional(),
  ACCESS_TOKEN_SECONDS: count.default(900),
  BCRYPT_COST: z.coerce.number().int().min(4).max(15).default(12),
  BODY_LIMIT_BYTES: count.default(100_000),
  CORS_ORIGINS: words.default([]),
  FIRST_ACCOUNT_IS_ADMIN: flag.default(false),
  LOGIN_FAILURES: count.default(5),
  LOGIN_WINDOW_MS: count.default(15 * 60_000),
  METRICS_TOKEN: z.string().min(16).optional(),
  RATE_LIMIT: count.default(100),
  RATE_WINDOW_MS: count.default(60_000),
  TRUSTED_PROXIES: z.coerce.number().int().min(0).default(0),
});

/** Reads the settings; throws an error that names every one that is wrong. */
export function readConfig(environment = process.env) {
  const read = Environment.safeParse(environment);
  if (!read.success) throw new Error(`the environment is wrong: ${z.prettifyError(read.error)}`);
  const env = read.data;
  return Object.freeze({
    host: env.HOST,
    port: env.PORT,
    // A random key is fine for one process: its tokens are void after a restart.
    jwtSecret: env.JWT_SECRET ?? randomBytes(48).toString('base64url'),
    jwtIssuer: 'tasks-api',
    accessTokenSeconds: env.ACCESS_TOKEN_SECONDS,
    bcryptCost: env.BCRYPT_COST,
    bodyLimitBytes: env.BODY_LIMIT_BYTES,
    corsOrigins: env.CORS_ORIGINS,
    firstAccountIsAdmin: env.FIRST_ACCOUNT_IS_ADMIN,
    loginFailures: env.LOGIN_FAILURES,
    loginWindowMs: env.LOGIN_WINDOW_MS,
    metricsToken: env.METRICS_TOKEN,
    rateLimit: env.RATE_LIMIT,
    rateWindowMs: env.RATE_WINDOW_MS,
    trustedProxies: env.TRUSTED_PROXIES,
  });
}
