// How defects are declared, and what several of them do.

/** `also` names checks that cannot help noticing it too. */
export const defect = (name, { story, also = [] }, apply) => ({
  name,
  story,
  trips: [name.split('~')[0], ...also],
  apply,
});

/** Replaces actions of a controller: `actions` takes the parts and the sound actions. */
export function replaceActions(parts, name, actions) {
  const { controller: sound } = parts.routes[name];
  parts.routes[name].controller = (all) => {
    const before = sound(all);
    return { ...before, ...actions(all, before) };
  };
}

/** Puts a layer before all routes, or before the layer `before`. */
export function insertLayer(parts, name, layer, { before } = {}) {
  const layers = Object.entries(parts.layers);
  const index = before === undefined ? layers.length : layers.findIndex(([known]) => known === before);
  parts.layers = Object.fromEntries([...layers.slice(0, index), [name, layer], ...layers.slice(index)]);
}
