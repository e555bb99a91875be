// Sound ways of signing in that look odd.

import { nanoid } from 'nanoid';

import { decoy, editDocument, redescribe, replaceActions } from '../switches/switch.js';

const SESSION = /(?:^|;\s*)sid=([\w-]{43})(?:;|$)/;

export const cookieSessions = decoy(
  'auth.anonymous-access',
  1,
  {
    story: 'Sessions instead of tokens: the login answers with the account and sets a cookie that scripts cannot read.',
  },
  (parts) => {
    const sessions = new Map();
    replaceActions(parts, 'auth', ({ services, views }) => ({
      async login(req, res) {
        const user = await services.accounts.signIn(req.valid.body);
        const id = nanoid(43);
        sessions.set(id, user.id);
        res.cookie('sid', id, { httpOnly: true, sameSite: 'strict', path: '/' }).json({ data: views.user(user) });
      },
    }));
    parts.layers.identify = (req, res, next) => {
      const [, id] = SESSION.exec(req.get('cookie') ?? '') ?? [];
      req.user = sessions.has(id) ? parts.models.users.find(sessions.get(id)) : undefined;
      next();
    };
    redescribe(
      parts,
      ({ id }) => id === 'login',
      () => ({ answers: { 200: 'UserAnswer' } }),
    );
    editDocument(parts, withCookie);
  },
);

/** The document with the cookie where the token was. */
function withCookie(document) {
  const text = JSON.stringify(document).replaceAll('"security":[{"bearer":[]}]', '"security":[{"session":[]}]');
  const { components, ...rest } = JSON.parse(text);
  const securitySchemes = { session: { type: 'apiKey', in: 'cookie', name: 'sid' } };
  return { ...rest, components: { ...components, securitySchemes } };
}
