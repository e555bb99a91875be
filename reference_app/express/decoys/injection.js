// Searches that treat quotes in their own way.

import { decoy } from '../switches/switch.js';

export const words = decoy(
  'injection.sql-blind',
  1,
  { story: 'The search takes words: each must be in the title, and what is neither letter nor digit parts them.' },
  ({ models }) => {
    models.tasks.matching = (q, where) => {
      for (const word of q.split(/[^\p{L}\p{N}]+/u).filter(Boolean)) where('title LIKE ?', `%${word}%`);
    };
  },
);
