// A network ready to run: its layers in the core's words, its parameters and memory in one arena.
//
// Everything is checked before it crosses, since the other side can only answer with one line. Images
// are copied into a small stage, so the arena's size depends on the network and the batch alone.

import { CoreError, ModelError } from './errors.js';
import { imagesOf } from './examples.js';
import { size } from './shapes.js';
import { applied } from './augmentation.js';
import { writeNodes } from './operators.js';
import { writeLoss } from './losses.js';
import { initialOf, scratchOf, slotsOf, writeOptimizer } from './optimizers.js';
import { EVALUATION, SPEC, TRAINING, WEIGHT, read, write } from './structs.js';

/** @typedef {import('./examples.js').Examples} Examples */
/** @typedef {import('./layers.js').Layer} Layer */
/** @typedef {import('./optimizers.js').Optimizer} Optimizer */
/** @typedef {import('./losses.js').Loss} Loss */
/**
 * One of the weights, and its place among the parameters.
 *
 * @typedef {object} PlacedWeight
 * @property {string} name  "conv2d/kernel"
 * @property {number[]} shape
 * @property {number} offset
 * @property {boolean} trainable
 */

const ERROR_BYTES = 256;
const STATUS = { ok: 0, invalid: 1, diverged: 2 };
const STAGE_BYTES = 2 ** 20; // of images in one call; a page feels no call of that many
const MOST_STEPS = 64; // in one call
const MANY = 256; // images that are worth waking other threads for

export class Network {
  /**
   * @param {import('./core.js').Core} core
   * @param {readonly Layer[]} layers
   * @param {readonly number[]} inputShape  of its images: height, width, channels, or fewer sides
   */
  constructor(core, layers, inputShape) {
    this.arena = core.instantiate();
    const { arena } = this;
    const exports = arena.core;
    this.inputShape = inputShape;
    this.imageBytes = size([...inputShape]);
    this.layers = layers;
    this.error = arena.take(ERROR_BYTES);
    this.task = arena.take(Math.max(TRAINING.bytes, EVALUATION.bytes));
    this.nodes = writeNodes(arena, layers);
    this.spec = arena.take(SPEC.bytes);
    this.threads = arena.enlist();
    this.pool = exports.sn_pool_create(this.threads);
    // Made for no batch: it keeps every layer's outputs, so that they can be shown.
    this.viewer = this.make(0);
    this.parameterCount = Number(exports.sn_parameter_count(this.viewer));
    const shape = arena.take(12);
    this.outputShapes = layers.map((_, layer) => {
      exports.sn_output_shape(this.viewer, layer, shape);
      return [...arena.i32(shape, 3)];
    });
    this.outputs = size(this.outputShapes[layers.length - 1]);
    this.weights = this.listWeights(layers);
    this.parametersAt = arena.take(4 * this.parameterCount);
    this.ground = arena.top; // above it: the optimizer's state, then what a batch size needs
    this.slotsAt = this.scratchAt = this.floor = this.ground;
    this.slotCount = this.batchSize = this.trainer = this.capacity = 0;
    this.stageAt = this.takeStage(0);
    /** @type {readonly Layer[]} */
    this.augmentation = []; // of the batches that it has room for
    this.reserve(0);
  }

  /**
   * Asks the core for the weights, in the order of the parameters.
   *
   * @param {readonly Layer[]} layers
   * @returns {PlacedWeight[]}
   */
  listWeights(layers) {
    const { arena, viewer } = this;
    const top = arena.top;
    const row = arena.take(WEIGHT.bytes);
    const weights = Array.from({ length: arena.core.sn_weight_count(viewer) }, (_, index) => {
      arena.core.sn_network_weight(viewer, index, row);
      /** @param {string} key */
      const field = (key) => Number(read(arena.view, row, WEIGHT, key));
      return {
        name: `${layers[field('node')].name}/${arena.text(field('name'))}`,
        shape: Array.from({ length: field('rank') }, (__, i) => field(`shape[${i}]`)),
        offset: field('offset'),
        trainable: field('trainable') !== 0,
      };
    });
    arena.release(top);
    return weights;
  }

  /** The parameters: layer after layer, kernel before bias. The view ends when memory grows. */
  get parameters() {
    return this.arena.f32(this.parametersAt, this.parameterCount);
  }

  /** The slots of the optimizer, each as long as the parameters. */
  get slots() {
    return this.arena.f32(this.slotsAt, this.slotCount * this.parameterCount);
  }

  /**
   * Makes room for an optimizer's slots, with the values they begin with.
   *
   * @param {Optimizer} optimizer
   */
  beginSlots(optimizer) {
    const { arena, parameterCount } = this;
    const slots = slotsOf(optimizer);
    arena.release(this.ground);
    this.capacity = 0; // until all of it is there
    this.slotCount = slots.length;
    this.slotsAt = arena.take(4 * slots.length * parameterCount);
    this.scratchAt = arena.take(4 * scratchOf(optimizer) * parameterCount);
    this.floor = arena.top;
    slots.forEach((slot, i) => {
      const at = this.slotsAt + 4 * i * parameterCount;
      const values = arena.f32(at, parameterCount).fill(0);
      values.fill(initialOf(optimizer, slot), 0, slot.scalar ? 1 : parameterCount);
    });
    this.reserve(this.batchSize);
  }

  /**
   * A network in the arena, for batches of up to that many images.
   *
   * @param {number} batchSize  0 if it never trains
   * @param {readonly Layer[]} [augmentation]  random layers before its own
   * @returns {number}  its address
   */
  make(batchSize, augmentation = []) {
    const { arena } = this;
    const layers = augmentation.length ? applied(augmentation, this.layers) : this.layers;
    const nodes = augmentation.length ? writeNodes(arena, layers) : this.nodes;
    const [first, second = 0, third = 0] = this.inputShape;
    write(arena.view, this.spec, SPEC, {
      nodes,
      node_count: layers.length,
      rank: this.inputShape.length,
      'sides[0]': first,
      'sides[1]': second,
      'sides[2]': third,
      threads: this.threads,
      batch_size: batchSize,
      reuses_memory: 0,
    });
    const bytes = arena.core.sn_network_bytes(this.spec, this.error);
    if (bytes < 0n) throw new ModelError(arena.text(this.error));
    const memory = arena.take(Number(bytes));
    const made = arena.core.sn_network_init(memory, bytes, this.spec, this.error);
    if (!made) throw new CoreError(arena.text(this.error));
    return made;
  }

  /** Places for so many images of a call, and what comes of them. @param {number} capacity */
  takeStage(capacity) {
    const { arena } = this;
    return {
      images: arena.take(capacity * this.imageBytes),
      labels: arena.take(4 * capacity),
      targets: arena.take(4 * capacity * this.outputs),
      weights: arena.take(4 * capacity),
      outputWeights: arena.take(4 * this.outputs),
      outputs: arena.take(4 * capacity * this.outputs),
      indices: arena.take(8 * capacity),
      steps: arena.take(12 * MOST_STEPS),
      gradient: this.batchSize ? arena.take(4 * this.parameterCount) : 0,
      identities: arena.take(8 * capacity),
    };
  }

  /**
   * Makes room for training on batches of that many images; keeps what it has if it suffices.
   *
   * @param {number} batchSize
   * @param {readonly Layer[]} [augmentation]  random layers that change the images of batches
   */
  reserve(batchSize, augmentation = []) {
    const same = JSON.stringify(augmentation) === JSON.stringify(this.augmentation);
    if (this.capacity && batchSize <= this.batchSize && same) return;
    const { arena } = this;
    arena.release(this.floor);
    this.capacity = 0; // until all of it is there
    this.batchSize = batchSize;
    this.augmentation = augmentation;
    this.trainer = batchSize ? this.make(batchSize, augmentation) : 0;
    const capacity = Math.max(batchSize, Math.min(1024, Math.ceil(STAGE_BYTES / this.imageBytes)));
    this.stageAt = this.takeStage(capacity);
    const indices = arena.i64(this.stageAt.indices, capacity);
    for (let i = 0; i < capacity; i++) indices[i] = BigInt(i);
    this.capacity = capacity;
  }

  /** Returns the most steps that one call of `train` may do. @param {number} batchSize */
  mostSteps(batchSize) {
    return Math.max(1, Math.min(MOST_STEPS, Math.floor(this.capacity / batchSize)));
  }

  /**
   * Copies examples to the stage.
   *
   * @param {Examples} examples
   * @param {number} count
   * @param {(i: number) => number} pick  the example at each place
   */
  stage({ images, labels, targets, weights, outputWeights }, count, pick) {
    const { arena, imageBytes, outputs, stageAt } = this;
    const staged = arena.u8(stageAt.images, count * imageBytes);
    const stagedLabels = arena.i32(stageAt.labels, count);
    const stagedTargets = arena.f32(stageAt.targets, count * outputs);
    const stagedWeights = arena.f32(stageAt.weights, count);
    const identities = arena.i64(stageAt.identities, count);
    if (outputWeights) arena.f32(stageAt.outputWeights, outputs).set(outputWeights);
    for (let i = 0; i < count; i++) {
      const from = pick(i);
      identities[i] = BigInt(from);
      staged.set(images.subarray(from * imageBytes, (from + 1) * imageBytes), i * imageBytes);
      if (targets) {
        stagedTargets.set(targets.subarray(from * outputs, (from + 1) * outputs), i * outputs);
      } else if (labels) stagedLabels[i] = labels[from];
      if (weights) stagedWeights[i] = weights[from];
    }
    return {
      'examples.images': stageAt.images,
      'examples.labels': labels && !targets ? stageAt.labels : null,
      'examples.targets': targets ? stageAt.targets : null,
      'examples.weights': weights ? stageAt.weights : null,
      'examples.identities': stageAt.identities,
      'examples.output_weights': outputWeights ? stageAt.outputWeights : null,
      'examples.count': count,
    };
  }

  /**
   * Does steps of one size on the parameters and slots, in place.
   *
   * @param {Examples} examples
   * @param {object} how
   * @param {number} how.steps
   * @param {number} how.batchSize  of each of them
   * @param {(i: number) => number} how.pick  the example at place 0 … steps · batchSize - 1
   * @param {number} how.firstStep  steps done before
   * @param {number} how.epoch  of all of them, for augmentation
   * @param {number | bigint} how.seed  of the dropout and the augmentation
   * @param {Optimizer} how.optimizer
   * @param {ArrayLike<number>} how.rates  a learning rate for each step
   * @param {Loss} how.loss
   * @param {boolean} how.measured  whether the outputs before each step are wanted
   * @returns {{ losses: Float32Array, correct: Float64Array, outputs: Float32Array | null, diverged: boolean }}  of the steps done
   */
  train(examples, { steps, batchSize, pick, firstStep, epoch, seed, measured, ...how }) {
    const { optimizer, rates, loss } = how;
    const { arena, outputs, stageAt } = this;
    const { top } = arena;
    const names = this.weights.map(({ name }) => name);
    const described = { ...writeOptimizer(arena, optimizer, names), ...writeLoss(arena, loss) };
    const staged = this.stage(examples, steps * batchSize, pick);
    const at = stageAt.steps;
    arena.f32(at, steps).set(rates);
    write(arena.view, this.task, TRAINING, {
      ...staged,
      ...described,
      parameters: this.parametersAt,
      slots: this.slotsAt,
      scratch: this.scratchAt,
      learning_rates: at,
      indices: stageAt.indices,
      epoch,
      seed: BigInt.asUintN(64, BigInt(seed)),
      first_step: firstStep,
      steps,
      batch_size: batchSize,
      losses: at + 4 * MOST_STEPS,
      correct: at + 8 * MOST_STEPS,
      outputs: measured ? stageAt.outputs : null,
    });
    arena.call();
    const status = arena.core.sn_train(this.trainer, this.pool, this.task, this.error);
    arena.release(top);
    if (status === STATUS.invalid) throw new CoreError(arena.text(this.error));
    const done = read(arena.view, this.task, TRAINING, 'steps_done');
    return {
      losses: arena.f32(at + 4 * MOST_STEPS, done).slice(),
      correct: imagesOf(
        arena.i32(at + 8 * MOST_STEPS, done),
        read(arena.view, this.task, TRAINING, 'decisions'),
      ),
      outputs: measured ? arena.f32(stageAt.outputs, done * batchSize * outputs).slice() : null,
      diverged: status === STATUS.diverged,
    };
  }

  /**
   * Evaluates up to `capacity` examples.
   *
   * @param {Examples} examples
   * @param {number} first
   * @param {number} count
   * @param {Loss} loss
   * @param {boolean} measured  whether the outputs are wanted
   * @returns {{ lossSum: number, l2: number, correct: number, outputs: Float32Array | null }}
   */
  evaluate(examples, first, count, loss, measured) {
    const { arena } = this;
    const { top } = arena;
    const described = writeLoss(arena, loss);
    write(arena.view, this.task, EVALUATION, {
      ...described,
      ...this.stage(examples, count, (i) => first + i),
      parameters: this.parametersAt,
      count,
      outputs: measured ? this.stageAt.outputs : null,
    });
    arena.call();
    const status = arena.core.sn_evaluate(this.viewer, this.pool, this.task, this.error);
    arena.release(top);
    if (status !== STATUS.ok) throw new CoreError(arena.text(this.error));
    const { view } = arena;
    return {
      lossSum: read(view, this.task, EVALUATION, 'loss_sum'),
      l2: read(view, this.task, EVALUATION, 'l2'),
      correct: imagesOf(
        [read(view, this.task, EVALUATION, 'correct')],
        read(view, this.task, EVALUATION, 'decisions'),
      )[0],
      outputs: measured ? arena.f32(this.stageAt.outputs, count * this.outputs).slice() : null,
    };
  }

  /**
   * The last layer's outputs, image after image.
   *
   * @param {Uint8Array} images  n h w c
   * @returns {Float32Array}
   */
  predict(images) {
    const { arena, imageBytes, outputs, capacity, stageAt } = this;
    const count = images.length / imageBytes;
    const result = new Float32Array(count * outputs);
    for (let first = 0; first < count; first += capacity) {
      const here = Math.min(capacity, count - first);
      arena
        .u8(stageAt.images, here * imageBytes)
        .set(images.subarray(first * imageBytes, (first + here) * imageBytes));
      if (here >= MANY) arena.call();
      const status = arena.core.sn_predict(
        this.viewer,
        this.pool,
        this.parametersAt,
        stageAt.images,
        BigInt(here),
        stageAt.outputs,
        this.error,
      );
      if (status !== STATUS.ok) throw new CoreError(arena.text(this.error));
      result.set(arena.f32(stageAt.outputs, here * outputs), first * outputs);
    }
    return result;
  }

  /**
   * Every layer's outputs for one image, each h w c.
   *
   * @param {Uint8Array} image  h w c
   * @returns {Float32Array[]}
   */
  activations(image) {
    const { arena, stageAt } = this;
    const sizes = this.outputShapes.map(size);
    const whole = sizes.reduce((sum, count) => sum + count, 0);
    const top = arena.top;
    const at = arena.take(4 * whole);
    arena.u8(stageAt.images, this.imageBytes).set(image);
    const status = arena.core.sn_activations(
      this.viewer,
      this.parametersAt,
      stageAt.images,
      at,
      this.error,
    );
    arena.release(top);
    if (status !== STATUS.ok) throw new CoreError(arena.text(this.error));
    let from = at;
    return sizes.map((count) => {
      const values = arena.f32(from, count).slice();
      from += 4 * count;
      return values;
    });
  }
}
