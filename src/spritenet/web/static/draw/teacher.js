// Teaching a model a few drawings, without it forgetting the rest. No DOM.
//
// Every time training begins at the weights the model came with, and takes all lessons. So only the
// lessons have to be stored: the last one can be taken back exactly, and the lessons of two tabs add
// up. docs/how-to/draw.md says what was measured.

import { Model, optimizers } from '../lib/index.js';
import { Pace, SLICE } from '../lib/pause.js';
import { probabilitiesOf } from './reader.js';
import { chanceOf, redrawn, warped } from './vary.js';

/** @typedef {import('../lib/prepare.js').Preparation} Preparation */
/** @typedef {import('./vary.js').Line} Line */
/**
 * A lesson: this drawing means that class.
 *
 * @typedef {object} Lesson
 * @property {number} label
 * @property {Uint8Array} input  as the network saw it
 * @property {Line[]} lines  the drawing's strokes; none of a picture
 */
/** @typedef {{ images: Uint8Array, labels: ArrayLike<number> }} Stored  examples of its training set */
/**
 * @typedef {object} Result
 * @property {Float32Array} parameters
 * @property {number} seconds
 * @property {number} right  lessons that are read as they were meant
 * @property {number | null} before  accuracy on the stored examples it isn't trained on here
 * @property {number | null} after
 */

export const PLAN = {
  images: 2880, // of one training
  batch: 48,
  taught: 0.12, // the fraction of them that are variations of the lessons
  rate: 0.003, // Adam's at first; it falls to 0 in a straight line
  soft: 0.8, // the weight of the former prediction in an example's target
  guard: 400, // stored examples that are kept back to see whether it forgets
  lost: 0.0125, // the fraction of them it may lose
  seconds: 0.7, // for the steps, on slow machines or large networks
};

const BLENDS = [1, 0.8, 0.6, 0.45, 0.3, 0.15]; // of the change of the weights
const ALONE = 480; // images of one training where no stored example guards against forgetting

export class Teacher {
  /**
   * @param {object} how
   * @param {Model} how.model  is not changed
   * @param {Float32Array} how.base  the weights it came with
   * @param {import('../lib/index.js').Core} how.core
   * @param {Preparation} how.preparation
   * @param {{ width: number, height: number }} how.sheet  the units of drawings
   * @param {Stored | null} how.stored
   * @param {Partial<typeof PLAN>} [how.plan]
   */
  constructor({ model, base, core, preparation, sheet, stored, plan = {} }) {
    this.preparation = preparation;
    this.sheet = sheet;
    this.plan = { ...PLAN, ...plan };
    this.base = base;
    /** Trains in the background, so that the model predicts meanwhile. */
    this.metadata = model.metadata;
    this.pupil = new Model(core, model.layers, model.inputShape, { ...model.metadata });
    this.core = core;
    /** As it came; made when it is first needed. @type {Model | null} */
    this.before = null;
    this.size = model.network.imageBytes;
    this.outputs = model.outputs;
    const count = stored ? stored.labels.length : 0;
    const guard = Math.min(this.plan.guard, Math.floor(count / 3));
    /** The calls of `learn` so far. @type {Promise<unknown>} */
    this.turn = Promise.resolve();
    /** Examples to train on, and those that are only evaluated. */
    this.known = stored && part(stored, guard, count, this.size);
    this.guard = stored && guard ? part(stored, 0, guard, this.size) : null;
  }

  /**
   * The weights after these lessons, from the weights the model came with. One call at a time: a later
   * one waits for an earlier one to end, or to be aborted.
   *
   * @param {readonly Lesson[]} lessons
   * @param {AbortSignal} signal
   * @returns {Promise<Result | null>}  null if it was aborted
   */
  learn(lessons, signal) {
    const turn = this.turn.then(() => (signal.aborted ? null : this.learnNow(lessons, signal)));
    this.turn = turn.catch(() => null);
    return turn;
  }

  /**
   * @param {readonly Lesson[]} lessons
   * @param {AbortSignal} signal
   * @returns {Promise<Result | null>}
   */
  async learnNow(lessons, signal) {
    const start = performance.now();
    const { pupil, plan, base, guard } = this;
    pupil.setParameters(base);
    if (!lessons.length) {
      return { parameters: base, seconds: 0, right: 0, before: null, after: null };
    }
    const before = guard ? await this.accuracy(guard) : null;
    const count = Math.min(this.affordable(), this.known ? Infinity : ALONE);
    const taught = Math.round(count * (this.known ? plan.taught : 1));
    const chance = chanceOf(1 + lessons.length);
    const examples = await this.gather(lessons, taught, this.known ? count - taught : 0, chance);
    const steps = Math.ceil(examples.images.length / this.size / plan.batch);
    pupil.step = 0;
    pupil.compile({
      optimizer: optimizers.adam({
        learningRate: (/** @type {number} */ step) =>
          plan.rate * (1 - Math.min(step, steps - 1) / steps),
      }),
      loss: { name: 'categorical_crossentropy', fromLogits: pupil.lastActivation === 'linear' },
    });
    await pupil.fit(examples, { batchSize: plan.batch, seed: lessons.length, signal });
    if (signal.aborted) return null;
    const trained = pupil.getParameters();
    const take = (/** @type {number} */ blend) =>
      pupil.setParameters(trained.map((v, i) => base[i] + blend * (v - base[i])));
    const goal = this.right(lessons);
    let after = before;
    let taken = 1;
    if (guard) {
      // As much of the change as leaves the examples right; but never so little that a lesson is lost.
      for (const blend of BLENDS) {
        take(blend);
        if (this.right(lessons) < goal) break;
        taken = blend;
        after = await this.accuracy(guard);
        if (after >= Number(before) - plan.lost) break;
      }
    } else {
      // Nothing tells what is lost: as little as suffices.
      taken =
        [...BLENDS].reverse().find((blend) => (take(blend), this.right(lessons) === goal)) ?? 1;
    }
    take(taken);
    const parameters = pupil.getParameters();
    return {
      parameters,
      seconds: (performance.now() - start) / 1000,
      right: this.right(lessons),
      before,
      after,
    };
  }

  /** The model with the weights it came with. */
  witness() {
    const { core, pupil, base } = this;
    if (!this.before) {
      this.before = new Model(core, pupil.layers, pupil.inputShape, this.metadata);
      this.before.setParameters(base);
    }
    return this.before;
  }

  /** The number of examples that are only evaluated. */
  get guardCount() {
    return this.guard ? this.guard.labels.length : 0;
  }

  /** Returns the number of images there is time for. */
  affordable() {
    const { pupil, plan, size } = this;
    const probe = new Uint8Array(32 * size);
    const start = performance.now();
    pupil.predict(probe);
    const perImage = (3 * (performance.now() - start)) / 32000; // a step takes three times as long
    const batches = Math.min(plan.images, plan.seconds / Math.max(perImage, 1e-9)) / plan.batch;
    return plan.batch * Math.max(6, Math.floor(batches));
  }

  /**
   * Returns the training set: variations of each lesson in turn, and stored examples.
   *
   * @param {readonly Lesson[]} lessons
   * @param {number} taught
   * @param {number} recalled
   * @param {import('./vary.js').Chance} chance
   */
  async gather(lessons, taught, recalled, chance) {
    const { size, outputs, known, preparation, sheet } = this;
    const images = new Uint8Array((taught + recalled) * size);
    const targets = new Float32Array((taught + recalled) * outputs);
    const pace = new Pace(SLICE);
    for (let i = 0; i < taught; i++) {
      await pace.breathe();
      const { label, lines, input } = lessons[i % lessons.length];
      const image = lines.length
        ? redrawn(lines, sheet, preparation, chance)
        : warped(input, preparation, chance);
      images.set(i < lessons.length ? input : image, i * size);
      targets[i * outputs + label] = 1;
    }
    if (known) {
      await this.recall(
        known,
        images.subarray(taught * size),
        targets.subarray(taught * outputs),
        chance,
      );
    }
    return { images, targets };
  }

  /**
   * Returns stored examples and their targets: partly their labels, partly the former predictions
   * all lessons. Each is taken as it is before any is taken again, turned and moved a little.
   *
   * @param {Stored} known
   * @param {Uint8Array} images  filled
   * @param {Float32Array} targets  filled
   * @param {import('./vary.js').Chance} chance
   */
  async recall(known, images, targets, chance) {
    const { size, outputs, plan, preparation, pupil, base } = this;
    const all = known.labels.length;
    const count = images.length / size;
    const first = Math.floor(chance() * all);
    const pace = new Pace(SLICE);
    for (let i = 0; i < count; i++) {
      await pace.breathe();
      const from = (first + i) % all;
      const image = known.images.subarray(from * size, (from + 1) * size);
      images.set(i < all ? image : warped(image, preparation, chance), i * size);
    }
    pupil.setParameters(base);
    const said = pupil.predict(images);
    for (let i = 0; i < count; i++) {
      const opinion = probabilitiesOf(pupil, said.subarray(i * outputs, (i + 1) * outputs));
      for (let k = 0; k < outputs; k++) targets[i * outputs + k] = plan.soft * opinion[k];
      targets[i * outputs + known.labels[(first + i) % all]] += 1 - plan.soft;
    }
  }

  /** Returns the number of lessons predicted as they were meant. @param {readonly Lesson[]} lessons */
  right(lessons) {
    return lessons.filter(({ input, label }) => {
      const outputs = this.pupil.predict(input);
      return outputs.every((v, k) => k === label || v < outputs[label]);
    }).length;
  }

  /** @param {Stored} examples */
  async accuracy(examples) {
    const { accuracy } = await this.pupil.evaluate(examples, { loss: 'mean_squared_error' });
    return accuracy;
  }
}

/**
 * @param {Stored} stored
 * @param {number} first
 * @param {number} last
 * @param {number} size
 * @returns {Stored}
 */
function part({ images, labels }, first, last, size) {
  return {
    images: images.subarray(first * size, last * size),
    labels: Array.from(labels).slice(first, last),
  };
}
