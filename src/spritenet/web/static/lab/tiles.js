// Images in a grid, each a button, with the prediction below. Brought up to date in place, so
// that focus stays while a training goes on. One of them takes part in the tab order; arrows move.

import { drawPixels } from '../ui/pictures.js';

/** @typedef {{ pixels: Uint8Array, caption: string, right?: boolean, label: string, place: number }} Tile */

const LONG = 10; // letters of a caption for which a tile is wider

export class Tiles {
  /**
   * @param {HTMLElement} container
   * @param {((place: number) => unknown) | null} pick  a tile was clicked; null if they are only looked at
   */
  constructor(container, pick) {
    this.list = document.createElement('ul');
    this.list.className = 'tiles';
    this.list.setAttribute('role', 'list');
    this.pick = pick;
    /** @type {Tile[]} */
    this.shown = [];
    this.current = 0; // the one in the tab order
    if (pick) this.list.addEventListener('keydown', (event) => this.key(event));
    container.append(this.list);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const boxes = this.boxes();
    const across = boxes.filter(({ offsetTop }) => offsetTop === boxes[0].offsetTop).length;
    const moves = /** @type {Record<string, number>} */ ({
      ArrowLeft: this.current - 1,
      ArrowRight: this.current + 1,
      ArrowUp: this.current - across,
      ArrowDown: this.current + across,
      Home: 0,
      End: boxes.length - 1,
    });
    const next = moves[event.key];
    if (next === undefined) return;
    event.preventDefault();
    if (!boxes[next]) return;
    this.enter(next);
    boxes[next].focus();
  }

  /** @returns {HTMLElement[]} */
  boxes() {
    return [...this.list.children].map((item) => /** @type {HTMLElement} */ (item.firstChild));
  }

  /** Puts one tile into the tab order. @param {number} i */
  enter(i) {
    this.current = i;
    this.boxes().forEach((box, k) => (box.tabIndex = k === i ? 0 : -1));
  }

  /**
   * @param {Tile[]} tiles
   * @param {readonly number[]} shape  height, width, channels
   * @param {number} [picked]  the place of the one that is picked
   */
  show(tiles, shape, picked = -1) {
    const { list } = this;
    this.shown = tiles;
    list.classList.toggle(
      'long',
      tiles.some(({ caption }) => caption.length > LONG),
    );
    while (list.children.length > tiles.length) list.lastElementChild?.remove();
    while (list.children.length < tiles.length) list.append(this.make(list.children.length));
    tiles.forEach(({ pixels, caption, right, label, place }, i) => {
      const box = /** @type {HTMLElement} */ (list.children[i].firstElementChild);
      const canvas = /** @type {HTMLCanvasElement} */ (box.firstElementChild);
      const text = /** @type {HTMLElement} */ (box.lastElementChild);
      drawPixels(canvas, pixels, shape);
      canvas.setAttribute('aria-label', label);
      box.title = label;
      const words = right === undefined ? caption : `${right ? '✓' : '✗'} ${caption}`;
      if (text.textContent !== words) text.textContent = words;
      text.className = right === undefined ? '' : right ? 'right' : 'wrong';
      if (this.pick) box.setAttribute('aria-pressed', String(place === picked));
    });
    if (this.pick) this.enter(Math.min(this.current, Math.max(0, tiles.length - 1)));
  }

  /** @param {number} i */
  make(i) {
    const item = document.createElement('li');
    const box = document.createElement(this.pick ? 'button' : 'div');
    box.className = 'tile';
    const canvas = document.createElement('canvas');
    canvas.setAttribute('role', 'img');
    const text = document.createElement('span');
    text.setAttribute('aria-hidden', 'true');
    box.append(canvas, text);
    if (box instanceof HTMLButtonElement) {
      box.type = 'button';
      box.addEventListener('click', () => {
        this.enter(i);
        this.pick?.(this.shown[i].place);
      });
    }
    item.append(box);
    return item;
  }
}
