// Ranges that pixels are brought into before a network sees them: what became of 0 and of 255.

import { TEACHABLE_MACHINE } from './beside.js';
import { ModelError } from './errors.js';

/** By name; the later ones turn light and dark. */
const RANGES = /** @type {Record<string, [number, number]>} */ ({
  '0..1': [0, 1],
  '0..255': [0, 255],
  '-1..1': [-1, 1],
  '1..0': [1, 0],
  '255..0': [255, 0],
  '1..-1': [1, -1],
});
const OTHERS = /** @type {Record<string, [number, number]>} */ ({
  [TEACHABLE_MACHINE]: [-1, 255 / 127 - 1],
});

/**
 * The arguments of the Rescaling that makes such values of raw pixels.
 *
 * @param {string} name
 */
export function rescalingTo(name) {
  if (!Object.hasOwn(RANGES, name) && name !== TEACHABLE_MACHINE) {
    throw new ModelError('invalid pixels', {
      expected: Object.keys(RANGES).join(' or '),
      got: name,
    });
  }
  const [black, white] = OTHERS[name] ?? RANGES[name];
  return { scale: (white - black) / 255, offset: black };
}
