// What requests may hold. Everything else in a body is dropped.

import { z } from 'zod';

import { email, line, newPassword, page, pageSize, text } from './fields.js';

export const Registration = z.object({ email, displayName: line(80), password: newPassword });

export const Login = z.object({ email, password: z.string().min(1).max(200).meta({ format: 'password' }) });

export const ProfileChange = z.object({ displayName: line(80) }).partial();

const task = {
  title: line(120),
  notes: text(2_000).nullable(),
  status: z.enum(['open', 'done']),
  priority: z.enum(['low', 'normal', 'high']),
  estimateMinutes: z.int().min(1).max(10_000).nullable(),
  dueDate: z.iso.date().nullable(),
};

export const NewTask = z.object(task).partial().required({ title: true });

export const TaskChange = z.object(task).partial();

export const TaskQuery = z.object({
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  q: line(100).optional().describe('Words that the title holds.'),
  status: task.status.optional(),
});

export const PageQuery = z.object({ page, pageSize });

export const CommentBody = z.object({ text: text(1_000) });

export const TaskPath = z.object({ taskId: z.nanoid() });

export const CommentPath = TaskPath.extend({ commentId: z.coerce.number().int().min(1) });
