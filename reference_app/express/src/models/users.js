// Accounts.

import { nanoid } from 'nanoid';

import { insert, update } from './rows.js';

export class Users {
  constructor(database) {
    this.database = database;
  }

  create({ email, displayName, passwordHash, role }) {
    const user = { id: nanoid(), email, displayName, passwordHash, role, createdAt: new Date().toISOString() };
    insert(this.database, 'users', user);
    return user;
  }

  find(id) {
    return this.database.get('SELECT * FROM users WHERE id = ?', [id]);
  }

  findByEmail(email) {
    return this.database.get('SELECT * FROM users WHERE email = ?', [email]);
  }

  page({ page, pageSize }) {
    const offset = (page - 1) * pageSize;
    return this.database.all('SELECT * FROM users ORDER BY createdAt, id LIMIT ? OFFSET ?', [pageSize, offset]);
  }

  count() {
    return this.database.get('SELECT count(*) AS users FROM users').users;
  }

  change(id, changes) {
    if (Object.keys(changes).length > 0) update(this.database, 'users', changes, { id });
    return this.find(id);
  }

  remove(id) {
    this.database.run('DELETE FROM users WHERE id = ?', [id]);
  }
}
