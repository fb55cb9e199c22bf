// One class on the page: its name, its images, and the ways to fill it.

import { element } from '../ui/dom.js';
import { drawPixels } from '../ui/pictures.js';
import { LONGEST_NAME, counted } from './project.js';
import { button } from './sketch.js';

/** @typedef {import('./project.js').Class} Class */
/** @typedef {import('./project.js').Entry} Entry */
/** @typedef {import('./selection.js').Selection} Selection */
/**
 * The page's functions that a card calls.
 *
 * @typedef {object} Hands
 * @property {Selection} selection
 * @property {(id: number, name: string) => string} rename  returns the name that it has afterwards
 * @property {(id: number) => unknown} remove
 * @property {(id: number, kind: 'camera' | 'drawing') => unknown} capture
 * @property {(id: number, kind: 'files' | 'folder') => unknown} choose
 * @property {(id: number, transfer: DataTransfer) => unknown} drop
 * @property {(ids: ReadonlySet<number>) => unknown} discard
 * @property {(entry: Entry) => { pixels: Uint8Array, shape: readonly number[] }} look
 * @property {(entry: Entry) => string} remark  what was found of an image; '' for nothing
 */

const SHOWN = 60; // images, until all are asked for
const KEYS = /** @type {Record<string, number>} */ ({ ArrowLeft: -1, ArrowRight: 1 });

export class ClassCard {
  /** @param {Class} one @param {Hands} hands */
  constructor(one, hands) {
    this.id = one.id;
    this.hands = hands;
    this.name = one.name;
    this.all = false;
    /** @type {readonly Entry[]} */
    this.entries = [];
    /** @type {Map<number, HTMLElement>} */
    this.thumbs = new Map();
    this.focused = -1;
    this.card = element('section', 'panel class-card');
    this.card.dataset.class = String(one.id);
    this.field = /** @type {HTMLInputElement} */ (element('input', 'class-name'));
    this.field.type = 'text';
    this.field.maxLength = LONGEST_NAME;
    this.field.autocomplete = 'off';
    this.field.spellcheck = false;
    this.count = element('span', 'count small faint');
    this.removeButton = button('✕', () => hands.remove(one.id), 'quiet');
    const head = element('div', 'class-head');
    head.append(this.field, this.count, this.removeButton);
    this.sources = element('div', 'row sources');
    this.sources.append(
      button('Camera', () => hands.capture(one.id, 'camera'), 'source camera'),
      button('Draw', () => hands.capture(one.id, 'drawing'), 'source drawing'),
      button('Files …', () => hands.choose(one.id, 'files'), 'source files'),
      button('Folder …', () => hands.choose(one.id, 'folder'), 'source folder'),
    );
    this.slot = element('div', 'capture-slot');
    this.slot.hidden = true;
    this.empty = element('p', 'empty small faint', 'Nothing here yet. Drop or paste images here.');
    this.list = element('ul', 'thumbs');
    this.list.setAttribute('role', 'listbox');
    this.list.setAttribute('aria-multiselectable', 'true');
    this.more = button('', () => this.showAll(), 'small more');
    this.card.append(head, this.sources, this.slot, this.empty, this.list, this.more);
    this.listen();
    this.rename(one.name);
  }

  listen() {
    const { field, card, list, hands } = this;
    field.addEventListener('change', () => this.rename(hands.rename(this.id, field.value)));
    field.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') field.blur();
      if (event.key !== 'Escape') return;
      field.value = this.name;
      field.blur();
    });
    let inside = 0;
    const mark = (/** @type {number} */ change) => {
      inside = Math.max(0, inside + change);
      card.classList.toggle('over', inside > 0);
    };
    card.addEventListener('dragenter', () => mark(1));
    card.addEventListener('dragleave', () => mark(-1));
    card.addEventListener('drop', (event) => {
      mark(-inside);
      if (!event.dataTransfer) return;
      event.preventDefault();
      event.stopPropagation();
      document.body.classList.remove('dropping');
      hands.drop(this.id, event.dataTransfer);
    });
    list.addEventListener('click', (event) => this.click(event));
    list.addEventListener('keydown', (event) => this.key(event));
  }

  /** @param {string} name */
  rename(name) {
    this.name = name;
    this.field.value = name;
    this.field.setAttribute('aria-label', `Name of the class, ${name}`);
    this.card.setAttribute('aria-label', `Class ${name}`);
    this.list.setAttribute('aria-label', `Images of ${name}`);
    this.removeButton.setAttribute('aria-label', `Remove the class ${name}`);
    this.removeButton.title = 'Remove this class';
    for (const source of this.sources.children) {
      source.setAttribute(
        'aria-label',
        `${source.textContent?.replace(' …', '')}: images for ${name}`,
      );
    }
  }

  /** Shows which way of filling it is open. @param {string} kind  '' for none */
  open(kind) {
    for (const source of this.sources.children) {
      const which = source.classList[1];
      if (which !== 'camera' && which !== 'drawing') continue;
      source.setAttribute('aria-expanded', String(which === kind));
    }
    this.slot.hidden = !kind;
  }

  showAll() {
    this.all = true;
    this.update(this.entries);
    this.focus(SHOWN);
  }

  /** @param {readonly Entry[]} entries  the newest last */
  update(entries) {
    this.entries = entries;
    this.count.textContent = counted(entries.length, 'image');
    this.empty.hidden = entries.length > 0;
    this.list.hidden = entries.length === 0;
    const shown = this.all ? entries : entries.slice(-SHOWN);
    this.more.hidden = shown.length === entries.length;
    this.more.textContent = `Show all ${entries.length}`;
    const there = new Set(shown.map(({ id }) => id));
    const hadFocus = this.list.contains(document.activeElement);
    for (const [id, thumb] of this.thumbs) {
      if (there.has(id)) continue;
      thumb.remove();
      this.thumbs.delete(id);
    }
    // The newest come first: what was just taken is in view.
    let next = /** @type {Element | null} */ (null);
    for (const entry of shown) {
      let thumb = this.thumbs.get(entry.id);
      if (!thumb) {
        thumb = this.thumb(entry);
        this.thumbs.set(entry.id, thumb);
      }
      if (thumb.nextElementSibling !== next || !thumb.parentElement) {
        this.list.insertBefore(thumb, next);
      }
      next = thumb;
    }
    this.describe();
    if (hadFocus && !this.list.contains(document.activeElement)) this.focus(this.focused);
    else this.rove();
  }

  /** @param {Entry} entry */
  thumb(entry) {
    const item = element('li', 'thumb');
    item.setAttribute('role', 'option');
    item.dataset.image = String(entry.id);
    const canvas = /** @type {HTMLCanvasElement} */ (element('canvas', ''));
    item.append(canvas, element('span', 'mark'));
    this.draw(item, entry);
    return item;
  }

  /** @param {HTMLElement} item @param {Entry} entry */
  draw(item, entry) {
    const { pixels, shape } = this.hands.look(entry);
    drawPixels(/** @type {HTMLCanvasElement} */ (item.firstElementChild), pixels, shape);
  }

  /** Draws all images again: they are to be seen in another way. */
  redraw() {
    for (const entry of this.entries) {
      const thumb = this.thumbs.get(entry.id);
      if (thumb) this.draw(thumb, entry);
    }
  }

  /** Says of each image whether it is selected, and what was found of it. */
  describe() {
    this.entries.forEach((entry, i) => {
      const thumb = this.thumbs.get(entry.id);
      if (!thumb) return;
      const remark = this.hands.remark(entry);
      const words = `Image ${i + 1} of ${this.name}${remark && `, ${remark}`}`;
      if (thumb.getAttribute('aria-label') !== words) thumb.setAttribute('aria-label', words);
      thumb.setAttribute('aria-selected', String(this.hands.selection.has(entry.id)));
      thumb.classList.toggle('remarked', remark !== '');
      thumb.title = remark;
    });
  }

  /** The thumbs as they stand. @returns {HTMLElement[]} */
  get items() {
    return /** @type {HTMLElement[]} */ ([...this.list.children]);
  }

  /** One image can be reached with Tab, the others with arrows. */
  rove() {
    const { items } = this;
    this.focused = Math.max(0, Math.min(this.focused, items.length - 1));
    items.forEach((item, i) => {
      item.tabIndex = i === this.focused ? 0 : -1;
    });
  }

  /** @param {number} place */
  focus(place) {
    this.focused = place;
    this.rove();
    if (this.items.length) this.items[this.focused].focus();
    else this.field.focus();
  }

  /** @param {MouseEvent} event */
  click(event) {
    const item = /** @type {HTMLElement | null} */ (
      /** @type {Element} */ (event.target).closest('.thumb')
    );
    if (!item) return;
    const { selection } = this.hands;
    this.focused = this.items.indexOf(item);
    const id = Number(item.dataset.image);
    if (event.shiftKey) selection.extend(id, this.order);
    else selection.toggle(id);
    this.focus(this.focused);
  }

  /** The images as they are shown. */
  get order() {
    return this.items.map(({ dataset }) => Number(dataset.image));
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const { items, order } = this;
    const { selection, discard } = this.hands;
    const here = order[this.focused];
    const command = event.ctrlKey || event.metaKey;
    const across = Math.max(1, Math.floor(this.list.clientWidth / (items[0]?.offsetWidth || 1)));
    const step =
      KEYS[event.key] ?? { ArrowUp: -across, ArrowDown: across, Home: -1e6, End: 1e6 }[event.key];
    if (command && event.key.toLowerCase() === 'a') selection.set(order);
    else if (command || event.altKey) return;
    else if (step !== undefined) {
      if (event.shiftKey) selection.extend(here, order);
      this.focus(Math.max(0, Math.min(items.length - 1, this.focused + step)));
      if (event.shiftKey) selection.extend(order[this.focused], order);
    } else if (event.key === ' ' || event.key === 'Enter') selection.toggle(here);
    else if (event.key === 'Escape') selection.clear();
    else if (event.key === 'Delete' || event.key === 'Backspace') {
      discard(selection.size ? selection.ids : new Set([here]));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
