// Models in int8: their file read, and run by the core. docs/reference/int8.md specifies every integer.
//
// Knows the file's format and the core's structures; the arithmetic is the core's.

import { int8Core } from './core.js';
import { download } from './download.js';
import { DataError, ModelError } from './errors.js';

/** @typedef {{ dtype: string, shape: number[], offset: number }} Place  Of an array, behind the header. */
/**
 * @typedef {object} Entry  An operator as the file has it; which arrays it has depends on its kind.
 * @property {string} operator
 * @property {string} name
 * @property {number[]} inputs
 * @property {number[]} shape
 * @property {number} scale
 * @property {number} zero_point
 * @property {number} low
 * @property {number} high
 * @property {number[]} [size]
 * @property {number[]} [strides]
 * @property {number[]} [dilation]
 * @property {number[]} [padding]
 * @property {number} [groups]
 * @property {number} [top]
 * @property {number} [left]
 * @property {boolean} [largest]
 * @property {Place} [kernel]
 * @property {Place} [table]
 * @property {Place} [bias]
 * @property {Place} [counts]
 * @property {Place | number} [multiplier]
 * @property {Place | number} [shift]
 */

const KINDS = [
  ...['Convolution', 'MaxPooling', 'AveragePooling', 'Lookup', 'Sum', 'Product', 'Maximum'],
  ...['Minimum', 'Concatenation', 'Padding', 'Cropping', 'UpSampling', 'Reshaping'],
]; // in the order of the core's sn_integer_kind
const WORDS = 24; // of sn_integer_operator, and 8 of sn_integer_network: all of 4 bytes in wasm32
const NETWORK_WORDS = 8;
const AT_ONCE = 256; // images predicted in a call
const MOST_BYTES = 2 ** 30;

/** @param {number[]} sides */
const product = (sides) => sides.reduce((all, side) => all * side, 1);

/** A model whose predictions are computed in int8, as `model.quantize` in Python makes it. */
export class QuantizedModel {
  /**
   * @param {import('./core.js').Core} core
   * @param {Uint8Array} bytes  of an `.int8` file
   * @param {string} where  its name, for errors
   */
  constructor(core, bytes, where) {
    const header = readHeader(bytes, where);
    const { network, operators, metadata } = header;
    this.inputShape = /** @type {number[]} */ (network.input_shape);
    this.outputShape = /** @type {number[]} */ (network.output_shape);
    this.activation = String(network.activation);
    this.classNames = /** @type {string[]} */ (metadata?.class_names ?? []);
    this.preparation = metadata?.input?.preparation ?? null;
    this.last = operators[operators.length - 1];
    this.arena = core.instantiate();
    const shape = [1, 1, 1, ...this.inputShape].slice(-3);
    const { arena } = this;
    const records = arena.take(operators.length * WORDS * 4);
    for (const [index, entry] of operators.entries()) {
      const inputs = entry.inputs.map((source) => {
        if (!(source >= -1 && source < index)) throw broken(entry, where);
        return source < 0 ? shape : operators[source].shape;
      });
      const words = this.record(entry, inputs, bytes.subarray(header.end), where);
      arena.i32(records + index * WORDS * 4, WORDS).set(words);
    }
    const description = arena.take(NETWORK_WORDS * 4);
    const inverted = network.inverted ? 1 : 0;
    const words = [records, operators.length, ...shape, network.zero_point, inverted, 0];
    arena.i32(description, NETWORK_WORDS).set(words);
    const error = arena.take(256);
    const needed = Number(arena.core.sn_integer_bytes(description, 1, error));
    if (needed < 0) throw new ModelError(arena.text(error), { where });
    const memory = arena.take(needed);
    this.state = arena.core.sn_integer_init(memory, BigInt(needed), description, 1, error);
    this.pool = arena.core.sn_pool_create(1);
  }

  /**
   * The model of an `.int8` file.
   *
   * @param {string | URL | Blob | ArrayBuffer | Uint8Array} source
   * @param {{ core?: import('./core.js').Core }} [options]  as `Core.loadInt8` returns it
   */
  static async load(source, { core } = {}) {
    const { bytes, where } = await download(source, { limit: MOST_BYTES });
    return new QuantizedModel(core ?? (await int8Core()), bytes, where);
  }

  /**
   * The words of sn_integer_operator; its arrays are copied into the core's memory.
   *
   * @param {Entry} entry
   * @param {number[][]} inputs  their shapes
   * @param {Uint8Array} data
   * @param {string} where
   */
  record(entry, inputs, data, where) {
    const { shape, operator: kind, inputs: sources } = entry;
    const place = (/** @type {Place | number | undefined} */ value, /** @type {number} */ count) =>
      this.copy(value, count, data, entry, where);
    const [, , depth] = inputs[0] ?? [];
    const out = shape[2];
    const isDense = kind === 'Dense';
    let size = entry.size ?? [1, 1];
    let [kernel, bias, counts, each] = [0, 0, 0, 0];
    if (isDense) {
      size = inputs[0].slice(0, 2);
      kernel = place(entry.kernel, product(inputs[0]) * out);
    } else if (kind === 'Convolution') {
      const sides = typeof entry.kernel === 'object' ? entry.kernel.shape : [];
      size = sides.slice(0, 2);
      kernel = place(entry.kernel, product(size) * Math.floor(depth / (entry.groups ?? 1)) * out);
    } else if (kind === 'Lookup') {
      kernel = place(entry.table, 256);
    } else if (kind === 'AveragePooling') {
      each = entry.counts?.shape[0] ?? 0;
      counts = place(entry.counts, each);
    }
    if (isDense || kind === 'Convolution') bias = place(entry.bias, out);
    const many = bias ? out : each || sources.length;
    const names = isDense ? 'Convolution' : kind;
    const extremum = entry.largest ? 'Maximum' : 'Minimum';
    const { top, left, padding } = entry;
    return [
      this.copy(Int32Array.from(sources), 0, data, entry, where),
      kernel,
      bias,
      place(entry.multiplier, many),
      place(entry.shift, many),
      counts,
      KINDS.indexOf(kind === 'Extremum' ? extremum : names),
      sources.length,
      ...shape,
      ...[entry.zero_point, entry.low, entry.high],
      ...size,
      ...(entry.strides ?? [1, 1]),
      ...(entry.dilation ?? [1, 1]),
      ...(padding ? [padding[0], padding[2]] : [top ?? 0, left ?? 0]),
      entry.groups ?? 1,
      each,
    ];
  }

  /**
   * The address of a copy of an array, or of one number; 0 where there is none.
   *
   * @param {Place | number | Int32Array | undefined} value
   * @param {number} count  that it must have
   * @param {Uint8Array} data
   * @param {Entry} entry
   * @param {string} where
   */
  copy(value, count, data, entry, where) {
    const numbers = typeof value === 'number' ? Int32Array.of(value) : value;
    if (numbers === undefined) return 0;
    if (numbers instanceof Int32Array) {
      const at = this.arena.take(numbers.byteLength);
      this.arena.i32(at, numbers.length).set(numbers);
      return at;
    }
    const { dtype, shape, offset } = numbers;
    const bytes = count * (dtype === 'int8' ? 1 : 4);
    if (product(shape) !== count || !(offset >= 0 && offset + bytes <= data.length)) {
      throw broken(entry, where);
    }
    const at = this.arena.take(bytes);
    this.arena.u8(at, bytes).set(data.subarray(offset, offset + bytes));
    return at;
  }

  /**
   * The integers of the last operator, an image's outputs after the other's.
   *
   * @param {Uint8Array | Uint8ClampedArray} images  one or more, each h w c
   * @returns {Int16Array}
   */
  integers(images) {
    const size = product(this.inputShape);
    const outputs = product(this.outputShape);
    const count = images.length / size;
    if (!Number.isInteger(count) || count < 1) {
      throw new DataError("the images don't fit the network", {
        expected: `${this.inputShape.join('×')} bytes each`,
        got: `${images.length} bytes`,
      });
    }
    const { arena } = this;
    const found = new Int16Array(count * outputs);
    const before = arena.top;
    const some = Math.min(count, AT_ONCE);
    const from = arena.take(some * size);
    const to = arena.take(some * outputs * 2);
    for (let first = 0; first < count; first += some) {
      const now = Math.min(some, count - first);
      arena.u8(from, now * size).set(images.subarray(first * size, (first + now) * size));
      arena.core.sn_integer_predict(this.state, this.pool, from, BigInt(now), to);
      found.set(new Int16Array(arena.memory.buffer, to, now * outputs), first * outputs);
    }
    arena.release(before);
    return found;
  }

  /**
   * The outputs, dequantized, with the softmax or sigmoid at the end: an image's after the other's.
   *
   * @param {Uint8Array | Uint8ClampedArray} images  one or more, each h w c
   * @returns {Float32Array}
   */
  predict(images) {
    const { zero_point: zero, scale } = this.last;
    const real = Array.from(this.integers(images), (value) => (value - zero) * scale);
    const width = this.outputShape[this.outputShape.length - 1];
    if (this.activation === 'sigmoid') {
      return Float32Array.from(real, (x) => 1 / (1 + Math.exp(-x)));
    }
    if (this.activation === 'linear') return Float32Array.from(real);
    const found = new Float32Array(real.length);
    for (let first = 0; first < real.length; first += width) {
      const row = real.slice(first, first + width);
      const most = Math.max(...row);
      const sum = row.reduce((all, x) => all + Math.exp(x - most), 0);
      const isLog = this.activation === 'log_softmax';
      const one = (/** @type {number} */ x) => (isLog ? x - Math.log(sum) : Math.exp(x) / sum);
      found.set(
        row.map((x) => one(x - most)),
        first,
      );
    }
    return found;
  }
}

/**
 * @param {Entry} entry
 * @param {string} where
 */
function broken(entry, where) {
  const got = `${String(entry?.operator)} ${String(entry?.name ?? '')}`.slice(0, 80);
  return new ModelError("an operator doesn't fit its inputs", { where, got });
}

/**
 * The JSON object at a file's beginning, and where it ends.
 *
 * @param {Uint8Array} bytes
 * @param {string} where
 * @returns {{ network: any, operators: Entry[], metadata: any, end: number }}
 */
function readHeader(bytes, where) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = bytes.length < 8 ? Infinity : Number(view.getBigUint64(0, true));
  let header;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + size)));
  } catch {
    header = null;
  }
  if (size > bytes.length - 8 || header?.format !== 'spritenet int8') {
    throw new ModelError('not an int8 model', { where });
  }
  if (header.version !== 1) {
    const todo = 'Update Spritenet.';
    throw new ModelError('the model was saved by a newer Spritenet', {
      where,
      got: header.version,
      todo,
    });
  }
  const { network, operators, metadata } = header;
  const listed = Array.isArray(operators) && operators.length > 0;
  const fits = listed && operators.every((one) => isEntry(one));
  if (!fits || !Array.isArray(network?.input_shape) || !Array.isArray(network.output_shape)) {
    throw new ModelError('the header of an int8 model is broken', { where });
  }
  return { network, operators, metadata, end: 8 + size };
}

/** @param {any} one */
function isEntry(one) {
  const lists = [
    one?.inputs,
    one?.shape,
    ...[one?.size, one?.strides, one?.dilation, one?.padding],
  ];
  const fine = lists.every(
    (list, k) =>
      (k > 1 && list === undefined) || (Array.isArray(list) && list.every(Number.isInteger)),
  );
  return fine && one.shape.length === 3 && one.inputs.length > 0;
}
