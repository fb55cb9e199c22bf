// Models in a worker, so that a page draws and answers whatever they do.
//
//   const remote = await Remote.start();
//   const model = await remote.create({ inputShape, layers, classNames });
//   const train = await remote.keep(data.split('train'));   // sent once
//   await model.fit(train, { epochs: 5, onStep });
//
// `RemoteModel` has `Model`'s methods, each of which resolves to what the other returns; code that
// awaits them works with both. Where no worker can be started, the same happens in the page, in slices.

import { defaultCore } from './core.js';
import { CoreError, DataError, DivergedError, ModelError } from './errors.js';
import { networkOf } from './graph.js';
import { Host, STEP_FIELDS } from './host.js';

/** @typedef {import('./model.js').Examination} Examination */
/** @typedef {import('./network.js').Examples} Examples */
/** @typedef {import('./schedules.js').Rate} Rate */
/** @typedef {import('./training.js').FitOptions} FitOptions */
/** @typedef {import('./training.js').History} History */
/** @typedef {import('./training.js').Step} Step */
/** @typedef {{ postMessage: (message: any, transfer?: any) => void }} Port */
/**
 * Who waits for an answer.
 *
 * @typedef {object} Waiting
 * @property {(value: any) => void} resolve
 * @property {(error: Error) => void} reject
 * @property {((message: any) => unknown) | undefined} hear  of what happens before it
 */

const ERRORS = /** @type {Record<string, typeof ModelError>} */ ({
  CoreError,
  DataError,
  DivergedError,
  ModelError,
});
const READY_WITHIN = 10_000; // milliseconds for a worker to load its script

/** Examples that the worker has. */
export class Kept {
  /**
   * Use `Remote.keep`.
   *
   * @param {Remote} remote
   * @param {number} number
   */
  constructor(remote, number) {
    this.remote = remote;
    this.number = number;
  }

  /** Forgets them there. */
  drop() {
    return this.remote.ask('drop', [this.number]);
  }
}

/** A worker that has models and examples; or the page itself, where there are no workers. */
export class Remote {
  /**
   * Use `Remote.start`.
   *
   * @param {Port} port
   * @param {boolean} isWorker
   * @param {() => void} end
   */
  constructor(port, isWorker, end) {
    this.port = port;
    /** Whether there is a worker, and not only the page. */
    this.isWorker = isWorker;
    this.end = end;
    this.asked = 0;
    /** @type {Map<number, Waiting>} */
    this.waiting = new Map();
    /** @type {Error | null} */
    this.broken = null;
  }

  /**
   * Starts a worker. If that fails, or `worker` is false, the page does the work in slices.
   *
   * @param {object} [how]
   * @param {string | URL | (() => Worker) | false} [how.worker]  the address of its script, or what makes
   *     one; `window.SPRITENET.worker` if there is one, or worker.js beside this file
   * @param {import('./core.js').Core} [how.core]
   */
  static async start({ worker, core } = {}) {
    const script =
      worker ??
      /** @type {any} */ (globalThis).SPRITENET?.worker ??
      new URL('worker.js', import.meta.url);
    const used = core ?? (await defaultCore());
    const remote = script === false ? null : await inWorker(script);
    if (!remote) return inPage(used);
    await remote.ask('core', [used.module]);
    return remote;
  }

  /**
   * A new network there; arguments as of `Model.create`, but for the core.
   *
   * @param {Omit<Parameters<typeof import('./model.js').Model.create>[0], 'core'>} how
   */
  async create({ inputs, outputs, ...how }) {
    const network = outputs ? networkOf(inputs ?? [], outputs) : {};
    return new RemoteModel(this, await this.ask('create', [{ ...how, ...network }]));
  }

  /**
   * A model from its files, as `Model.load`.
   *
   * @param {import('./files.js').Source} source
   * @param {import('./saved.js').Unsaid} [unsaid]
   */
  async load(source, unsaid = {}) {
    return new RemoteModel(this, await this.ask('load', [sendable(source), unsaid]));
  }

  /**
   * Sends examples once, for any number of calls: `fit`, `evaluate` and `examine` take what comes back.
   * They are copied; what is changed here afterwards isn't changed there.
   *
   * @param {Examples} examples
   */
  async keep(examples) {
    const transfer = /** @type {ArrayBuffer[]} */ ([]);
    return new Kept(this, await this.ask('keep', [plain(examples, transfer)], { transfer }));
  }

  /** Ends the worker and all that is in it. */
  close() {
    this.fail(new CoreError('the worker was closed'));
    this.end();
  }

  /**
   * @param {string} method
   * @param {any[]} parts
   * @param {{ signal?: AbortSignal, hear?: (message: any) => unknown, transfer?: Transferable[] }} [options]
   * @returns {Promise<any>}
   */
  ask(method, parts, { signal, hear, transfer = [] } = {}) {
    if (this.broken) return Promise.reject(this.broken);
    const id = ++this.asked;
    const answer = new Promise(
      (resolve, reject) => void this.waiting.set(id, { resolve, reject, hear }),
    );
    try {
      this.port.postMessage({ id, method, parts }, transfer);
    } catch (error) {
      this.waiting.delete(id);
      return Promise.reject(
        new CoreError("this can't be sent to a worker", { where: method, got: messageOf(error) }),
      );
    }
    const abort = () => this.port.postMessage({ abort: id });
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
    return answer.finally(() => signal?.removeEventListener('abort', abort));
  }

  /** @param {any} message */
  async receive({ id, value, error, ...event }) {
    const waiting = this.waiting.get(id);
    if (!waiting) return;
    if (Object.keys(event).length) {
      try {
        await waiting.hear?.(event);
      } catch (thrown) {
        // a callback of the page failed: as without a worker, the training ends
        this.waiting.delete(id);
        this.port.postMessage({ abort: id });
        waiting.reject(/** @type {Error} */ (thrown));
        return;
      }
      if (event.answer) this.port.postMessage({ seen: id });
      return;
    }
    this.waiting.delete(id);
    if (error) waiting.reject(unpacked(error));
    else waiting.resolve(value);
  }

  /**
   * Everybody who waits is told.
   *
   * @param {Error} error
   */
  fail(error) {
    this.broken = error;
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}

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
    /** @type {import('./saved.js').Metadata} */
    this.metadata = state.metadata;
    /** A line for each assumption about the file it comes from. @type {string[]} */
    this.notes = state.notes;
    /** @type {number} */
    this.parameterCount = state.parameterCount;
    /** @type {number} */
    this.outputs = state.outputs;
    /** What each layer makes of an image: height, width, channels. @type {number[][]} */
    this.outputShapes = state.outputShapes;
    /** @type {number} */
    this.step = state.step;
    /** @type {number} */
    this.passes = state.passes;
    /** Of the core's memory. @type {number} */
    this.memoryBytes = state.memoryBytes;
    /** @type {import('./optimizers.js').Optimizer | null} */
    this.optimizer = state.optimizer;
    /** @type {import('./optimizers.js').Loss | null} */
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

  /** @param {{ optimizer: import('./optimizers.js').Optimizer, loss?: any }} how */
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
   * Trains it, as `Model.fit`. `onStep` is called for every update, some at a time.
   *
   * @param {Examples | Kept} examples
   * @param {Omit<FitOptions, 'validation'> & { validation?: Examples | Kept }} [options]
   * @returns {Promise<History>}
   */
  async fit(examples, { signal, onStep, onEvaluate, onEpoch, validation, ...options } = {}) {
    /** @param {any} message */
    const hear = async ({ steps, evaluated, epoch, state }) => {
      if (state) this.update(state);
      if (steps) this.hearSteps(steps, onStep);
      if (evaluated) await onEvaluate?.(evaluated);
      if (epoch) await onEpoch?.(epoch);
    };
    const transfer = /** @type {ArrayBuffer[]} */ ([]);
    const parts = [
      plain(examples, transfer),
      { ...options, validation: validation && plain(validation, transfer) },
    ];
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
   * @param {Examples | Kept} examples
   * @param {{ loss?: string, signal?: AbortSignal, sliceMilliseconds?: number }} [options]
   * @returns {Promise<{ loss: number, accuracy: number, count: number }>}
   */
  evaluate(examples, { signal, ...options } = {}) {
    const transfer = /** @type {ArrayBuffer[]} */ ([]);
    return this.ask('evaluate', [plain(examples, transfer), options], { signal, transfer });
  }

  /**
   * @param {Examples | Kept} examples
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

/**
 * @param {string | URL | (() => Worker)} script
 * @returns {Promise<Remote | null>}  null if there is no such worker
 */
async function inWorker(script) {
  if (typeof Worker !== 'function') return null;
  /** @type {Worker} */
  let worker;
  try {
    worker =
      typeof script === 'function'
        ? script()
        : new Worker(script, { type: 'module', name: 'spritenet' });
  } catch {
    return null;
  }
  const remote = new Remote(worker, true, () => worker.terminate());
  const isReady = await new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), READY_WITHIN);
    worker.onmessage = () => resolve(true);
    worker.onerror = (event) => {
      event.preventDefault();
      resolve(false);
    };
    worker.addEventListener('message', () => clearTimeout(timer), { once: true });
  });
  if (!isReady) {
    worker.terminate();
    return null;
  }
  worker.onmessage = ({ data }) => void remote.receive(data);
  worker.onerror = (event) =>
    remote.fail(new CoreError('the worker failed', { got: event.message ?? '' }));
  worker.onmessageerror = () => remote.fail(new CoreError("the worker's answer can't be read"));
  return remote;
}

/**
 * The page as its own worker. The core isn't sent: a page opened from disk can't send one to itself.
 *
 * @param {import('./core.js').Core} core
 */
function inPage(core) {
  const { port1, port2 } = new MessageChannel();
  const remote = new Remote(port1, false, () => {
    port1.close();
    port2.close();
  });
  port1.onmessage = ({ data }) => void remote.receive(data);
  const host = new Host((message, transfer = []) => port2.postMessage(message, transfer));
  host.core = core;
  port2.onmessage = ({ data }) => void host.receive(data);
  return remote;
}

/**
 * Examples as they travel: only what is used of their buffers, copied once.
 *
 * @param {Examples | Kept} examples
 * @param {ArrayBuffer[]} transfer  gets the copies, which move
 */
function plain(examples, transfer) {
  if (examples instanceof Kept) return { kept: examples.number };
  const { images, labels, targets, weights } = examples;
  /** @param {any} array */
  const own = (array) => {
    if (!array?.buffer || array.byteLength === array.buffer.byteLength) return array;
    const copy = array.slice();
    transfer.push(copy.buffer);
    return copy;
  };
  return { images: own(images), labels: own(labels), targets: own(targets), weights: own(weights) };
}

/**
 * A source whose relative addresses are the page's.
 *
 * @param {import('./files.js').Source} source
 */
function sendable(source) {
  if (typeof source === 'string') {
    const base = typeof document === 'object' ? document.baseURI : undefined;
    return URL.canParse(source, base) ? new URL(source, base).href : source;
  }
  if (source instanceof URL) return source.href;
  return Symbol.iterator in source ? [.../** @type {Iterable<File>} */ (source)] : source;
}

/** @param {any} error @returns {Error} */
function unpacked({ name, message, stack, ours }) {
  const type = ours && Object.hasOwn(ERRORS, name) ? ERRORS[name] : undefined;
  const error = type
    ? new type(ours.what, { where: ours.where, todo: ours.todo })
    : new Error(message);
  error.message = message;
  error.stack = stack;
  return error;
}

function noFunctions() {
  return new ModelError("a learning rate that is a function can't go to a worker", {
    todo: 'Use one of schedules.',
  });
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
