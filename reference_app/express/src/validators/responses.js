// What answers hold, for the document.

import { z } from 'zod';

const timestamp = z.iso.datetime();
const enveloped = (item) => z.object({ data: item });

export const User = z.object({
  id: z.nanoid(),
  email: z.string(),
  displayName: z.string(),
  role: z.enum(['member', 'admin']),
  createdAt: timestamp,
});

export const Task = z.object({
  id: z.nanoid(),
  ownerId: z.nanoid(),
  title: z.string(),
  notes: z.string().nullable(),
  status: z.enum(['open', 'done']),
  priority: z.enum(['low', 'normal', 'high']),
  estimateMinutes: z.int().nullable(),
  dueDate: z.iso.date().nullable(),
  createdAt: timestamp,
  updatedAt: timestamp,
});

export const Comment = z.object({
  id: z.int(),
  taskId: z.nanoid(),
  authorId: z.nanoid(),
  text: z.string(),
  createdAt: timestamp,
});

const paged = (item) => z.object({ data: z.array(item), page: z.int(), pageSize: z.int(), total: z.int() });

export const UserAnswer = enveloped(User);
export const TaskAnswer = enveloped(Task);
export const CommentAnswer = enveloped(Comment);
export const UserPage = paged(User);
export const CommentPage = paged(Comment);
export const TaskPage = z.object({
  data: z.array(Task),
  nextCursor: z.string().nullable().describe('Send it back as `cursor`; null on the last page.'),
});
export const Grant = z.object({ accessToken: z.string(), tokenType: z.literal('Bearer'), expiresIn: z.int() });
export const Health = z.object({ status: z.literal('ok') });

export const Refusal = z.object({
  code: z.string().describe('For programs.'),
  message: z.string().describe('For people.'),
  requestId: z.string().describe('Also in the header X-Request-Id.'),
  errors: z
    .array(z.object({ in: z.enum(['body', 'query', 'params']), path: z.string(), message: z.string() }))
    .optional()
    .describe('Where values were refused: each value and why.'),
});
