// Defects of authorisation.

import { update } from '../src/models/rows.js';
import { defect, replaceActions } from '../switches/switch.js';

export const bolaRead = defect(
  'authz.bola-read',
  { story: 'The read became `findByPk(id)`, and the owner was forgotten.' },
  (parts) => {
    replaceActions(parts, 'tasks', ({ database, views }, sound) => ({
      read(req, res, next) {
        const task = database.get('SELECT * FROM tasks WHERE id = ?', [req.valid.params.taskId]);
        return task === undefined ? sound.read(req, res, next) : res.json({ data: views.task(task) });
      },
    }));
  },
);

export const bolaReadNested = defect(
  'authz.bola-read~nested',
  { story: 'Comments have numbers, and are looked up by number alone: the task in the path is not asked about.' },
  (parts) => {
    const { router: sound } = parts.routes.comments;
    parts.routes.comments.router = (all, comments) =>
      sound(all, {
        ...comments,
        ownTask: (req, res, next) => (readsOne(req) ? next() : comments.ownTask(req, res, next)),
      });
  },
);

const readsOne = (req) => req.method === 'GET' && req.valid.params.commentId !== undefined;

export const bolaWrite = defect(
  'authz.bola-write',
  { story: 'Reads filter by owner; changes and deletions go by id, and trust the route.' },
  ({ models, database }) => {
    const { tasks } = models;
    const { change, remove } = tasks;
    const ownerOf = (id) => database.get('SELECT ownerId FROM tasks WHERE id = ?', [id])?.ownerId ?? null;
    tasks.change = (id, _, changes) => change.call(tasks, id, ownerOf(id), changes);
    tasks.remove = (id) => remove.call(tasks, id, ownerOf(id));
  },
);

export const massAssignment = defect(
  'authz.mass-assignment',
  { story: 'Schemas pass unknown keys through, and `Object.assign(task, fields)` was shorter than naming columns.' },
  ({ models, database, validators }) => {
    const { tasks } = models;
    const { create } = tasks;
    validators.NewTask = validators.NewTask.loose();
    validators.TaskChange = validators.TaskChange.loose();
    tasks.create = (ownerId, fields) => assigned(database, create.call(tasks, ownerId, fields), fields);
    tasks.change = (id, ownerId, changes) => {
      const task = tasks.findOwned(id, ownerId);
      return task && assigned(database, task, changes);
    };
  },
);

/** Whatever the body names and the table has, but for the id. */
function assigned(database, { id, ...task }, fields) {
  const changes = Object.fromEntries(Object.entries(fields).filter(([name]) => Object.hasOwn(task, name)));
  if (Object.keys(changes).length > 0) update(database, 'tasks', changes, { id });
  return database.get('SELECT * FROM tasks WHERE id = ?', [id]);
}

export const massAssignmentRole = defect(
  'authz.mass-assignment~role',
  { story: 'The profile is updated with `{ ...req.body }`, and the role is a column like any other.' },
  ({ models, validators }) => {
    const { users } = models;
    const { change } = users;
    validators.ProfileChange = validators.ProfileChange.loose();
    users.change = (id, { displayName, role }) => {
      const changes = Object.entries({ displayName, role: ROLES.includes(role) ? role : undefined });
      return change.call(users, id, Object.fromEntries(changes.filter(([, value]) => value !== undefined)));
    };
  },
);

const ROLES = ['member', 'admin'];
