// The losses and metrics to choose from: those of the core's table that fit the images. No DOM.

import { Arena, loadedCore } from '../lib/core.js';
import { readLosses } from '../lib/losses.js';

/** The field's names, where they aren't the words with spaces. */
const LOSSES = /** @type {Record<string, string>} */ ({
  categorical_crossentropy: 'cross-entropy',
  binary_crossentropy: 'binary cross-entropy',
  categorical_focal_crossentropy: 'focal cross-entropy',
  binary_focal_crossentropy: 'binary focal cross-entropy',
  categorical_generalized_cross_entropy: 'generalized cross-entropy',
  kl_divergence: 'KL divergence',
});
const UNFIT = ['sparse_categorical_crossentropy', 'mean_absolute_percentage_error']; // the same; of no use for 0 and 1

/** Metrics besides the accuracy. */
export const METRICS = /** @type {Record<string, string>} */ ({
  balanced_accuracy: 'balanced accuracy',
  f1_score: 'F1',
  precision: 'precision',
  recall: 'recall',
  top_k_categorical_accuracy: 'top-3 accuracy',
});
const TOP = 3; // classes

/** The loss to begin with. @param {boolean} several  an image may have several classes */
export const usualLoss = (several) =>
  several ? 'binary_crossentropy' : 'categorical_crossentropy';

/**
 * Returns the losses that fit, as names and words.
 *
 * @param {boolean} several
 * @returns {[name: string, words: string][]}
 */
export function lossChoices(several) {
  const end = several ? 'sigmoid' : 'softmax';
  return readLosses(new Arena(loadedCore().module))
    .filter(({ activation }) => activation === end || (!activation && !several))
    .map(({ words: [name] }) => name)
    .filter((name) => !UNFIT.includes(name))
    .sort((a, b) => Number(b === usualLoss(several)) - Number(a === usualLoss(several)))
    .map((name) => [name, LOSSES[name] ?? name.replaceAll('_', ' ')]);
}

/**
 * Returns the metrics that fit.
 *
 * @param {boolean} several
 * @param {number} classes
 * @returns {[name: string, words: string][]}
 */
export function metricChoices(several, classes) {
  return Object.entries(METRICS).filter(
    ([name]) => !name.startsWith('top') || (!several && classes > TOP),
  );
}

/** Returns a metric as `compile` takes it. @param {string} name */
export function metricOption(name) {
  return name.startsWith('top') ? { name, k: TOP } : name;
}
