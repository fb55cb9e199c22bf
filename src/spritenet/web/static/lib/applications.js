// Layers that a Functional uses several times: without weights, each use is a layer of its own.

import { WITHOUT_WEIGHTS } from './layer-table.js';

/** @typedef {Record<string, any>} Content  of an entry of the file, its keys in snake case */

/** @param {string} name @param {number} node */
const nameOf = (name, node) => (node ? `${name}_use_${node + 1}` : name);

/**
 * Returns layers and content with a layer for each use of one without weights.
 *
 * @param {Content[]} layers
 * @param {Content} content
 * @returns {{ layers: Content[], content: Content }}
 */
export function appliedOnce(layers, content) {
  const used = new Set(
    layers
      .filter(
        ({ class_name: className, inbound_nodes: nodes }) =>
          WITHOUT_WEIGHTS.has(className) && Array.isArray(nodes) && nodes.length > 1,
      )
      .map(({ name }) => name),
  );
  if (!used.size) return { layers, content };
  /** @param {any} value @returns {any} */
  const renamed = (value) => {
    if (Array.isArray(value)) {
      const isTensor = value.length > 2 && Number.isInteger(value[1]) && used.has(value[0]);
      return isTensor
        ? [nameOf(value[0], value[1]), 0, ...value.slice(2)]
        : value.map((each) => renamed(each));
    }
    if (typeof value !== 'object' || !value) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, renamed(each)]));
  };
  const result = layers.flatMap((layer) => {
    const nodes = renamed(layer.inbound_nodes);
    if (!used.has(layer.name)) return [{ ...layer, inbound_nodes: nodes }];
    return nodes.map((/** @type {unknown} */ given, /** @type {number} */ node) => {
      const name = nameOf(layer.name, node);
      return { ...layer, name, config: { ...layer.config, name }, inbound_nodes: [given] };
    });
  });
  return {
    layers: result,
    content: { ...content, output_layers: renamed(content.output_layers) },
  };
}
