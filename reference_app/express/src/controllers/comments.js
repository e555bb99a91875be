import { notFound } from '../errors.js';

export const commentsController = ({ models, views }) => ({
  /** Comments are as private as their task. */
  ownTask(req, res, next) {
    next(models.tasks.findOwned(req.valid.params.taskId, req.user.id) ? undefined : notFound('task'));
  },

  list(req, res) {
    const { taskId } = req.valid.params;
    const { page, pageSize } = req.valid.query;
    const comments = models.comments.page(taskId, { page, pageSize });
    res.json({ data: comments.map(views.comment), page, pageSize, total: models.comments.count(taskId) });
  },

  create(req, res) {
    const comment = models.comments.create(req.valid.params.taskId, req.user.id, req.valid.body.text);
    res
      .status(201)
      .location(`${req.baseUrl}/${comment.id}`)
      .json({ data: views.comment(comment) });
  },

  read(req, res) {
    const { taskId, commentId } = req.valid.params;
    res.json({ data: views.comment(found(models.comments.find(taskId, commentId))) });
  },

  replace(req, res) {
    const { taskId, commentId } = req.valid.params;
    res.json({ data: views.comment(found(models.comments.replace(taskId, commentId, req.valid.body.text))) });
  },

  remove(req, res) {
    const { taskId, commentId } = req.valid.params;
    found(models.comments.remove(taskId, commentId) || undefined);
    res.status(204).end();
  },
});

function found(comment) {
  if (comment === undefined) throw notFound('comment');
  return comment;
}
