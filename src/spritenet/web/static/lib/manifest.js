// TensorFlow.js's `weightsManifest`: the named arrays in a model's binary files, every entry checked.
//
// Knows nothing of layers, nor of the bytes.

import { ModelError, shown } from './errors.js';
import { size } from './shapes.js';

/** @typedef {{ dtype: string, scale: number, min: number }} Quantization  value = integer · scale + min */
/** @typedef {{ name: string, shape: number[], dtype: string, group: string, quantization: Quantization | null }} Entry  of the manifest */
/** @typedef {{ paths: string[], entries: Entry[], bytes: number }} Group  its files' bytes, joined, are its arrays' */

const MAXIMAL_ARRAYS = 10000;
export const BYTES = /** @type {Record<string, number>} */ ({ uint8: 1, uint16: 2, float16: 2 }); // of a quantized value
const MAXIMAL_BYTES = 2 ** 31; // of all weights: more than a tab can train
const MOST_SLOTS = 8; // arrays of an optimizer for each weight

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
      (/** @type {number} */ sum, /** @type {Entry} */ e) => sum + bytesOf(e),
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
  if (!(entry.dtype === 'float32' || (group && entry.dtype === 'int32'))) {
    throw new ModelError(`${label}: unsupported type of weights`, {
      where,
      expected: group ? 'float32 or int32' : 'float32',
      got: entry.dtype ?? null,
    });
  }
  const quantization = 'quantization' in entry ? parseQuantization(entry, label, where) : null;
  return { name: entry.name, shape, dtype: entry.dtype, group, quantization };
}

/**
 * @param {any} entry
 * @param {string} label
 * @param {string} where
 * @returns {Quantization}
 */
function parseQuantization({ quantization, dtype }, label, where) {
  const kind = quantization?.dtype;
  if (!Object.hasOwn(BYTES, kind) || (kind === 'float16' && dtype !== 'float32')) {
    throw new ModelError(`${label}: unsupported quantization`, {
      where,
      expected: 'uint8, uint16 or float16',
      got: kind ?? quantization ?? null,
    });
  }
  const { scale = 1, min = 0 } = kind === 'float16' ? {} : quantization;
  const stated = kind === 'float16' || ('scale' in quantization && 'min' in quantization);
  if (!stated || !Number.isFinite(scale) || !Number.isFinite(min)) {
    throw new ModelError(`${label}: its quantization lacks min or scale`, {
      where,
      expected: 'two finite numbers',
      got: quantization,
    });
  }
  return { dtype: kind, scale, min };
}

/** The bytes of an array in its file. @param {Entry} entry */
export function bytesOf({ shape, quantization }) {
  return size(shape) * (quantization ? BYTES[quantization.dtype] : 4);
}

/**
 * Refuses an optimizer with more weights than any has for a network of these.
 *
 * @param {readonly { shape: number[] }[]} wanted
 * @param {readonly Entry[]} promised
 * @param {string} where
 */
function checkSlots(wanted, promised, where) {
  const count = (/** @type {readonly { shape: number[] }[]} */ arrays) =>
    arrays.reduce((sum, { shape }) => sum + size(shape), 0);
  const got = count(promised.filter(({ group }) => group));
  const most = 1 + MOST_SLOTS * count(wanted);
  if (got > most) {
    throw new ModelError('the optimizer has too many weights', {
      where,
      expected: `≤ ${most}`,
      got,
    });
  }
}

/**
 * The names in the manifest of weights of those names ("conv2d/kernel") and shapes.
 *
 * Keras's converter may put the model's name before and ":0" behind: "model/conv2d/kernel:0".
 *
 * @param {readonly { name: string, shape: number[] }[]} wanted
 * @param {readonly Entry[]} all  those of an optimizer too
 * @param {string} where
 * @returns {string[]}
 */
export function match(wanted, all, where) {
  checkSlots(wanted, all, where);
  const promised = all.filter(({ group }) => !group);
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
