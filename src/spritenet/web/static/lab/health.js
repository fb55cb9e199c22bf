// Trainings that fail without an error: the loss grows, or nothing is learned. No DOM.

const LEAST_STEPS = 50;
const LOOKED_AT = 20; // steps at the end
const GROWN = 2; // times the loss of guessing
const LEARNED = 0.95; // of the loss of guessing: below, something was learned
const MARGIN = 0.05; // of accuracy above guessing

/** @typedef {'diverged' | 'stuck' | null} Failure */

/**
 * Returns the accuracy and the loss of guessing the most frequent class.
 *
 * @param {readonly number[]} counts  images of each class
 */
export function guessing(counts) {
  const all = Math.max(
    1,
    counts.reduce((a, b) => a + b, 0),
  );
  const parts = counts.map((count) => count / all).filter(Boolean);
  return {
    accuracy: Math.max(...parts),
    loss: parts.reduce((sum, p) => sum - p * Math.log(p), 0),
  };
}

/**
 * Returns the way in which a training fails; null while it doesn't, or hasn't lasted long enough.
 *
 * @param {{ loss: readonly number[], accuracy: readonly number[] }} steps  losses are cross-entropies
 * @param {{ accuracy: number, loss: number }} chance
 * @returns {Failure}
 */
export function failing({ loss, accuracy }, chance) {
  if (loss.length < LEAST_STEPS) return null;
  const lately = mean(loss.slice(-LOOKED_AT));
  const right = mean(accuracy.slice(-LOOKED_AT));
  if (right > chance.accuracy + MARGIN) return null;
  if (!(lately < GROWN * chance.loss)) return 'diverged';
  return lately > LEARNED * chance.loss ? 'stuck' : null;
}

/**
 * Returns a learning rate that should do better.
 *
 * @param {number} rate  that failed
 * @param {number} usual  of the optimizer or the network
 * @param {Failure} failure
 */
export function betterRate(rate, usual, failure) {
  if (rate > usual) return usual;
  if (failure === 'stuck' && rate < usual / 3) return usual;
  return Number((rate / 5).toPrecision(2)) || usual;
}

/**
 * Returns one line about a training that fails.
 *
 * @param {Failure} failure
 * @param {{ loss: number, accuracy: number, rate: number, usual: number }} now
 */
export function failureText(failure, { loss, accuracy, rate, usual }) {
  const percent = `${(100 * accuracy).toFixed(1)} %`;
  const high = rate >= usual / 3;
  if (failure === 'diverged') {
    return `Training diverged: the loss is ${Number(loss.toPrecision(3))}, and ${percent} of the training images are right, no more than by guessing. The learning rate ${rate} is too high.`;
  }
  return high
    ? `The network has stopped learning: ${percent} of the training images are right, no more than by guessing, and no filter responds any more. Training on won’t help.`
    : `The network hasn’t learned yet: ${percent} of the training images are right, no more than by guessing. The learning rate ${rate} may be too low.`;
}

/** @param {readonly number[]} values */
function mean(values) {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
