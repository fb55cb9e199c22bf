// The findings on the images, each with the way to mend it.

import { element } from '../ui/dom.js';
import { drawPixels } from '../ui/pictures.js';
import { counted } from './project.js';
import { button } from './sketch.js';

/** @typedef {import('./findings.js').Group} Group */
/** @typedef {import('./findings.js').Suspect} Suspect */
/** @typedef {import('./project.js').Project} Project */
/**
 * @typedef {object} Found
 * @property {number | null} accuracy  of images that the network had not seen
 * @property {Suspect[]} suspects
 * @property {Group[]} groups
 * @property {{ id: number, words: string }[]} needs
 */
/**
 * @typedef {object} Mending
 * @property {(ids: ReadonlySet<number>, label: number) => unknown} move
 * @property {(ids: readonly number[]) => unknown} select
 * @property {(suspect: Suspect) => unknown} accept  its label is right
 * @property {(id: number) => { pixels: Uint8Array, shape: readonly number[] } | null} look
 */

const SHOWN = 12; // suspects

export class FindingsPanel {
  /** @param {HTMLElement} place @param {Mending} hands */
  constructor(place, hands) {
    this.place = place;
    this.hands = hands;
    this.key = '';
  }

  /** @param {Found} found @param {Project} project */
  show(found, project) {
    const key = JSON.stringify([found, project.classes]);
    if (key === this.key) return;
    this.key = key;
    const { accuracy, suspects, groups, needs } = found;
    const hadFocus = this.place.contains(document.activeElement);
    const parts = [];
    if (accuracy !== null) {
      const line = element('p', 'score');
      const strong = element('strong', '', `${Math.round(100 * accuracy)} %`);
      line.append(strong, ' of the images are recognised by a network that had not seen them');
      line.append(element('span', 'faint small', ' (accuracy by cross-validation)'));
      parts.push(line);
    }
    if (suspects.length) parts.push(this.suspects(suspects, project));
    const copies = this.copies(groups, project);
    if (copies) parts.push(copies);
    if (needs.length) {
      const list = element('ul', 'needs');
      for (const { words } of needs) list.append(element('li', '', words));
      parts.push(element('h3', '', 'What the classes need'), list);
    }
    if (accuracy !== null && !suspects.length && !groups.length && !needs.length) {
      parts.push(element('p', 'right', '✓ Nothing looks wrong.'));
    }
    this.place.replaceChildren(...parts);
    if (hadFocus && !this.place.contains(document.activeElement)) {
      const next = /** @type {HTMLElement | null} */ (this.place.querySelector('button'));
      (next ?? this.place).focus();
    }
  }

  /** @param {Suspect[]} suspects @param {Project} project */
  suspects(suspects, project) {
    const part = element('div', 'suspects');
    const name = (/** @type {number} */ id) =>
      project.classes.find((one) => one.id === id)?.name ?? '';
    part.append(element('h3', '', `${counted(suspects.length, 'label')} that may be wrong`));
    const list = element('ul', 'finds');
    for (const suspect of suspects.slice(0, SHOWN)) {
      const { id, label, looks, confidence } = suspect;
      const item = element('li', 'find');
      const percent = Math.round(100 * confidence);
      const words = element('p', 'small');
      words.append('In ', element('strong', '', name(label)), ', looks like ');
      words.append(element('strong', '', name(looks)), ` (${percent} %)`);
      const tools = element('div', 'row');
      tools.append(
        button(`Move to ${name(looks)}`, () => this.hands.move(new Set([id]), looks)),
        button('It is right', () => this.hands.accept(suspect)),
      );
      item.append(...this.picture(id), words, tools);
      list.append(item);
    }
    part.append(list);
    return part;
  }

  /** @param {Group[]} groups @param {Project} project */
  copies(groups, project) {
    if (!groups.length) return null;
    const label = new Map(project.images.map((one) => [one.id, one.label]));
    const part = element('div', 'copies');
    part.append(element('h3', '', 'Duplicates'));
    const list = element('ul', 'finds');
    const split = groups.filter(({ classes }) => classes.length > 1);
    const same = groups.filter(({ classes, exact }) => classes.length === 1 && exact);
    const near = groups.filter(({ classes, exact }) => classes.length === 1 && !exact);
    /**
     * @param {Group[]} some
     * @param {(count: number) => string} words
     * @param {(group: Group) => number[]} which
     */
    const add = (some, words, which) => {
      const ids = some.flatMap(which);
      if (!ids.length) return;
      const item = element('li', 'find');
      item.append(
        ...this.picture(ids[0]),
        element('p', 'small', words(ids.length)),
        button(`Select ${ids.length === 1 ? 'it' : 'them'}`, () => this.hands.select(ids)),
      );
      list.append(item);
    };
    const those = (/** @type {number} */ count) => counted(count, 'image');
    add(
      split,
      (count) => `${those(count)} in two classes at once: the network can only guess.`,
      ({ ids }) => ids.filter((id) => label.has(id)),
    );
    const others = (/** @type {Group} */ { ids }) => ids.slice(1);
    add(same, (count) => `${those(count)} a second time: a copy adds nothing.`, others);
    add(near, (count) => `${those(count)} nearly the same as another. Vary what you show.`, others);
    part.append(list);
    return part;
  }

  /** @param {number} id */
  picture(id) {
    const seen = this.hands.look(id);
    if (!seen) return [];
    const canvas = /** @type {HTMLCanvasElement} */ (element('canvas', ''));
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', 'The image');
    drawPixels(canvas, seen.pixels, seen.shape);
    return [canvas];
  }
}
