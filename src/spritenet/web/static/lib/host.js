// The worker's side: it keeps models and examples, answers requests and reports events.
//
// `remote.js` is the other side. Both speak through anything with `postMessage`, so that the same code
// answers in a worker and, where there are none, in the page itself.

import { Core } from './core.js';
import { CoreError, DataError, SpritenetError } from './errors.js';
import { createFew } from './few.js';
import { Model } from './model.js';

/** @typedef {import('./examples.js').Examples} Examples */
/** @typedef {import('./training.js').Step} Step */
/**
 * @typedef {object} Request
 * @property {number} id
 * @property {string} method
 * @property {any[]} [parts]  its arguments
 */
/** @typedef {(message: any, transfer?: Transferable[]) => void} Post */

const EVENTS_EVERY = 50; // milliseconds between two messages about steps
export const STEP_FIELDS = /** @type {const} */ ([
  'step',
  'epoch',
  'loss',
  'accuracy',
  'images',
  'learningRate',
]);

/** Answers requests. */
export class Host {
  /** @param {Post} post */
  constructor(post) {
    this.post = post;
    /** @type {Map<number, Model>} */
    this.models = new Map();
    /** @type {Map<number, Examples>} */
    this.examples = new Map();
    /** @type {Map<number, AbortController>} */
    this.running = new Map();
    /** @type {Map<number, () => void>} */
    this.waiting = new Map(); // for an answer of the page's callback
    /** @type {Map<number, () => void>} */
    this.flushes = new Map(); // by model: sends the steps not reported yet
    /** @type {Core | undefined} */
    this.core = undefined;
    this.made = 0;
    post({ ready: true });
  }

  /**
   * Takes a message.
   *
   * @param {any} message
   */
  async receive(message) {
    if ('abort' in message) {
      this.running.get(message.abort)?.abort();
      this.acknowledged(message.abort);
    } else if ('seen' in message) {
      this.acknowledged(message.seen);
    } else {
      await this.answer(message);
    }
  }

  /** @param {number} id */
  acknowledged(id) {
    this.waiting.get(id)?.();
    this.waiting.delete(id);
  }

  /** @param {Request} request */
  async answer({ id, method, parts = [] }) {
    const control = new AbortController();
    this.running.set(id, control);
    try {
      const known = /** @type {Record<string, Function>} */ (/** @type {unknown} */ (this.methods));
      if (!Object.hasOwn(known, method)) {
        throw new CoreError('unknown method', { where: method });
      }
      const [value, transfer = []] =
        (await known[method].call(this, { id, signal: control.signal }, ...parts)) ?? [];
      this.post({ id, value }, transfer);
    } catch (error) {
      this.post({ id, error: packed(error) });
    } finally {
      this.running.delete(id);
      this.waiting.delete(id);
    }
  }

  /** @param {number} number @returns {Model} */
  model(number) {
    const model = this.models.get(number);
    if (!model) throw new CoreError('the model is closed');
    return model;
  }

  /**
   * Returns examples: kept before, or sent with the request.
   *
   * @param {{ kept?: number, first?: number, count?: number } & Partial<Examples>} given
   * @returns {Examples}
   */
  those({ kept, ...rest }) {
    if (kept === undefined) return /** @type {Examples} */ (rest);
    const examples = this.examples.get(kept);
    if (!examples) throw new DataError('these examples were dropped');
    return examples;
  }

  /** @typedef {{ id: number, signal: AbortSignal }} Call */

  /** The methods of requests. Each returns a value and those of its buffers that may move instead of being copied. */
  methods = {
    /** @param {Call} _ @param {WebAssembly.Module} module @param {number} [threads] @this {Host} */
    async core(_, module, threads = 1) {
      const team = threads > 1 ? await Core.loadThreads({ threads }).catch(() => null) : null;
      this.core = team ?? new Core(module);
      return [this.core.threads];
    },

    /** @param {Call} _ @param {any} how @this {Host} */
    async create(_, how) {
      return [this.keep(await Model.create({ ...how, core: this.core }))];
    },

    /** @param {Call} _ @param {any} examples @param {any} how @this {Host} */
    async createFew(_, examples, how) {
      return [this.keep(await createFew(this.those(examples), { ...how, core: this.core }))];
    },

    /** @param {Call} _ @param {any} source @param {import('./saved.js').Unsaid} unsaid @this {Host} */
    async load(_, source, unsaid) {
      return [this.keep(await Model.load(source, { ...unsaid, core: this.core }))];
    },

    /** @param {Call} _ @param {number} model @this {Host} */
    close(_, model) {
      this.models.delete(model);
    },

    /** @param {Call} _ @param {Examples} examples @this {Host} */
    keep(_, examples) {
      this.examples.set(++this.made, examples);
      return [this.made];
    },

    /** @param {Call} _ @param {number} kept @this {Host} */
    drop(_, kept) {
      this.examples.delete(kept);
    },

    /** @param {Call} _ @param {number} model @param {any} how @this {Host} */
    compile(_, model, how) {
      this.model(model).compile(how);
      return [described(this.model(model))];
    },

    /** @param {Call} _ @param {number} model @param {any} rate @this {Host} */
    setLearningRate(_, model, rate) {
      this.model(model).setLearningRate(rate);
    },

    /** @param {Call} _ @param {number} model @param {boolean} trainable @param {string[]} [names] @this {Host} */
    setTrainable(_, model, trainable, names) {
      this.model(model).setTrainable(trainable, names);
      return [this.model(model).layers];
    },

    /** @param {Call} _ @param {number} model @this {Host} */
    pause(_, model) {
      this.model(model).pause();
      this.flushes.get(model)?.();
    },

    /** @param {Call} _ @param {number} model @this {Host} */
    resume(_, model) {
      this.model(model).resume();
    },

    /** @param {Call} call @param {number} model @param {any} examples @param {any} options @this {Host} */
    async fit(call, model, examples, options) {
      return [await this.fit(call, model, this.those(examples), options)];
    },

    /** @param {Call} call @param {number} model @param {any} examples @param {any} options @this {Host} */
    async evaluate({ signal }, model, examples, options) {
      return [await this.model(model).evaluate(this.those(examples), { ...options, signal })];
    },

    /** @param {Call} call @param {number} model @param {any} examples @param {any} options @this {Host} */
    async examine({ signal }, model, examples, options) {
      const value = await this.model(model).examine(this.those(examples), { ...options, signal });
      const { predicted, confidences, probabilities } = value;
      const moved = [predicted.buffer, confidences.buffer];
      return [value, probabilities ? [...moved, probabilities.buffer] : moved];
    },

    /** @param {Call} _ @param {number} model @param {any} images @this {Host} */
    predict(_, model, images) {
      const value = this.model(model).predict(images);
      return [value, [value.buffer]];
    },

    /** @param {Call} _ @param {number} model @param {any} image @this {Host} */
    classify(_, model, image) {
      return [this.model(model).classify(image)];
    },

    /** @param {Call} call @param {number} model @param {any} heldOut @param {any} training @param {any} options @this {Host} */
    async calibrate({ signal }, model, heldOut, training, options) {
      const sets = [this.those(heldOut), this.those(training)];
      const glyphs = new Core(options.glyphs, { whole: false });
      const how = { ...options, glyphs, signal };
      return [await this.model(model).calibrate(sets[0], sets[1], how)];
    },

    /** @param {Call} call @param {number} model @param {any} heldOut @param {any} options @this {Host} */
    async tuneThresholds({ signal }, model, heldOut, options) {
      return [await this.model(model).tuneThresholds(this.those(heldOut), { ...options, signal })];
    },

    /** @param {Call} _ @param {number} model @param {any} metadata @this {Host} */
    setMetadata(_, model, metadata) {
      Object.assign(this.model(model).metadata, metadata);
    },

    /** @param {Call} _ @param {number} model @param {any} image @this {Host} */
    activations(_, model, image) {
      const value = this.model(model).activations(image);
      return [value, value.map(({ values }) => values.buffer)];
    },

    /** @param {Call} _ @param {number} model @this {Host} */
    weights(_, model) {
      const value = this.model(model).weights;
      return [value, value.map(({ values }) => values.buffer)];
    },

    /** @param {Call} _ @param {number} model @this {Host} */
    getParameters(_, model) {
      const value = this.model(model).getParameters();
      return [value, [value.buffer]];
    },

    /** @param {Call} _ @param {number} model @param {Float32Array} values @this {Host} */
    setParameters(_, model, values) {
      this.model(model).setParameters(values);
    },

    /** @param {Call} _ @param {number} model @param {any} options @param {any} metadata @this {Host} */
    toFiles(_, model, options, metadata) {
      const it = this.model(model);
      Object.assign(it.metadata, metadata);
      const value = it.toFiles(options);
      return [value, [value['weights.bin'].buffer]];
    },
  };

  /**
   * @param {Model} model
   */
  keep(model) {
    this.models.set(++this.made, model);
    return { model: this.made, ...described(model) };
  }

  /**
   * A training whose events go to the page: those of steps together, at most every 50 ms; an epoch's
   * end, and a test's, at once, and training waits until the page has seen it.
   *
   * @param {Call} call
   * @param {number} number  of the model
   * @param {Examples} examples
   * @param {any} options  `validation` and `calibrateOn` as examples kept or not; no callbacks
   */
  async fit({ id, signal }, number, examples, { validation, calibrateOn, ...options }) {
    const model = this.model(number);
    /** @type {number[]} */
    let steps = [];
    let last = performance.now();
    const flush = () => {
      if (!steps.length) return;
      const values = Float64Array.from(steps);
      steps = [];
      last = performance.now();
      this.post({ id, steps: values }, [values.buffer]);
    };
    /** @param {object} event */
    const report = async (event) => {
      flush();
      if (signal.aborted) {
        this.post({ id, ...event });
        return;
      }
      const seen = new Promise((resolve) => void this.waiting.set(id, () => resolve(undefined)));
      this.post({ id, ...event, answer: true });
      await seen;
    };
    this.flushes.set(number, flush);
    try {
      const history = await model.fit(examples, {
        ...options,
        signal,
        validation: validation && this.those(validation),
        ...(calibrateOn !== undefined && { calibrateOn: calibrateOn && this.those(calibrateOn) }),
        onStep: (step) => {
          for (const field of STEP_FIELDS) steps.push(step[field]);
          if (performance.now() - last >= EVENTS_EVERY) flush();
        },
        onEvaluate: (evaluated) => report({ evaluated }),
        onEpoch: (epoch) => report({ epoch }),
      });
      const { rejection, thresholds } = model.metadata;
      if (calibrateOn !== false) this.post({ id, tuned: { rejection, thresholds } });
      return history;
    } finally {
      flush();
      this.flushes.delete(number);
      this.post({ id, state: described(model) });
    }
  }
}

/**
 * Returns the attributes of a remote model.
 *
 * @param {Model} model
 */
function described(model) {
  const {
    layers,
    inputShape,
    imageShape,
    metadata,
    notes,
    step,
    passes,
    parameterCount,
    outputs,
    optimizer,
    loss,
  } = model;
  const rate = optimizer?.learningRate;
  return {
    layers,
    inputShape,
    imageShape,
    metadata,
    notes,
    step,
    passes,
    parameterCount,
    outputs,
    outputShapes: model.network.outputShapes,
    memoryBytes: model.network.arena.bytes,
    optimizer: optimizer && {
      ...optimizer,
      learningRate: typeof rate === 'function' ? rate(step) : rate,
    },
    loss,
  };
}

/**
 * An error as it can travel.
 *
 * @param {unknown} error
 */
function packed(error) {
  const { name, message, stack } = /** @type {Error} */ (error);
  const ours =
    error instanceof SpritenetError
      ? { what: error.what, where: error.where, todo: error.todo }
      : null;
  return { name, message, stack, ours };
}
