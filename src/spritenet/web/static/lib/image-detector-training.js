// Training of the image detector, as spritenet/ood/image_detector in Python.

import { LEVELS, shortened } from './detector.js';
import { CONVOLUTIONS, logOdds, SIDES } from './image-detector.js';
import { layers } from './layers.js';
import { optimizers } from './optimizers.js';
import { rounded } from './outliers.js';
import { schedules } from './schedules.js';

/** @typedef {import('./image-detector.js').Form} Form */
/** @typedef {import('./image-detector.js').Part} Part */
/** @typedef {import('./image-detector.js').ImageDetector} ImageDetector */

const LEAST_IMAGES = 500; // for training, from which on it is better than nothing
const EPOCHS = 2; // or as many as see so many images
const LEAST_EXAMPLES = 8192;
const RATE = 0.02;
const EPSILON = 1e-5;

/** Returns true for so many training images that it suits. @param {Form} form @param {number} count */
export function suits({ height, width }, count) {
  const sides = [height, width];
  return count >= LEAST_IMAGES && sides.every((side) => side >= SIDES.least && side <= SIDES.most);
}

/**
 * The log odds that many images are outliers, computed by the core.
 *
 * @param {ImageDetector} detector
 * @param {{ core: import('./core.js').Core, create: typeof import('./model.js').Model.create }} how
 * @param {(network: import('./network.js').Network) => Promise<Float32Array>} predict  the network's
 *     outputs for all images
 */
export async function imageScores({ form, classes, parts }, { core, create }, predict) {
  const made = CONVOLUTIONS.flatMap(({ filters, size, padding, pool }) => [
    layers.conv2d({ filters, kernelSize: size, padding, activation: 'relu' }),
    ...(pool > 1 ? [layers.maxPooling2d({ poolSize: pool })] : []),
  ]);
  const { network } = await create({
    inputShape: [form.height, form.width, form.channels],
    layers: [...made, layers.flatten(), layers.dense({ units: classes + 1 })],
    core,
  });
  let at = 0;
  for (const { kernel, scale, bias } of parts) {
    kernel.forEach((value, i) => void (network.parameters[at++] = value * scale[i % scale.length]));
    network.parameters.set(bias, at);
    at += bias.length;
  }
  const z = await predict(network);
  const outputs = classes + 1;
  return Float64Array.from({ length: z.length / outputs }, (_, i) =>
    logOdds(z.subarray(i * outputs, (i + 1) * outputs)),
  );
}

/**
 * Trains an image detector to separate training images from outliers.
 *
 * @param {Uint8Array} images  n h w c
 * @param {ArrayLike<number>} labels  their classes
 * @param {Uint8Array} outliers
 * @param {Form} form
 * @param {number} classes
 * @param {object} how
 * @param {number | bigint} how.seed
 * @param {import('./core.js').Core} how.core
 * @param {typeof import('./model.js').Model.create} how.create  makes the network
 * @param {AbortSignal} [how.signal]
 * @param {number} [how.sliceMilliseconds]
 * @returns {Promise<ImageDetector | null>}  null if it was aborted
 */
export async function trainImageDetector(
  images,
  labels,
  outliers,
  form,
  classes,
  { seed, core, create, ...how },
) {
  const { height, width, channels } = form;
  const model = await create({
    inputShape: [height, width, channels],
    layers: [
      ...CONVOLUTIONS.flatMap(({ filters, size, padding, pool }) => [
        layers.conv2d({ filters, kernelSize: size, padding, useBias: false }),
        ...(pool > 1 ? [layers.maxPooling2d({ poolSize: pool })] : []),
        layers.batchNormalization({ momentum: 0.9, epsilon: EPSILON, scale: false }),
        layers.activation({ activation: 'relu' }),
      ]),
      layers.flatten(),
      layers.dense({ units: classes + 1, activation: 'softmax' }),
    ],
    seed,
    core,
  });
  const learningRate = schedules.oneCycle({ maxLearningRate: RATE });
  model.compile({
    optimizer: optimizers.adamw({ learningRate, weightDecay: 0.05, beta2: 0.95 }),
  });
  const both = new Uint8Array(images.length + outliers.length);
  both.set(images);
  both.set(outliers, images.length);
  const count = both.length / (height * width * channels);
  const all = new Int32Array(count).fill(classes);
  all.set(labels);
  const epochs = Math.max(EPOCHS, Math.ceil(LEAST_EXAMPLES / count));
  const { aborted } = await model.fit(
    { images: both, labels: all },
    { epochs, batchSize: 64, seed, ...how },
  );
  if (aborted) return null;
  const weights = model.weights.map(({ values }) => values);
  const parts = CONVOLUTIONS.map(({ filters }, k) => {
    const [kernel, beta, mean, variance] = weights.slice(4 * k, 4 * k + 4);
    // Pooling a maximum and a normalization with a positive factor can change places.
    const factor = variance.map((value) => 1 / Math.sqrt(value + EPSILON));
    const bias = beta.map((value, f) => value - mean[f] * factor[f]);
    return quantized(
      kernel.map((value, i) => value * factor[i % filters]),
      bias,
    );
  });
  const [kernel, bias] = weights.slice(-2);
  return { form, classes, parts: [...parts, quantized(kernel, bias)] };
}

/**
 * A kernel as integers from -LEVELS to LEVELS, with a scale for each unit.
 *
 * @param {Float32Array} kernel  (…, units)
 * @param {Float32Array} bias  (units,)
 * @returns {Part}
 */
function quantized(kernel, bias) {
  const units = bias.length;
  const scale = new Float32Array(units).fill(1e-12);
  kernel.forEach((value, i) => {
    scale[i % units] = Math.max(scale[i % units], Math.abs(value));
  });
  scale.forEach((most, k) => void (scale[k] = shortened(Math.fround(most / LEVELS))));
  const integers = Int8Array.from(kernel, (value, i) =>
    rounded(Math.fround(value / scale[i % units])),
  );
  return {
    kernel: integers,
    scale,
    bias: Float32Array.from(bias, (value) => shortened(Math.fround(value))),
  };
}
