// Access tokens: JWT, one algorithm, one key, one issuer.

import jwt from 'jsonwebtoken';
import { nanoid } from 'nanoid';

export const ALGORITHM = 'HS256';

export class Tokens {
  constructor({ jwtSecret, jwtIssuer, accessTokenSeconds }) {
    this.secret = jwtSecret;
    this.issuer = jwtIssuer;
    this.seconds = accessTokenSeconds;
  }

  issue(user) {
    return jwt.sign({ role: user.role }, this.secret, {
      algorithm: ALGORITHM,
      issuer: this.issuer,
      audience: this.issuer,
      subject: user.id,
      expiresIn: this.seconds,
      jwtid: nanoid(),
    });
  }

  /** The claims of a token of ours; throws for any other. */
  verify(token) {
    return jwt.verify(token, this.secret, { algorithms: [ALGORITHM], issuer: this.issuer, audience: this.issuer });
  }
}
