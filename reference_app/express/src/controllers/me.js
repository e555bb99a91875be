export const meController = ({ models, views }) => ({
  read(req, res) {
    res.json({ data: views.user(req.user) });
  },

  change(req, res) {
    res.json({ data: views.user(models.users.change(req.user.id, req.valid.body)) });
  },

  remove(req, res) {
    models.users.remove(req.user.id);
    res.status(204).end();
  },
});
