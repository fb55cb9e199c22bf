// A slider over what happened at some steps; it stays at the newest until somebody moves it.

import { count } from './formatting.js';

const BEAT = 160; // milliseconds from one step to the next while it plays

/** Chooses one of several steps. */
export class Replay {
  /** @type {number[]} */
  #steps = [];
  #newest = true;
  /** @type {ReturnType<typeof setInterval> | 0} */
  #playing = 0;

  /**
   * @param {HTMLElement} container
   * @param {string} label
   * @param {(place: number) => unknown} onPick  gets the place of the chosen step
   */
  constructor(container, label, onPick) {
    this.onPick = onPick;
    this.root = document.createElement('div');
    this.root.className = 'replay';
    this.range = document.createElement('input');
    this.range.type = 'range';
    this.range.min = '0';
    this.range.setAttribute('aria-label', label);
    this.output = document.createElement('output');
    this.play = document.createElement('button');
    this.play.type = 'button';
    this.play.onclick = () => (this.#playing ? this.#stop() : this.#start());
    this.follow = document.createElement('button');
    this.follow.type = 'button';
    this.follow.textContent = 'Newest';
    this.range.oninput = () => {
      this.#stop();
      this.#newest = Number(this.range.value) === this.#steps.length - 1;
      this.#pick();
    };
    this.follow.onclick = () => {
      this.#stop();
      this.#newest = true;
      this.#pick();
    };
    this.root.append(this.play, this.range, this.output, this.follow);
    this.root.hidden = true;
    this.#stop();
    container.append(this.root);
  }

  /** There are these steps now. @param {number[]} steps */
  show(steps) {
    const fewer = steps.length < this.#steps.length;
    const same = !fewer && steps.length === this.#steps.length;
    this.#steps = steps;
    if (fewer) {
      this.#stop();
      this.#newest = true;
    }
    this.root.hidden = !steps.length;
    this.range.max = String(Math.max(0, steps.length - 1));
    this.range.disabled = this.play.disabled = steps.length < 2;
    if (steps.length && !same && this.#newest) this.#pick();
  }

  /** From the first step to the newest, and on with that. */
  #start() {
    this.#newest = false;
    this.range.value = '0';
    this.#pick();
    this.play.textContent = 'Stop';
    this.#playing = setInterval(() => {
      this.range.value = String(Number(this.range.value) + 1);
      if (Number(this.range.value) >= this.#steps.length - 1) {
        this.#newest = true;
        this.#stop();
      }
      this.#pick();
    }, BEAT);
  }

  #stop() {
    clearInterval(this.#playing);
    this.#playing = 0;
    this.play.textContent = 'Play';
  }

  #pick() {
    const place = this.#newest ? this.#steps.length - 1 : Number(this.range.value);
    this.range.value = String(place);
    const step = this.#steps[place];
    this.output.textContent = `step ${count(step)}`;
    this.range.setAttribute(
      'aria-valuetext',
      `step ${count(step)}, ${place + 1} of ${this.#steps.length}`,
    );
    this.follow.hidden = this.#newest;
    this.onPick(place);
  }
}
