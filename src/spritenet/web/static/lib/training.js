// One training: steps in slices, epochs, validation, and the way back from a loss that is not finite.
//
// Batches, dropout and steps are those of Spritenet in Python with the same seed.

import { augmentation } from './augmentation.js';
import { DivergedError, ModelError } from './errors.js';
import { Measures } from './measures.js';
import { Order } from './order.js';
import { Pace, SLICE } from './pause.js';
import { slotsOf } from './optimizers.js';
import { rateAt, spanning } from './rates.js';
import { infer, size } from './shapes.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./examples.js').Examples} Examples */
/**
 * One step.
 *
 * @typedef {object} Step
 * @property {number} step  from 1
 * @property {number} epoch  from 0
 * @property {number} loss  of the batch, before the step
 * @property {number} accuracy  of the batch, before the step; NaN where targets are numbers
 * @property {number} images  in the batch
 * @property {number} learningRate
 */
/**
 * @typedef {object} Epoch
 * @property {number} epoch  from 0
 * @property {number} loss  mean over the epoch's images
 * @property {number} accuracy
 * @property {Record<string, number>} metrics  those of `compile`
 * @property {number} [valLoss]  of the validation images, after it
 * @property {number} [valAccuracy]
 * @property {Record<string, number>} [valMetrics]
 */
/**
 * A test in between, or after an epoch.
 *
 * @typedef {object} Evaluated
 * @property {number} step  steps done
 * @property {number} epoch  from 0
 * @property {number} loss
 * @property {number} accuracy
 * @property {number} images  tested
 * @property {Record<string, number>} [metrics]  those of `compile`
 * @property {import('./evaluation.js').Examination} [examination]  if it was asked for
 */
/**
 * The history of a training.
 *
 * @typedef {object} History
 * @property {Epoch[]} epochs  those that ended
 * @property {number[]} losses  of every step
 * @property {number} images  trained on
 * @property {number} seconds  spent in the core, without pauses
 * @property {boolean} aborted
 */
/**
 * @typedef {object} FitOptions
 * @property {number} [epochs]  1
 * @property {number} [steps]  the number of steps, instead of epochs
 * @property {number} [batchSize]  32
 * @property {number | bigint} [seed]  of the order, the dropout and the augmentation; 0
 * @property {import('./augmentation.js').Augment} [augment]  random changes of the images: 'digits', 'photos', 'rotation=10,translation=0.1', amounts by name, or random layers
 * @property {number} [mixup]  mixes each image and its target with another: the beta distribution's parameter
 * @property {number} [cutmix]  puts a rectangle of another image into each: the beta distribution's parameter
 * @property {import('./class-weight.js').ClassWeight} [classWeight]  factors on the loss of each class's images
 * @property {boolean} [shuffle]  false takes the images as they lie
 * @property {Examples} [validation]  evaluated after each epoch; at the end the model is calibrated on them
 * @property {Examples | false} [calibrateOn]  calibrates on these instead; false leaves it uncalibrated
 * @property {number} [testEvery]  evaluate the first `testSize` of them after every so many steps, too
 * @property {number} [testSize]  all of them by default
 * @property {AbortSignal} [signal]  ends the training before its next slice; the weights are kept
 * @property {(step: Step) => unknown} [onStep]
 * @property {boolean} [examine]  evaluations have predictions and a confusion matrix, too; a cross-entropy is then the log loss, without L2 and smoothing
 * @property {(evaluated: Evaluated) => unknown} [onEvaluate]  after each test
 * @property {(epoch: Epoch) => unknown} [onEpoch]  may return a promise, which is waited for
 * @property {number} [sliceMilliseconds]  how long the page waits at a time; 12
 */

/** One call of `fit`. */
export class Training {
  /**
   * @param {Model} model
   * @param {Examples} examples
   * @param {number} count
   * @param {FitOptions} options
   */
  constructor(model, examples, count, options) {
    const {
      epochs = 1,
      steps,
      batchSize = 32,
      seed = 0,
      shuffle = true,
      sliceMilliseconds = SLICE,
    } = options;
    const { testEvery = 1, testSize = 1 } = options;
    for (const [name, value] of Object.entries({
      epochs,
      steps: steps ?? 1,
      batchSize,
      testEvery,
      testSize,
    })) {
      if (!(Number.isInteger(value) && value >= 1)) {
        throw new ModelError(`invalid ${name}`, {
          where: 'fit',
          expected: 'a whole number ≥ 1',
          got: value,
        });
      }
    }
    this.model = model;
    this.examples = examples;
    this.count = count;
    this.options = options;
    this.batchSize = Math.min(batchSize, count);
    this.parts = Math.ceil(count / this.batchSize);
    this.total = steps ?? epochs * this.parts;
    this.testEvery = options.validation ? options.testEvery : undefined;
    this.seed = seed;
    this.shuffle = shuffle;
    this.firstPass = model.passes;
    this.pace = new Pace(sliceMilliseconds);
    this.done = 0; // steps
    /** @type {History} */
    this.history = { epochs: [], losses: [], images: 0, seconds: 0, aborted: false };
    this.sums = { loss: 0, correct: 0, images: 0 };
    this.measures = new Measures(model.metrics, model.outputs, model.compiled().loss, examples);
    const { augment, mixup, cutmix } = options;
    const mixing = { ...(mixup && { mixup }), ...(cutmix && { cutmix }) };
    const random = augment || mixup || cutmix ? augmentation(augment, mixing) : [];
    for (const layer of random) infer(layer, [[...model.inputShape]]); // throws if it doesn't fit
    model.network.reserve(this.batchSize, random);
    /** @type {Order | null} */
    this.order = null;
    this.orderOf = -1;
    this.before = this.snapshot();
    this.now = this.snapshot();
    /** @type {import('./rates.js').Rate | undefined} */
    this.given = undefined; // learning rate, and what it spans
    /** @type {import('./rates.js').Rate} */
    this.rate = 0;
  }

  /** @returns {Promise<History>} */
  async run() {
    const { signal } = this.options;
    while (this.done < this.total) {
      if (this.model.gate.closed) await this.model.gate.opened(signal);
      if (signal?.aborted) {
        this.history.aborted = true;
        break;
      }
      this.advance();
      await this.test();
      const left = this.done % this.parts;
      if (left === 0 || this.done === this.total) await this.endEpoch();
      await this.pace.breathe();
    }
    this.keepFinite();
    this.takeAverage();
    return this.history;
  }

  /** Does some steps, all in one epoch and of one size. */
  advance() {
    const { model, pace, batchSize, count, options, history } = this;
    const { network } = model;
    const { optimizer, loss } = model.compiled();
    const part = this.done % this.parts;
    const epoch = Math.floor(this.done / this.parts);
    const whole = Math.floor(count / batchSize) - part; // batches left that are full
    const here = whole > 0 ? batchSize : count - part * batchSize;
    const untested = this.testEvery ? this.testEvery - (this.done % this.testEvery) : Infinity;
    const steps = Math.max(
      1,
      Math.min(pace.amount, whole, network.mostSteps(batchSize), this.total - this.done, untested),
    );
    const every = Number(optimizer.config.gradient_accumulation_steps) || 1; // steps of an update
    if (optimizer.learningRate !== this.given) {
      // the first time, or it was changed meanwhile
      this.given = optimizer.learningRate;
      this.rate = spanning(
        this.given,
        Math.floor(model.step / every),
        Math.ceil((this.total - this.done) / every),
      );
    }
    const rates = Array.from({ length: steps }, (_, i) =>
      rateAt(this.rate, Math.floor((model.step + i) / every)),
    );
    [this.before, this.now] = [this.now, this.before];
    this.keep(this.now);
    const first = part * batchSize;
    const start = performance.now();
    const pick = this.picker(epoch, first);
    const did = network.train(this.examples, {
      steps,
      batchSize: here,
      pick,
      measured: model.metrics.length > 0,
      firstStep: model.step,
      epoch: this.firstPass + epoch,
      seed: this.seed,
      optimizer,
      rates,
      loss,
    });
    const took = performance.now() - start;
    pace.took(steps, took);
    if (did.diverged) this.diverged(did.losses.length);
    this.measures.add(did.outputs, pick);
    model.passes = this.firstPass + epoch + 1;
    history.seconds += took / 1000;
    for (let i = 0; i < steps; i++) {
      const value = did.losses[i];
      this.done++;
      model.step++;
      history.images += here;
      history.losses.push(value);
      this.sums.loss += value * here;
      this.sums.correct += did.correct[i];
      this.sums.images += here;
      options.onStep?.({
        step: model.step,
        epoch,
        loss: value,
        accuracy: did.correct[i] / here,
        images: here,
        learningRate: rates[i],
      });
    }
  }

  /**
   * The image at each place from `first` on.
   *
   * @param {number} epoch
   * @param {number} first
   * @returns {(i: number) => number}
   */
  picker(epoch, first) {
    if (!this.shuffle) return (i) => first + i;
    if (!this.order || this.orderOf !== epoch) {
      this.order = new Order(this.seed, this.firstPass + epoch, this.count);
      this.orderOf = epoch;
    }
    const { order } = this;
    return (i) => order.place(first + i);
  }

  /** Evaluates if that is due after so many steps. */
  async test() {
    const { validation, testSize } = this.options;
    if (!validation || !this.testEvery || this.done % this.testEvery) return;
    await this.evaluate(
      testSize ? firstOf(validation, testSize, this.model.network.imageBytes) : validation,
    );
  }

  /**
   * @param {Examples} examples
   * @returns {Promise<Pick<Evaluated, 'loss' | 'accuracy' | 'metrics'> | null>}  null if it was aborted
   */
  async evaluate(examples) {
    const { signal, sliceMilliseconds, onEvaluate } = this.options;
    const { model, epoch } = this;
    const how = { signal, sliceMilliseconds };
    const examination = this.options.examine ? await model.examine(examples, how) : undefined;
    const isKnown = examination && !model.metrics.length && isLogLoss(model.compiled().loss);
    const found = isKnown
      ? { ...examination, loss: examination.logLoss, metrics: {} }
      : await model.evaluate(examples, how);
    if (signal?.aborted) return null;
    const { loss, accuracy, count, metrics } = found;
    await onEvaluate?.({
      step: model.step,
      epoch,
      loss,
      accuracy,
      images: count,
      metrics,
      ...(examination && { examination }),
    });
    return { loss, accuracy, metrics };
  }

  /** The epoch of the last step, from 0. */
  get epoch() {
    return Math.floor((this.done - 1) / this.parts);
  }

  /** Ends the epoch: its metrics, and the validation. */
  async endEpoch() {
    const { loss, correct, images } = this.sums;
    const { validation, onEpoch } = this.options;
    /** @type {Epoch} */
    const epoch = {
      epoch: this.epoch,
      loss: loss / images,
      accuracy: correct / images,
      metrics: this.measures.values,
    };
    if (validation) {
      const result = await this.evaluate(validation);
      if (result) {
        const { loss: valLoss, accuracy: valAccuracy, metrics: valMetrics } = result;
        Object.assign(epoch, { valLoss, valAccuracy, valMetrics });
      }
    }
    this.sums = { loss: 0, correct: 0, images: 0 };
    this.measures.reset();
    this.history.epochs.push(epoch);
    await onEpoch?.(epoch);
  }

  snapshot() {
    const { parameterCount } = this.model;
    return this.keep({
      parameters: new Float32Array(parameterCount),
      slots: this.model.network.slots.slice(),
      step: 0,
    });
  }

  /**
   * Copies weights and optimizer state.
   *
   * @param {{ parameters: Float32Array, slots: Float32Array, step: number }} to
   */
  keep(to) {
    to.parameters.set(this.model.network.parameters);
    to.slots.set(this.model.network.slots);
    to.step = this.model.step;
    return to;
  }

  /**
   * Goes back to the last weights whose loss was finite. That is known of those at the start of this
   * call only if its first step was all right.
   *
   * @param {number} good  steps of this call with a finite loss
   * @returns {never}
   */
  diverged(good) {
    const { parameters, slots, step } = good > 0 ? this.now : this.before;
    const { model } = this;
    model.network.parameters.set(parameters);
    model.network.slots.set(slots);
    model.step = step;
    throw new DivergedError('training diverged: the loss is not a finite number', {
      todo: `The weights after ${step} steps are kept. Use a lower learning rate.`,
    });
  }

  /** Makes the weights their moving average, where the optimizer keeps one. */
  takeAverage() {
    const { network, optimizer, parameterCount } = this.model;
    if (!optimizer?.config.use_ema || !this.done) return;
    const place = slotsOf(optimizer).findIndex(({ name }) => name === 'average');
    const average = network.slots.subarray(place * parameterCount, (place + 1) * parameterCount);
    for (const { offset, shape, trainable } of network.weights) {
      const end = offset + size(shape);
      if (trainable) network.parameters.set(average.subarray(offset, end), offset);
    }
  }

  /** Throws if the last step broke the weights without any loss having shown it. */
  keepFinite() {
    if (this.done > 0 && !this.model.network.parameters.every(Number.isFinite)) this.diverged(1);
  }
}

/** True of the cross-entropies that an examination knows. @param {import('./losses.js').Loss} loss */
function isLogLoss({ row: { name } }) {
  return /^(Sparse|Binary)?(Categorical)?Crossentropy$/.test(name);
}

/**
 * The first examples, without copying.
 *
 * @param {Examples} examples
 * @param {number} count
 * @param {number} imageBytes
 * @returns {Examples}
 */
function firstOf({ images, labels, targets, weights }, count, imageBytes) {
  const whole = images.length / imageBytes;
  if (count >= whole) return { images, labels, targets, weights };
  return {
    images: images.subarray(0, count * imageBytes),
    labels: labels && Array.prototype.slice.call(labels, 0, count),
    targets: targets?.subarray(0, (count * targets.length) / whole),
    weights: weights?.subarray(0, count),
  };
}
