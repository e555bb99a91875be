// Passwords are compared, never kept.

import bcrypt from 'bcryptjs';

export class Passwords {
  #cost;
  #nobody;

  constructor({ bcryptCost }) {
    this.#cost = bcryptCost;
    this.#nobody = bcrypt.hashSync('nobody has this password', bcryptCost);
  }

  hash(password) {
    return bcrypt.hash(password, this.#cost);
  }

  /** Takes as long where there is no such account, so that the time does not tell who has one. */
  async matches(password, hash) {
    const same = await bcrypt.compare(password, hash ?? this.#nobody);
    return hash !== undefined && same;
  }
}
