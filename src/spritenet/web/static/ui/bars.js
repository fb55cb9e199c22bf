// The probability of each class, as horizontal bars that follow the prediction.

const SHOWN = 12; // rows; of more classes the likeliest are shown

/**
 * A probability as people read it: never 100 % of what isn't certain.
 *
 * @param {number} p  0 to 1
 */
export function percent(p) {
  if (!Number.isFinite(p)) return '–';
  if (p > 0.995 && p < 1) return '> 99 %';
  return `${Math.round(100 * p)} %`;
}

/** @typedef {{ item: HTMLElement, name: HTMLElement, track: HTMLElement, fill: HTMLElement, tick: HTMLElement, value: HTMLElement }} Row */

/** A list of bars. Up to 12 classes keep their places; of more, the likeliest 12 are shown in order. */
export class Bars {
  /**
   * @param {HTMLElement} container  gets the list
   * @param {{ names: readonly string[], label?: string, thresholds?: ArrayLike<number> | null }} options  one name for each class; what the
   *     list is, for those who can't see it; the threshold of each class, of which several may be
   *     there
   */
  constructor(container, { names, label = 'Probabilities', thresholds = null }) {
    this.names = names;
    this.thresholds = thresholds;
    this.list = document.createElement('ul');
    this.list.className = 'bars';
    this.list.setAttribute('role', 'list'); // WebKit forgets it of lists without bullets
    this.list.setAttribute('aria-label', label);
    /** @type {Row[]} */
    this.rows = Array.from({ length: Math.min(SHOWN, names.length) }, () => this.row());
    container.append(this.list);
    this.clear();
  }

  /** @returns {Row} */
  row() {
    const [item, name, track, fill, tick, value] = [
      'li',
      ...['span', 'span', 'span', 'span', 'span'],
    ].map((tag) => document.createElement(tag));
    name.className = 'name';
    track.className = 'track';
    track.setAttribute('aria-hidden', 'true');
    fill.className = 'fill';
    value.className = 'value';
    tick.className = 'tick';
    tick.hidden = true;
    track.append(fill, tick);
    item.append(name, track, value);
    this.list.append(item);
    return { item, name, track, fill, tick, value };
  }

  /**
   * Shows an answer.
   *
   * @param {ArrayLike<number>} probabilities  one for each class
   * @param {{ sure?: boolean }} [options]  false shows them greyed: what is there looks like nothing
   *     the model was trained on, so they say little
   */
  set(probabilities, { sure = true } = {}) {
    const { names, rows, list, thresholds } = this;
    const order = names.map((_, i) => i);
    const best = order.reduce((a, b) => (probabilities[b] > probabilities[a] ? b : a), 0);
    if (names.length > rows.length) order.sort((a, b) => probabilities[b] - probabilities[a]);
    list.classList.toggle('unsure', !sure);
    list.classList.remove('empty');
    rows.forEach((row, i) => {
      const which = order[i];
      const p = probabilities[which];
      write(row.name, names[which]);
      write(row.value, percent(p));
      row.fill.style.transform = `scaleX(${Number.isFinite(p) ? Math.max(0, Math.min(1, p)).toFixed(4) : 0})`;
      row.item.classList.toggle('best', thresholds ? p >= thresholds[which] : which === best);
      this.mark(row, which);
    });
  }

  /**
   * Puts a tick at the threshold of a class.
   *
   * @param {Row} row
   * @param {number} which
   */
  mark({ track, tick }, which) {
    const threshold = this.thresholds?.[which];
    tick.hidden = threshold === undefined;
    if (threshold === undefined) return;
    const place = `${(100 * threshold).toFixed(1)}%`;
    if (tick.style.left !== place) tick.style.left = place;
    track.title = `Threshold ${percent(threshold)}`;
  }

  /** Shows that there is nothing to judge. */
  clear() {
    this.list.classList.remove('unsure');
    this.list.classList.add('empty');
    this.rows.forEach((row, i) => {
      write(row.name, this.names[i]);
      write(row.value, '');
      row.fill.style.transform = 'scaleX(0)';
      row.item.classList.remove('best');
      this.mark(row, i);
    });
  }
}

/**
 * Changes a text only if it is another: pages call this at every frame.
 *
 * @param {HTMLElement} element
 * @param {string} text
 */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
