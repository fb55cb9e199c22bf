// Fields for numbers: their limits, and one line about each value that is outside of them.

import { at, counted } from './elements.js';

/**
 * The limits of a field.
 *
 * @typedef {object} Limits
 * @property {string} name  for messages
 * @property {number} least
 * @property {number} most
 * @property {boolean} [whole]
 * @property {string} [about]  what the highest value is
 */

export class Fields {
  /**
   * @param {Record<string, Limits>} limits  by the elements' ids
   * @param {(id: string) => unknown} changed  a value was changed, to a right one or not
   */
  constructor(limits, changed) {
    this.limits = limits;
    /** The last right value of each. @type {Record<string, number>} */
    this.values = {};
    /** @type {Record<string, HTMLElement>} */
    this.lines = {};
    for (const id of Object.keys(limits)) {
      const input = at(id);
      this.values[id] = input.valueAsNumber;
      const line = document.createElement('p');
      line.id = `${id}-problem`;
      line.className = 'small wrong wide';
      line.setAttribute('role', 'alert');
      line.hidden = true;
      input.closest('label').after(line);
      input.setAttribute('aria-describedby', line.id);
      this.lines[id] = line;
      input.addEventListener('input', () => {
        this.check(id);
        changed(id);
      });
    }
  }

  /** Sets a value. @param {string} id @param {number} value */
  set(id, value) {
    at(id).value = value;
    this.check(id);
  }

  /** Changes what is allowed, and checks again. @param {string} id @param {Partial<Limits>} limits */
  limit(id, limits) {
    Object.assign(this.limits[id], limits);
    at(id).max = this.limits[id].most;
    this.check(id);
  }

  /** Says what is wrong with a field; keeps its value if nothing is. @param {string} id */
  check(id) {
    const input = at(id);
    const words = wrong(this.limits[id], input.valueAsNumber, input.value);
    if (!words) this.values[id] = input.valueAsNumber;
    input.setAttribute('aria-invalid', String(Boolean(words)));
    this.lines[id].hidden = !words;
    if (this.lines[id].textContent !== words) this.lines[id].textContent = words;
  }

  /** Returns the first line about a wrong value; '' without one. */
  get problem() {
    const line = Object.values(this.lines).find(({ hidden }) => !hidden);
    return line?.textContent ?? '';
  }
}

/**
 * @param {Limits} limits
 * @param {number} value  NaN where the field holds no number
 * @param {string} text
 */
function wrong({ name, least, most, whole, about }, value, text) {
  const kind = whole ? 'a whole number' : 'a number';
  const range = Number.isFinite(most)
    ? `from ${counted(least)} to ${counted(most)}${about ? ` (${about})` : ''}`
    : `from ${counted(least)} up`;
  const fits = value >= least && value <= most && (!whole || Number.isInteger(value));
  return fits ? '' : `${name}: expected ${kind} ${range}, got ${text || 'none'}.`;
}
