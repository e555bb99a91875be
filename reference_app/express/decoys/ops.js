// Health in other words.

import { Router } from 'express';

import { decoy, editDocument } from '../switches/switch.js';

export const oneHealth = decoy(
  'ops.health',
  1,
  { story: 'One `/health` answers both questions, naming what it depends on, and for how long it has been up.' },
  (parts) => {
    parts.operations = parts.operations.filter(({ id }) => !['live', 'ready'].includes(id));
    parts.routes.operations = { at: '/', router: operationsRouter, controller: parts.routes.operations.controller };
    editDocument(parts, withHealth);
  },
);

function operationsRouter({ database }, operations) {
  const router = Router();
  router.get('/health', (req, res) => {
    database.get('SELECT 1');
    res.json({
      status: 'UP',
      checks: [{ name: 'database', status: 'UP' }],
      uptimeSeconds: Math.floor(process.uptime()),
    });
  });
  router.get('/metrics', operations.metrics);
  router.get('/openapi.json', operations.document);
  return router;
}

function withHealth(document) {
  const schema = { type: 'object', properties: { status: { type: 'string' } }, required: ['status'] };
  const answered = { 200: { description: 'All is well', content: { 'application/json': { schema } } } };
  const get = {
    operationId: 'health',
    tags: ['operations'],
    summary: 'Is all well?',
    security: [],
    responses: answered,
  };
  return { ...document, paths: { ...document.paths, '/health': { get } } };
}
