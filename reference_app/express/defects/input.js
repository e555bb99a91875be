// Defects of input validation.

import { z } from 'zod';

import { HttpError } from '../src/errors.js';
import { defect } from '../switches/switch.js';

export const no5xx = defect(
  'input.no-5xx',
  { story: 'The cursor is our own, the author thought, so it is parsed without a guard.' },
  ({ cursors }) => {
    cursors.encode = ({ createdAt, id }) => Buffer.from(JSON.stringify({ createdAt, id })).toString('base64url');
    cursors.decode = (cursor) => JSON.parse(Buffer.from(cursor, 'base64url').toString());
  },
);

export const required = defect(
  'input.required',
  { story: '`const { text = "-" } = req.body`: nothing is ever missing.' },
  ({ validators }) => {
    validators.CommentBody = z.object({ text: z.preprocess((text) => text ?? '-', validators.CommentBody.shape.text) });
  },
);

const anyText = z.string().max(50_000);

export const constraints = defect(
  'input.constraints',
  { story: 'The document was written by hand; the code checks types, and never the bounds.' },
  ({ validators }) => {
    const unbounded = z.object({
      title: anyText,
      notes: anyText.nullable(),
      status: z.enum(['open', 'done']),
      priority: z.enum(['low', 'normal', 'high']),
      estimateMinutes: z
        .number()
        .min(-(2 ** 31))
        .max(2 ** 31)
        .nullable(),
      dueDate: validators.TaskChange.shape.dueDate,
    });
    validators.NewTask = unbounded.partial().required({ title: true });
    validators.TaskChange = unbounded.partial();
  },
);

export const malformedBody = defect(
  'input.malformed-body',
  {
    story: 'The error handler knows its own errors; those of body-parser are strangers, and end as 500.',
    also: ['input.no-5xx'],
  },
  (parts) => {
    parts.refusalOf = (error) =>
      error instanceof HttpError ? error : new HttpError(500, 'internal', 'something went wrong on our side');
  },
);
