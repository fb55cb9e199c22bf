// The time that a training takes: multiplications of a network, and how fast this machine is. No DOM.

import { connected } from '../lib/graph.js';
import { inferShapes, size } from '../lib/shapes.js';

/** @typedef {import('../lib/layers.js').Layer} Layer */

const TRAINING = 3; // times the work of a prediction: forward, and backward to inputs and weights
const OTHER = 20; // multiplications that take as long as what else is done for an output
const USUAL = 1.2e10; // multiplications a second in one thread of WebAssembly
const MEASURED = 0.3; // seconds of a training from which on its speed says more than that
const SEEN = 5; // seconds below which nobody has to know

/**
 * Returns the number of multiplications for one image.
 *
 * @param {readonly Layer[]} layers
 * @param {readonly number[]} inputShape
 */
export function workOf(layers, inputShape) {
  const { shapes, weights } = inferShapes(connected(layers), inputShape);
  return shapes.reduce((sum, shape, i) => {
    const places = shape.length === 3 ? shape[0] * shape[1] : 1;
    const kernels = weights[i].filter((weight) => weight.shape.length > 1);
    const products = kernels.reduce((all, weight) => all + places * size(weight.shape), 0);
    return sum + products + OTHER * size(shape);
  }, 0);
}

export class Speed {
  constructor() {
    this.perSecond = USUAL;
  }

  /**
   * Learns from a training.
   *
   * @param {number} work  for one image
   * @param {import('../lib/training.js').History} history
   */
  measure(work, { images, seconds }) {
    if (work && seconds > MEASURED) this.perSecond = (TRAINING * work * images) / seconds;
  }

  /** Returns the seconds of a training. @param {number} work @param {number} images */
  training(work, images) {
    return (TRAINING * work * images) / this.perSecond;
  }

  /** Returns the seconds of an evaluation. @param {number} work @param {number} images */
  evaluation(work, images) {
    return (work * images) / this.perSecond;
  }
}

/**
 * Returns how long a training takes, in words; '' if it is short.
 *
 * @param {Speed} speed
 * @param {number} work  for one image
 * @param {{ steps: number, batchSize: number, testEvery: number, testSize: number }} plan
 */
export function expected(speed, work, { steps, batchSize, testEvery, testSize }) {
  const tests = testEvery ? Math.floor(steps / testEvery) : 0;
  const step = speed.training(work, batchSize);
  const whole = steps * step + speed.evaluation(work, tests * testSize);
  if (whole < SEEN) return '';
  const each = step >= 1 ? `, ${duration(step)} for each step` : '';
  return `It takes about ${duration(whole)} on this machine${each}.`;
}

/** Returns a time in words. @param {number} seconds */
export function duration(seconds) {
  if (seconds < 1) return 'a second';
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${(seconds / 3600).toFixed(1)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
