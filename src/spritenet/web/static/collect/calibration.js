// Calibration of a network that was trained on all images there are.
//
// Its detector of outliers is trained on these images. Where it rejects, and how much its confidence is
// softened, comes from networks that were each trained without a part of the images, and so saw images
// that were new to them.

import { readRejection } from '../lib/rejection.js';

/** @typedef {import('../lib/remote-model.js').RemoteModel} RemoteModel */
/** @typedef {{ temperature: number, threshold: number, imageDetector: object | null }} Calibration */

/**
 * Calibrates a network; nothing happens if none of the others was.
 *
 * @param {RemoteModel} model
 * @param {{ images: Uint8Array, labels: Int32Array }} lesson  what it was trained on
 * @param {readonly Calibration[]} others
 * @param {{ seed: number, signal: AbortSignal }} how
 */
export async function calibrateLike(model, { images, labels }, others, how) {
  if (!others.length) return;
  const examples = { images, labels };
  const own = await model.calibrate(examples, examples, how);
  if (!own) return;
  // A threshold is one of the sum of both detectors' scores, or of one detector's: those of few images.
  const alone = others.filter(({ imageDetector }) => !imageDetector);
  const alike = alone.length ? alone : others;
  const { image_detector: onImages, ...features } = own.entry;
  const mean = (/** @type {number[]} */ values) =>
    values.reduce((a, b) => a + b, 0) / values.length;
  const entry = {
    ...features,
    ...(onImages && !alone.length ? { image_detector: onImages } : {}),
    temperature: Math.exp(mean(others.map(({ temperature }) => Math.log(temperature)))),
    threshold: mean(alike.map(({ threshold }) => threshold)),
  };
  await model.setMetadata({ rejection: readRejection(entry, own.layer) });
}
