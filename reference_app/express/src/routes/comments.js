import { Router } from 'express';

import { onlyMethods, requireUser } from '../middleware/guards.js';
import { validate } from '../middleware/validate.js';

export function commentsRouter({ validators }, comments) {
  const { CommentBody, CommentPath, PageQuery, TaskPath } = validators;
  const checked = (schemas) => [validate(schemas), comments.ownTask];
  const router = Router({ mergeParams: true });
  router.use(requireUser);
  router
    .route('/')
    .get(checked({ params: TaskPath, query: PageQuery }), comments.list)
    .post(checked({ params: TaskPath, body: CommentBody }), comments.create)
    .all(onlyMethods('GET', 'HEAD', 'POST'));
  router
    .route('/:commentId')
    .get(checked({ params: CommentPath }), comments.read)
    .put(checked({ params: CommentPath, body: CommentBody }), comments.replace)
    .delete(checked({ params: CommentPath }), comments.remove)
    .all(onlyMethods('GET', 'HEAD', 'PUT', 'DELETE'));
  return router;
}
