import { Router } from 'express';

export function operationsRouter(parts, operations) {
  const router = Router();
  router.get('/livez', operations.live);
  router.get('/readyz', operations.ready);
  router.get('/metrics', operations.metrics);
  router.get('/openapi.json', operations.document);
  return router;
}
