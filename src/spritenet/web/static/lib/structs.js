// The C structures of core/spritenet.h, field by field in the header's order, laid out as wasm32 does:
// pointers of 4 bytes, every field aligned to its own size. Field names are the header's.
//
// Knows sizes and places; knows nothing of what the fields mean.

/** @typedef {'i32' | 'u32' | 'i64' | 'u64' | 'f32' | 'f64' | 'pointer'} Scalar */
/** @typedef {Readonly<{ at: number, type: Scalar }>} Field  Its first byte, counted from the structure's. */
/** @typedef {Readonly<{ name: string, bytes: number, fields: Readonly<Record<string, Field>> }>} Struct */

/** @type {Readonly<Record<Scalar, number>>} */
const SIZES = { i32: 4, u32: 4, i64: 8, u64: 8, f32: 4, f64: 8, pointer: 4 };

/**
 * A structure of these fields. A structure inside is written with its fields' names behind a dot.
 *
 * @param {string} name as in the header
 * @param {Record<string, Scalar | Struct>} members in the header's order
 * @returns {Struct}
 */
function struct(name, members) {
  /** @type {Record<string, Field>} */
  const fields = {};
  let at = 0;
  let widest = 1;
  for (const [key, type] of Object.entries(members)) {
    const inner = typeof type === 'string' ? null : type;
    const size = typeof type === 'string' ? SIZES[type] : type.bytes;
    const aligned = inner
      ? Math.max(...Object.values(inner.fields).map((field) => SIZES[field.type]))
      : size;
    at = Math.ceil(at / aligned) * aligned;
    widest = Math.max(widest, aligned);
    if (typeof type === 'string') {
      fields[key] = { at, type };
    } else {
      for (const [deeper, field] of Object.entries(type.fields)) {
        fields[`${key}.${deeper}`] = { at: at + field.at, type: field.type };
      }
    }
    at += size;
  }
  return { name, bytes: Math.ceil(at / widest) * widest, fields };
}

export const ATTRIBUTE = struct('sn_attribute', {
  name: 'pointer',
  text: 'pointer',
  numbers: 'pointer',
  count: 'i32',
});

export const NODE = struct('sn_node', {
  operation: 'pointer',
  inputs: 'pointer',
  attributes: 'pointer',
  input_count: 'i32',
  attribute_count: 'i32',
  trainable: 'i32',
});

export const SPEC = struct('sn_network_spec', {
  nodes: 'pointer',
  node_count: 'i32',
  rank: 'i32',
  'sides[0]': 'i32',
  'sides[1]': 'i32',
  'sides[2]': 'i32',
  threads: 'i32',
  batch_size: 'i32',
  reuses_memory: 'i32',
});

export const ATTRIBUTE_INFO = struct('sn_attribute_info', {
  name: 'pointer',
  choices: 'pointer',
  least: 'f64',
  most: 'f64',
  value: 'f64',
  kind: 'i32',
  count: 'i32',
  required: 'i32',
});

export const OPERATOR_INFO = struct('sn_operator_info', {
  name: 'pointer',
  attributes: 'pointer',
  attribute_count: 'i32',
  least_inputs: 'i32',
  most_inputs: 'i32',
});

export const SHAPE = struct('sn_shape', {
  rank: 'i32',
  'sides[0]': 'i32',
  'sides[1]': 'i32',
  'sides[2]': 'i32',
});

export const WEIGHT = struct('sn_weight', {
  name: 'pointer',
  offset: 'i64',
  node: 'i32',
  trainable: 'i32',
  rank: 'i32',
  'shape[0]': 'i32',
  'shape[1]': 'i32',
  'shape[2]': 'i32',
  'shape[3]': 'i32',
});

export const EXAMPLES = struct('sn_examples', {
  images: 'pointer',
  labels: 'pointer',
  targets: 'pointer',
  weights: 'pointer',
  identities: 'pointer',
  output_weights: 'pointer',
  count: 'i64',
});

export const LOSS = struct('sn_loss', {
  name: 'pointer',
  attributes: 'pointer',
  attribute_count: 'i32',
});

export const LOSS_INFO = struct('sn_loss_info', {
  name: 'pointer',
  words: 'pointer',
  attributes: 'pointer',
  attribute_count: 'i32',
  activation: 'i32',
  accuracy: 'i32',
  targets: 'i32',
  by_output: 'i32',
});

export const OPTIMIZER = struct('sn_optimizer', {
  name: 'pointer',
  attributes: 'pointer',
  attribute_count: 'i32',
});

export const TRAINING = struct('sn_training', {
  examples: EXAMPLES,
  optimizer: OPTIMIZER,
  parameters: 'pointer',
  slots: 'pointer',
  scratch: 'pointer',
  excluded: 'pointer',
  learning_rates: 'pointer',
  indices: 'pointer',
  epoch: 'i64',
  seed: 'u64',
  first_step: 'i64',
  steps: 'i32',
  batch_size: 'i32',
  loss: LOSS,
  no_dropout: 'i32',
  stop: 'pointer',
  losses: 'pointer',
  correct: 'pointer',
  outputs: 'pointer',
  steps_done: 'i32',
  decisions: 'i32',
});

export const EVALUATION = struct('sn_evaluation', {
  examples: EXAMPLES,
  parameters: 'pointer',
  indices: 'pointer',
  first: 'i64',
  count: 'i64',
  loss: LOSS,
  stop: 'pointer',
  outputs: 'pointer',
  loss_sum: 'f64',
  l2: 'f64',
  correct: 'i64',
  decisions: 'i32',
});

/** All of them, for the test that compares them with the compiler's. */
export const STRUCTS = [
  ATTRIBUTE,
  NODE,
  SPEC,
  ATTRIBUTE_INFO,
  OPERATOR_INFO,
  SHAPE,
  WEIGHT,
  EXAMPLES,
  LOSS,
  LOSS_INFO,
  OPTIMIZER,
  TRAINING,
  EVALUATION,
];

/**
 * Writes a structure: the fields given, and 0 into all others.
 *
 * @param {DataView} memory
 * @param {number} address
 * @param {Struct} type
 * @param {Record<string, number | bigint | boolean | null | undefined>} values null is the null pointer
 */
export function write(memory, address, type, values) {
  new Uint8Array(memory.buffer, address, type.bytes).fill(0);
  for (const [key, value] of Object.entries(values)) {
    const field = type.fields[key];
    if (!field) throw new TypeError(`${type.name} has no field ${key}`);
    put(memory, address + field.at, field.type, value ?? 0);
  }
}

/**
 * @param {DataView} memory
 * @param {number} at
 * @param {Scalar} type
 * @param {number | bigint | boolean} value
 */
function put(memory, at, type, value) {
  if (type === 'i64') memory.setBigInt64(at, BigInt(value), true);
  else if (type === 'u64') memory.setBigUint64(at, BigInt(value), true);
  else if (type === 'f32') memory.setFloat32(at, Number(value), true);
  else if (type === 'f64') memory.setFloat64(at, Number(value), true);
  else if (type === 'i32') memory.setInt32(at, Number(value), true);
  else memory.setUint32(at, Number(value), true);
}

/**
 * One field of a structure in memory; 64-bit integers must be safe ones.
 *
 * @param {DataView} memory
 * @param {number} address
 * @param {Struct} type
 * @param {string} key
 * @returns {number}
 */
export function read(memory, address, type, key) {
  const field = type.fields[key];
  if (!field) throw new TypeError(`${type.name} has no field ${key}`);
  const at = address + field.at;
  if (field.type === 'i64') return Number(memory.getBigInt64(at, true));
  if (field.type === 'u64') return Number(memory.getBigUint64(at, true));
  if (field.type === 'f32') return memory.getFloat32(at, true);
  if (field.type === 'f64') return memory.getFloat64(at, true);
  if (field.type === 'i32') return memory.getInt32(at, true);
  return memory.getUint32(at, true);
}
