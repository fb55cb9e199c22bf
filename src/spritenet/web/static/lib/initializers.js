// Initializers of weights: Keras's, drawn from NumPy's generator.
//
// The same numbers as in Python with the same seed.

import { ModelError } from './errors.js';
import { size } from './shapes.js';

/** @typedef {import('./random.js').Stream} Stream */

const CUT_DEVIATION = 0.87962566103423978; // of a standard normal distribution cut at ±2

/** @type {Record<string, [number, string, string]>} */
const SCALED = {
  glorotuniform: [1, 'fan_avg', 'uniform'],
  glorotnormal: [1, 'fan_avg', 'truncated_normal'],
  heuniform: [2, 'fan_in', 'uniform'],
  henormal: [2, 'fan_in', 'truncated_normal'],
  lecununiform: [1, 'fan_in', 'uniform'],
  lecunnormal: [1, 'fan_in', 'truncated_normal'],
};

/**
 * New values for a weight array.
 *
 * @param {unknown} rule  a Keras name, or { class_name, config }
 * @param {number[]} shape
 * @param {Stream} stream
 * @returns {Float32Array}
 */
export function initial(rule, shape, stream) {
  const { class_name: given = rule, config = {} } = /** @type {any} */ (rule) ?? {};
  const name = String(given).toLowerCase().replace(/_/g, '');
  const values = new Float32Array(size(shape));
  /** @param {() => number} draw */
  const fill = (draw) => {
    for (let i = 0; i < values.length; i++) values[i] = draw();
    return values;
  };
  if (name === 'zeros') return values;
  if (name === 'ones') return values.fill(1);
  if (name === 'values') {
    const each = /** @type {any} */ (config).values; // one for each channel, or one for all
    return values.map((_, i) => each[i % each.length]);
  }
  if (name === 'constant') return values.fill(config.value ?? 0);
  if (name === 'randomuniform') {
    const low = config.minval ?? -0.05;
    const span = (config.maxval ?? 0.05) - low;
    return fill(() => low + span * stream.uniform());
  }
  if (name === 'randomnormal') {
    return fill(() => (config.mean ?? 0) + (config.stddev ?? 0.05) * stream.normal());
  }
  if (name === 'truncatednormal') {
    return cutNormal(values, stream, config.stddev ?? 0.05, config.mean ?? 0);
  }
  const [scale, mode, distribution] =
    name === 'variancescaling'
      ? [config.scale ?? 1, config.mode ?? 'fan_in', config.distribution ?? 'truncated_normal']
      : (SCALED[name] ?? refuse(given));
  const field = size(shape.slice(0, -2));
  const fanIn = shape.length > 1 ? field * shape[shape.length - 2] : size(shape);
  const fanOut = shape.length > 1 ? field * shape[shape.length - 1] : size(shape);
  const fans = /** @type {Record<string, number>} */ ({ fan_in: fanIn, fan_out: fanOut });
  const variance = scale / Math.max(1, fans[mode] ?? (fanIn + fanOut) / 2);
  if (distribution === 'uniform') {
    const limit = Math.sqrt(3 * variance);
    return fill(() => -limit + 2 * limit * stream.uniform());
  }
  const deviation = Math.sqrt(variance);
  if (distribution === 'untruncated_normal') return fill(() => deviation * stream.normal());
  return cutNormal(values, stream, deviation / CUT_DEVIATION);
}

/**
 * Fills an array with normal values, those beyond two deviations drawn again.
 *
 * @param {Float32Array} values
 * @param {Stream} stream
 * @param {number} deviation
 * @param {number} [mean]
 */
function cutNormal(values, stream, deviation, mean = 0) {
  const drawn = Float64Array.from(values, () => stream.normal());
  for (;;) {
    const far = [...drawn.keys()].filter((i) => Math.abs(drawn[i]) > 2);
    if (!far.length) break;
    for (const i of far) drawn[i] = stream.normal();
  }
  for (let i = 0; i < values.length; i++) values[i] = mean + deviation * drawn[i];
  return values;
}

/** @param {unknown} name @returns {never} */
function refuse(name) {
  throw new ModelError('unknown initializer', {
    expected:
      'zeros, ones, constant, random_uniform, random_normal, truncated_normal, variance_scaling, glorot_…, he_… or lecun_…',
    got: name,
  });
}
