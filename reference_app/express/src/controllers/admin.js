export const adminController = ({ models, views }) => ({
  listUsers(req, res) {
    const { page, pageSize } = req.valid.query;
    const users = models.users.page({ page, pageSize });
    res.json({ data: users.map(views.user), page, pageSize, total: models.users.count() });
  },
});
