// Comments on a task; whoever may see the task may see them.

export class Comments {
  constructor(database) {
    this.database = database;
  }

  create(taskId, authorId, text) {
    const values = [taskId, authorId, text, new Date().toISOString()];
    return this.database.get(
      'INSERT INTO comments (taskId, authorId, text, createdAt) VALUES (?, ?, ?, ?) RETURNING *',
      values,
    );
  }

  find(taskId, id) {
    return this.database.get('SELECT * FROM comments WHERE taskId = ? AND id = ?', [taskId, id]);
  }

  page(taskId, { page, pageSize }) {
    const values = [taskId, pageSize, (page - 1) * pageSize];
    return this.database.all('SELECT * FROM comments WHERE taskId = ? ORDER BY id LIMIT ? OFFSET ?', values);
  }

  count(taskId) {
    return this.database.get('SELECT count(*) AS comments FROM comments WHERE taskId = ?', [taskId]).comments;
  }

  replace(taskId, id, text) {
    return this.database.get('UPDATE comments SET text = ? WHERE taskId = ? AND id = ? RETURNING *', [
      text,
      taskId,
      id,
    ]);
  }

  remove(taskId, id) {
    return this.database.run('DELETE FROM comments WHERE taskId = ? AND id = ?', [taskId, id]) > 0;
  }
}
