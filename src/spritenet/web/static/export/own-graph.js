// The layers of a `modelTopology` as Spritenet writes it, for a page that holds nothing else: takes the
// place of lib/topology-graph.js.

import { IMAGE } from '../lib/graph.js';

/** @typedef {import('../lib/topology-graph.js').Entry} Entry */

/**
 * Returns the layers, each after its inputs as in the file; and the config that tells the shape of the
 * image.
 *
 * @param {any} topology
 * @returns {{ input: Record<string, any>, entries: Entry[] }}
 */
export function graphOf({ config: { layers } }) {
  /** @type {Map<string, string>} */
  const ids = new Map();
  /** @type {Entry[]} */
  const entries = [];
  let before = IMAGE;
  for (const { class_name: className, config, inbound_nodes: nodes } of layers) {
    const { name } = config;
    const isImage = className === 'InputLayer';
    ids.set(name, isImage ? IMAGE : name);
    if (isImage) continue;
    const inputs = nodes
      ? nodes[0].map((/** @type {[string]} */ [input]) => ids.get(input))
      : [before];
    entries.push({ id: name, className, config, inputs });
    before = name;
  }
  return { input: layers[0].config, entries };
}

/** Returns the config, whose keys are in snake case. @param {Record<string, any>} config */
export function snakeKeys(config) {
  return config;
}

/** @param {unknown} value @returns {value is Record<string, any>} */
export function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
