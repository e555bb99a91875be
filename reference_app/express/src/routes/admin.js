import { Router } from 'express';

import { onlyMethods, requireAdmin, requireUser } from '../middleware/guards.js';
import { validate } from '../middleware/validate.js';

export function adminRouter({ validators }, admin) {
  const router = Router();
  router.use(requireUser, requireAdmin);
  router
    .route('/users')
    .get(validate({ query: validators.PageQuery }), admin.listUsers)
    .all(onlyMethods('GET', 'HEAD'));
  return router;
}
