// Sound designs that are less usual.

import { decoy, redescribe, replaceActions } from '../switches/switch.js';

export const locationOnly = decoy(
  'design.create-201',
  1,
  { story: 'A create answers 201 with a Location and no body.' },
  (parts) => {
    replaceActions(parts, 'tasks', ({ models }) => ({
      create(req, res) {
        const task = models.tasks.create(req.user.id, req.valid.body);
        res.status(201).location(`${req.baseUrl}/${task.id}`).end();
      },
    }));
    redescribe(
      parts,
      ({ id }) => id === 'createTask',
      () => ({ answers: { 201: null } }),
    );
  },
);

export const jsend = decoy(
  'design.response-conformance',
  1,
  { story: 'Every answer says how it went, as JSend has it: {status: "success", data}.' },
  (parts) => {
    const { jsonBody } = parts.layers;
    delete parts.layers.jsonBody;
    parts.layers.jsend = (req, res, next) => {
      const { json } = res;
      res.json = (body) => json.call(res, body?.data === undefined ? body : { status: 'success', ...body });
      next();
    };
    parts.layers.jsonBody = jsonBody;
  },
);
