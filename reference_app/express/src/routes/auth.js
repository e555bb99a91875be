import { Router } from 'express';

import { onlyMethods } from '../middleware/guards.js';
import { validate } from '../middleware/validate.js';

export function authRouter({ validators, throttleLogin }, auth) {
  const router = Router();
  router
    .route('/register')
    .post(validate({ body: validators.Registration }), auth.register)
    .all(onlyMethods('POST'));
  router
    .route('/login')
    .post(validate({ body: validators.Login }), throttleLogin, auth.login)
    .all(onlyMethods('POST'));
  return router;
}
