// The metrics of some images, added up while a network trains or is evaluated.

import { ModelError } from './errors.js';

/** @typedef {import('./examples.js').Examples} Examples */
/** @typedef {import('./losses.js').Loss} Loss */
/** @typedef {import('./metrics.js').Metric} Metric */

/** The metrics of some images, added up. */
export class Measures {
  /**
   * @param {readonly Metric[]} metrics
   * @param {number} outputs
   * @param {Loss} loss
   * @param {Examples} examples  with labels or targets
   */
  constructor(metrics, outputs, loss, examples) {
    const { activation } = loss.row;
    if (metrics.length && !examples.labels && !activation) {
      throw new ModelError("the metric doesn't fit the targets, which are numbers", {
        where: metrics[0].name,
        expected: 'classes, or answers from 0 to 1',
      });
    }
    this.metrics = metrics;
    this.outputs = outputs;
    this.logits = loss.config.from_logits === true ? activation : '';
    this.several = activation === 'sigmoid';
    this.examples = examples;
    this.truth = new Float32Array(outputs);
    /** @type {Float64Array[]} */
    this.sums = [];
    this.reset();
  }

  reset() {
    this.sums = this.metrics.map(({ size }) => new Float64Array(size));
  }

  /**
   * Adds images.
   *
   * @param {Float32Array | null} rows  their outputs; null where there are no metrics
   * @param {(i: number) => number} pick  the example of each row
   */
  add(rows, pick) {
    if (!rows) return;
    const { outputs, truth, several } = this;
    const { labels, targets } = this.examples;
    for (let i = 0; i * outputs < rows.length; i++) {
      const from = pick(i);
      const row = this.probabilities(rows.subarray(i * outputs, (i + 1) * outputs));
      if (targets) truth.set(targets.subarray(from * outputs, (from + 1) * outputs));
      else if (labels) truth.fill(0)[labels[from]] = 1;
      const label = targets || !labels ? truth.indexOf(Math.max(...truth)) : labels[from];
      this.metrics.forEach((one, k) => one.add(this.sums[k], { row, truth, label, several }));
    }
  }

  /** @param {Float32Array} row */
  probabilities(row) {
    if (!this.logits) return row;
    if (this.logits === 'sigmoid') return row.map((value) => 1 / (1 + Math.exp(-value)));
    const most = Math.max(...row);
    const powers = row.map((value) => Math.exp(value - most));
    const sum = powers.reduce((whole, value) => whole + value, 0);
    return powers.map((value) => value / sum);
  }

  /** The values so far, by name. @returns {Record<string, number>} */
  get values() {
    return Object.fromEntries(
      this.metrics.map(({ name, value }, k) => [name, value(this.sums[k])]),
    );
  }
}
