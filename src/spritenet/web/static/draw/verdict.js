// The answer in words: large for those who look, politely spoken for those who listen.

import { Bars, percent } from '../ui/bars.js';

/** @typedef {import('./reader.js').Answer} Answer */

const CALM = 700; // milliseconds without change before an answer is spoken

export class Verdict {
  /**
   * @param {{ sign: HTMLElement, line: HTMLElement, bars: HTMLElement, spoken: HTMLElement }} places
   * @param {readonly string[]} names  of the classes
   * @param {ArrayLike<number> | null} [thresholds]  of a model that names any number of classes
   */
  constructor(places, names, thresholds = null) {
    this.places = places;
    this.names = names;
    this.bars = new Bars(places.bars, { names, label: 'How likely each class is', thresholds });
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    places.sign.classList.toggle(
      'long',
      thresholds !== null || names.some((name) => [...name].length > 2),
    );
  }

  /** @param {Answer} answer */
  show({ state, best, probabilities, present = [] }) {
    const { sign, line } = this.places;
    const name = this.names[best];
    sign.dataset.state = state;
    if (state === 'empty') {
      set(sign, '');
      set(line, 'Nothing drawn yet');
      this.bars.clear();
    } else if (state === 'several') {
      const found = this.names.filter((_, k) => present[k]);
      set(sign, found.join(', ') || 'nothing');
      set(line, found.length ? counted(found.length) : 'No class is above its threshold');
      this.bars.set(probabilities);
      this.speak(found.join(', ') || 'No class');
      return;
    } else if (state === 'unsure') {
      set(sign, '?');
      set(line, `Not sure. Best\u00a0guess:\u00a0${name}`);
      this.bars.set(probabilities, { sure: false });
    } else {
      set(sign, name);
      const confidence = percent(probabilities[best]);
      set(line, state === 'sure' ? `${confidence} sure` : `${confidence}, not calibrated`);
      this.bars.set(probabilities);
    }
    this.speak(
      state === 'empty'
        ? 'Nothing drawn yet'
        : state === 'unsure'
          ? `Not sure, perhaps ${name}`
          : `${name}, ${percent(probabilities[best])}`,
    );
  }

  /**
   * Says it once it has been the answer for a moment.
   *
   * @param {string} text
   */
  speak(text) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => set(this.places.spoken, text), CALM);
  }
}

/** @param {number} count */
function counted(count) {
  return count === 1 ? '1 class, not calibrated' : `${count} classes, not calibrated`;
}

/** @param {HTMLElement} element @param {string} text */
function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
