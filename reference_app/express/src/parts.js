// What the application is made of, before it is assembled. Defects replace parts; the application never knows.

import { adminController } from './controllers/admin.js';
import { authController } from './controllers/auth.js';
import { commentsController } from './controllers/comments.js';
import { meController } from './controllers/me.js';
import { operationsController } from './controllers/operations.js';
import { tasksController } from './controllers/tasks.js';
import { openapi } from './docs/openapi.js';
import { OPERATIONS } from './docs/operations.js';
import { context } from './middleware/context.js';
import { crossOrigin } from './middleware/crossOrigin.js';
import { identify } from './middleware/identify.js';
import { jsonBody } from './middleware/jsonBody.js';
import { throttle, throttleLogin } from './middleware/limits.js';
import { Metrics } from './middleware/metrics.js';
import { bodyOf, nothingHere, refusalOf, refuse } from './middleware/refuse.js';
import { secure } from './middleware/secure.js';
import { Comments } from './models/comments.js';
import { Database } from './models/database.js';
import { Tasks } from './models/tasks.js';
import { Users } from './models/users.js';
import { adminRouter } from './routes/admin.js';
import { authRouter } from './routes/auth.js';
import { commentsRouter } from './routes/comments.js';
import { meRouter } from './routes/me.js';
import { operationsRouter } from './routes/operations.js';
import { tasksRouter } from './routes/tasks.js';
import { Accounts } from './services/accounts.js';
import * as cursors from './services/cursors.js';
import { logError } from './services/log.js';
import { Passwords } from './services/passwords.js';
import { Tokens } from './services/tokens.js';
import * as validators from './validators/requests.js';
import { views } from './views.js';

/** The parts of the sound application. Layers and routes are used in the order in which they stand. */
export async function standardParts(config) {
  const database = await Database.inMemory();
  const metrics = new Metrics();
  const parts = {
    config,
    database,
    metrics,
    bodyOf,
    logError,
    nothingHere,
    refusalOf,
    refuse,
    refusalType: 'application/json',
    settings: {
      'x-powered-by': false,
      etag: false,
      'case sensitive routing': true,
      'trust proxy': config.trustedProxies,
    },
    models: { users: new Users(database), tasks: new Tasks(database), comments: new Comments(database) },
    passwords: new Passwords(config),
    tokens: new Tokens(config),
    cursors: { ...cursors },
    validators: { ...validators },
    views: { ...views },
    throttleLogin: throttleLogin(config),
    operations: [...OPERATIONS],
  };
  parts.services = { accounts: new Accounts(parts) };
  parts.describe = () => openapi(parts.operations);
  parts.layers = {
    context,
    measure: metrics.observe,
    secure: secure(),
    crossOrigin: crossOrigin(config),
    identify: identify(parts),
    throttle: throttle(config),
    jsonBody: jsonBody(config),
  };
  parts.routes = {
    operations: { at: '/', router: operationsRouter, controller: operationsController },
    auth: { at: '/api/v1/auth', router: authRouter, controller: authController },
    me: { at: '/api/v1/me', router: meRouter, controller: meController },
    comments: { at: '/api/v1/tasks/:taskId/comments', router: commentsRouter, controller: commentsController },
    tasks: { at: '/api/v1/tasks', router: tasksRouter, controller: tasksController },
    admin: { at: '/api/v1/admin', router: adminRouter, controller: adminController },
  };
  return parts;
}
