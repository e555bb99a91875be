// Defects of operations.

import { defect, replaceActions } from '../switches/switch.js';

export const health = defect(
  'ops.health',
  { story: 'The orchestrator only checks the port, so there is no health route.' },
  (parts) => {
    parts.operations = parts.operations.filter(({ id }) => !['live', 'ready'].includes(id));
    replaceActions(parts, 'operations', () => ({ live: nowhere, ready: nowhere }));
  },
);

const nowhere = (req, res, next) => next('router');

export const healthLeak = defect(
  'ops.health~leak',
  {
    story: 'Readiness shows the settings it runs with, the address of the database among them.',
    also: ['data.sensitive-fields'],
  },
  (parts) => {
    replaceActions(parts, 'operations', () => ({
      ready: (req, res) =>
        res.json({ status: 'ok', database: 'postgres://tasks:Sp4rrow-hill@db.example.com:5432/tasks' }),
    }));
  },
);
