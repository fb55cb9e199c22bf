// The panels of network and training: the choices of a person.

import { LayerEditor } from './editor.js';
import { Copies } from './copies.js';
import { Speed, expected, workOf } from './cost.js';
import { at, counted, on } from './elements.js';
import { Fields } from './fields.js';
import { NETWORKS, fitting, layersOf } from './named-networks.js';
import { KINDS, toLayers, toRows } from './networks.js';
import { lossChoices, metricChoices, usualLoss } from './objectives.js';
import { OPTIMIZERS, OPTIMIZER_RATES, SCHEDULES, lossName, nameOf, scheduled } from './trainer.js';

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
  'loss',
  'metric',
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
const MOST_STEPS = 1_000_000;

/** @returns {Record<string, import('./fields.js').Limits>} */
const limits = () => ({
  rate: { name: 'Learning rate', least: 0, most: Infinity },
  batch: {
    name: 'Batch size',
    least: 1,
    most: Infinity,
    whole: true,
    about: 'all training images',
  },
  length: { name: 'Length of training', least: 1, most: MOST_STEPS, whole: true },
  'test-every': { name: 'Evaluate every … steps', least: 0, most: MOST_STEPS, whole: true },
  'test-size': { name: 'Test images', least: 1, most: Infinity, whole: true, about: 'all' },
  seed: { name: 'Seed', least: 0, most: 2 ** 32 - 1, whole: true },
});

export class Form {
  /** @param {Ear} ear */
  constructor(ear) {
    this.ear = ear;
    /** @type {Lesson | null} */
    this.lesson = null;
    /** The network by name that was chosen last. @type {import('./named-networks.js').NamedTraining | null} */
    this.named = null;
    this.speed = new Speed();
    this.fields = new Fields(limits(), (id) => this.entered(id));
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
      this.fields.set('rate', RATES[at('optimizer').value]);
      ear.rate();
    });
    for (const id of ['rate', 'schedule']) on(id, 'change', () => ear.rate());
    on('unit', 'input', () => this.count());
    on('seed', 'change', () => ear.network());
    this.copies = new Copies(
      () => this.plan.seed,
      () => ear.plan(),
    );
  }

  /** A field was changed. @param {string} id */
  entered(id) {
    if (['batch', 'length', 'test-every', 'test-size'].includes(id)) this.count();
    this.ear.plan();
  }

  /** Other images: the first network that they are large enough for. @param {Lesson} lesson */
  begin(lesson) {
    this.lesson = lesson;
    this.copies.begin(lesson);
    const { isMultiLabel, classNames, train, test } = lesson;
    const options = (/** @type {[string, string][]} */ all) =>
      all.map(([name, words]) => new Option(words, name));
    at('loss').replaceChildren(...options(lossChoices(isMultiLabel)));
    at('metric').replaceChildren(
      new Option('none', ''),
      ...options(metricChoices(isMultiLabel, classNames.length)),
    );
    this.fields.limit('batch', { most: train.count });
    this.fields.limit('test-size', { most: test.count });
    this.fields.set('test-size', Math.min(TESTED, test.count));
    this.choose(fitting(lesson.imageShape, classNames.length));
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
    const { rows, about, optimizer, rate, schedule, batchSize, length, unit, augment } =
      NETWORKS[name];
    if (augment !== (this.named?.augment ?? 'none')) {
      at('augment').value = augment;
      this.copies.check();
    }
    this.named = NETWORKS[name];
    at('optimizer').value = optimizer;
    at('schedule').value = schedule;
    at('unit').value = unit;
    at('loss').value = usualLoss(Boolean(lesson?.isMultiLabel));
    this.fields.set('rate', rate);
    this.fields.set('batch', Math.min(batchSize, lesson?.train.count ?? batchSize));
    this.fields.set('length', length);
    if (lesson && rows) this.edit(rows, lesson);
    else if (lesson) this.editor.show(layersOf(name, lesson), lesson.imageShape);
    this.describe(about);
  }

  /** Shows layers that can be changed. @param {readonly import('./networks.js').Row[]} rows @param {Lesson} lesson */
  edit(rows, lesson) {
    this.editor.set(rows, lesson.imageShape, lesson.classNames.length, lastOf(lesson));
  }

  /** @param {string} about */
  describe(about) {
    at('network-about').textContent = about;
    this.count();
    this.ear.network();
  }

  /** Shows a loaded model. @param {RemoteModel} model */
  take({ layers, inputShape, optimizer, loss }) {
    const { lesson } = this;
    const rows = toRows(layers);
    this.named = null;
    at('network').value = OWN;
    if (rows && lesson) this.edit(rows, lesson);
    else this.editor.show(layers, inputShape);
    at('network-about').textContent = rows
      ? 'As it was loaded.'
      : `As it was loaded, ${this.editor.reason}.`;
    if (loss && at('loss').querySelector(`[value="${lossName(loss)}"]`)) {
      at('loss').value = lossName(loss);
    }
    if (!optimizer) return;
    at('optimizer').value = nameOf(optimizer);
    const { learningRate } = optimizer;
    if (typeof learningRate === 'number') this.fields.set('rate', learningRate);
  }

  /** The choices, to be kept over a reload. */
  get state() {
    const { rows } = this.editor;
    const ids = [...FIXED, 'rate', 'schedule'];
    return { rows, fields: Object.fromEntries(ids.map((id) => [id, at(id).value])) };
  }

  /** Chooses what was kept. @param {any} state  of `state`, or whatever was stored */
  restore({ rows, fields }) {
    const { lesson } = this;
    const { network } = fields ?? {};
    if (!lesson || !Array.isArray(rows) || !network) return;
    if (Object.hasOwn(NETWORKS, network)) this.choose(network);
    else if (rows.every(({ kind }) => Object.hasOwn(KINDS, kind))) {
      this.named = null;
      at('network').value = OWN;
      this.edit(rows, lesson);
      this.describe('Its layers are below.');
    }
    for (const [id, value] of Object.entries(fields)) {
      if (id === 'network' || at(id) === null) continue;
      if (Object.hasOwn(this.fields.values, id)) this.fields.set(id, value);
      else if (at(id).tagName !== 'SELECT') at(id).value = value;
      else if ([...at(id).options].some((one) => one.value === value)) at(id).value = value;
    }
    this.copies.check();
    this.count();
    this.ear.plan();
  }

  /** Returns the first problem of the layers, a field or the augmentation; '' without one. */
  get problem() {
    return this.editor.problem || this.fields.problem || this.copies.problem;
  }

  /** The learning rate to begin with for the optimizer that is chosen. */
  get usualRate() {
    const { named } = this;
    const optimizer = at('optimizer').value;
    return named && named.optimizer === optimizer ? named.rate : RATES[optimizer];
  }

  /** The layers of the network that is described. */
  get layers() {
    const { lesson } = this;
    const { fixed, rows } = this.editor;
    return fixed ?? toLayers(rows, lesson?.classNames.length ?? 1, lastOf(lesson));
  }

  /** The learning rate as it is now, and what becomes of it. */
  get rate() {
    const { schedule, rate, steps, scheduleOptions } = this.plan;
    return scheduled(schedule, rate, steps, scheduleOptions);
  }

  /** Returns the training options: of a field whose value is wrong, the last right one. @returns {Plan} */
  get plan() {
    const count = this.lesson?.train.count ?? 1;
    const { batch: batchSize, length, rate, seed, ...tests } = this.fields.values;
    const optimizer = at('optimizer').value;
    const schedule = at('schedule').value;
    const { named } = this;
    const own = named?.optimizer === optimizer ? named : null;
    return {
      optimizer,
      options: own?.options ?? {},
      smoothing: named?.smoothing ?? 0,
      scheduleOptions: named && named.schedule === schedule ? named.scheduleOptions : {},
      rate,
      loss: at('loss').value,
      metric: at('metric').value,
      schedule,
      batchSize,
      steps: at('unit').value === 'epochs' ? length * Math.ceil(count / batchSize) : length,
      seed,
      testEvery: tests['test-every'],
      testSize: tests['test-size'],
      augment: this.copies.words,
    };
  }

  /** The multiplications for one image of the network that is described. */
  get work() {
    const { lesson, editor } = this;
    return lesson && !editor.problem ? workOf(this.layers, lesson.imageShape) : 0;
  }

  /** Says how long the training is. */
  count() {
    if (!this.lesson) return;
    const { plan } = this;
    const { steps, batchSize } = plan;
    const epochs = steps / Math.ceil(this.lesson.train.count / batchSize);
    const times = epochs < 10 ? Number(epochs.toFixed(2)) : Math.round(epochs);
    at('plan-note').textContent =
      `${counted(steps)} steps: each image is seen ${times === 1 ? 'once' : `${times} times`}. ${expected(this.speed, this.work, plan)}`;
  }

  /** Returns what is to be done before training. */
  get hint() {
    if (!this.lesson) return 'First, images.';
    const { editor, problem, copies } = this;
    if (!problem) return 'Press Start.';
    if (problem === editor.problem) return 'Correct the layers first: see Network.';
    if (problem === copies.problem) return 'Correct the augmentation first: see Training.';
    return `Correct this first, see Training. ${problem}`;
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
