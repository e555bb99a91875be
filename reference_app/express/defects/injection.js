// Defects of injection: reading statements only, so that a probe can do no harm.

import { HttpError } from '../src/errors.js';
import { defect } from '../switches/switch.js';

export const sqlError = defect(
  'injection.sql-error',
  {
    story: 'A count for the search statistics was pasted together, and its error is passed on.',
    also: ['errors.no-internals'],
  },
  ({ database, models }) => {
    const { tasks } = models;
    const { matching } = tasks;
    tasks.matching = (q, where) => {
      counted(database, q);
      matching.call(tasks, q, where);
    };
  },
);

/** Its result changes no answer, so that only its errors give it away. */
function counted(database, q) {
  try {
    database.get(`SELECT count(*) AS tasks FROM tasks WHERE title = '${q}'`);
  } catch (error) {
    throw new HttpError(400, 'query_failed', `SQLite: ${error.message}`);
  }
}

export const sqlBlind = defect(
  'injection.sql-blind',
  { story: 'The search is a template string in a LIKE, and a statement that fails is taken for no match.' },
  ({ database, models }) => {
    models.tasks.matching = (q, where) => {
      const found = idsOrNone(database, `SELECT id FROM tasks WHERE title LIKE '%${q}%'`);
      where(`id IN (${found.map(() => '?').join(', ')})`, ...found);
    };
  },
);

/** A UNION may smuggle in anything; what is no text is no id. */
function idsOrNone(database, statement) {
  try {
    return database
      .all(statement)
      .map(({ id }) => id)
      .filter((id) => typeof id === 'string');
  } catch {
    return [];
  }
}
