// Loss and accuracy of the runs that are shown, against steps, epochs or seconds.

import { LineChart } from '../ui/chart.js';
import { plain } from '../ui/numbers.js';
import { percent } from './formatting.js';

/** @typedef {import('./run.js').Run} Run */
/** @typedef {import('../ui/chart.js').Line} Line */

/** @type {{[axis: string]: import('../ui/chart.js').XAxis}} */
const AXES = {
  step: { label: 'steps', format: (x) => `at step ${plain(x)}` },
  epoch: { label: 'epochs', format: (x) => `at epoch ${x.toFixed(2)}` },
  seconds: { label: 'time, seconds', format: (x) => `after ${plain(x)} s` },
};

/** The two charts. */
export class Curves {
  axis = 'step';

  /** @param {HTMLElement} loss @param {HTMLElement} accuracy */
  constructor(loss, accuracy) {
    const common = { x: AXES.step, smoothing: true, empty: 'Waiting for the first step' };
    this.loss = new LineChart(loss, {
      ...common,
      title: 'Loss',
      y: { label: 'loss', from: 0, log: true, fit: true },
    });
    this.accuracy = new LineChart(accuracy, {
      ...common,
      title: 'Accuracy',
      y: {
        label: 'accuracy, %',
        from: 0,
        to: 1,
        fit: true,
        format: percent,
        tick: (y) => String(Number((100 * y).toFixed(2))),
      },
    });
  }

  /** @param {string} axis */
  against(axis) {
    this.axis = axis in AXES ? axis : 'step';
    this.loss.setX(AXES[this.axis]);
    this.accuracy.setX(AXES[this.axis]);
  }

  /** @param {Run[]} records  the run that is shown first, then those it is compared with */
  show(records) {
    this.loss.setData(
      [],
      records.flatMap((record, place) => this.#lines(record, place, records.length, 'loss')),
    );
    this.accuracy.setData(
      [],
      records.flatMap((record, place) => this.#lines(record, place, records.length, 'accuracy')),
    );
  }

  /**
   * @param {Run} record
   * @param {number} place
   * @param {number} many
   * @param {'loss' | 'accuracy'} what
   * @returns {Line[]}
   */
  #lines(record, place, many, what) {
    const alone = many === 1;
    const color = (place % 6) + 1;
    const before = alone ? '' : `${record.name} `;
    /** @type {Line[]} */
    const lines = [
      { name: `${before}training`, x: record.x(this.axis), values: record[what].values, color },
    ];
    const tries = record.evaluations;
    if (tries.some((entry) => Number.isFinite(entry[what]))) {
      lines.push({
        name: `${before}validation`,
        x: tries.map((entry) => record.xOf(entry, this.axis)),
        values: tries.map((entry) => entry[what]),
        color: alone ? 2 : color,
        dashed: true,
        dots: tries.length < 200,
        smoothed: false,
      });
    }
    return lines;
  }
}
