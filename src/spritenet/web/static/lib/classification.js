// Classification of one image: calibrated probabilities, and rejection if it is unlike the training set.

import { activationOf } from './activations.js';
import { ModelError } from './errors.js';
import { familiarity } from './rejection.js';
import { inferShapes } from './shapes.js';
import { logitsOf, softened } from './temperature.js';

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
 * Returns true if each output is the probability of a class of its own: a vector through a sigmoid.
 *
 * @param {readonly Layer[]} layers
 * @param {readonly number[]} inputShape
 */
export function namesSeveral(layers, inputShape) {
  const isVector = inferShapes(layers, inputShape).output.length === 1;
  return isVector && lastActivation(layers) === 'sigmoid';
}

/**
 * Returns true if the outputs are classes, one of which is chosen: two or more, softmax or logits.
 *
 * @param {readonly Layer[]} layers
 * @param {readonly number[]} inputShape
 */
export function choosesOne(layers, inputShape) {
  const { output } = inferShapes(layers, inputShape);
  return output.length === 1 && output[0] > 1 && /^(softmax|linear)$/.test(lastActivation(layers));
}

/**
 * Throws a ModelError if a network's outputs aren't classes: one of which is chosen, or several.
 *
 * @param {readonly Layer[]} layers
 * @param {readonly number[]} inputShape
 * @param {{ several?: boolean }} [options]  `several: false` refuses multi-label networks, too
 */
export function checkClassifies(layers, inputShape, { several: allowed = true } = {}) {
  if (allowed && namesSeveral(layers, inputShape)) return;
  if (choosesOne(layers, inputShape)) return;
  const { output: shape } = inferShapes(layers, inputShape);
  throw new ModelError("the network isn't a classifier", {
    expected: `two or more outputs with softmax or linear${allowed ? ', or a sigmoid' : ''}`,
    got: `${shape.join(' × ')} through ${lastActivation(layers)}`,
  });
}

/**
 * Throws a ModelError if a network's outputs are no probabilities of their own.
 *
 * @param {readonly Layer[]} layers
 * @param {readonly number[]} inputShape
 */
export function checkSeveral(layers, inputShape) {
  if (namesSeveral(layers, inputShape)) return;
  throw new ModelError('its outputs are no probabilities of their own', {
    expected: "a last layer with activation 'sigmoid'",
    got: lastActivation(layers),
  });
}

/**
 * Classifies an image. Without a calibration it is never sure, nor is a multi-label network.
 *
 * @param {import('./network.js').Network} network
 * @param {readonly Layer[]} layers  the network's
 * @param {Rejection | null} rejection  the calibration
 * @param {Uint8Array} pixels  raw, h w c
 * @param {number} channels  of the image
 * @param {ArrayLike<number> | null} [thresholds]  of a multi-label network; 0.5 if there are none
 * @returns {Classified}
 */
export function classify(network, layers, rejection, pixels, channels, thresholds = null) {
  if (lastActivation(layers) === 'sigmoid') return several(network.predict(pixels), thresholds);
  const values = rejection ? network.activations(pixels) : [network.predict(pixels)];
  const logits = logitsOf(values[values.length - 1], lastActivation(layers));
  const probabilities = softened(logits, rejection?.temperature ?? 1);
  const label = probabilities.reduce(
    (best, value, k) => (value > probabilities[best] ? k : best),
    0,
  );
  if (!rejection) return { label, probabilities, sure: false, score: 0 }; // not calibrated
  const features = values[layers.findIndex(({ name }) => name === rejection.layer)];
  const score = familiarity(rejection, features, pixels, channels);
  return { label, probabilities, sure: score >= 0.5, score };
}

/**
 * @param {Float32Array} outputs
 * @param {ArrayLike<number> | null} thresholds
 * @returns {Classified}
 */
function several(outputs, thresholds) {
  const probabilities = Float64Array.from(outputs);
  const label = probabilities.indexOf(Math.max(...probabilities));
  const present = Array.from(probabilities, (p, k) => p >= (thresholds?.[k] ?? 0.5));
  return { label, probabilities, sure: false, score: 0, present };
}
