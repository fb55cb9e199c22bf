// Images as training sees them: for pages that show what an augmentation does.

import { augmentation } from './augmentation.js';
import { defaultCore } from './core.js';
import { CoreError } from './errors.js';
import { pixelsOf } from './examples.js';
import { IMAGE } from './graph.js';
import { Layer } from './layers.js';
import { Network } from './network.js';

export { augmentation };

/**
 * Returns what training sees of images in an epoch: raw pixels. MixUp and CutMix are left out.
 *
 * @param {Uint8Array} images  n h w c
 * @param {readonly number[]} shape  of one: height, width, channels
 * @param {import('./augmentation.js').Augment} augment
 * @param {object} [how]
 * @param {number | bigint} [how.seed]  of the training; 0
 * @param {number} [how.epoch]  from 0
 * @param {readonly number[]} [how.identities]  the index of each image; 0, 1, … by default
 * @param {import('./core.js').Core} [how.core]
 * @returns {Promise<Uint8Array>}
 */
export async function augmented(
  images,
  shape,
  augment,
  { seed = 0, epoch = 0, identities, core } = {},
) {
  const used = core ?? (await defaultCore());
  const pixels = pixelsOf(images, shape);
  const random = augmentation(augment).filter(({ className }) => !/Mix/.test(className));
  if (!random.length) return pixels.slice();
  const layers = random.map(
    (layer, i) => new Layer({ ...layer, inputs: [i ? random[i - 1].name : IMAGE] }),
  );
  const network = new Network(used, layers, shape);
  return seen(network, pixels, BigInt.asUintN(64, BigInt(seed)), BigInt(epoch), identities);
}

/**
 * Returns what the network's random layers make of images.
 *
 * @param {Network} network  of random layers alone
 * @param {Uint8Array} images
 * @param {bigint} seed
 * @param {bigint} epoch
 * @param {readonly number[]} [identities]
 */
function seen(
  { arena, imageBytes, stageAt, outputs, viewer, error },
  images,
  seed,
  epoch,
  identities,
) {
  const count = images.length / imageBytes;
  const result = new Uint8Array(count * outputs);
  const out = arena.take(outputs);
  for (let i = 0; i < count; i++) {
    arena.u8(stageAt.images, imageBytes).set(images.subarray(i * imageBytes, (i + 1) * imageBytes));
    arena.i64(stageAt.identities, 1)[0] = BigInt(identities ? identities[i] : i);
    const { images: from, identities: known } = stageAt;
    const status = arena.core.sn_augment(viewer, from, 1n, seed, epoch, known, out, error);
    if (status !== 0) throw new CoreError(arena.text(error));
    result.set(arena.u8(out, outputs), i * outputs);
  }
  return result;
}
