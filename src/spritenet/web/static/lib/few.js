// Training on few images, ten to two hundred of each class: convolutions trained before on drawn
// images, an output layer that begins at the class means, augmentation, and a short training of all.
//
// The network, the numbers and the training are those of spritenet/networks/pretrained.py.

import { defaultCore } from './core.js';
import { DataError } from './errors.js';
import { checkExamples } from './examples.js';
import { fewWeights, readFewWeights } from './few-weights.js';
import { layers } from './layers.js';
import { Model } from './model.js';
import { optimizers } from './optimizers.js';
import { schedules } from './schedules.js';

/** @typedef {import('./examples.js').Examples} Examples */
/** @typedef {import('./remote.js').Remote} Remote */
/** @typedef {import('./remote-model.js').RemoteModel} RemoteModel */
/**
 * A network for few images.
 *
 * @typedef {object} FewOptions
 * @property {readonly number[]} imageShape  height, width and channels: 1 or 3
 * @property {string[]} classNames  two or more
 * @property {import('./prepare.js').Preparation | null} [preparation]  how a drawing becomes an input
 * @property {import('./core.js').Core} [core]
 * @property {Uint8Array} [weights]  the content of few-images.bin, if it isn't beside this file
 */
/**
 * Its training.
 *
 * @typedef {object} FewTraining
 * @property {Remote} [remote]  the worker that trains; without it, slices of this thread do
 * @property {import('./augmentation.js').Augment} [augment]  `FEW.augment` by default
 * @property {number} [steps]  `FEW.steps` by default
 * @property {number | bigint} [seed]  of the order and the augmentation; 0
 * @property {AbortSignal} [signal]  ends the training early; the weights are kept
 * @property {(progress: Progress) => unknown} [onProgress]  after each step
 */
/**
 * @typedef {object} Progress
 * @property {number} step  from 1
 * @property {number} steps  of the whole training
 * @property {number} loss  moving average over the last steps
 * @property {number} accuracy  likewise, on augmented training images
 */

/** The options of `trainFew`'s training. */
export const FEW = Object.freeze({
  steps: 300,
  batchSize: 32,
  rate: 0.003,
  smoothing: 0.1,
  augment:
    'rotation=8,translation=0.08,zoom=0.1,shear=0.1,brightness=0.1,contrast=0.2,fill=nearest',
});

const FILTERS = [16, 32, 64, 64];
const SIZES = [24, 40]; // sides of images that are taken as they are
const SIDE = 32; // of all others, after resizing
const MOST = 2000; // images from which the class means are computed
const SHARPNESS = 8;
const KEPT = 0.9; // of the averages that `onProgress` gets

/**
 * Trains a network on few images of each class.
 *
 *   const { model } = await trainFew({ images, labels }, { imageShape: [28, 28, 1], classNames });
 *
 * @template {FewOptions & FewTraining} O
 * @param {Examples} examples  images (Uint8Array, n h w c) and labels
 * @param {O} options
 * @returns {Promise<{ model: O extends { remote: Remote } ? RemoteModel : Model, history: import('./training.js').History }>}
 */
export async function trainFew(examples, options) {
  const {
    remote,
    augment = FEW.augment,
    steps = FEW.steps,
    seed = 0,
    signal,
    onProgress,
  } = options;
  const { imageShape, classNames, preparation } = options;
  const how = { imageShape, classNames, preparation };
  const weights = options.weights ?? (await fewWeights());
  const model = remote
    ? await remote.createFew(examples, { ...how, weights })
    : await createFew(examples, { ...how, weights, core: options.core });
  /** @type {Progress | undefined} */
  let mean;
  const history = await model.fit(examples, {
    steps,
    batchSize: FEW.batchSize,
    augment,
    seed,
    signal,
    onStep: ({ step, loss, accuracy }) => {
      const kept = mean ? KEPT : 0;
      mean = {
        step,
        steps,
        loss: kept * (mean?.loss ?? 0) + (1 - kept) * loss,
        accuracy: kept * (mean?.accuracy ?? 0) + (1 - kept) * accuracy,
      };
      onProgress?.(mean);
    },
  });
  return { model: /** @type {any} */ (model), history };
}

/**
 * Returns the network for few images, compiled: its output layer compares with the class means.
 *
 * @param {Examples} examples  with labels
 * @param {FewOptions} options
 * @returns {Promise<Model>}
 */
export async function createFew(examples, { imageShape, classNames, preparation, core, weights }) {
  const [height, width, channels] = imageShape;
  if (![1, 3].includes(channels)) {
    throw new DataError('images for trainFew are grey or in colour', {
      expected: '1 or 3 channels',
      got: channels,
    });
  }
  const convolutions = readFewWeights(weights ?? (await fewWeights()));
  const model = await Model.create({
    inputShape: [height, width, channels],
    layers: chain(height, width, classNames.length),
    classNames,
    preparation,
    core: core ?? (await defaultCore()),
  });
  if (!examples.labels) throw new DataError('missing labels', { where: 'trainFew' });
  const count = checkExamples(examples, model.inputShape, model.outputs);
  const parameters = model.getParameters();
  let at = 0;
  for (const { kernel, bias, shape } of convolutions) {
    const values = at === 0 && channels === 1 ? grey(kernel, shape) : kernel;
    parameters.set(values, at);
    parameters.set(bias, at + values.length);
    at += values.length + bias.length;
  }
  model.setParameters(parameters);
  parameters.set(classMeans(model, examples, count), at);
  model.setParameters(parameters);
  model.compile({
    optimizer: optimizers.adam({
      learningRate: schedules.cosineDecay({ initialLearningRate: FEW.rate }),
      beta2: 0.99,
    }),
    loss: { name: 'categorical_crossentropy', labelSmoothing: FEW.smoothing },
  });
  return model;
}

/**
 * @param {number} height
 * @param {number} width
 * @param {number} classes
 */
function chain(height, width, classes) {
  const fits = [height, width].every((side) => side >= SIZES[0] && side <= SIZES[1]);
  return [
    ...(fits ? [] : [layers.resizing({ height: SIDE, width: SIDE })]),
    layers.rescaling({ scale: 1 / 255 }),
    ...FILTERS.flatMap((filters, k) => [
      layers.conv2d({ filters, kernelSize: k ? 3 : 5, padding: 'same' }),
      ...(k < FILTERS.length - 1 ? [layers.maxPooling2d({ poolSize: 2 })] : []),
      layers.activation({ activation: 'relu' }),
    ]),
    layers.flatten(),
    layers.dense({ units: classes, activation: 'softmax' }),
  ];
}

/**
 * Returns a kernel for grey images, of which every channel in colour would be the same.
 *
 * @param {Float32Array} kernel  of three channels
 * @param {readonly number[]} shape  of it
 */
function grey(kernel, [height, width, channels, filters]) {
  return Float32Array.from({ length: height * width * filters }, (_, i) => {
    const first = Math.floor(i / filters) * channels * filters + (i % filters);
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += kernel[first + c * filters];
    return sum;
  });
}

/**
 * Returns the parameters of an output layer that compares features with class means: kernel, bias.
 *
 * Features are centred and scaled to a deviation of 1; the weight vectors point to the class means and
 * have one length.
 *
 * @param {Model} model
 * @param {Examples} examples
 * @param {number} count  of them
 */
function classMeans(model, { images, labels }, count) {
  const { core, layers: all, inputShape, metadata } = model;
  const before = new Model(core, all.slice(0, -1), inputShape, metadata);
  const parameters = model.getParameters();
  before.setParameters(parameters.subarray(0, before.parameterCount));
  const every = Math.max(1, Math.floor(count / MOST));
  const size = images.length / count;
  const picked = Array.from({ length: Math.ceil(count / every) }, (_, i) => i * every);
  const some = new Uint8Array(picked.length * size);
  picked.forEach((i, k) => some.set(images.subarray(i * size, (i + 1) * size), k * size));
  const features = before.predict(some);
  const d = features.length / picked.length;
  const { centre, deviation } = moments(features, d);
  const classes = model.outputs;
  const kernel = new Float64Array(d * classes);
  const members = new Float64Array(classes);
  picked.forEach((i, row) => {
    const label = Number(labels?.[i]);
    members[label]++;
    for (let j = 0; j < d; j++) {
      kernel[j * classes + label] += (features[row * d + j] - centre[j]) / deviation[j];
    }
  });
  const lengths = new Float64Array(classes);
  kernel.forEach((sum, i) => {
    const mean = sum / Math.max(members[i % classes], 1);
    kernel[i] = mean;
    lengths[i % classes] += mean * mean;
  });
  const bias = new Float64Array(classes);
  kernel.forEach((mean, i) => {
    const [j, label] = [Math.floor(i / classes), i % classes];
    const length = (Math.sqrt(lengths[label]) + 1e-9) * Math.sqrt(d);
    kernel[i] = (mean * SHARPNESS) / length / deviation[j];
    bias[label] -= centre[j] * kernel[i];
  });
  return Float32Array.from([...kernel, ...bias]);
}

/**
 * Returns mean and deviation of each of d features; a small number is added to each deviation.
 *
 * @param {Float32Array} features  n × d
 * @param {number} d
 */
function moments(features, d) {
  const n = features.length / d;
  const centre = new Float64Array(d);
  const deviation = new Float64Array(d);
  features.forEach((value, i) => void (centre[i % d] += value / n));
  features.forEach((value, i) => void (deviation[i % d] += (value - centre[i % d]) ** 2 / n));
  const least = deviation.reduce((sum, square) => sum + 0.1 * Math.sqrt(square), 0) / d + 1e-9;
  deviation.forEach((square, j) => void (deviation[j] = Math.sqrt(square) + least));
  return { centre, deviation };
}
