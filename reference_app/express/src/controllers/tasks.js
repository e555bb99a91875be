import { notFound } from '../errors.js';

export const tasksController = ({ cursors, models, views }) => ({
  list(req, res) {
    const { cursor, limit, q, status } = req.valid.query;
    const after = cursor === undefined ? undefined : cursors.decode(cursor);
    const tasks = models.tasks.listOwned(req.user.id, { status, q, after, limit: limit + 1 });
    const shown = tasks.slice(0, limit);
    // One more than the page holds says that there is a next one.
    const nextCursor = tasks.length > limit ? cursors.encode(shown.at(-1)) : null;
    res.json({ data: shown.map(views.task), nextCursor });
  },

  create(req, res) {
    const task = models.tasks.create(req.user.id, req.valid.body);
    res
      .status(201)
      .location(`${req.baseUrl}/${task.id}`)
      .json({ data: views.task(task) });
  },

  read(req, res) {
    res.json({ data: views.task(found(models.tasks.findOwned(req.valid.params.taskId, req.user.id))) });
  },

  change(req, res) {
    const task = models.tasks.change(req.valid.params.taskId, req.user.id, req.valid.body);
    res.json({ data: views.task(found(task)) });
  },

  remove(req, res) {
    found(models.tasks.remove(req.valid.params.taskId, req.user.id) || undefined);
    res.status(204).end();
  },
});

function found(task) {
  if (task === undefined) throw notFound('task');
  return task;
}
