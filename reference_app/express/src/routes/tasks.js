import { Router } from 'express';

import { onlyMethods, requireUser } from '../middleware/guards.js';
import { validate } from '../middleware/validate.js';

export function tasksRouter({ validators }, tasks) {
  const item = validate({ params: validators.TaskPath });
  const router = Router();
  router.use(requireUser);
  router
    .route('/')
    .get(validate({ query: validators.TaskQuery }), tasks.list)
    .post(validate({ body: validators.NewTask }), tasks.create)
    .all(onlyMethods('GET', 'HEAD', 'POST'));
  router
    .route('/:taskId')
    .get(item, tasks.read)
    .patch(validate({ params: validators.TaskPath, body: validators.TaskChange }), tasks.change)
    .delete(item, tasks.remove)
    .all(onlyMethods('GET', 'HEAD', 'PATCH', 'DELETE'));
  return router;
}
