// Writing rows from objects. The names of columns come from the code, never from a request.

export function insert(database, table, row) {
  const names = Object.keys(row);
  const places = names.map(() => '?').join(', ');
  database.run(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${places})`, Object.values(row));
}

/** Says whether a row was there to be changed; `where` is column → value. */
export function update(database, table, changes, where) {
  const set = Object.keys(changes)
    .map((name) => `${name} = ?`)
    .join(', ');
  const match = Object.keys(where)
    .map((name) => `${name} = ?`)
    .join(' AND ');
  const values = [...Object.values(changes), ...Object.values(where)];
  return database.run(`UPDATE ${table} SET ${set} WHERE ${match}`, values) > 0;
}
