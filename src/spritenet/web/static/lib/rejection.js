// Calibrated probabilities and rejection of out-of-distribution images, as in spritenet/ood in Python.
//
// docs/explanation/ood.md has the formulas and their sources.

import { fromBase64 } from './base64.js';
import { ModelError } from './errors.js';
import { imageScore, kernelShapes, SIDES } from './image-detector.js';

/**
 * The predicted class of an image, and its rejection if it is unlike the training set.
 *
 * @typedef {object} Classified
 * @property {number} label  the index of the most likely class
 * @property {Float64Array} probabilities  of each class, calibrated if the model is
 * @property {boolean} sure  false for a rejected image, and if the model is not calibrated
 * @property {number} score  the likeness to the training set, 0 … 1; sure from 0.5 on
 * @property {boolean[]} [present]  of a multi-label network: the classes from their thresholds on
 */

const MOST = { features: 4096, hidden: 512, classes: 65536, channels: 64, numbers: 4_000_000 };

/**
 * The result of calibrating a model: temperature, threshold and OOD detectors. Plain data, so that it
 * can be sent to a worker.
 *
 * @typedef {ReturnType<typeof readRejection>} Rejection
 */

/**
 * Reads and checks the entry `rejection` of a model's metadata.
 *
 * @param {any} entry  in earlier files `doubt`, with `watcher` for `detector`
 * @param {string} where  the file, for errors
 */
export function readRejection(entry, where) {
  const read = reader(entry, where, '');
  const temperature = read.number('temperature', 0.025, 40);
  const threshold = read.number('threshold', -1e6, 1e6);
  read.number('refused', 0, 1);
  read.count('images', Number.MAX_SAFE_INTEGER);
  const { layer, watcher, detector = watcher, image_detector: onImages, ...rest } = entry;
  if (typeof layer !== 'string' || !layer || layer.length > 200) {
    read.refuse('layer', "a layer's name");
  }
  if (typeof detector !== 'object' || !detector || Array.isArray(detector)) {
    read.refuse('detector', 'an object');
  }
  const inner = reader(detector, where, 'detector.');
  const features = inner.count('features', MOST.features);
  const hidden = inner.count('hidden', MOST.hidden);
  const classes = inner.count('classes', MOST.classes);
  const outputs = classes + 1;
  if (Math.max(features * hidden, hidden * outputs) > MOST.numbers) {
    inner.refuse('hidden', `at most ${MOST.numbers} numbers`);
  }
  return {
    /** As written into a file. */
    entry: { ...rest, layer, detector, ...(onImages ? { image_detector: onImages } : {}) },
    temperature,
    threshold,
    /** The name of the layer whose outputs are the features. */
    layer: String(layer),
    hidden,
    classes,
    places: inner.places(features),
    low: inner.floats('low', features),
    scale: inner.floats('scale', features),
    kernel: new Int8Array(inner.bytes('kernel', [features * hidden]).buffer),
    kernelScale: inner.floats('kernel_scale', hidden),
    bias: inner.floats('bias', hidden),
    outputKernel: inner.floats('output_kernel', hidden * outputs),
    outputBias: inner.floats('output_bias', outputs),
    /** On pixels; null in earlier files and for images of other sizes. */
    imageDetector: onImages === undefined ? null : readImageDetector(onImages, classes, where),
  };
}

/**
 * Reads and checks the image detector of as many classes.
 *
 * @param {any} entry
 * @param {number} classes
 * @param {string} where
 * @returns {import('./image-detector.js').ImageDetector}
 */
function readImageDetector(entry, classes, where) {
  const read = reader(entry, where, 'image_detector.');
  if (typeof entry !== 'object' || !entry) read.refuse('height', 'a whole number');
  const side = (/** @type {string} */ key) => {
    const value = read.count(key, SIDES.most);
    if (value < SIDES.least) read.refuse(key, `a whole number from ${SIDES.least}`);
    return value;
  };
  const form = {
    height: side('height'),
    width: side('width'),
    channels: read.count('channels', MOST.channels),
  };
  if (read.count('classes', MOST.classes) !== classes) read.refuse('classes', `${classes}`);
  const parts = kernelShapes(form, classes).map((shape, k) => {
    const units = shape[shape.length - 1];
    const size = shape.reduce((a, b) => a * b, 1);
    if (size > MOST.numbers) read.refuse('classes', `at most ${MOST.numbers} numbers`);
    return {
      kernel: new Int8Array(read.bytes(`kernel_${k + 1}`, [size]).buffer),
      scale: read.floats(`kernel_scale_${k + 1}`, units),
      bias: read.floats(`bias_${k + 1}`, units),
    };
  });
  return { form, classes, parts };
}

/**
 * Throws if it belongs to another network.
 *
 * @param {Rejection} rejection
 * @param {readonly { name: string }[]} layers
 * @param {readonly number[]} sizes  the number of outputs of each layer
 * @param {readonly number[]} inputShape
 */
export function checkRejection(rejection, layers, sizes, inputShape) {
  const { layer, places, classes, imageDetector } = rejection;
  const { height, width, channels } = imageDetector?.form ?? {};
  if (imageDetector && String([height, width, channels]) !== String(inputShape)) {
    throw new ModelError('the OOD detector belongs to another network', {
      expected: `images ${inputShape.join(' × ')}`,
      got: `${height} × ${width} × ${channels}`,
      todo: 'Calibrate the model again, or remove the entry `rejection`.',
    });
  }
  const size = sizes[layers.findIndex(({ name }) => name === layer)] ?? 0;
  const outputs = sizes[sizes.length - 1];
  const last = places.reduce((a, b) => Math.max(a, b), 0);
  if (last >= size || classes !== outputs) {
    throw new ModelError('the OOD detector belongs to another network', {
      expected: `${outputs} classes, features of ${layer} below ${size}`,
      got: `${classes}, ${last}`,
      todo: 'Calibrate the model again, or remove the entry `rejection`.',
    });
  }
}

/**
 * The log odds that an image is an outlier, by the detector on features.
 *
 * @param {Rejection} rejection
 * @param {Float32Array} features  all outputs of its layer
 */
export function outlierScore(rejection, features) {
  const { hidden, classes, kernel, low, scale, kernelScale, bias, outputKernel, outputBias } =
    rejection;
  const sums = new Float64Array(hidden);
  let outside = 0; // of the range among familiar images
  rejection.places.forEach((place, i) => {
    const u = (features[place] - low[i]) * scale[i];
    const x = Math.min(Math.max(u, 0), 1);
    outside += Math.abs(u - x);
    if (x === 0) return;
    for (let j = 0, at = i * hidden; j < hidden; j++, at++) sums[j] += x * kernel[at];
  });
  const z = Float64Array.from(outputBias);
  for (let j = 0; j < hidden; j++) {
    const value = Math.max(sums[j] * kernelScale[j] + bias[j], 0);
    for (let k = 0, at = j * (classes + 1); k <= classes; k++, at++) {
      z[k] += value * outputKernel[at];
    }
  }
  const known = z.subarray(0, classes);
  const most = known.reduce((a, b) => Math.max(a, b), -Infinity);
  return (
    outside +
    z[classes] -
    most -
    Math.log(known.reduce((sum, value) => sum + Math.exp(value - most), 0))
  );
}

/**
 * The score of an image, 0 … 1: rejected below 0.5. A blank image has 0.
 *
 * @param {Rejection} rejection
 * @param {Float32Array} features  all outputs of its layer
 * @param {Uint8Array} image  h w c
 * @param {number} channels
 */
export function familiarity(rejection, features, image, channels) {
  if (isBlank(image, channels)) return 0;
  const { imageDetector, threshold } = rejection;
  const onImage = imageDetector ? imageScore(imageDetector, image) : 0;
  const excess = outlierScore(rejection, features) + onImage - threshold;
  return 1 / (1 + Math.exp(Math.min(Math.max(excess, -500), 500)));
}

/**
 * Returns true for an image of one even colour.
 *
 * @param {Uint8Array} image  h w c
 * @param {number} channels
 */
export function isBlank(image, channels) {
  return image.every((value, i) => value === image[i % channels]);
}

/**
 * Entries of an object that anybody may have written, each checked.
 *
 * @param {any} entry
 * @param {string} where
 * @param {string} prefix
 */
function reader(entry, where, prefix) {
  /** @param {string} key @param {string} expected @returns {never} */
  const refuse = (key, expected) => {
    throw new ModelError(`invalid rejection.${prefix}${key} in its metadata`, {
      where,
      expected,
      got: String(entry?.[key]).slice(0, 60),
      todo: 'Calibrate the model again, or remove the entry `rejection`.',
    });
  };
  /** @param {string} key @param {number} least @param {number} most @returns {number} */
  const number = (key, least, most) => {
    const value = entry?.[key];
    if (typeof value !== 'number' || !(value >= least && value <= most)) {
      refuse(key, `a number from ${least} to ${most}`);
    }
    return value;
  };
  /** @param {string} key @param {number} most @returns {number} */
  const count = (key, most) => {
    const value = number(key, 1, most);
    if (!Number.isInteger(value)) refuse(key, `a whole number from 1 to ${most}`);
    return value;
  };
  /** @param {string} key @param {number[]} sizes @returns {Uint8Array<ArrayBuffer>} */
  const bytes = (key, sizes) => {
    const value = entry?.[key];
    const expected = `base64 of ${sizes.join(' or ')} bytes`;
    const lengths = sizes.map((size) => Math.ceil(size / 3) * 4);
    if (typeof value !== 'string' || !lengths.includes(value.length)) refuse(key, expected);
    try {
      const found = fromBase64(value);
      if (sizes.includes(found.length)) return found;
    } catch {
      // no base64: refused below
    }
    return refuse(key, expected);
  };
  /** @param {string} key @param {number} size */
  const floats = (key, size) => {
    const made = new Float32Array(bytes(key, [4 * size]).buffer);
    if (!made.every(Number.isFinite)) refuse(key, 'finite numbers');
    return made;
  };
  /** @param {number} size */
  const places = (size) => {
    const { buffer, length } = bytes('places', [2 * size, 4 * size]);
    return Uint32Array.from(
      length === 2 * size ? new Uint16Array(buffer) : new Uint32Array(buffer),
    );
  };
  return { refuse, number, count, bytes, floats, places };
}
