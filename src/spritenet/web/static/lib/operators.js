// The core's table of operators, and layers as its nodes.
//
// Knows how the two sides name the same; the table itself says which arguments the core wants.

import { ModelError } from './errors.js';
import { inputPlaces } from './graph.js';
import { ATTRIBUTE, ATTRIBUTE_INFO, NODE, OPERATOR_INFO, read, write } from './structs.js';

/** @typedef {import('./core.js').Arena} Arena */
/** @typedef {import('./layers.js').Layer} Layer */

/** Arguments by the core's name, where the file's is another. */
const FILE_NAMES = /** @type {Record<string, Record<string, string>>} */ ({
  LeakyReLU: { negative_slope: 'alpha' },
});

/** @typedef {{ get: (name: string) => string[] | undefined }} Table  the names of an operator's attributes */

/** The table of each core. @type {WeakMap<WebAssembly.Module, Table>} */
const tables = new WeakMap();

/**
 * Returns the table of an arena's core.
 *
 * @param {Arena} arena
 * @returns {Table}
 */
export function tableOf(arena) {
  const table = tables.get(arena.module) ?? readTable(arena);
  tables.set(arena.module, table);
  return table;
}

/** Reads the names of operators, and of their attributes when they are asked for. @param {Arena} arena @returns {Table} */
function readTable(arena) {
  const { core } = arena;
  /** @param {number} at @param {import('./structs.js').Struct} struct @param {string} key */
  const field = (at, struct, key) => read(arena.view, at, struct, key);
  const count = core.sn_operator_count();
  const rows = new Map(
    Array.from({ length: count }, (_, i) => core.sn_operator_at(i)).map((row) => [
      arena.text(field(row, OPERATOR_INFO, 'name')),
      row,
    ]),
  );
  /** @type {Map<string, string[]>} */
  const known = new Map();
  return {
    get(name) {
      const row = rows.get(name);
      if (row !== undefined && !known.has(name)) {
        const first = field(row, OPERATOR_INFO, 'attributes');
        const names = Array.from({ length: field(row, OPERATOR_INFO, 'attribute_count') }, (_, k) =>
          arena.text(field(first + k * ATTRIBUTE_INFO.bytes, ATTRIBUTE_INFO, 'name')),
        );
        known.set(name, names);
      }
      return known.get(name);
    },
  };
}

/** Numbers, or a regularizer's factors. @param {any} value @returns {number[]} */
function numbersOf(value) {
  const { config } = value;
  if (config?.factor) return [0, 0, config.factor, Number(config.mode === 'columns')];
  return config ? [config.l2 ?? 0, config.l1 ?? 0] : [value].flat(2).map(Number);
}

/** @param {{ class_name: string, config: any }} limit @returns {number[]} */
function constraintNumbers({ class_name: name, config }) {
  const axes = [config.axis ?? 0].flat().reduce((bits, axis) => bits | (1 << axis), 0);
  if (name === 'NonNeg') return [1];
  if (name === 'UnitNorm') return [1, 1, 1, axes];
  return [config.min_value ?? 0, config.max_value, config.rate ?? 1, axes];
}

/**
 * Returns a layer's attributes for the core: a text or numbers for each that isn't left to its default.
 *
 * @param {Layer} layer
 * @param {readonly string[]} names
 * @returns {[string, string | number[]][]}
 */
export function attributesOf({ className, config }, names) {
  /** @type {[string, string | number[]][]} */
  const found = [];
  for (const name of names) {
    const value = /** @type {any} */ (config[FILE_NAMES[className]?.[name] ?? name]) ?? null;
    if (value === null) continue;
    if (typeof value === 'string') found.push([name, value]);
    else found.push([name, numbersOf(value)]);
  }
  for (const name of names.filter((each) => each.endsWith('_regularizer'))) {
    const key = name.replace('_regularizer', '_constraint');
    const limit = /** @type {any} */ (config[key]);
    if (limit) found.push([key, constraintNumbers(limit)]);
  }
  return found;
}

/**
 * Writes attributes.
 *
 * @param {Arena} arena
 * @param {readonly [string, string | number[]][]} given
 * @returns {number}  their address
 */
export function writeAttributes(arena, given) {
  const attributes = arena.take(ATTRIBUTE.bytes * Math.max(1, given.length));
  given.forEach(([name, value], k) => {
    const isText = typeof value === 'string';
    const numbers = isText ? 0 : arena.take(8 * value.length);
    if (!isText) arena.f64(numbers, value.length).set(value);
    const fields = {
      name: arena.write(name),
      text: isText ? arena.write(value) : 0,
      numbers,
      count: isText ? 0 : value.length,
    };
    write(arena.view, attributes + k * ATTRIBUTE.bytes, ATTRIBUTE, fields); // a view of now
  });
  return attributes;
}

/**
 * Writes a layer as a node.
 *
 * @param {Arena} arena
 * @param {Table} table
 * @param {number} at
 * @param {Layer} layer
 * @param {readonly number[]} places  of its inputs among the nodes
 */
export function writeNode(arena, table, at, layer, places) {
  const names = table.get(layer.className);
  if (!names) {
    throw new ModelError('unsupported layer', {
      where: layer.name,
      got: layer.className,
    });
  }
  const given = attributesOf(layer, names);
  const attributes = writeAttributes(arena, given);
  const inputs = arena.take(4 * places.length);
  arena.i32(inputs, places.length).set(places);
  const operation = arena.write(layer.className);
  write(arena.view, at, NODE, {
    operation,
    inputs,
    attributes,
    input_count: places.length,
    attribute_count: given.length,
    trainable: Number(layer.trainable),
  });
}

/**
 * Writes layers as nodes.
 *
 * @param {Arena} arena
 * @param {readonly Layer[]} layers
 * @returns {number}  their address
 */
export function writeNodes(arena, layers) {
  const table = tableOf(arena);
  const nodes = arena.take(NODE.bytes * layers.length);
  const places = inputPlaces(layers);
  layers.forEach((layer, i) => writeNode(arena, table, nodes + i * NODE.bytes, layer, places[i]));
  return nodes;
}
