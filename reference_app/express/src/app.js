// Puts the application together.

import express from 'express';

export function createApp(parts) {
  const app = express();
  for (const [name, value] of Object.entries(parts.settings)) app.set(name, value);
  for (const layer of Object.values(parts.layers)) app.use(layer);
  for (const { at, router, controller } of Object.values(parts.routes)) app.use(at, router(parts, controller(parts)));
  app.use(parts.nothingHere);
  app.use(parts.refuse(parts));
  return app;
}
