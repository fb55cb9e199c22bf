// The weights of a model file: named arrays described in model.json, held in binary files.
//
// Knows TensorFlow.js's `weightsManifest`; knows nothing of layers.

import { ModelError, shown } from './errors.js';
import { sha256 } from './sha256.js';
import { size } from './shapes.js';

/** @typedef {{ dtype: string, scale: number, min: number }} Quantization  value = integer · scale + min */
/** @typedef {{ name: string, shape: number[], dtype: string, group: string, quantization: Quantization | null }} Entry  of the manifest */
/** @typedef {{ paths: string[], entries: Entry[], bytes: number }} Group  its files' bytes, joined, are its arrays' */

const MAXIMAL_ARRAYS = 10000;
const BYTES = /** @type {Record<string, number>} */ ({ uint8: 1, uint16: 2, float16: 2 }); // of a quantized value
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
function bytesOf({ shape, quantization }) {
  return size(shape) * (quantization ? BYTES[quantization.dtype] : 4);
}

/**
 * The values of quantized bytes, as TensorFlow.js computes them.
 *
 * @param {DataView} view
 * @param {Quantization} quantization
 * @param {string} dtype
 */
function decoded(view, { dtype: kind, scale, min }, dtype) {
  const step = BYTES[kind];
  const count = view.byteLength / step;
  const values = dtype === 'int32' ? new Int32Array(count) : new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const integer = step === 1 ? view.getUint8(i) : view.getUint16(2 * i, true);
    if (kind === 'float16') values[i] = half(integer);
    else if (dtype === 'int32') values[i] = Math.round(integer * scale + min);
    else values[i] = integer * scale + min;
  }
  return values;
}

/** The value of a float16 of those bits. @param {number} bits */
function half(bits) {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const sign = bits >> 15 ? -1 : 1;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? (1024 + fraction) * 2 ** (exponent - 25) : fraction * 2 ** -24);
}

/**
 * The arrays of a group by name, as views of the bytes where they aren't quantized.
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
  for (const entry of group.entries) {
    const { name, shape, dtype, quantization } = entry;
    const length = bytesOf(entry);
    if (quantization) {
      arrays.set(name, decoded(new DataView(bytes.buffer, at, length), quantization, dtype));
    } else if (at % 4) {
      const copy = bytes.slice(at, at + length).buffer;
      arrays.set(name, dtype === 'int32' ? new Int32Array(copy) : new Float32Array(copy));
    } else {
      const kind = dtype === 'int32' ? Int32Array : Float32Array;
      arrays.set(name, new kind(bytes.buffer, at, size(shape)));
    }
    at += length;
  }
  return arrays;
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

/**
 * Throws if bytes have another hash than a file says.
 *
 * @param {unknown} expected  none: nothing is compared
 * @param {Uint8Array} bytes
 * @param {string} where
 */
export function compareHash(expected, bytes, where) {
  if (expected === undefined || expected === null) return;
  const got = sha256(bytes);
  if (expected !== got) {
    throw new ModelError('the weights were changed after they were saved', {
      where,
      expected: `SHA-256 ${String(expected).slice(0, 12)}…`,
      got: `${got.slice(0, 12)}…`,
      todo: 'Download or copy the model again.',
    });
  }
}
