// A network of layers that classifies small images: make or load it, train, evaluate, predict, save.
//
// Everything works in a page, in a worker and in Node.js. `predict` answers at once; `fit` and
// `evaluate` work in slices, so that a page stays responsive, and may be aborted between two.

import { calibrate, calibrateTrained } from './calibration.js';
import { withClassWeight } from './class-weight.js';
import {
  checkClassifies,
  checkSeveral,
  classify,
  lastActivation,
  namesSeveral,
} from './classification.js';
import { defaultCore } from './core.js';
import { ModelError } from './errors.js';
import { evaluate, examine } from './evaluation.js';
import { checkExamples, examplesFor, onePixels, pixelsOf } from './examples.js';
import { imageShapeOf } from './image-shape.js';
import { size } from './shapes.js';
import { withTrainable } from './layers.js';
import { bestThresholds } from './label-metrics.js';
import { makeLoss } from './losses.js';
import { makeMetrics } from './metrics.js';
import { filesOf, restore } from './model-files.js';
import { Network } from './network.js';
import { newNetwork } from './new-network.js';
import { withRate } from './optimizers.js';
import { Gate } from './pause.js';
import { readPreparation } from './prepare.js';
import { readModel } from './saved.js';
import { Training } from './training.js';

/** @typedef {import('./rejection.js').Classified} Classified */
/** @typedef {import('./examples.js').Examples} Examples */
/** @typedef {import('./optimizers.js').Optimizer} Optimizer */
/** @typedef {import('./losses.js').Loss} Loss */
/** @typedef {import('./saved.js').Metadata} Metadata */
/** @typedef {import('./training.js').FitOptions} FitOptions */
/** @typedef {import('./training.js').History} History */
/** @typedef {import('./evaluation.js').Examination} Examination */

export class Model {
  /**
   * Use `Model.create` or `Model.load`.
   *
   * @param {import('./core.js').Core} core
   * @param {readonly import('./layers.js').Layer[]} layers  named
   * @param {readonly number[]} inputShape
   * @param {Metadata} metadata
   */
  constructor(core, layers, inputShape, metadata) {
    this.core = core;
    this.layers = layers;
    this.inputShape = inputShape;
    /** Height, width and channels of its images; those of a vector are square where they can be. */
    this.imageShape = imageShapeOf(inputShape);
    this.network = new Network(core, layers, inputShape);
    this.metadata = metadata;
    /** A line for each assumption about the file it comes from. @type {string[]} */
    this.notes = [];
    /** @type {Optimizer | null} */
    this.optimizer = null;
    /** @type {Loss | null} */
    this.loss = null;
    /** @type {import('./metrics.js').Metric[]} */
    this.metrics = [];
    /** Steps done since the weights were made. */
    this.step = 0;
    /** Passes through the images that were begun: the next training begins a new one. */
    this.passes = 0;
    this.busy = false;
    this.gate = new Gate();
  }

  /**
   * A new network. It takes raw pixels: `Rescaling(1/255)` is put first unless one is there.
   *
   * @param {import('./new-network.js').NewNetwork & { core?: import('./core.js').Core }} how
   */
  static async create({ core, ...how }) {
    const { layers, inputShape, metadata, draw } = newNetwork(how);
    const used = core ?? (await defaultCore()); // which knows the layers' shapes
    const parameters = draw();
    const model = new Model(used, layers, inputShape, metadata);
    model.network.parameters.set(parameters);
    return model;
  }

  /**
   * A model from its files, ours or TensorFlow.js's. If its optimizer's state was saved, training
   * continues where it was; else call `compile` first.
   *
   * @param {import('./files.js').Source} source  the address of model.json or its folder; the files
   *     a person chose; or an object of file names and contents
   * @param {{ core?: import('./core.js').Core } & import('./saved.js').Unsaid} [options]
   */
  static async load(source, { core, ...unsaid } = {}) {
    const used = core ?? (await defaultCore());
    const saved = await readModel(source, unsaid);
    const model = new Model(used, saved.layers, saved.inputShape, saved.metadata);
    restore(model, saved);
    return model;
  }

  /** The number of parameters. */
  get parameterCount() {
    return this.network.parameterCount;
  }

  /** The number of parameters that training changes: those of no frozen layer, no moving averages. */
  get trainableCount() {
    return this.network.weights.reduce(
      (sum, { shape, trainable }) => sum + (trainable ? size(shape) : 0),
      0,
    );
  }

  /**
   * Freezes layers, or trains them again. Frozen weights have no gradients and stay as they are; a
   * frozen BatchNormalization uses its moving averages.
   *
   * @param {boolean} trainable
   * @param {readonly string[]} [names]  of layers; all of them if not given
   */
  setTrainable(trainable, names = this.layers.map(({ name }) => name)) {
    if (this.busy) {
      throw new ModelError('it is being trained', { todo: 'Wait for the training, or abort it.' });
    }
    this.layers = withTrainable(this.layers, names, trainable);
    const { parameters, slots } = this.network;
    this.network = new Network(this.core, this.layers, this.inputShape);
    this.network.parameters.set(parameters);
    if (this.optimizer) this.network.beginSlots(this.optimizer);
    this.network.slots.set(slots);
  }

  /** The names of the outputs; empty if unknown. */
  get classNames() {
    return this.metadata.classNames;
  }

  /** The preprocessing of an image, for `prepare`; null if unknown. */
  get preparation() {
    return this.metadata.preparation && readPreparation(this.metadata.preparation);
  }

  /** The number of outputs for an image. */
  get outputs() {
    return this.network.outputs;
  }

  /** The name of the function applied last. */
  get lastActivation() {
    return lastActivation(this.layers);
  }

  /** Its weights by name ("conv2d/kernel"), each a copy. */
  get weights() {
    const { parameters, weights } = this.network;
    return weights.map(({ name, shape, offset }) => ({
      name,
      shape,
      values: parameters.slice(offset, offset + size(shape)),
    }));
  }

  /** A copy of all parameters: layer after layer, kernel before bias. */
  getParameters() {
    return this.network.parameters.slice();
  }

  /** @param {Float32Array} values  as `getParameters` gives them */
  setParameters(values) {
    if (values.length !== this.parameterCount) {
      throw new ModelError("the parameters don't fit the layers", {
        expected: this.parameterCount,
        got: values.length,
      });
    }
    this.network.parameters.set(values);
  }

  /**
   * Sets the optimizer and the loss. The optimizer's state begins empty.
   *
   * @param {object} how
   * @param {Optimizer} how.optimizer  of `optimizers`
   * @param {import('./losses.js').LossOption} [how.loss]  Keras's or TensorFlow.js's name, or an object
   *     with arguments: `{ name: 'huber', delta: 2 }`; "sparse_categorical_crossentropy" if not given
   * @param {readonly import('./metrics.js').MetricOption[]} [how.metrics]  besides the accuracy
   */
  compile({ optimizer, loss = 'sparse_categorical_crossentropy', metrics = [] }) {
    const wanted = metrics.length ? makeMetrics(metrics, this.outputs) : [];
    this.loss = makeLoss(this.network.arena, loss, this.lastActivation);
    this.metrics = wanted;
    this.optimizer = optimizer;
    this.network.beginSlots(optimizer);
  }

  /**
   * Its outputs for one or more images, image after image.
   *
   * @param {Uint8Array | Uint8ClampedArray} images  raw pixels, n h w c
   * @returns {Float32Array}
   */
  predict(images) {
    return this.network.predict(pixelsOf(images, this.inputShape));
  }

  /** The probability from which on a multi-label network predicts each class; null means 0.5. */
  get thresholds() {
    return this.metadata.thresholds ?? null;
  }

  /** True if each output is the probability of a class of its own: it ends in a sigmoid. */
  get isMultiLabel() {
    return namesSeveral(this.layers, this.inputShape);
  }

  /** True if it is calibrated: by `calibrate`, by `fit`, or in Python. */
  get calibrated() {
    return Boolean(this.metadata.rejection);
  }

  /**
   * Classifies one image, with calibrated probabilities and rejection. A model that is not `calibrated`
   * is never sure: its probabilities mean nothing yet.
   *
   * @param {Uint8Array | Uint8ClampedArray} image  raw pixels, h w c
   * @returns {Classified}
   */
  classify(image) {
    const pixels = onePixels(image, this.inputShape);
    checkClassifies(this.layers, this.inputShape);
    const rejection = this.metadata.rejection ?? null;
    const { network, layers } = this;
    return classify(network, layers, rejection, pixels, this.imageShape[2], this.thresholds);
  }

  /**
   * Fits the temperature and the OOD detector on held-out images, as Python does.
   *
   * @param {Examples} heldOut  with labels: at least 20 images that it was not trained on
   * @param {Examples} training  the training set, with labels
   * @param {import('./calibration.js').CalibrateOptions} [options]
   * @returns {Promise<import('./rejection.js').Rejection | null>}  null if it was aborted
   */
  async calibrate(heldOut, training, options = {}) {
    checkExamples(heldOut, this.inputShape, this.outputs);
    checkExamples(training, this.inputShape, this.outputs);
    const found = await calibrate(this, heldOut, training, { ...options, create: Model.create });
    if (found) this.metadata.rejection = found;
    return found;
  }

  /**
   * Tunes the threshold of each class of a multi-label network on held-out images: those that maximize
   * each class's F1.
   *
   * @param {Examples} heldOut  with targets of 0 and 1: images that it was not trained on
   * @param {{ signal?: AbortSignal, sliceMilliseconds?: number }} [options]
   * @returns {Promise<number[]>}  also in `thresholds`, and saved with the model
   */
  async tuneThresholds(heldOut, options) {
    checkSeveral(this.layers, this.inputShape);
    const { targets = new Float32Array(0) } = heldOut;
    const { probabilities = targets } = await this.examine(heldOut, options);
    const found = bestThresholds(targets, probabilities, this.outputs);
    this.metadata.thresholds = Array.from(found);
    return this.metadata.thresholds;
  }

  /**
   * Every layer's outputs for one image.
   *
   * @param {Uint8Array | Uint8ClampedArray} image  raw pixels, h w c
   * @returns {{ name: string, shape: number[], values: Float32Array }[]}
   */
  activations(image) {
    const values = this.network.activations(onePixels(image, this.inputShape));
    const { outputShapes } = this.network;
    return this.layers.map(({ name }, i) => ({ name, shape: outputShapes[i], values: values[i] }));
  }

  /**
   * Evaluates the model, as Keras does.
   *
   * @param {Examples} examples
   * @param {{ loss?: import('./losses.js').LossOption, signal?: AbortSignal, sliceMilliseconds?: number }} [options]
   * @returns {Promise<{ loss: number, accuracy: number, count: number, metrics: Record<string, number> }>}  of those done before an abort
   */
  async evaluate(examples, { loss, ...options } = {}) {
    const { network, inputShape, outputs } = this;
    const wanted = loss ? makeLoss(network.arena, loss, this.lastActivation) : this.compiled().loss;
    const judged = examplesFor(examples, outputs, wanted.row);
    checkExamples(judged, inputShape, outputs, wanted.row);
    return evaluate(network, judged, wanted, { ...options, metrics: this.metrics });
  }

  /**
   * Trains it; with validation images calibrates it at the end, too. Batches are those of Spritenet in
   * Python with the same seed.
   *
   * @param {Examples} examples
   * @param {FitOptions} [options]
   * @returns {Promise<History>}
   */
  async fit(examples, options = {}) {
    if (this.busy) {
      throw new ModelError('it is being trained already', { todo: 'Wait for it, or abort it.' });
    }
    const { inputShape, outputs } = this;
    // Without a loss the examples are looked at all the same, before `compiled` refuses.
    const row = this.loss?.row;
    const taught = row ? examplesFor(examples, outputs, row) : examples;
    const count = checkExamples(taught, inputShape, outputs, row);
    const { validation, classWeight, calibrateOn = validation, seed, signal } = options;
    const weighted =
      classWeight === undefined
        ? taught
        : withClassWeight(taught, classWeight, outputs, this.classNames, row);
    const held = validation && row ? examplesFor(validation, outputs, row) : validation;
    if (held) checkExamples(held, inputShape, outputs, row);
    this.compiled();
    if (!this.trainableCount) {
      throw new ModelError('nothing to train', {
        expected: 'a layer with weights that is not frozen',
        todo: 'Call setTrainable(true).',
      });
    }
    this.busy = true;
    Object.assign(this.metadata, { rejection: null, thresholds: null }); // of the former weights
    try {
      const training = new Training(this, weighted, count, { ...options, validation: held });
      const history = await training.run();
      if (calibrateOn && !history.aborted) {
        await calibrateTrained(this, examples, calibrateOn, history.images, { seed, signal });
      }
      return history;
    } finally {
      this.busy = false;
    }
  }

  /** Lets a training wait before its next slice; it goes on with `resume`. */
  pause() {
    this.gate.close();
  }

  /** Ends a pause. */
  resume() {
    this.gate.open();
  }

  /**
   * Sets the learning rate, also during training: from the next slice on. The optimizer's state stays.
   *
   * @param {import('./rates.js').Rate} rate
   */
  setLearningRate(rate) {
    if (!this.optimizer) {
      throw new ModelError('it has no optimizer yet', {
        todo: 'Call compile({ optimizer, loss }).',
      });
    }
    this.optimizer = withRate(this.optimizer, rate);
  }

  /**
   * Predicts the class of each image, and counts the classes predicted for each class.
   *
   * @param {Examples} examples  with labels
   * @param {{ signal?: AbortSignal, sliceMilliseconds?: number }} [options]
   * @returns {Promise<Examination>}  of those done before an abort
   */
  async examine(examples, options) {
    checkExamples(examples, this.inputShape, this.outputs);
    return examine(this.network, examples, options, this.thresholds);
  }

  /**
   * Its two files, which Python and TensorFlow.js load.
   *
   * @param {{ includeOptimizer?: boolean }} [options]  saves the optimizer's state, too
   */
  toFiles(options) {
    return filesOf(this, options);
  }

  /** @returns {{ optimizer: Optimizer, loss: Loss }} */
  compiled() {
    const { optimizer, loss } = this;
    if (!optimizer || !loss) {
      throw new ModelError('missing loss', { todo: 'Call compile({ optimizer, loss }).' });
    }
    return { optimizer, loss };
  }
}
