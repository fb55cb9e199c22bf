// Classification of one image: calibrated probabilities, and rejection if it is unlike the training set.

import { activationOf } from './activations.js';
import { ModelError } from './errors.js';
import { familiarity, softened } from './rejection.js';
import { inferShapes } from './shapes.js';

/** @typedef {import('./layers.js').Layer} Layer */
/** @typedef {import('./rejection.js').Classified} Classified */
/** @typedef {import('./rejection.js').Rejection} Rejection */

/**
 * Returns the name of the function that a network applies last.
 *
 * @param {readonly Layer[]} layers
 */
export function lastActivation(layers) {
  return activationOf(layers[layers.length - 1]).name;
}

/**
 * Throws a ModelError if a network's outputs aren't classes of which one is chosen.
 *
 * @param {readonly Layer[]} layers
 * @param {readonly number[]} inputShape
 */
export function checkClassifies(layers, inputShape) {
  const { output: shape } = inferShapes(layers, inputShape);
  const last = lastActivation(layers);
  if (shape.length !== 1 || shape[0] < 2 || !['softmax', 'linear'].includes(last)) {
    throw new ModelError("the network isn't a classifier", {
      expected: 'two or more outputs, with softmax or linear',
      got: `${shape.join(' × ')} through ${last}`,
    });
  }
}

/**
 * Classifies an image. Without a calibration it is never sure.
 *
 * @param {import('./network.js').Network} network
 * @param {readonly Layer[]} layers  the network's
 * @param {Rejection | null} rejection  the calibration
 * @param {Uint8Array} pixels  raw, h w c
 * @param {number} channels  of the image
 * @returns {Classified}
 */
export function classify(network, layers, rejection, pixels, channels) {
  const values = rejection ? network.activations(pixels) : [network.predict(pixels)];
  const probabilities = softened(
    values[values.length - 1],
    lastActivation(layers),
    rejection?.temperature ?? 1,
  );
  const label = probabilities.reduce(
    (best, value, k) => (value > probabilities[best] ? k : best),
    0,
  );
  if (!rejection) return { label, probabilities, sure: false, score: 0 }; // not calibrated
  const features = values[layers.findIndex(({ name }) => name === rejection.layer)];
  const score = familiarity(rejection, features, pixels, channels);
  return { label, probabilities, sure: score >= 0.5, score };
}
