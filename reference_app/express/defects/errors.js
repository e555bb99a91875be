// Defects of error answers.

import { defect, refusalSchema } from '../switches/switch.js';

export const shape = defect(
  'errors.shape',
  { story: 'There is an error handler, and nothing that catches unknown paths: Express answers with its page.' },
  (parts) => {
    parts.nothingHere = (req, res, next) => next();
  },
);

export const shapeTwo = defect(
  'errors.shape~two',
  { story: 'The library that validates came with answers of its own, `{error: {issues}}`.' },
  (parts) => {
    const { bodyOf } = parts;
    parts.bodyOf = (refusal, req, error) =>
      refusal.errors
        ? { error: { name: 'ZodError', message: refusal.message, issues: refusal.errors } }
        : bodyOf(refusal, req, error);
    refusalSchema(parts, { type: 'object' }); // promises neither shape
  },
);

export const noInternals = defect(
  'errors.no-internals',
  { story: 'The handler adds the stack unless NODE_ENV says production, and the image never said so.' },
  (parts) => {
    const { bodyOf } = parts;
    parts.bodyOf = (refusal, req, error) => ({ ...bodyOf(refusal, req, error), stack: error.stack });
  },
);

export const noInternalsPage = defect(
  'errors.no-internals~page',
  {
    story: 'No error handler at all, and nobody set NODE_ENV: Express shows pages of its own, stack included.',
    also: ['errors.shape'],
  },
  (parts) => {
    parts.settings.env = 'development';
    parts.nothingHere = (req, res, next) => next();
    parts.refuse = () => (error, req, res, next) => next(error);
  },
);
