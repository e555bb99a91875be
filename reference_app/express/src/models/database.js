// SQLite in memory, by WebAssembly: real SQL, and nothing to compile.

import initSqlJs from 'sql.js';

const SCHEMA = `
  PRAGMA foreign_keys = ON;
  CREATE TABLE users (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE COLLATE NOCASE,
    displayName TEXT NOT NULL,
    passwordHash TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('member', 'admin')),
    createdAt TEXT NOT NULL
  );
  CREATE TABLE tasks (
    id TEXT PRIMARY KEY,
    ownerId TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    title TEXT NOT NULL,
    notes TEXT,
    status TEXT NOT NULL,
    priority TEXT NOT NULL,
    estimateMinutes INTEGER,
    dueDate TEXT,
    createdAt TEXT NOT NULL,
    updatedAt TEXT NOT NULL
  );
  CREATE INDEX tasks_by_owner ON tasks (ownerId, createdAt DESC, id DESC);
  CREATE TABLE comments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    taskId TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    authorId TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    text TEXT NOT NULL,
    createdAt TEXT NOT NULL
  );
  CREATE INDEX comments_by_task ON comments (taskId, id);
`;

/** Statements and values, never mixed: values are bound to `?`. */
export class Database {
  #sqlite;

  constructor(sqlite) {
    this.#sqlite = sqlite;
  }

  static async inMemory() {
    const { Database: Sqlite } = await initSqlJs();
    const sqlite = new Sqlite();
    sqlite.run(SCHEMA);
    return new Database(sqlite);
  }

  /** Every row as an object. */
  all(sql, values = []) {
    const statement = this.#sqlite.prepare(sql);
    try {
      statement.bind(values);
      const rows = [];
      while (statement.step()) rows.push(statement.getAsObject());
      return rows;
    } finally {
      statement.free();
    }
  }

  /** The first row, undefined where there is none. */
  get(sql, values = []) {
    return this.all(sql, values)[0];
  }

  /** The number of rows that were changed. */
  run(sql, values = []) {
    this.#sqlite.run(sql, values);
    return this.#sqlite.getRowsModified();
  }
}
