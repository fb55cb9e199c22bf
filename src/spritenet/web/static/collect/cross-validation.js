// Cross-validation in the worker: each image is predicted by a network that had not seen it.

import { foldsOf } from './findings.js';
import { fitted } from './trainer.js';

/** @typedef {import('./calibration.js').Calibration} Calibration */
/** @typedef {import('./trainer.js').Lesson} Lesson */
/** @typedef {import('./trainer.js').Plan} Plan */

export const FOLDS = 4;
const SHORTER = 3; // the training of a fold: it begins at class means, and suspects show soon

/**
 * @typedef {object} Validation
 * @property {Float32Array} probabilities  n × classes
 * @property {Calibration[]} calibrations  of the networks, if enough images were held out
 */

const LEAST = 20; // held-out images from which a fold's network is calibrated

/**
 * Returns what the networks predict; null if it was stopped.
 *
 * @param {import('../lib/remote.js').Remote} remote
 * @param {Lesson} lesson
 * @param {Plan} plan
 * @param {AbortSignal} signal
 * @param {(fraction: number) => unknown} hear
 * @returns {Promise<Validation | null>}
 */
export async function crossValidate(remote, lesson, plan, signal, hear) {
  const { images, labels, classNames } = lesson;
  const k = classNames.length;
  const short = { ...plan, length: plan.length / SHORTER };
  const size = images.length / labels.length;
  const folds = foldsOf(labels, FOLDS);
  const probabilities = new Float32Array(labels.length * k);
  const calibrations = /** @type {Calibration[]} */ ([]);
  for (let fold = 0; fold < FOLDS; fold++) {
    const [held, rest] = [true, false].map((isHeld) =>
      [...labels.keys()].filter((i) => (folds[i] === fold) === isHeld),
    );
    if (!held.length || !rest.length) continue;
    const part = { ...lesson, ...taken(images, labels, rest, size) };
    const { model } = await fitted(remote, part, short, signal, ({ fraction }) =>
      hear((fold + fraction) / FOLDS),
    );
    try {
      if (signal.aborted) return null;
      const unseen = taken(images, labels, held, size);
      const outputs = await model.predict(unseen.images);
      held.forEach((i, row) => probabilities.set(outputs.subarray(row * k, (row + 1) * k), i * k));
      if (held.length < LEAST) continue;
      const known = { images: part.images, labels: part.labels };
      const found = await model.calibrate(unseen, known, { seed: plan.seed, signal });
      if (found) calibrations.push(found);
    } finally {
      await model.close();
    }
  }
  return signal.aborted ? null : { probabilities, calibrations };
}

/** @param {Uint8Array} images @param {Int32Array} labels @param {readonly number[]} places @param {number} size */
function taken(images, labels, places, size) {
  const some = new Uint8Array(size * places.length);
  places.forEach((i, k) => some.set(images.subarray(i * size, (i + 1) * size), k * size));
  return { images: some, labels: Int32Array.from(places, (i) => labels[i]) };
}
