// Fields that sound like secrets and are none.

import { decoy } from '../switches/switch.js';

export const aboutPasswords = decoy(
  'data.sensitive-fields',
  1,
  { story: 'The account tells that it has a password and since when, and how many tokens were revoked.' },
  ({ views }) => {
    const { user } = views;
    views.user = (row) => ({
      ...user(row),
      hasPassword: true,
      passwordChangedAt: row.createdAt,
      tokenVersion: 3,
      resetTokenExpires: null,
    });
  },
);
