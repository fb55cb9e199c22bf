// The `weightsManifest` as Spritenet writes it, for a page that holds nothing else: takes the place of
// lib/manifest.js. Its one file has the weights in the order of the layers, as float32.

import { size } from '../lib/shapes.js';

/** @typedef {import('../lib/manifest.js').Entry} Entry */

/** The bytes of a quantized value: there are none. @type {Record<string, number>} */
export const BYTES = {};

/** The bytes of an array. @param {Entry} entry */
export function bytesOf({ shape }) {
  return 4 * size(shape);
}

/**
 * Returns the groups.
 *
 * @param {any[]} groups
 * @returns {import('../lib/manifest.js').Group[]}
 */
export function parseManifest(groups) {
  return groups.map(({ paths, weights: entries }) => ({
    paths,
    entries,
    bytes: entries.map(bytesOf).reduce((/** @type {number} */ a, /** @type {number} */ b) => a + b),
  }));
}

/** Returns the names. @param {readonly { name: string }[]} wanted */
export function match(wanted) {
  return wanted.map(({ name }) => name);
}
