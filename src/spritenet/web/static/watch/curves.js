// Loss and accuracy of the runs that are shown, against steps, epochs or seconds.

import { LineChart } from '../ui/chart.js';
import { element } from '../ui/dom.js';
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

const MOST = 24; // charts of other metrics

/** The charts of loss and accuracy, and one of each other metric. */
export class Curves {
  axis = 'step';
  /** @type {Map<string, { panel: HTMLElement, chart: LineChart }>} by the metric's name */
  metrics = new Map();

  /** @param {HTMLElement} loss @param {HTMLElement} accuracy @param {HTMLElement} others */
  constructor(loss, accuracy, others) {
    this.others = others;
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
    for (const { chart } of this.metrics.values()) chart.setX(AXES[this.axis]);
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
    const names = [...new Set(records.flatMap(({ metrics }) => metrics))].slice(0, MOST);
    this.others.hidden = !names.length;
    for (const [name, { panel }] of this.metrics) panel.hidden = !names.includes(name);
    for (const name of names) {
      const { chart } = this.metrics.get(name) ?? this.#added(name);
      const lines = records.flatMap((record, place) =>
        this.#metricLines(record, place, records.length, name),
      );
      chart.setData([], lines);
    }
  }

  /** @param {string} name */
  #added(name) {
    const panel = element('div', 'panel');
    this.others.append(panel);
    const words = name.replaceAll('_', ' ');
    const chart = new LineChart(panel, {
      title: words.charAt(0).toUpperCase() + words.slice(1),
      x: AXES[this.axis],
      y: { label: words },
      empty: 'Waiting for the first epoch',
    });
    const made = { panel, chart };
    this.metrics.set(name, made);
    return made;
  }

  /**
   * @param {Run} record
   * @param {number} place
   * @param {number} many
   * @param {string} name
   * @returns {Line[]}
   */
  #metricLines(record, place, many, name) {
    const before = many === 1 ? '' : `${record.name} `;
    const color = (place % 6) + 1;
    return [
      { what: 'training', entries: record.epochs, color, dashed: false },
      {
        what: 'validation',
        entries: record.evaluations,
        color: many === 1 ? 2 : color,
        dashed: true,
      },
    ].flatMap(({ what, entries, ...look }) => {
      const known = entries.filter(({ metrics }) => typeof metrics?.[name] === 'number');
      if (!known.length) return [];
      return {
        name: `${before}${what}`,
        x: known.map((entry) => record.xOf(entry, this.axis)),
        values: known.map(({ metrics }) => metrics[name]),
        dots: known.length < 200,
        ...look,
      };
    });
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
