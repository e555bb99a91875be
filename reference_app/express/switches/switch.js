// How defects and decoys are declared, and what several of them do.

/** One broken promise. `also` names checks that cannot help noticing it too. */
export const defect = (name, { story, also = [] }, apply) => ({
  name,
  story,
  trips: [name.split('~')[0], ...also],
  apply,
});

/** Sound behaviour that looks like a defect of `check`, or a habit that a check may not know. */
export const decoy = (check, number, { story }, apply) => ({ name: `decoy:${check}:${number}`, check, story, apply });

/** Replaces actions of a controller: `actions` takes the parts and the sound actions. */
export function replaceActions(parts, name, actions) {
  const { controller: sound } = parts.routes[name];
  parts.routes[name].controller = (all) => {
    const before = sound(all);
    return { ...before, ...actions(all, before) };
  };
}

/** Changes the operations that `chosen` picks, in the document. */
export function redescribe(parts, chosen, change) {
  parts.operations = parts.operations.map((operation) =>
    chosen(operation) ? { ...operation, ...change(operation) } : operation,
  );
}

/** Changes the document as a whole. */
export function editDocument(parts, edit) {
  const { describe } = parts;
  parts.describe = () => edit(describe());
}

/** What the document says of refusals from now on. */
export function refusalSchema(parts, schema) {
  editDocument(parts, (document) => ({
    ...document,
    components: { ...document.components, schemas: { ...document.components.schemas, Refusal: schema } },
  }));
}
