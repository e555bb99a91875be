import { Router } from 'express';

import { onlyMethods, requireUser } from '../middleware/guards.js';
import { validate } from '../middleware/validate.js';

export function meRouter({ validators }, me) {
  const router = Router();
  router
    .route('/')
    .all(requireUser)
    .get(me.read)
    .patch(validate({ body: validators.ProfileChange }), me.change)
    .delete(me.remove)
    .all(onlyMethods('GET', 'HEAD', 'PATCH', 'DELETE'));
  return router;
}
