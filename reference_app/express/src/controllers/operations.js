import { timingSafeEqual } from 'node:crypto';

import { unauthenticated } from '../errors.js';

const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

export const operationsController = ({ config, database, describe, metrics }) => ({
  /** Asks nobody. */
  live(req, res) {
    res.json({ status: 'ok' });
  },

  /** Asks the database. */
  ready(req, res) {
    database.get('SELECT 1');
    res.json({ status: 'ok' });
  },

  /** Open to this machine; from elsewhere with the configured token. */
  async metrics(req, res) {
    if (!mayScrape(req, config.metricsToken)) throw unauthenticated('metrics need their token');
    res.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  },

  document(req, res) {
    res.json(describe());
  },
});

function mayScrape(req, token) {
  if (token === undefined) return LOOPBACK.has(req.ip);
  const [sent, wanted] = [req.get('authorization') ?? '', `Bearer ${token}`].map((text) => Buffer.from(text));
  return sent.length === wanted.length && timingSafeEqual(sent, wanted);
}
