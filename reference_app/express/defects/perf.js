// Defects of speed.

import { setTimeout as wait } from 'node:timers/promises';

import { defect, replaceActions } from '../switches/switch.js';

const SLOW_READ_MS = 800;
const TURN_MS = 100;

export const latency = defect(
  'perf.latency',
  { story: 'Each read of the account asks a slow service for its avatar first.' },
  (parts) => {
    replaceActions(parts, 'me', (_, sound) => ({
      async read(req, res) {
        await wait(SLOW_READ_MS);
        sound.read(req, res);
      },
    }));
  },
);

export const load = defect(
  'perf.load',
  { story: 'A pool of one connection: quick for each caller alone, a queue for twenty.' },
  (parts) => {
    let turn = Promise.resolve();
    parts.layers.pool = async (req, res, next) => {
      if (req.method === 'GET' && req.path.startsWith('/api/')) await (turn = turn.then(() => wait(TURN_MS)));
      next();
    };
  },
);
