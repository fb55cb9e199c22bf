// Rejection for a model that was trained on drawings of the page. Its OOD detector belongs to the
// weights that it was loaded with, so it is evaluated on a copy of the model with those weights;
// drawings similar to a lesson are accepted as well. No DOM.

import { chanceOf, redrawn, warped } from './vary.js';

/** @typedef {import('../lib/model.js').Model} Model */
/** @typedef {import('../lib/prepare.js').Preparation} Preparation */
/** @typedef {import('./teacher.js').Lesson} Lesson */
/** @typedef {{ label: number, near: Float32Array[], least: number }} Taught  features of its variations, of length 1 */

const VARIATIONS = 24; // of each lesson; fewer of each if there are many
const ALL = 160;
const MARGIN = 0.97; // of how alike the least alike of them is

export class Familiar {
  /**
   * @param {Model} model  calibrated, with the weights it came with
   * @param {readonly Lesson[]} lessons
   * @param {Preparation} preparation
   * @param {{ width: number, height: number }} sheet
   */
  constructor(model, lessons, preparation, sheet) {
    this.model = model;
    this.layer = model.layers.findIndex(({ name }) => name === model.metadata.rejection?.layer);
    const count = Math.min(VARIATIONS, Math.max(8, Math.floor(ALL / lessons.length)));
    /** @type {Taught[]} */
    this.taught =
      this.layer < 0
        ? []
        : lessons.map(({ label, input, lines }, i) => {
            const chance = chanceOf(1000 + i);
            const vary = () =>
              lines.length
                ? redrawn(lines, sheet, preparation, chance)
                : warped(input, preparation, chance);
            const near = [input, ...Array.from({ length: count }, vary)].map((image) =>
              this.features(image),
            );
            const alike = near.map((one, k) =>
              mostAlike(
                one,
                near.filter((_, j) => j !== k),
              ),
            );
            return { label, near, least: MARGIN * Math.min(...alike) };
          });
  }

  /**
   * Returns true unless an input of this predicted class is to be rejected.
   *
   * @param {Uint8Array} input
   * @param {number} label
   */
  sure(input, label) {
    return this.model.classify(input).sure || this.knows(input, label);
  }

  /**
   * Returns true for an input like a lesson of this class.
   *
   * @param {Uint8Array} input
   * @param {number} label
   */
  knows(input, label) {
    const mine = this.taught.filter((taught) => taught.label === label);
    if (!mine.length) return false;
    const features = this.features(input);
    return mine.some(({ near, least }) => mostAlike(features, near) >= least);
  }

  /**
   * Returns the calibrated layer's output for an input, scaled to length 1.
   *
   * @param {Uint8Array} input
   */
  features(input) {
    const { values } = this.model.activations(input)[this.layer];
    const length = Math.hypot(...values) || 1;
    return values.map((v) => v / length);
  }
}

/**
 * The cosine of the most alike.
 *
 * @param {Float32Array} one
 * @param {readonly Float32Array[]} others
 */
function mostAlike(one, others) {
  let best = -1;
  for (const other of others) {
    let sum = 0;
    for (let i = 0; i < one.length; i++) sum += one[i] * other[i];
    if (sum > best) best = sum;
  }
  return best;
}
