// Serves the API: node server.js [--port N] [--defect NAME …] [--decoy NAME …]; --list prints the switches as JSON.

import { once } from 'node:events';
import { parseArgs } from 'node:util';

import { createApp } from './src/app.js';
import { readConfig } from './src/config/config.js';
import { standardParts } from './src/parts.js';
import { applied, listed } from './switches/index.js';

const { values: options } = parseArgs({
  options: {
    port: { type: 'string' },
    defect: { type: 'string', multiple: true, default: [] },
    decoy: { type: 'string', multiple: true, default: [] },
    list: { type: 'boolean', default: false },
  },
});

async function serve() {
  const config = readConfig();
  const switches = { defects: options.defect, decoys: options.decoy };
  const app = createApp(applied(switches, await standardParts(config)));
  const server = app.listen(Number(options.port ?? config.port), config.host);
  await once(server, 'listening');
  // Longer than that of a proxy in front, which would else meet closed connections.
  server.keepAliveTimeout = 65_000;
  const address = `http://${config.host}:${server.address().port}`;
  console.log(`listening on ${address} · document at ${address}/openapi.json`);
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      server.close();
      server.closeIdleConnections();
    });
  }
}

if (options.list) {
  console.log(JSON.stringify(listed(), null, 2));
} else {
  try {
    await serve();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
