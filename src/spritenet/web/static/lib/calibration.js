// Calibration of a trained model on held-out images, as spritenet/ood/calibration in Python.

import { checkClassifies, choosesOne, lastActivation } from './classification.js';
import { toBase64 } from './base64.js';
import { trainDetector } from './detector.js';
import { DataError } from './errors.js';
import { inputPlaces } from './graph.js';
import { imageScores, suits, trainImageDetector } from './image-detector-training.js';
import { Network } from './network.js';
import { permutation } from './order.js';
import { makeOutliers } from './outliers.js';
import { Pace, SLICE } from './pause.js';
import { outlierScore, readRejection } from './rejection.js';
import { bestTemperature, logitsOf } from './temperature.js';

/** @typedef {import('./examples.js').Examples} Examples */
/** @typedef {import('./layers.js').Layer} Layer */
/** @typedef {import('./model.js').Model} Model */
/**
 * @typedef {object} CalibrateOptions
 * @property {number | bigint} [seed]  of the choice of images and of the synthetic outliers; 0
 * @property {number} [most]  training images used at most; 20,000
 * @property {AbortSignal} [signal]
 * @property {number} [sliceMilliseconds]  how long the page waits at a time; 12
 * @property {import('./core.js').Core} [glyphs]  as `Core.loadGlyphs` returns it
 */

const LEAST = 20; // held-out images
const REFUSED = 0.015; // the expected fraction of images like them that is rejected
const MOST_TRAINING = 20_000;
const MOST_HELD_OUT = 5000;
const LEAST_HELD_OUT = 1000;
const LEAST_TRAINING = 500; // images after a training
const ONE_IN = 10; // of those that it went through

/**
 * Returns the calibration of a model: temperature, threshold and detectors; null if it was aborted.
 *
 * @param {Model} model
 * @param {Examples} heldOut  at least 20 images with labels that it was not trained on
 * @param {Examples} training  with labels
 * @param {CalibrateOptions & { create: typeof import('./model.js').Model.create }} options  `create` makes the detector's network
 */
export async function calibrate(model, heldOut, training, options) {
  const { seed = 0, most = MOST_TRAINING, create, glyphs, ...how } = options;
  const { network, layers, inputShape, imageShape, core } = model;
  checkClassifies(layers, inputShape, { several: false });
  const some = sample(training, network.imageBytes, most, seed);
  const wanted = Math.min(MOST_HELD_OUT, Math.max(LEAST_HELD_OUT, most));
  const held = sample(heldOut, network.imageBytes, wanted, seed);
  if (held.labels.length < LEAST || !some.labels.length) {
    throw new DataError('too few images for calibration', {
      expected: `at least ${LEAST} held-out images`,
      got: held.labels.length,
    });
  }
  const [height, width, channels] = imageShape;
  const form = { height, width, channels };
  const outliers = await makeOutliers(some.images, form, some.labels.length, seed, glyphs);
  const { layer, beginning } = featureNetwork(model);
  /** @param {Uint8Array} images */
  const features = async (images) => ({
    values: await inSlices(beginning, images, how),
    width: beginning.outputs,
  });
  const detector = await trainDetector(
    await features(some.images),
    some.labels,
    await features(outliers),
    network.outputs,
    { seed, core, create, ...how },
  );
  const onImages =
    detector && inputShape.length === 3 && suits(form, some.labels.length)
      ? await trainImageDetector(some.images, some.labels, outliers, form, network.outputs, {
          seed,
          core,
          create,
          ...how,
        })
      : null;
  const outputs = await inSlices(network, held.images, how);
  const { values, width: count } = await features(held.images);
  if (!detector || how.signal?.aborted) return null;
  const entry = {
    temperature: 1,
    threshold: 0,
    layer,
    images: held.labels.length,
    refused: 0,
    detector,
    ...(onImages ? { image_detector: entryOf(onImages) } : {}),
  };
  const draft = readRejection(entry, layer);
  const added = draft.imageDetector
    ? await imageScores(draft.imageDetector, { core, create }, (part) =>
        inSlices(part, held.images, how),
      )
    : null;
  if (how.signal?.aborted) return null;
  const scores = Float64Array.from(
    held.labels,
    (_, i) => outlierScore(draft, values.subarray(i * count, (i + 1) * count)) + (added?.[i] ?? 0),
  );
  const sorted = scores.slice().sort();
  const above = Math.max(Math.floor(REFUSED * (sorted.length + 1)) - 1, 0); // split conformal prediction
  const threshold = next(sorted[sorted.length - 1 - above]);
  return readRejection(
    {
      ...entry,
      temperature: bestTemperature(logitsOf(outputs, lastActivation(layers)), held.labels),
      threshold,
      refused: scores.filter((score) => score >= threshold).length / scores.length,
    },
    layer,
  );
}

/** The entry of a model's file. @param {import('./image-detector.js').ImageDetector} detector */
function entryOf({ form, classes, parts }) {
  const arrays = parts.flatMap(({ kernel, scale, bias }, k) => [
    [`kernel_${k + 1}`, toBase64(kernel)],
    [`kernel_scale_${k + 1}`, toBase64(scale)],
    [`bias_${k + 1}`, toBase64(bias)],
  ]);
  return { ...form, classes, ...Object.fromEntries(arrays) };
}

/**
 * Calibrates a model after a training; of a multi-label network it tunes the thresholds. Nothing
 * happens without labels, with fewer than 20 held-out images, and if its outputs aren't classes.
 *
 * @param {Model} model
 * @param {Examples} training
 * @param {Examples} heldOut
 * @param {number} images  that training went through
 * @param {CalibrateOptions} how
 */
export async function calibrateTrained(model, training, heldOut, images, how) {
  const { labels, targets } = heldOut;
  if (model.isMultiLabel) {
    const enough = targets && targets.length >= LEAST * model.outputs;
    if (enough && targets.every((value) => value === 0 || value === 1)) {
      await model.tuneThresholds(heldOut, how);
    }
    return;
  }
  if (!training.labels || !labels || labels.length < LEAST) return;
  if (!choosesOne(model.layers, model.inputShape)) return;
  const most = Math.min(MOST_TRAINING, Math.max(LEAST_TRAINING, Math.floor(images / ONE_IN)));
  await model.calibrate(heldOut, training, { ...how, most });
}

/**
 * Up to so many examples, picked by the seed, in their order.
 *
 * @param {Examples} examples
 * @param {number} imageBytes
 * @param {number} count
 * @param {number | bigint} seed
 * @returns {{ images: Uint8Array, labels: Int32Array }}
 */
function sample({ images, labels }, imageBytes, count, seed) {
  if (!labels) throw new DataError('calibrating needs labels, not targets');
  const whole = labels.length;
  if (count >= whole) return { images, labels: Int32Array.from(labels) };
  const places = permutation(seed, 0, whole, 0, count).sort();
  const picked = new Uint8Array(count * imageBytes);
  places.forEach((from, i) => {
    picked.set(images.subarray(from * imageBytes, (from + 1) * imageBytes), i * imageBytes);
  });
  return { images: picked, labels: Int32Array.from(places, (from) => labels[from]) };
}

/**
 * The part of a network up to the features that its first Dense reads, and their layer's name; of a
 * network with branches those that the last one reads.
 *
 * @param {Model} model
 */
function featureNetwork({ core, layers, inputShape, weights }) {
  const places = inputPlaces(layers);
  const isChain = places.every((inputs, i) => inputs.length === 1 && inputs[0] === i - 1);
  const dense = layers.flatMap(({ className }, i) => (className === 'Dense' ? [i] : []));
  const reader = dense.at(isChain ? 0 : -1);
  const end = reader === undefined ? layers.length - 1 : Math.max(0, places[reader][0]);
  const needed = new Set([end]);
  for (let i = end; i >= 0; i--) if (needed.has(i)) for (const from of places[i]) needed.add(from);
  const part = layers.filter((_, i) => needed.has(i));
  const beginning = new Network(core, part, inputShape);
  const byName = new Map(weights.map(({ name, values }) => [name, values]));
  for (const { name, offset } of beginning.weights) {
    beginning.parameters.set(/** @type {Float32Array} */ (byName.get(name)), offset);
  }
  return { layer: layers[end].name, beginning };
}

/**
 * A network's outputs, in slices.
 *
 * @param {Network} network
 * @param {Uint8Array} images
 * @param {{ signal?: AbortSignal, sliceMilliseconds?: number }} how
 */
async function inSlices(network, images, { signal, sliceMilliseconds = SLICE }) {
  const count = images.length / network.imageBytes;
  const values = new Float32Array(count * network.outputs);
  const pace = new Pace(sliceMilliseconds);
  pace.amount = 16;
  for (let done = 0; done < count && !signal?.aborted;) {
    const here = Math.min(pace.amount, count - done, network.capacity);
    const start = performance.now();
    const part = images.subarray(done * network.imageBytes, (done + here) * network.imageBytes);
    values.set(network.predict(part), done * network.outputs);
    pace.took(here, performance.now() - start);
    done += here;
    await pace.breathe();
  }
  return values;
}

/** The next larger float64. @param {number} x */
function next(x) {
  const bits = new BigInt64Array(Float64Array.of(x === 0 ? 0 : x).buffer);
  bits[0] += x < 0 ? -1n : 1n;
  return new Float64Array(bits.buffer)[0];
}
