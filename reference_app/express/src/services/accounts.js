// Who may have an account, and who may sign in to it.

import { conflict, unauthenticated } from '../errors.js';

export class Accounts {
  #parts;

  constructor(parts) {
    this.#parts = parts;
  }

  async register({ email, displayName, password }) {
    const { users } = this.#parts.models;
    const passwordHash = await this.#parts.passwords.hash(password);
    if (users.findByEmail(email) !== undefined) throw conflict('this email has an account already');
    const first = this.#parts.config.firstAccountIsAdmin && users.count() === 0;
    return users.create({ email, displayName, passwordHash, role: first ? 'admin' : 'member' });
  }

  async signIn({ email, password }) {
    const user = this.#parts.models.users.findByEmail(email);
    if (!(await this.#parts.passwords.matches(password, user?.passwordHash))) {
      throw unauthenticated('email or password is wrong');
    }
    return user;
  }
}
