// The network of the project: made, trained and asked in a worker. No DOM.

import { FEW, Remote, trainFew } from '../lib/index.js';
import { contentHash } from '../lib/sprite-writer.js';

/** @typedef {import('../lib/remote-model.js').RemoteModel} RemoteModel */
/** @typedef {import('../lib/prepare.js').Preparation} Preparation */
/**
 * Images with labels, and what they become.
 *
 * @typedef {object} Lesson
 * @property {Uint8Array} images
 * @property {Int32Array} labels
 * @property {string[]} classNames
 * @property {number[]} imageShape
 * @property {Preparation} preparation
 */
/**
 * The options of a training.
 *
 * @typedef {object} Plan
 * @property {string} augment  words of an augmentation
 * @property {number} length  times the usual number of steps
 * @property {number} seed
 */
/** @typedef {{ fraction: number, loss: number, accuracy: number, epoch: number, epochs: number }} Moment */

export class Trainer {
  constructor() {
    /** @type {Promise<Remote> | null} */
    this.starting = null;
    /** The network that answers. @type {RemoteModel | null} */
    this.model = null;
    /** @type {AbortController | null} */
    this.control = null;
  }

  /** Starts the worker once. */
  remote() {
    this.starting ??= Remote.start();
    return this.starting;
  }

  get busy() {
    return this.control !== null;
  }

  stop() {
    this.control?.abort();
  }

  /**
   * Trains a new network; the one before answers until it is done.
   *
   * @param {Lesson} lesson
   * @param {Plan} plan
   * @param {(moment: Moment) => unknown} hear
   * @returns {Promise<{ seconds: number, aborted: boolean, accuracy: number }>}
   */
  async train(lesson, plan, hear) {
    const began = performance.now();
    const control = new AbortController();
    this.control = control;
    try {
      const { model, history } = await fitted(
        await this.remote(),
        lesson,
        plan,
        control.signal,
        hear,
      );
      const before = this.model;
      this.model = model;
      await before?.close();
      return {
        seconds: (performance.now() - began) / 1000,
        aborted: history.aborted,
        accuracy: history.epochs.at(-1)?.accuracy ?? NaN,
      };
    } finally {
      this.control = null;
    }
  }

  /**
   * Takes a network from its files.
   *
   * @param {Record<string, string | Uint8Array>} files
   */
  async load(files) {
    const remote = await this.remote();
    this.model = await remote.load(files);
  }

  forget() {
    void this.model?.close();
    this.model = null;
  }
}

/**
 * Returns a network trained on a lesson.
 *
 * @param {Remote} remote
 * @param {Lesson} lesson
 * @param {Plan} plan
 * @param {AbortSignal} signal
 * @param {(moment: Moment) => unknown} hear
 */
export async function fitted(remote, lesson, plan, signal, hear) {
  const { images, labels, classNames, imageShape, preparation } = lesson;
  const parts = Math.ceil(labels.length / FEW.batchSize);
  const { model, history } = await trainFew(
    { images, labels },
    {
      remote,
      imageShape,
      classNames,
      preparation,
      steps: Math.max(1, Math.round(FEW.steps * plan.length)),
      seed: plan.seed,
      augment: plan.augment,
      signal,
      onProgress: ({ step, steps, loss, accuracy }) => {
        const [epoch, epochs] = [step, steps].map((count) => Math.ceil(count / parts));
        hear({ fraction: step / steps, loss, accuracy, epoch, epochs });
      },
    },
  );
  const content_hash = await contentHash(images, labels, imageShape, { train: [0, labels.length] });
  await model.setMetadata({
    trainedOn: { dataset: 'collected images', content_hash, seed: plan.seed, steps: model.step },
  });
  return { model, history };
}
