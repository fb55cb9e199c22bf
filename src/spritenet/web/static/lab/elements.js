// The page's elements and words, for all its modules.

import { SpritenetError } from '../lib/index.js';

/** @param {string} id @returns {any} */
export const at = (id) => document.getElementById(id);

/** @param {number} n */
export const counted = (n) => n.toLocaleString('en');

/** @param {number} fraction */
export const percent = (fraction) => `${(100 * fraction).toFixed(fraction > 0.99 ? 2 : 1)} %`;

/**
 * @param {string} id
 * @param {string} event
 * @param {(event: any) => unknown} act
 */
export function on(id, event, act) {
  at(id).addEventListener(event, act);
}

/**
 * One line in the page about what went wrong; null for nothing.
 *
 * @param {string} id
 * @param {unknown} error
 */
export function tell(id, error) {
  at(id).hidden = error === null;
  at(id).textContent = error instanceof Error ? error.message : (error ?? '');
  // A bug is logged, too.
  if (error instanceof Error && !(error instanceof SpritenetError)) reportError(error);
}
