// The weights of a model file: named arrays described in model.json, held in binary files.
//
// Knows nothing of layers; manifest.js reads the description.

import { ModelError } from './errors.js';
import { BYTES, bytesOf } from './manifest.js';
import { sha256 } from './sha256.js';
import { size } from './shapes.js';

/** @typedef {import('./manifest.js').Entry} Entry */
/** @typedef {import('./manifest.js').Group} Group */
/** @typedef {import('./manifest.js').Quantization} Quantization */

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
