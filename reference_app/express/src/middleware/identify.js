// Who is calling: known from here on as `req.user`, undefined where nobody is.

const BEARER = /^Bearer ([\w.~+/=-]+)$/i;

export const identify = (parts) => (req, res, next) => {
  req.user = callerOf(req.get('authorization') ?? '', parts);
  next();
};

function callerOf(header, { tokens, models }) {
  const [, token] = BEARER.exec(header) ?? [];
  if (token === undefined) return undefined;
  try {
    return models.users.find(tokens.verify(token).sub);
  } catch {
    return undefined;
  }
}
