// Sound ways with values that do not fit.

import { z } from 'zod';

import { decoy } from '../switches/switch.js';

export const clamped = decoy(
  'input.constraints',
  1,
  { story: 'The size of a page is brought within its bounds, and a title is cut to its length.' },
  ({ validators }) => {
    const within = (least, most) => (value) => Math.min(most, Math.max(least, value));
    validators.TaskQuery = validators.TaskQuery.extend({
      limit: z.coerce.number().int().transform(within(1, 100)).default(20),
    });
    const { title } = validators.TaskChange.shape;
    const cut = z.preprocess((value) => (typeof value === 'string' ? value.slice(0, 120) : value), title.unwrap());
    validators.NewTask = validators.NewTask.extend({ title: cut });
    validators.TaskChange = validators.TaskChange.extend({ title: cut.optional() });
  },
);

export const strict = decoy(
  'input.required',
  1,
  { story: 'A body with a field that the document does not know is refused, which the document does not say.' },
  ({ validators }) => {
    for (const name of ['Registration', 'ProfileChange', 'NewTask', 'TaskChange', 'CommentBody']) {
      validators[name] = validators[name].strict();
    }
  },
);
