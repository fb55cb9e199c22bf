// One network and its training in a worker: made, started, paused, stopped, reset. No DOM.

import { Remote, optimizers, schedules } from '../lib/index.js';
import { bestThresholds, labelMetrics } from '../lib/label-metrics.js';
import { metricOption, usualLoss } from './objectives.js';

/** @typedef {import('../lib/remote-model.js').RemoteModel} RemoteModel */
/** @typedef {import('../lib/messages.js').RemoteExamples} RemoteExamples */
/** @typedef {import('../lib/training.js').Step} Step */
/** @typedef {import('../lib/training.js').Evaluated} Evaluated */
/** @typedef {import('../lib/training.js').History} History */
/** @typedef {import('./parts.js').Lesson} Lesson */
/** @typedef {'idle' | 'starting' | 'running' | 'paused' | 'stopping'} State */
/**
 * @typedef {object} Plan
 * @property {string} optimizer  as `nameOf` has it
 * @property {Readonly<Record<string, unknown>>} options  of the optimizer, but its rate
 * @property {number} smoothing  of labels
 * @property {string} loss  its name
 * @property {string} metric  besides the accuracy; '' for none
 * @property {Readonly<Record<string, unknown>>} scheduleOptions  of the schedule, but the rate
 * @property {number} rate
 * @property {string} schedule  of SCHEDULES
 * @property {number} batchSize
 * @property {number} steps
 * @property {number} seed
 * @property {number} testEvery  steps; 0 for never
 * @property {number} testSize  images
 * @property {string} augment  words, such as 'digits,rotation=10'
 */
/**
 * The callbacks of a page.
 *
 * @typedef {object} Ear
 * @property {(state: State) => unknown} state
 * @property {(step: Step) => unknown} step
 * @property {(evaluated: Evaluated) => unknown} tested
 */

const HELD_OUT = 20; // test images that calibration needs at least
const PATIENCE = 1000; // milliseconds that a step of a network left behind may go on
const FIRST = ['sgd', 'momentum', 'rmsprop', 'adam', 'adamw']; // those that most people know
const NAMES = /** @type {(keyof typeof optimizers)[]} */ ([
  ...new Set([...FIRST, ...Object.keys(optimizers)]),
]);

/** Optimizers by name, as the form shows them. */
export const OPTIMIZERS = Object.fromEntries(
  NAMES.map((name) => [
    name,
    name === 'momentum' ? 'SGD, momentum 0.9' : optimizers[name]().className,
  ]),
);

/** Their default learning rates. */
export const OPTIMIZER_RATES = Object.fromEntries(
  NAMES.map((name) => [name, Number(optimizers[name]().learningRate)]),
);

/** Learning-rate schedules by name, as the form shows them. */
export const SCHEDULES = /** @type {const} */ ({
  constant: 'constant: stays as it is',
  cosine: 'cosine decay: falls to 0',
  'one-cycle': '1cycle: rises for a third, then falls',
  exponential: 'exponential decay: halves ten times',
});

/**
 * @param {string} name  of SCHEDULES
 * @param {number} rate
 * @param {number} steps
 * @param {Readonly<Record<string, unknown>>} [options]  of the schedule
 */
export function scheduled(name, rate, steps, options = {}) {
  if (name === 'cosine') return schedules.cosineDecay({ ...options, initialLearningRate: rate });
  if (name === 'one-cycle') return schedules.oneCycle({ ...options, maxLearningRate: rate });
  if (name === 'exponential') {
    const decaySteps = Math.max(1, Math.round(steps / 10));
    return schedules.exponentialDecay({ initialLearningRate: rate, decaySteps, decayRate: 0.5 });
  }
  return rate;
}

export class Trainer {
  /** @param {Ear} ear */
  constructor(ear) {
    this.ear = ear;
    /** @type {State} */
    this.state = 'idle';
    /** @type {RemoteModel | null} */
    this.model = null;
    /** @type {Lesson | null} */
    this.lesson = null;
    /** @type {Promise<{ remote: Remote, train: RemoteExamples, test: RemoteExamples }> | null} */
    this.ready = null;
    /** @type {Promise<Remote> | null} */
    this.remote = null;
    /** Loss and metric of the last training. */
    this.objective = '';
    this.control = new AbortController();
    this.calibration = new AbortController();
    /** Resolves when the training is over. @type {Promise<unknown>} */
    this.over = Promise.resolve();
  }

  /** The worker, started on first use. */
  worker() {
    this.remote ??= Remote.start().catch((error) => {
      this.remote = null;
      throw error;
    });
    return this.remote;
  }

  /**
   * Takes other images: the network before is dropped.
   *
   * @param {Lesson} lesson
   */
  async teach(lesson) {
    await this.forget();
    const old = await this.ready?.catch(() => null);
    if (old && !old.remote.broken) await Promise.all([old.train.drop(), old.test.drop()]);
    this.lesson = lesson;
    this.send(lesson);
  }

  /** Gives the worker the images. @param {Lesson} lesson */
  send(lesson) {
    const ready = this.worker().then(async (remote) => ({
      remote,
      train: await remote.keep(lesson.train),
      test: await remote.keep(lesson.test),
    }));
    ready.catch(() => {}); // callers get it from `ready`
    this.ready = ready;
    return ready;
  }

  /** Returns true if the worker is gone: out of memory, or ended by the browser. */
  async isLost() {
    const remote = await this.remote?.catch(() => null);
    return Boolean(remote?.broken);
  }

  /** True while nothing would be lost by ending the worker. */
  get isFresh() {
    return !this.model?.step;
  }

  /** Another worker in place of one that is no more. The network is lost with it. */
  recover() {
    this.remote?.then((remote) => remote.close()).catch(() => {});
    this.remote = null;
    this.model = null;
    if (this.lesson) this.send(this.lesson);
  }

  /** Leaves the network behind, with the worker if a step takes long. */
  async forget() {
    this.calibration.abort();
    if (!(await within(this.stop(), PATIENCE))) this.recover();
    const { model } = this;
    this.model = null;
    model?.close().catch(() => {}); // with its worker it is gone anyway; it may be busy for long
  }

  /**
   * A new network.
   *
   * @param {import('../lib/layers.js').Layer[]} layers
   * @param {number} seed
   * @param {import('../lib/prepare.js').Preparation | null} preparation
   */
  async make(layers, seed, preparation) {
    const { lesson } = this;
    if (!lesson || !this.ready) throw new Error('no images yet');
    const { remote } = await this.ready;
    const { imageShape: inputShape, classNames } = lesson;
    const model = await remote.create({ inputShape, layers, classNames, seed, preparation });
    await this.replace(model);
    return model;
  }

  /**
   * A network from its files.
   *
   * @param {import('../lib/files.js').Source} source
   */
  async load(source) {
    const remote = await this.worker();
    return remote.load(source);
  }

  /**
   * Takes another network in place of the one that is there.
   *
   * @param {RemoteModel} model
   */
  async replace(model) {
    await this.forget();
    this.model = model;
    this.objective = '';
  }

  /**
   * Trains, until it is done or stopped.
   *
   * @param {Plan} plan
   * @returns {Promise<History>}
   */
  async run(plan) {
    const { model, lesson } = this;
    if (!model || !lesson || !this.ready) throw new Error('there is no network yet');
    this.calibration.abort();
    this.control = new AbortController();
    const { signal } = this.control;
    let over = () => {};
    this.over = new Promise((resolve) => void (over = () => resolve(undefined)));
    this.enter('starting');
    try {
      const { train, test } = await this.ready;
      const { schedule, rate, steps, scheduleOptions } = plan;
      const learningRate = scheduled(schedule, rate, steps, scheduleOptions);
      // The state stays valid as long as the optimizer is the same, also that of a model from files.
      const objective = `${plan.loss} ${plan.metric}`;
      const loaded = !this.objective && model.loss && lossName(model.loss) === plan.loss;
      const known = this.objective === objective || (loaded && !plan.metric);
      const same = known && model.optimizer && nameOf(model.optimizer) === plan.optimizer;
      if (same) await model.setLearningRate(learningRate);
      else await model.compile(compilation(plan, learningRate, lesson.isMultiLabel));
      this.objective = objective;
      model.metadata.trainedOn = {
        dataset: lesson.name,
        content_hash: lesson.hash,
        seed: plan.seed,
        steps: model.step,
      };
      this.enter('running');
      return await model.fit(train, {
        steps: plan.steps,
        batchSize: plan.batchSize,
        seed: plan.seed,
        augment: plan.augment,
        validation: test,
        calibrateOn: false, // `calibrate` does it, after the training has ended for the page
        testEvery: plan.testEvery || undefined,
        testSize: plan.testSize,
        examine: true,
        signal,
        onStep: this.ear.step,
        onEvaluate: (evaluated) => this.tested(evaluated),
      });
    } finally {
      this.enter('idle');
      over();
    }
  }

  /**
   * Calibrates the network on the test images, as `spritenet train` does without validation images.
   *
   * @param {number} images  that training used
   * @returns {Promise<boolean>}  whether it is calibrated now
   */
  async calibrate(images) {
    const { model, lesson } = this;
    if (!model || !lesson || !this.ready || lesson.isMultiLabel) return false;
    if (lesson.test.count < HELD_OUT || lesson.classNames.length < 2) return false;
    this.calibration.abort();
    this.calibration = new AbortController();
    const { signal } = this.calibration;
    const most = Math.max(500, Math.min(20_000, Math.round(images / 10)));
    const { train, test } = await this.ready;
    return Boolean(await model.calibrate(test, train, { most, signal }));
  }

  /** @param {Evaluated} evaluated */
  tested(evaluated) {
    const { model, lesson } = this;
    if (model && evaluated.images === lesson?.test.count) {
      model.metadata.scores = { test_accuracy: evaluated.accuracy, test_loss: evaluated.loss };
      tune(model, evaluated, lesson);
    }
    this.ear.tested(evaluated);
  }

  /** Tests on all test images. */
  async test() {
    const { model } = this;
    if (!model || !this.ready) return;
    const { test } = await this.ready;
    const examination = await model.examine(test);
    const { accuracy, logLoss, count: images } = examination;
    const usual = `${usualLoss(Boolean(this.lesson?.isMultiLabel))} `;
    const other = this.objective && this.objective !== usual;
    const { loss, metrics } = other ? await model.evaluate(test) : { loss: logLoss, metrics: {} };
    if (model === this.model) {
      this.tested({ step: model.step, epoch: 0, loss, accuracy, images, metrics, examination });
    }
  }

  async pause() {
    if (this.state !== 'running') return;
    this.enter('paused');
    await this.model?.pause();
  }

  async resume() {
    if (this.state !== 'paused') return;
    this.enter('running');
    await this.model?.resume();
  }

  /** Ends the training; the weights are kept. Resolves when it has ended. */
  async stop() {
    if (this.state === 'idle') return;
    const wasPaused = this.state === 'paused';
    this.enter('stopping');
    this.control.abort();
    if (wasPaused) await this.model?.resume();
    await this.over;
  }

  /** @param {State} state */
  enter(state) {
    this.state = state;
    this.ear.state(state);
  }
}

/**
 * Resolves to true when something is done, or to false after a time.
 *
 * @param {Promise<unknown>} done
 * @param {number} milliseconds
 */
export function within(done, milliseconds) {
  const late = new Promise((resolve) => void setTimeout(() => resolve(false), milliseconds));
  return Promise.race([done.then(() => true), late]);
}

/**
 * Returns the page's name of an optimizer.
 *
 * @param {import('../lib/optimizers.js').Optimizer} optimizer
 */
export function nameOf({ className, config }) {
  return className === 'SGD' && config.momentum ? 'momentum' : className.toLowerCase();
}

/**
 * Returns the page's name of a loss.
 *
 * @param {import('../lib/losses.js').Loss} loss
 */
export function lossName({ row: { words } }) {
  return words[0].replace('sparse_', '');
}

/**
 * Returns the optimizer and the loss of a training.
 *
 * @param {Plan} plan
 * @param {import('../lib/rates.js').Rate} learningRate
 * @param {boolean} several  an image may have several classes
 */
function compilation(
  { optimizer: name, options, smoothing: labelSmoothing, loss, metric },
  learningRate,
  several,
) {
  const make = optimizers[/** @type {keyof typeof optimizers} */ (name)];
  const optimizer = make({ ...options, learningRate });
  const metrics = metric ? [metricOption(metric)] : [];
  if (loss !== usualLoss(several)) return { optimizer, metrics, loss };
  if (several || labelSmoothing) {
    return { optimizer, metrics, loss: { name: loss, labelSmoothing } };
  }
  return { optimizer, metrics };
}

/**
 * Sets the thresholds of a model of several classes to those of the highest F1 on the test images, and
 * the metrics to those at these thresholds.
 *
 * @param {RemoteModel} model
 * @param {Evaluated} evaluated  of all test images
 * @param {Lesson} lesson
 */
function tune(model, { examination }, { test, classNames }) {
  if (!examination?.probabilities || !test.rows) return;
  const { probabilities } = examination;
  const thresholds = bestThresholds(test.rows, probabilities, classNames.length);
  examination.classes = labelMetrics(test.rows, probabilities, thresholds);
  model.setMetadata({ thresholds: [...thresholds] }).catch(() => {}); // with its worker it is gone
}
