// Defects of error answers.

import { defect } from './defect.js';

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
    const { bodyOf, describe } = parts;
    parts.bodyOf = (refusal, req, error) =>
      refusal.errors
        ? { error: { name: 'ZodError', message: refusal.message, issues: refusal.errors } }
        : bodyOf(refusal, req, error);
    parts.describe = () => admittingAny(describe());
  },
);

/** The document, in which a refusal is any object: it promises neither shape. */
function admittingAny(document) {
  const { Refusal, ...schemas } = document.components.schemas;
  return { ...document, components: { ...document.components, schemas: { ...schemas, Refusal: { type: 'object' } } } };
}

export const noInternals = defect(
  'errors.no-internals',
  { story: 'The handler adds the stack unless NODE_ENV says production, and the image never said so.' },
  (parts) => {
    const { bodyOf } = parts;
    parts.bodyOf = (refusal, req, error) => ({ ...bodyOf(refusal, req, error), stack: error.stack });
  },
);
