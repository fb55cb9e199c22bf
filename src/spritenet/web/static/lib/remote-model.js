// A model in a worker: `Model`'s methods, each of which resolves to what the other returns.

import { namesSeveral } from './classification.js';
import { glyphCore } from './core.js';
import { ModelError } from './errors.js';
import { STEP_FIELDS } from './host.js';
import { plain } from './messages.js';

/** @typedef {import('./evaluation.js').Examination} Examination */
/** @typedef {import('./examples.js').Examples} Examples */
/** @typedef {import('./messages.js').RemoteExamples} RemoteExamples */
/** @typedef {import('./remote.js').Remote} Remote */
/** @typedef {import('./rates.js').Rate} Rate */
/** @typedef {import('./training.js').FitOptions} FitOptions */
/** @typedef {import('./training.js').History} History */
/** @typedef {import('./training.js').Step} Step */

/** A model that lives in a worker. Its attributes are those of the last answer. */
export class RemoteModel {
  /**
   * Use `Remote.create` or `Remote.load`.
   *
   * @param {Remote} remote
   * @param {any} description
   */
  constructor(remote, { model, ...state }) {
    this.remote = remote;
    this.number = model;
    this.paused = false;
    this.busy = false;
    /** @type {readonly import('./layers.js').Layer[]} */
    this.layers = state.layers;
    /** @type {readonly number[]} */
    this.inputShape = state.inputShape;
    /** @type {readonly number[]} */
    this.imageShape = state.imageShape;
    /** @type {import('./saved.js').Metadata} */
    this.metadata = state.metadata;
    /** A line for each assumption about the file it comes from. @type {string[]} */
    this.notes = state.notes;
    /** @type {number} */
    this.parameterCount = state.parameterCount;
    /** @type {number} */
    this.outputs = state.outputs;
    /** The output shape of each layer: height, width, channels. @type {number[][]} */
    this.outputShapes = state.outputShapes;
    /** @type {number} */
    this.step = state.step;
    /** @type {number} */
    this.passes = state.passes;
    /** Of the core's memory. @type {number} */
    this.memoryBytes = state.memoryBytes;
    /** @type {import('./optimizers.js').Optimizer | null} */
    this.optimizer = state.optimizer;
    /** @type {import('./losses.js').Loss | null} */
    this.loss = state.loss;
  }

  get classNames() {
    return this.metadata.classNames;
  }

  /** @param {any} state */
  update(state) {
    const { step, passes, memoryBytes, optimizer, loss } = state;
    Object.assign(this, { step, passes, memoryBytes, optimizer, loss });
  }

  /** @param {{ optimizer: import('./optimizers.js').Optimizer, loss?: any, metrics?: readonly import('./metrics.js').MetricOption[] }} how */
  async compile(how) {
    if (typeof how.optimizer.learningRate === 'function') throw noFunctions();
    this.update(await this.ask('compile', [how]));
  }

  /** @param {Rate} rate */
  async setLearningRate(rate) {
    if (typeof rate === 'function') throw noFunctions();
    await this.ask('setLearningRate', [rate]);
    if (this.optimizer) this.optimizer = { ...this.optimizer, learningRate: rate };
  }

  /** @param {boolean} trainable @param {readonly string[]} [names] */
  async setTrainable(trainable, names) {
    this.layers = await this.ask('setTrainable', [trainable, names]);
  }

  async pause() {
    this.paused = true;
    await this.ask('pause');
  }

  async resume() {
    this.paused = false;
    await this.ask('resume');
  }

  /**
   * Trains it, as `Model.fit`. `onStep` is called for every step, several at a time.
   *
   * @param {Examples | RemoteExamples} examples
   * @param {Omit<FitOptions, 'validation' | 'calibrateOn'> & { validation?: Examples | RemoteExamples,
   *     calibrateOn?: Examples | RemoteExamples | false }} [options]
   * @returns {Promise<History>}
   */
  async fit(
    examples,
    { signal, onStep, onEvaluate, onEpoch, validation, calibrateOn, ...options } = {},
  ) {
    /** @param {any} message */
    const hear = async ({ steps, evaluated, epoch, state, tuned }) => {
      if (state) this.update(state);
      if (tuned) Object.assign(this.metadata, tuned);
      if (steps) this.hearSteps(steps, onStep);
      if (evaluated) await onEvaluate?.(evaluated);
      if (epoch) await onEpoch?.(epoch);
    };
    const transfer = /** @type {ArrayBuffer[]} */ ([]);
    const parts = [
      plain(examples, transfer),
      {
        ...options,
        validation: validation && plain(validation, transfer),
        calibrateOn: calibrateOn && plain(calibrateOn, transfer),
      },
    ];
    Object.assign(this.metadata, { rejection: null, thresholds: null }); // of the former weights
    this.busy = true;
    try {
      return await this.ask('fit', parts, { signal, hear, transfer });
    } finally {
      this.busy = false;
    }
  }

  /**
   * @param {Float64Array} values
   * @param {((step: Step) => unknown) | undefined} onStep
   */
  hearSteps(values, onStep) {
    const width = STEP_FIELDS.length;
    this.step = values[values.length - width];
    if (!onStep) return;
    for (let at = 0; at < values.length; at += width) {
      const step = Object.fromEntries(STEP_FIELDS.map((field, i) => [field, values[at + i]]));
      onStep(/** @type {Step} */ (/** @type {unknown} */ (step)));
    }
  }

  /**
   * @param {Examples | RemoteExamples} examples
   * @param {{ loss?: string, signal?: AbortSignal, sliceMilliseconds?: number }} [options]
   * @returns {Promise<{ loss: number, accuracy: number, count: number, metrics: Record<string, number> }>}
   */
  evaluate(examples, { signal, ...options } = {}) {
    const transfer = /** @type {ArrayBuffer[]} */ ([]);
    return this.ask('evaluate', [plain(examples, transfer), options], { signal, transfer });
  }

  /**
   * @param {Examples | RemoteExamples} examples
   * @param {{ signal?: AbortSignal, sliceMilliseconds?: number }} [options]
   * @returns {Promise<Examination>}
   */
  examine(examples, { signal, ...options } = {}) {
    const transfer = /** @type {ArrayBuffer[]} */ ([]);
    return this.ask('examine', [plain(examples, transfer), options], { signal, transfer });
  }

  /** @param {Uint8Array | Uint8ClampedArray} images @returns {Promise<Float32Array>} */
  predict(images) {
    return this.ask('predict', [images.slice()]);
  }

  /** True if each output is the probability of a class of its own: see `Model.isMultiLabel`. */
  get isMultiLabel() {
    return namesSeveral(this.layers, this.inputShape);
  }

  get calibrated() {
    return Boolean(this.metadata.rejection);
  }

  /**
   * @param {Uint8Array | Uint8ClampedArray} image
   * @returns {Promise<import('./rejection.js').Classified>}
   */
  classify(image) {
    return this.ask('classify', [image.slice()]);
  }

  /**
   * Calibrates it, as `Model.calibrate`.
   *
   * @param {Examples | RemoteExamples} heldOut
   * @param {Examples | RemoteExamples} training
   * @param {import('./calibration.js').CalibrateOptions} [options]
   * @returns {Promise<import('./rejection.js').Rejection | null>}
   */
  async calibrate(heldOut, training, { signal, ...options } = {}) {
    const transfer = /** @type {ArrayBuffer[]} */ ([]);
    const { module } = options.glyphs ?? (await glyphCore()); // a worker may have no address to load from
    const how = { ...options, glyphs: module };
    const parts = [plain(heldOut, transfer), plain(training, transfer), how];
    const found = await this.ask('calibrate', parts, { signal, transfer });
    if (found) this.metadata.rejection = found;
    return found;
  }

  /**
   * Tunes the thresholds of a multi-label network, as `Model.tuneThresholds`.
   *
   * @param {Examples | RemoteExamples} heldOut
   * @param {{ signal?: AbortSignal, sliceMilliseconds?: number }} [options]
   * @returns {Promise<number[]>}
   */
  async tuneThresholds(heldOut, { signal, ...options } = {}) {
    const transfer = /** @type {ArrayBuffer[]} */ ([]);
    const parts = [plain(heldOut, transfer), options];
    this.metadata.thresholds = await this.ask('tuneThresholds', parts, { signal, transfer });
    return this.metadata.thresholds ?? [];
  }

  /**
   * Changes what is known of it, here and there.
   *
   * @param {Partial<import('./saved.js').Metadata>} values
   */
  async setMetadata(values) {
    Object.assign(this.metadata, values);
    await this.ask('setMetadata', [values]);
  }

  /**
   * @param {Uint8Array | Uint8ClampedArray} image
   * @returns {Promise<{ name: string, shape: number[], values: Float32Array }[]>}
   */
  activations(image) {
    return this.ask('activations', [image.slice()]);
  }

  /** @returns {Promise<{ name: string, shape: number[], values: Float32Array }[]>} */
  get weights() {
    return this.ask('weights');
  }

  /** @returns {Promise<Float32Array>} */
  getParameters() {
    return this.ask('getParameters');
  }

  /** @param {Float32Array} values @returns {Promise<void>} */
  setParameters(values) {
    return this.ask('setParameters', [values]);
  }

  /**
   * @param {{ includeOptimizer?: boolean }} [options]
   * @returns {Promise<{ 'model.json': string, 'weights.bin': Uint8Array }>}
   */
  toFiles(options = {}) {
    return this.ask('toFiles', [options, this.metadata]);
  }

  /** Forgets it there. */
  close() {
    return this.ask('close');
  }

  /**
   * @param {string} method
   * @param {any[]} [parts]
   * @param {{ signal?: AbortSignal, hear?: (message: any) => unknown, transfer?: Transferable[] }} [options]
   */
  ask(method, parts = [], options = {}) {
    return this.remote.ask(method, [this.number, ...parts], options);
  }
}

function noFunctions() {
  return new ModelError("a learning rate that is a function can't go to a worker", {
    todo: 'Use one of schedules.',
  });
}
