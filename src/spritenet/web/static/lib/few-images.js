// The network and the training for few images: twenty to two hundred of each class.

import { layers } from './layers.js';
import { optimizers } from './optimizers.js';
import { schedules } from './schedules.js';

/** @typedef {import('./layers.js').Layer} Layer */
/**
 * A network and how it is trained.
 *
 * @typedef {object} Recipe
 * @property {Layer[]} layers
 * @property {import('./optimizers.js').Optimizer} optimizer
 * @property {number} batchSize
 * @property {number} epochs
 */

const FILTERS = [16, 32, 48, 64];
const SMALL = 6; // pixels a side from which on no further convolution is put
const WIDE = 32; // pixels a side above which the first convolution steps by two
const STEPS = 320; // of a training, about
const EPOCHS = /** @type {const} */ ([15, 60]);

/**
 * Returns a small convolutional network for images of this size, and a short training of it. Training
 * is meant with augmentation.
 *
 * @param {object} how
 * @param {readonly number[]} how.imageShape  height, width, channels
 * @param {number} how.classes
 * @param {number} how.images  in the training set
 * @returns {Recipe}
 */
export function fewImages({ imageShape: [height, width], classes, images }) {
  const chain = [];
  let side = Math.min(height, width);
  for (const filters of FILTERS) {
    if (side < SMALL) break;
    const strides = side > WIDE ? 2 : 1;
    chain.push(
      layers.conv2d({ filters, kernelSize: 3, strides, padding: 'same', activation: 'relu' }),
    );
    chain.push(layers.maxPooling2d({ poolSize: 2 }));
    side = Math.floor(Math.ceil(side / strides) / 2);
  }
  chain.push(layers.flatten(), layers.dropout({ rate: 0.3 }));
  chain.push(layers.dense({ units: classes, activation: 'softmax' }));
  const batchSize = Math.max(1, Math.min(32, Math.ceil(images / 4)));
  const parts = Math.ceil(images / batchSize);
  const epochs = Math.min(EPOCHS[1], Math.max(EPOCHS[0], Math.round(STEPS / parts)));
  const learningRate = schedules.cosineDecay({
    initialLearningRate: 0.003,
    decaySteps: epochs * parts,
  });
  return { layers: chain, optimizer: optimizers.adam({ learningRate }), batchSize, epochs };
}
