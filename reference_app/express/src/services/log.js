// One line of JSON for each thing that somebody has to look at.

export function logError(error, { requestId, method, path }) {
  const said = { level: 'error', time: new Date().toISOString(), requestId, method, path, stack: error.stack };
  process.stderr.write(`${JSON.stringify(said)}\n`);
}
