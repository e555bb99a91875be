// Sound answers to strangers.

import { forbidden } from '../src/errors.js';
import { decoy, redescribe, replaceActions } from '../switches/switch.js';

export const forbiddenRead = decoy(
  'authz.bola-read',
  1,
  { story: 'A foreign task is answered 403, which ids that nobody can guess make harmless.' },
  (parts) => forbidForeign(parts, ['read']),
);

export const forbiddenWrite = decoy(
  'authz.bola-write',
  1,
  { story: 'Changes and deletions of a foreign task are answered 403.' },
  (parts) => forbidForeign(parts, ['change', 'remove']),
);

function forbidForeign(parts, actions) {
  replaceActions(parts, 'tasks', ({ database }, sound) => {
    const guarded = (action) => (req, res, next) => {
      const task = database.get('SELECT ownerId FROM tasks WHERE id = ?', [req.valid.params.taskId]);
      if (task !== undefined && task.ownerId !== req.user.id) throw forbidden();
      return sound[action](req, res, next);
    };
    return Object.fromEntries(actions.map((action) => [action, guarded(action)]));
  });
  redescribe(
    parts,
    ({ tag, params }) => tag === 'tasks' && params !== undefined,
    () => ({ refuses: [403] }),
  );
}

export const idempotentDelete = decoy(
  'authz.bola-write',
  2,
  { story: 'DELETE is answered 204 whatever there was, and deletes only what is the caller’s.' },
  (parts) => {
    replaceActions(parts, 'tasks', ({ models }) => ({
      remove(req, res) {
        models.tasks.remove(req.valid.params.taskId, req.user.id);
        res.status(204).end();
      },
    }));
  },
);

export const echo = decoy(
  'authz.mass-assignment',
  1,
  { story: 'The answer to a create repeats the body as it was sent; what is stored is only what may be.' },
  (parts) => {
    replaceActions(parts, 'tasks', ({ models, views }) => ({
      create(req, res) {
        const task = views.task(models.tasks.create(req.user.id, req.valid.body));
        res
          .status(201)
          .location(`${req.baseUrl}/${task.id}`)
          .json({ data: { ...task, ...req.body, id: task.id } });
      },
    }));
  },
);
