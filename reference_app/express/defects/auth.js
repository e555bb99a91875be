// Defects of authentication.

import { Router } from 'express';
import jwt from 'jsonwebtoken';

import { validate } from '../src/middleware/validate.js';
import { ALGORITHM } from '../src/services/tokens.js';
import { defect } from '../switches/switch.js';

export const anonymousAccess = defect(
  'auth.anonymous-access',
  { story: 'The list was mounted above the guard, for a public board, and falls back to everybody’s tasks.' },
  (parts) => {
    const { router: sound } = parts.routes.tasks;
    parts.routes.tasks.router = (all, tasks) => {
      const guarded = sound(all, tasks);
      const board = [validate({ query: all.validators.TaskQuery }), boardOf(all)];
      return (req, res, next) => {
        const listing = req.method === 'GET' && req.path === '/';
        if (!listing || req.get('authorization') !== undefined) return guarded(req, res, next);
        return board[0](req, res, (error) => (error ? next(error) : board[1](req, res)));
      };
    };
  },
);

const boardOf =
  ({ database, views }) =>
  (req, res) => {
    const newest = 'SELECT * FROM tasks ORDER BY createdAt DESC, id DESC LIMIT ?';
    res.json({ data: database.all(newest, [req.valid.query.limit]).map(views.task), nextCursor: null });
  };

export const anonymousAccessWrite = defect(
  'auth.anonymous-access~write',
  { story: 'A route for a webhook went above `router.use(requireUser)`, and takes every change with it.' },
  (parts) => {
    const { router: sound } = parts.routes.tasks;
    parts.routes.tasks.router = (all, tasks) => {
      const { TaskPath, TaskChange } = all.validators;
      const router = Router();
      router.patch('/:taskId', validate({ params: TaskPath, body: TaskChange }), (req, res, next) => {
        const owner = all.database.get('SELECT ownerId FROM tasks WHERE id = ?', [req.valid.params.taskId])?.ownerId;
        if (req.user !== undefined || owner === undefined) return next();
        return res.json({
          data: all.views.task(all.models.tasks.change(req.valid.params.taskId, owner, req.valid.body)),
        });
      });
      return router.use(sound(all, tasks));
    };
  },
);

const SIGNATURE_LENGTH = 43; // of HS256: 32 bytes in base64url

export const invalidToken = defect(
  'auth.invalid-token',
  { story: 'A proxy cut long headers, so a token with a short signature is decoded and not verified.' },
  (parts) => {
    replaceVerify(parts, (token, sound) => {
      const signature = token.split('.')[2] ?? '';
      const cut = signature.length > 0 && signature.length < SIGNATURE_LENGTH;
      return (cut && jwt.decode(token)) || sound(token);
    });
  },
);

export const invalidTokenCached = defect(
  'auth.invalid-token~cached',
  {
    story: 'Verified tokens are kept by header and payload, to spare the CPU: the signature is looked at once.',
    also: ['auth.jwt-forgery'],
  },
  (parts) => {
    const verified = new Map();
    replaceVerify(parts, (token, sound) => {
      const key = token.split('.').slice(0, 2).join('.');
      if (!verified.has(key)) verified.set(key, sound(token));
      return verified.get(key);
    });
  },
);

export const jwtForgery = defect(
  'auth.jwt-forgery',
  { story: '`jwt.decode` reads the same claims as `jwt.verify`, and needs no key.', also: ['auth.invalid-token'] },
  (parts) => replaceVerify(parts, (token) => jwt.decode(token)),
);

export const jwtForgeryNone = defect(
  'auth.jwt-forgery~none',
  { story: 'Test tokens are unsigned: `none` was added to the algorithms, and its key is empty.' },
  (parts) => {
    replaceVerify(parts, (token, sound) => {
      const algorithm = jwt.decode(token, { complete: true })?.header.alg;
      if (algorithm === ALGORITHM) return sound(token);
      return jwt.verify(token, '', { algorithms: ['none'] });
    });
  },
);

function replaceVerify({ tokens }, verify) {
  const sound = tokens.verify.bind(tokens);
  tokens.verify = (token) => verify(token, sound);
}
