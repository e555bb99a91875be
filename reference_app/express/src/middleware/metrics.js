// What was asked, how it was answered, how long it took: for Prometheus.

import { Histogram, Registry } from 'prom-client';

export class Metrics {
  constructor() {
    this.registry = new Registry();
    this.seconds = new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time to answer, by method, route and status.',
      labelNames: ['method', 'route', 'status'],
      registers: [this.registry],
    });
  }

  observe = (req, res, next) => {
    const end = this.seconds.startTimer();
    // Templates, not paths: ids would make a series of each.
    res.on('finish', () => {
      const route =
        req.route === undefined ? 'none' : `${(req.baseUrl ?? '').replace(/[\w-]{21}/g, ':id')}${req.route.path}`;
      end({ method: req.method, route, status: res.statusCode });
    });
    next();
  };
}
