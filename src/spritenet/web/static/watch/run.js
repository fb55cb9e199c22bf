// One run as far as its journal is known: steps in columns, evaluations, other events, speed.

import { Column } from './column.js';

/** @typedef {{event: string, step: number, at: number, [key: string]: any}} Entry  a line of the journal */
/** @typedef {{[column: string]: (number | null)[]}} Steps  columns of steps */
/**
 * @typedef {object} News  a message `journal`
 * @property {string} run
 * @property {boolean} restarted  what was known before holds no more
 * @property {number} sampled  one of about so many steps is given
 * @property {Steps} steps
 * @property {Entry[]} events
 */
/**
 * @typedef {object} State  a message `state`
 * @property {string} name
 * @property {string} state  running, paused, finished, stopped, killed, starting, gone
 * @property {string | null} [network]
 * @property {string | null} [data]
 * @property {number} [silent]  seconds since the journal changed
 * @property {number | null} [test_accuracy]
 * @property {number | null} [val_accuracy]
 * @property {number | null} [steps]
 */

const RECENT = 3; // seconds over which speed is measured
const MOST_LOGGED = 500;

/** One run. */
export class Run {
  step = new Column();
  at = new Column();
  loss = new Column();
  accuracy = new Column();
  images = new Column();
  rate = NaN;
  /** @type {Entry[]} on the test set */
  evaluations = [];
  /** @type {Entry[]} the ends of epochs */
  epochs = [];
  /** @type {Entry[]} */
  predictions = [];
  /** @type {Entry[]} */
  confusions = [];
  /** @type {Entry[]} */
  snapshots = [];
  /** @type {Entry[]} what a person wants to read about, newest last */
  log = [];
  /** @type {Entry | null} */
  started = null;
  /** @type {Entry | null} */
  end = null;
  /** @type {number | null} the step it is paused at */
  paused = null;
  /** @type {State | null} */
  state = null;
  sampled = 1;
  /** Another number whenever there is something new to draw. */
  version = 0;

  /** @param {string} name */
  constructor(name) {
    this.name = name;
  }

  clear() {
    for (const column of [this.step, this.at, this.loss, this.accuracy, this.images]) {
      column.clear();
    }
    this.evaluations = [];
    this.epochs = [];
    this.predictions = [];
    this.confusions = [];
    this.snapshots = [];
    this.log = [];
    this.started = this.end = this.paused = null;
    this.rate = NaN;
  }

  /** @param {News} news */
  take({ restarted, sampled, steps, events }) {
    if (restarted) this.clear();
    this.version += 1;
    this.sampled = Math.max(restarted ? 1 : this.sampled, sampled);
    const count = steps.step.length;
    for (let i = 0; i < count; i += 1) {
      const step = steps.step[i];
      if (step === null || step <= this.step.last) continue;
      this.step.push(step);
      this.at.push(number(steps.at[i]));
      this.loss.push(number(steps.loss[i]));
      this.images.push(number(steps.images[i]));
      this.accuracy.push(number(steps.correct[i]) / number(steps.images[i]));
      this.rate = number(steps.learning_rate[i]);
    }
    for (const entry of events) this.#add(entry);
  }

  /** @param {Entry} entry */
  #add(entry) {
    if (typeof entry.event !== 'string' || typeof entry.step !== 'number') return;
    switch (entry.event) {
      case 'started':
        this.started = entry;
        this.end = null;
        this.paused = null;
        break;
      case 'evaluated':
      case 'tested':
        if (typeof entry.loss === 'number') {
          this.evaluations.push({ ...entry, accuracy: number(entry.accuracy) });
        }
        break;
      case 'epoch':
        this.epochs.push(entry);
        break;
      case 'predicted':
        if (Array.isArray(entry.labels) && Array.isArray(entry.predicted)) {
          this.predictions.push(entry);
        }
        break;
      case 'confused':
        if (Array.isArray(entry.matrix)) {
          this.confusions.push(entry);
          // Without an evaluation, the accuracy follows from the matrix.
          if (this.evaluations.at(-1)?.step !== entry.step) {
            this.evaluations.push({ ...entry, accuracy: accuracyOf(entry.matrix), loss: NaN });
          }
        }
        break;
      case 'snapshot':
        this.snapshots.push(entry);
        break;
      case 'control':
        if (!entry.refused && entry.command === 'pause') this.paused = entry.step;
        if (!entry.refused && entry.command === 'resume') this.paused = null;
        break;
      case 'finished':
      case 'stopped':
        this.end = entry;
        this.paused = null;
        break;
      default:
    }
    if (!['predicted', 'confused', 'snapshot'].includes(entry.event)) {
      this.log.push(entry);
      if (this.log.length > MOST_LOGGED) this.log.shift();
    }
  }

  /** The names of the metrics besides loss and accuracy, as far as they are numbers. */
  get metrics() {
    const names = new Set();
    for (const { metrics } of [...this.epochs, ...this.evaluations]) {
      for (const [name, value] of Object.entries(metrics ?? {})) {
        if (typeof value === 'number') names.add(name);
      }
    }
    return [...names];
  }

  get stepsPerEpoch() {
    return number(this.started?.steps_per_epoch) || NaN;
  }

  get lastStep() {
    return number(this.started?.last_step);
  }

  /** The number of steps done. */
  get done() {
    const last = Math.max(this.step.last || 0, this.log.at(-1)?.step ?? 0);
    return last || 0;
  }

  /** Images and steps a second, just now; NaN if unknown. */
  get speed() {
    const at = this.at.values;
    const count = at.length;
    if (count < 2) return { images: NaN, steps: NaN };
    const since = at[count - 1] - RECENT;
    let first = count - 1;
    while (first > 0 && at[first - 1] > since) first -= 1;
    const seconds = at[count - 1] - at[first];
    if (!(seconds > 0)) return { images: NaN, steps: NaN };
    let images = 0;
    const sizes = this.images.values;
    for (let i = first + 1; i < count; i += 1) images += sizes[i];
    return { images: images / seconds, steps: (count - 1 - first) / seconds };
  }

  /** @param {string} axis  step, epoch or seconds */
  x(axis) {
    if (axis === 'seconds') return this.at.values;
    const steps = this.step.values;
    return axis === 'step' ? steps : steps.map((step) => step / this.stepsPerEpoch);
  }

  /** @param {Entry} entry @param {string} axis */
  xOf(entry, axis) {
    if (axis === 'seconds') return entry.at;
    return axis === 'step' ? entry.step : entry.step / this.stepsPerEpoch;
  }
}

/** Returns the fraction of a confusion matrix that is right. @param {number[][]} matrix */
function accuracyOf(matrix) {
  const all = matrix.reduce((sum, row) => sum + row.reduce((part, count) => part + count, 0), 0);
  return matrix.reduce((sum, row, i) => sum + row[i], 0) / all;
}

/** @param {unknown} value */
function number(value) {
  return typeof value === 'number' ? value : NaN;
}
