// Defects of design: paths, statuses, and answers that break the document's word.

import { Router } from 'express';
import { z } from 'zod';

import { defect, redescribe, replaceActions } from '../switches/switch.js';

const V1 = '/api/v1';

export const versionedPaths = defect(
  'design.versioned-paths',
  { story: 'One router was mounted without the prefix that all others have.' },
  (parts) => {
    parts.routes.admin.at = '/admin';
    redescribe(
      parts,
      ({ tag }) => tag === 'admin',
      ({ path }) => ({ path: path.replace(V1, '') }),
    );
  },
);

export const pluralNouns = defect(
  'design.plural-nouns',
  { story: 'A second team named its paths after the table and the function behind them.' },
  (parts) => {
    parts.routes.priorities = { at: V1, router: priorityRouter, controller: () => undefined };
    parts.operations.push(
      { id: 'listPriority', path: `${V1}/priority`, summary: 'List priorities', ...namesOf },
      {
        id: 'readPriority',
        path: `${V1}/priority/{name}`,
        summary: 'Read a priority',
        params: PriorityPath,
        ...namesOf,
      },
      { id: 'getPriorities', path: `${V1}/getPriorities`, summary: 'Names of the priorities', ...namesOf },
    );
  },
);

const PRIORITIES = ['low', 'normal', 'high'];
const PriorityPath = z.object({ name: z.enum(PRIORITIES) });
const namesOf = { method: 'get', tag: 'priorities', answers: { 200: 'Health' }, open: true };

function priorityRouter() {
  const ok = (req, res) => res.json({ status: 'ok' });
  const router = Router();
  router.get('/priority', ok);
  router.get('/getPriorities', ok);
  router.get('/priority/:name', (req, res, next) => (PRIORITIES.includes(req.params.name) ? ok(req, res) : next()));
  return router;
}

export const create201 = defect(
  'design.create-201',
  { story: '`res.json(task)`: 200 is what Express answers when nobody says otherwise.' },
  (parts) => {
    replaceActions(parts, 'tasks', ({ models, views }) => ({
      create: (req, res) => res.json({ data: views.task(models.tasks.create(req.user.id, req.valid.body)) }),
    }));
    redescribe(
      parts,
      ({ id }) => id === 'createTask',
      () => ({ answers: { 200: 'TaskAnswer' } }),
    );
  },
);

export const responseConformance = defect(
  'design.response-conformance',
  { story: 'The driver of a new database answers numbers as strings; the document was not told.' },
  ({ views }) => {
    const { comment } = views;
    views.comment = (row) => ({ ...comment(row), id: String(row.id) });
  },
);
