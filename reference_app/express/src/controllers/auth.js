export const authController = ({ services, tokens, views }) => ({
  async register(req, res) {
    const user = await services.accounts.register(req.valid.body);
    res.status(201).json({ data: views.user(user) });
  },

  async login(req, res) {
    const user = await services.accounts.signIn(req.valid.body);
    res.json({ accessToken: tokens.issue(user), tokenType: 'Bearer', expiresIn: tokens.seconds });
  },
});
