// The panels of network and training: the choices of a person.

import { LayerEditor } from './editor.js';
import { hasBranches } from '../ui/layertable.js';
import { Copies } from './copies.js';
import { at, counted, on } from './elements.js';
import { NETWORKS, fitting, toLayers, toRows } from './networks.js';
import { OPTIMIZERS, OPTIMIZER_RATES, SCHEDULES, nameOf, scheduled } from './trainer.js';

/** @typedef {import('./parts.js').Lesson} Lesson */
/** @typedef {import('./trainer.js').Plan} Plan */
/** @typedef {import('../lib/remote-model.js').RemoteModel} RemoteModel */
/**
 * The callbacks of the form.
 *
 * @typedef {object} Ear
 * @property {() => unknown} network  another network is described than before
 * @property {() => unknown} rate  another learning rate, or what becomes of it
 * @property {() => unknown} plan  another augmentation
 */

const OWN = 'own';
/** Learning rates to begin with, where they aren't the optimizer's default. */
const RATES = /** @type {Record<string, number>} */ ({
  ...OPTIMIZER_RATES,
  sgd: 0.15,
  momentum: 0.03,
  adagrad: 0.03,
  adadelta: 1,
  ftrl: 0.1,
  lion: 0.0003,
  lamb: 0.01,
  muon: 0.02,
  adafactor: 0.01,
});
const FIXED = [
  'network',
  'optimizer',
  'batch',
  'length',
  'unit',
  'test-every',
  'test-size',
  'seed',
  'augment',
  'amounts',
]; // during training
const TESTED = 1000; // images of a test in between

export class Form {
  /** @param {Ear} ear */
  constructor(ear) {
    this.ear = ear;
    /** @type {Lesson | null} */
    this.lesson = null;
    /** The network by name that was chosen last. @type {import('./network-table.js').Training | null} */
    this.named = null;
    this.editor = new LayerEditor(at('editor'), () => {
      at('network').value = OWN;
      this.describe('Its layers are below.');
    });
    for (const [name, { label }] of Object.entries(NETWORKS)) {
      at('network').append(new Option(label, name));
    }
    at('network').append(new Option('My own', OWN));
    for (const [name, words] of Object.entries(OPTIMIZERS)) {
      at('optimizer').append(new Option(words, name));
    }
    for (const [name, words] of Object.entries(SCHEDULES)) {
      at('schedule').append(new Option(words, name));
    }
    on('network', 'change', () => this.choose(at('network').value));
    on('optimizer', 'change', () => {
      at('rate').value = RATES[at('optimizer').value];
      ear.rate();
    });
    for (const id of ['rate', 'schedule']) on(id, 'change', () => ear.rate());
    for (const id of ['batch', 'length', 'unit']) on(id, 'input', () => this.count());
    on('seed', 'change', () => ear.network());
    this.copies = new Copies(
      () => this.plan.seed,
      () => ear.plan(),
    );
  }

  /** Other images: the first network that they are large enough for. @param {Lesson} lesson */
  begin(lesson) {
    this.lesson = lesson;
    this.copies.begin(lesson);
    at('test-size').value = Math.min(TESTED, lesson.test.count);
    this.choose(fitting(lesson.imageShape, lesson.classNames.length));
  }

  /** A network by name, with the optimizer it goes with. @param {string} name */
  choose(name) {
    const { lesson } = this;
    at('network').value = name;
    if (name === OWN) {
      at('edit').open = true;
      this.describe('Its layers are below.');
      return;
    }
    const { rows, about, optimizer, rate, schedule, batchSize, length, unit } = NETWORKS[name];
    this.named = NETWORKS[name];
    at('optimizer').value = optimizer;
    at('rate').value = rate;
    at('schedule').value = schedule;
    at('batch').value = batchSize;
    at('length').value = length;
    at('unit').value = unit;
    if (lesson) this.editor.set(rows, lesson.imageShape, lesson.classNames.length, lastOf(lesson));
    this.describe(about);
  }

  /** @param {string} about */
  describe(about) {
    at('network-about').textContent = about;
    this.count();
    this.ear.network();
  }

  /** Shows a loaded model, as far as the form has it. @param {RemoteModel} model */
  take({ layers, optimizer }) {
    const { lesson } = this;
    const rows = toRows(layers);
    this.named = null;
    if (rows && lesson) {
      at('network').value = OWN;
      this.editor.set(rows, lesson.imageShape, lesson.classNames.length, lastOf(lesson));
    }
    at('network-about').textContent = rows
      ? 'As it was loaded.'
      : hasBranches(layers)
        ? 'A loaded network with branches, listed under Inside. Start trains it; Reset returns to the one below.'
        : 'A loaded network with layers that are not in this list. Start trains it; Reset returns to the one below.';
    if (!optimizer) return;
    at('optimizer').value = nameOf(optimizer);
    if (typeof optimizer.learningRate === 'number') at('rate').value = optimizer.learningRate;
  }

  /** Returns the first problem of the layers or of the augmentation; '' without one. */
  get problem() {
    return this.editor.problem || this.copies.problem;
  }

  /** The layers of the network that is described. */
  get layers() {
    const { lesson } = this;
    return toLayers(this.editor.rows, lesson?.classNames.length ?? 1, lastOf(lesson));
  }

  /** The learning rate as it is now, and what becomes of it. */
  get rate() {
    const { schedule, rate, steps, scheduleOptions } = this.plan;
    return scheduled(schedule, rate, steps, scheduleOptions);
  }

  /** Returns the training options, brought within their limits. @returns {Plan} */
  get plan() {
    const count = this.lesson?.train.count ?? 1;
    /** @param {string} id @param {number} standard */
    const whole = (id, standard) => {
      const { valueAsNumber, min, max } = at(id);
      const value = Math.round(valueAsNumber);
      return Number.isFinite(value)
        ? Math.max(Number(min), Math.min(Number(max), value))
        : standard;
    };
    const batchSize = Math.min(whole('batch', 64), count);
    const length = whole('length', 1);
    const rate = at('rate').valueAsNumber;
    const optimizer = at('optimizer').value;
    const schedule = at('schedule').value;
    const { named } = this;
    const own = named?.optimizer === optimizer ? named : null;
    return {
      optimizer,
      options: own?.options ?? {},
      smoothing: named?.smoothing ?? 0,
      scheduleOptions: named && named.schedule === schedule ? named.scheduleOptions : {},
      rate: Number.isFinite(rate) && rate >= 0 ? rate : RATES[optimizer],
      schedule,
      batchSize,
      steps: at('unit').value === 'epochs' ? length * Math.ceil(count / batchSize) : length,
      seed: whole('seed', 0),
      testEvery: whole('test-every', 100),
      testSize: whole('test-size', TESTED),
      augment: this.copies.words,
    };
  }

  /** Says how long the training is. */
  count() {
    if (!this.lesson) return;
    const { steps, batchSize } = this.plan;
    const epochs = steps / Math.ceil(this.lesson.train.count / batchSize);
    const times = epochs < 10 ? Number(epochs.toFixed(2)) : Math.round(epochs);
    at('plan-note').textContent =
      `${counted(steps)} steps: each image is seen ${times === 1 ? 'once' : `${times} times`}.`;
  }

  /** Locks all but the learning rate during training. @param {boolean} fixed */
  lock(fixed) {
    for (const id of FIXED) at(id).disabled = fixed;
    this.editor.lock(fixed);
  }
}

/**
 * Returns the activation of the last layer: one class of each image is right, or any number.
 *
 * @param {Lesson | null} lesson
 */
function lastOf(lesson) {
  return lesson?.isMultiLabel ? 'sigmoid' : 'softmax';
}
