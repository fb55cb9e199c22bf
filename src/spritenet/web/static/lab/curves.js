// The charts of a training: loss and accuracy, of the batches and of the test set.

import { LineChart } from '../ui/chart.js';

/** @typedef {import('../lib/training.js').Step} Step */
/** @typedef {import('../lib/training.js').Evaluated} Evaluated */

const HEIGHT = 230;
const x = {
  label: 'steps',
  format: (/** @type {number} */ step) => `step ${step.toLocaleString('en')}`,
};

/** @typedef {{ step: number[], loss: number[], accuracy: number[] }} Points */

/** @returns {Points} */
const none = () => ({ step: [], loss: [], accuracy: [] });

export class Curves {
  /** @param {HTMLElement} loss @param {HTMLElement} accuracy  elements that get a chart each */
  constructor(loss, accuracy) {
    const shared = { x, height: HEIGHT, empty: 'No training yet' };
    this.loss = new LineChart(loss, {
      ...shared,
      title: 'Loss',
      y: { label: 'loss', from: 0, log: true, format: (v) => v.toFixed(4) },
    });
    const percent = (/** @type {number} */ v) => `${v.toFixed(v > 99 ? 2 : 1)} %`;
    this.accuracy = new LineChart(accuracy, {
      ...shared,
      title: 'Accuracy',
      y: { label: 'accuracy, %', from: 0, to: 100, fit: true, format: percent },
    });
    this.loss.setSmoothing(11);
    this.accuracy.setSmoothing(11);
    this.training = none();
    this.tests = none();
    this.draw();
  }

  clear() {
    this.training = none();
    this.tests = none();
    this.draw();
  }

  /** The points of the curves, to be kept. */
  get points() {
    return { training: this.training, tests: this.tests };
  }

  /** Draws what was kept; nothing if it is broken. @param {any} points */
  restore(points) {
    const fits = (/** @type {any} */ part) =>
      ['step', 'loss', 'accuracy'].every((key) => Array.isArray(part?.[key]));
    if (!fits(points?.training) || !fits(points?.tests)) return;
    this.training = points.training;
    this.tests = points.tests;
    this.draw();
  }

  /** @param {Step} step */
  step({ step, loss, accuracy }) {
    this.training.step.push(step);
    this.training.loss.push(loss);
    this.training.accuracy.push(100 * accuracy);
  }

  /** @param {Evaluated} evaluated */
  test({ step, loss, accuracy }) {
    const { tests } = this;
    if (tests.step.at(-1) === step) for (const values of Object.values(tests)) values.pop(); // now of more images
    tests.step.push(step);
    tests.loss.push(loss);
    tests.accuracy.push(100 * accuracy);
  }

  /** Shows what came since; cheap while nothing did. */
  draw() {
    for (const key of /** @type {const} */ (['loss', 'accuracy'])) {
      const { training, tests } = this;
      this[key].setData(training.step, [
        { name: 'training', values: training[key], color: 1 },
        { name: 'test', x: tests.step, values: tests[key], color: 2, dots: true, smoothed: false },
      ]);
    }
  }
}
