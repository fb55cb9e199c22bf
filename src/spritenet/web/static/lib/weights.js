// The weights of a model file: named arrays described in model.json, held in binary files.
//
// Knows TensorFlow.js's `weightsManifest`; knows nothing of layers.

import { ModelError, shown } from './errors.js';
import { size } from './shapes.js';

/** @typedef {{ name: string, shape: number[], dtype: string, group: string }} Entry  of the manifest */
/** @typedef {{ paths: string[], entries: Entry[], bytes: number }} Group  its files' bytes, joined, are its arrays' */

const MAXIMAL_ARRAYS = 10000;
const MAXIMAL_BYTES = 2 ** 31; // of all weights: more than a tab can train

/**
 * The groups of a `weightsManifest`, every entry checked.
 *
 * @param {unknown} value
 * @param {string} where
 * @returns {Group[]}
 */
export function parseManifest(value, where) {
  if (!Array.isArray(value) || !value.every((group) => group && typeof group === 'object')) {
    throw new ModelError('weightsManifest is not a list of groups', { where });
  }
  const groups = value.map((group) => {
    if (!Array.isArray(group.paths) || !Array.isArray(group.weights)) {
      throw new ModelError('a group of weightsManifest lacks paths or weights', { where });
    }
    if (group.weights.length > MAXIMAL_ARRAYS) {
      throw new ModelError('weightsManifest is too long', {
        where,
        expected: `at most ${MAXIMAL_ARRAYS} arrays`,
      });
    }
    const entries = group.weights.map((/** @type {unknown} */ entry) => parseEntry(entry, where));
    const bytes = entries.reduce(
      (/** @type {number} */ sum, /** @type {Entry} */ e) => sum + 4 * size(e.shape),
      0,
    );
    if (!(bytes <= MAXIMAL_BYTES)) {
      throw new ModelError('the weights are too large', { where, got: `${bytes} bytes` });
    }
    return {
      paths: group.paths.map((/** @type {unknown} */ path) => checkPath(path, where)),
      entries,
      bytes,
    };
  });
  const seen = new Set();
  for (const { name } of groups.flatMap((group) => group.entries)) {
    if (seen.has(name)) {
      throw new ModelError(`weightsManifest names ${shown(name)} twice`, { where });
    }
    seen.add(name);
  }
  return groups;
}

/** @param {unknown} value @param {string} where @returns {string} */
function checkPath(value, where) {
  const path = typeof value === 'string' ? value.replace(/^\.\//, '') : ''; // as browsers download
  const plain = path.length > 0 && path.length <= 255 && !/[/\\:\0]|^\.\.?$/.test(path);
  if (!plain) {
    throw new ModelError('weightsManifest names a file elsewhere', {
      where,
      expected: 'the name of a file beside model.json',
      got: value,
    });
  }
  return path;
}

/** @param {unknown} value @param {string} where @returns {Entry} */
function parseEntry(value, where) {
  const entry = /** @type {any} */ (value);
  if (typeof entry?.name !== 'string') {
    throw new ModelError('an array of weightsManifest has no name', { where });
  }
  const label = `weightsManifest: ${shown(entry.name)}`;
  const { shape } = entry;
  const group = entry.group === 'optimizer' ? 'optimizer' : '';
  if (
    !Array.isArray(shape) ||
    shape.length > 8 ||
    !shape.every((n) => Number.isSafeInteger(n) && n >= 0)
  ) {
    throw new ModelError(`${label}: invalid shape`, { where, got: shape ?? null });
  }
  if (
    'quantization' in entry ||
    !(entry.dtype === 'float32' || (group && entry.dtype === 'int32'))
  ) {
    throw new ModelError(`${label}: only float32 weights can be read`, {
      where,
      got: 'quantization' in entry ? 'quantised' : entry.dtype,
      todo: 'Convert the model again without quantisation.',
    });
  }
  return { name: entry.name, shape, dtype: entry.dtype, group };
}

/**
 * The arrays of a group by name, as views of the bytes.
 *
 * @param {Group} group
 * @param {Uint8Array[]} files
 * @param {string} where
 * @returns {Map<string, Float32Array | Int32Array>}
 */
export function readGroup(group, files, where) {
  const got = files.reduce((sum, file) => sum + file.length, 0);
  if (got !== group.bytes) {
    throw new ModelError(`the weights are too ${got < group.bytes ? 'short' : 'long'}`, {
      where: group.paths.length === 1 ? group.paths[0] : where,
      expected: `${group.bytes} bytes`,
      got,
      todo: 'Is the model complete?',
    });
  }
  const bytes = new Uint8Array(group.bytes);
  let at = 0;
  for (const file of files) {
    bytes.set(file, at);
    at += file.length;
  }
  const arrays = new Map();
  at = 0;
  for (const { name, shape, dtype } of group.entries) {
    const count = size(shape);
    arrays.set(name, new (dtype === 'int32' ? Int32Array : Float32Array)(bytes.buffer, at, count));
    at += 4 * count;
  }
  return arrays;
}

/**
 * The names in the manifest of weights of those names ("conv2d/kernel") and shapes.
 *
 * Keras's converter may put the model's name before and ":0" behind: "model/conv2d/kernel:0".
 *
 * @param {readonly { name: string, shape: number[] }[]} wanted
 * @param {readonly Entry[]} promised
 * @param {string} where
 * @returns {string[]}
 */
export function match(wanted, promised, where) {
  /** @type {Map<string, Entry[]>} */
  const byName = new Map();
  for (const entry of promised) {
    const whole = entry.name.replace(/:0$/, '');
    for (const name of new Set([whole, whole.split('/').slice(-2).join('/')])) {
      byName.set(name, [...(byName.get(name) ?? []), entry]);
    }
  }
  const names = wanted.map(({ name, shape }) => {
    const found = byName.get(name) ?? [];
    if (found.length !== 1) {
      const word = found.length ? 'twice' : 'not';
      throw new ModelError(`the weights ${name} are ${word} in weightsManifest`, { where });
    }
    if (String(found[0].shape) !== String(shape)) {
      throw new ModelError(`the weights ${name} have the wrong shape`, {
        where,
        expected: shape,
        got: found[0].shape,
      });
    }
    return found[0].name;
  });
  const unknown = promised.find((entry) => !names.includes(entry.name));
  if (unknown) {
    throw new ModelError('weightsManifest has weights of no layer', { where, got: unknown.name });
  }
  return names;
}

/**
 * The bytes of arrays one after the other.
 *
 * @param {readonly (Float32Array | Int32Array)[]} arrays
 */
export function join(arrays) {
  const whole = new Uint8Array(arrays.reduce((sum, array) => sum + array.byteLength, 0));
  let at = 0;
  for (const array of arrays) {
    whole.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    at += array.byteLength;
  }
  return whole;
}
