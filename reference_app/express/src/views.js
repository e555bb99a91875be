// What leaves: named fields, never a row as it is stored.

const pick =
  (...names) =>
  (row) =>
    Object.fromEntries(names.map((name) => [name, row[name]]));

export const views = Object.freeze({
  user: pick('id', 'email', 'displayName', 'role', 'createdAt'),
  task: pick(
    'id',
    'ownerId',
    'title',
    'notes',
    'status',
    'priority',
    'estimateMinutes',
    'dueDate',
    'createdAt',
    'updatedAt',
  ),
  comment: pick('id', 'taskId', 'authorId', 'text', 'createdAt'),
});
