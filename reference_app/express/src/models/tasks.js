// Tasks. Each belongs to one user, and the owner is part of every question: a foreign id is simply not found.

import { nanoid } from 'nanoid';

import { insert, update } from './rows.js';

export class Tasks {
  constructor(database) {
    this.database = database;
  }

  create(ownerId, fields) {
    const now = new Date().toISOString();
    const task = {
      id: nanoid(),
      ownerId,
      title: fields.title,
      notes: fields.notes ?? null,
      status: fields.status ?? 'open',
      priority: fields.priority ?? 'normal',
      estimateMinutes: fields.estimateMinutes ?? null,
      dueDate: fields.dueDate ?? null,
      createdAt: now,
      updatedAt: now,
    };
    insert(this.database, 'tasks', task);
    return task;
  }

  findOwned(id, ownerId) {
    return this.database.get('SELECT * FROM tasks WHERE id = ? AND ownerId = ?', [id, ownerId]);
  }

  /** Newest first, after the task that `after` names by its time and id. */
  listOwned(ownerId, { status, q, after, limit }) {
    const conditions = ['ownerId = ?'];
    const values = [ownerId];
    const where = (condition, ...bound) => {
      conditions.push(condition);
      values.push(...bound);
    };
    if (status !== undefined) where('status = ?', status);
    if (q !== undefined) this.matching(q, where);
    if (after !== undefined) where('(createdAt, id) < (?, ?)', after.createdAt, after.id);
    const sql = `SELECT * FROM tasks WHERE ${conditions.join(' AND ')} ORDER BY createdAt DESC, id DESC LIMIT ?`;
    return this.database.all(sql, [...values, limit]);
  }

  /** Adds the condition of a search. */
  matching(q, where) {
    where("title LIKE ? ESCAPE '\\'", `%${q.replace(/[\\%_]/g, '\\$&')}%`);
  }

  /** The task as it is now, undefined where it is not the owner's. */
  change(id, ownerId, changes) {
    const changed = { ...changes, updatedAt: new Date().toISOString() };
    return update(this.database, 'tasks', changed, { id, ownerId }) ? this.findOwned(id, ownerId) : undefined;
  }

  /** Says whether there was one to remove. */
  remove(id, ownerId) {
    return this.database.run('DELETE FROM tasks WHERE id = ? AND ownerId = ?', [id, ownerId]) > 0;
  }
}
