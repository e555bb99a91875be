// The rules of single values, shared by all bodies and queries.

import { z } from 'zod';

const CONTROL = /[\u0000-\u001f\u007f]/;
const CONTROL_BUT_LINES = /[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f]/;

/** Text on one line. */
export const line = (longest) =>
  z
    .string()
    .trim()
    .min(1)
    .max(longest)
    .refine((text) => text.isWellFormed() && !CONTROL.test(text), 'must not hold control characters');

/** Text on several lines. */
export const text = (longest) =>
  z
    .string()
    .min(1)
    .max(longest)
    .refine((value) => value.isWellFormed() && !CONTROL_BUT_LINES.test(value), 'must not hold control characters');

export const email = z.email().max(254);

/** bcrypt reads 72 bytes, so a longer password would be cut without a word. */
export const newPassword = z
  .string()
  .min(10)
  .max(72)
  .refine((value) => Buffer.byteLength(value) <= 72, 'must not be longer than 72 bytes')
  .meta({ format: 'password' });

export const page = z.coerce.number().int().min(1).max(10_000).default(1);
export const pageSize = z.coerce.number().int().min(1).max(100).default(20);
