// All classes with their images, and the bar for those that are selected.

import { element } from '../ui/dom.js';
import { drawPixels } from '../ui/pictures.js';
import { ClassCard } from './class-card.js';
import { byClass, counted } from './project.js';
import { button } from './sketch.js';

/** @typedef {import('./class-card.js').Hands} Hands */
/** @typedef {import('./project.js').Project} Project */
/** @typedef {Hands & { move: (ids: ReadonlySet<number>, label: number) => unknown }} Keeping */

export class Gallery {
  /**
   * @param {HTMLElement} place
   * @param {HTMLElement} bar
   * @param {Keeping} hands
   */
  constructor(place, bar, hands) {
    this.place = place;
    this.hands = hands;
    /** @type {Map<number, ClassCard>} */
    this.cards = new Map();
    /** @type {Project | null} */
    this.project = null;
    this.bar = bar;
    bar.hidden = true;
    this.preview = /** @type {HTMLCanvasElement} */ (element('canvas', 'preview'));
    this.preview.setAttribute('role', 'img');
    this.words = element('p', 'words');
    this.target = /** @type {HTMLSelectElement} */ (element('select', ''));
    this.target.setAttribute('aria-label', 'Move to another class');
    this.target.addEventListener('change', () => {
      const label = Number(this.target.value);
      this.target.value = '';
      if (label) hands.move(new Set(hands.selection.ids), label);
    });
    bar.append(
      this.preview,
      this.words,
      this.target,
      button('Delete', () => hands.discard(new Set(hands.selection.ids)), 'delete'),
      button('Deselect', () => this.deselect()),
    );
  }

  deselect() {
    const first = [...this.hands.selection.ids][0];
    this.hands.selection.clear();
    this.reveal(first);
  }

  /** @param {Project} project */
  update(project) {
    this.project = project;
    const images = byClass(project);
    const there = new Set(project.classes.map(({ id }) => id));
    for (const [id, card] of this.cards) {
      if (there.has(id)) continue;
      card.card.remove();
      this.cards.delete(id);
    }
    project.classes.forEach((one, i) => {
      let card = this.cards.get(one.id);
      if (!card) {
        card = new ClassCard(one, this.hands);
        this.cards.set(one.id, card);
      }
      if (this.place.children[i] !== card.card) {
        this.place.insertBefore(card.card, this.place.children[i] ?? null);
      }
      if (card.name !== one.name) card.rename(one.name);
      card.update(images.get(one.id) ?? []);
    });
    this.hands.selection.keepOnly(new Set(project.images.map(({ id }) => id)));
    this.select();
  }

  /** Shows what is selected. */
  select() {
    for (const card of this.cards.values()) card.describe();
    const { project } = this;
    const { selection, look } = this.hands;
    this.bar.hidden = selection.size === 0;
    if (!project || !selection.size) return;
    this.words.textContent = `${counted(selection.size, 'image')} selected`;
    const [first] = selection.ids;
    const entry = project.images.find(({ id }) => id === first);
    this.preview.hidden = selection.size > 1 || !entry;
    if (entry) {
      const { pixels, shape } = look(entry);
      drawPixels(this.preview, pixels, shape);
      this.preview.setAttribute('aria-label', 'The selected image, larger');
    }
    const labels = new Set(
      project.images.filter(({ id }) => selection.has(id)).map(({ label }) => label),
    );
    const options = project.classes.filter(({ id }) => labels.size > 1 || !labels.has(id));
    const nothing = /** @type {HTMLOptionElement} */ (element('option', '', 'Move to …'));
    nothing.value = '';
    this.target.replaceChildren(
      nothing,
      ...options.map(({ id, name }) => {
        const option = /** @type {HTMLOptionElement} */ (element('option', '', name));
        option.value = String(id);
        return option;
      }),
    );
    this.target.disabled = !options.length;
  }

  redraw() {
    for (const card of this.cards.values()) card.redraw();
    this.select();
  }

  /** Puts the focus on an image; on its class if it isn't shown. @param {number} id */
  reveal(id) {
    for (const card of this.cards.values()) {
      const place = card.order.indexOf(id);
      if (place >= 0) card.focus(place);
    }
  }

  /** @param {number} id  of a class */
  card(id) {
    return this.cards.get(id);
  }
}
