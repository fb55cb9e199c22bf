// Elements of the page by id, and what is said to the person.

import { SpritenetError } from '../lib/index.js';

/** @param {string} id @returns {any} */
export const at = (id) => document.getElementById(id);

/**
 * Says in one line what went wrong; null takes it away.
 *
 * @param {unknown} error
 */
export function report(error) {
  const place = at('problem');
  place.hidden = error === null;
  if (error === null) return;
  const isOurs = error instanceof SpritenetError || error instanceof Error;
  place.textContent = isOurs ? error.message : String(error);
}

/** Says something to who listens to the page. @param {string} words */
export function speak(words) {
  at('spoken').textContent = words;
}

/**
 * Runs what a person asked for, and reports what goes wrong.
 *
 * @param {() => unknown} act
 */
export async function attempt(act) {
  try {
    report(null);
    await act();
  } catch (error) {
    report(error);
  }
}

/** A word that the server wrote into the page. @param {'version' | 'start'} name @returns {string} */
export function metaOf(name) {
  const meta = /** @type {HTMLMetaElement | null} */ (
    document.querySelector(`meta[name="spritenet-${name}"]`)
  );
  return meta?.content ?? '';
}
