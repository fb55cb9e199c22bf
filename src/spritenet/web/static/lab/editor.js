// A network's layers: as a list, which can be changed where there are no branches.

import { connected } from '../lib/graph.js';
import { inferShapes, size } from '../lib/shapes.js';
import { hasBranches, inWords, shapeText } from '../ui/layertable.js';
import { KINDS, measured, row } from './networks.js';

/** @typedef {import('./networks.js').Row} Row */
/** @typedef {import('../lib/layers.js').Layer} Layer */

export class LayerEditor {
  /**
   * @param {HTMLElement} container
   * @param {() => unknown} changed  a person changed something
   */
  constructor(container, changed) {
    this.list = document.createElement('ol');
    this.list.className = 'rows';
    this.changed = changed;
    /** @type {Row[]} */
    this.rows = [];
    /** Layers that are shown but can't be changed, instead of rows. @type {Layer[] | null} */
    this.fixed = null;
    this.inputShape = [28, 28, 1];
    this.classes = 10;
    this.last = 'softmax';
    this.locked = false;
    this.unfolded = -1; // the row whose other arguments a person opened
    const add = document.createElement('button');
    add.type = 'button';
    add.textContent = 'Add a layer';
    add.addEventListener('click', () => {
      const flat = this.rows.some(({ kind }) => kind === 'flatten' || kind.startsWith('global'));
      this.edit(() => this.rows.push(row(flat ? 'dense' : 'conv2d')));
      /** @type {HTMLElement | null} */ (
        this.list.children[this.rows.length]?.querySelector('select')
      )?.focus();
    });
    this.add = add;
    this.note = document.createElement('p');
    this.note.className = 'small wrong';
    this.note.setAttribute('role', 'status');
    this.said = document.createElement('p');
    this.said.className = 'small faint';
    container.append(this.said, this.list, this.note, add);
  }

  /**
   * Shows other rows.
   *
   * @param {readonly Row[]} rows
   * @param {readonly number[]} inputShape
   * @param {number} classes
   * @param {string} [last]  the activation of the last layer
   */
  set(rows, inputShape, classes, last = 'softmax') {
    this.fixed = null;
    this.rows = rows.map((one) => ({ ...one }));
    this.inputShape = [...inputShape];
    this.classes = classes;
    this.last = last;
    this.render();
  }

  /**
   * Shows layers that can't be changed here.
   *
   * @param {readonly Layer[]} layers
   * @param {readonly number[]} inputShape
   */
  show(layers, inputShape) {
    this.fixed = connected(layers);
    this.rows = [];
    this.inputShape = [...inputShape];
    this.render();
  }

  /** Says why the layers can't be changed; '' if they can. */
  get reason() {
    if (!this.fixed) return '';
    return hasBranches(this.fixed)
      ? 'with branches'
      : 'with layers or arguments that are not in the list';
  }

  /** Locks the layers during training. @param {boolean} on */
  lock(on) {
    this.locked = on;
    for (const control of this.list.querySelectorAll('input, select, button')) {
      /** @type {HTMLInputElement} */ (control).disabled = on;
    }
    this.add.disabled = on;
  }

  /** Returns the first problem of the layers; '' without one. */
  get problem() {
    if (this.fixed) return problemOf(this.fixed, this.inputShape);
    const results = measured(this.rows, this.inputShape, this.classes);
    const wrong = results.findIndex(({ error }) => error);
    if (wrong < 0) return '';
    return `${wrong < this.rows.length ? `Layer ${wrong + 1}` : 'The last layer'}: ${results[wrong].error}`;
  }

  /** @param {() => unknown} change */
  edit(change) {
    change();
    this.render();
    this.changed();
  }

  render() {
    const { fixed: layers } = this;
    this.add.hidden = layers !== null;
    this.said.hidden = layers === null;
    this.said.textContent = `A network ${this.reason}: it is shown, and trained, as it is.`;
    this.note.textContent = this.problem;
    this.note.hidden = !this.problem;
    if (layers) this.listFixed(layers);
    else this.listRows();
  }

  /** Lists layers that can't be changed. @param {readonly Layer[]} layers */
  listFixed(layers) {
    const problem = problemOf(layers, this.inputShape);
    const { shapes, weights } = problem
      ? { shapes: [], weights: [] }
      : inferShapes(layers, this.inputShape);
    const items = layers.map((layer, i) => {
      const parameters = (weights[i] ?? []).reduce((sum, { shape }) => sum + size(shape), 0);
      const inputs = layer.inputs?.map((name) => name || 'the image').join(' and ');
      const before = i ? layers[i - 1].name : 'the image';
      const from = inputs === before ? '' : `, of ${inputs}`;
      const words = `${layer.name}: ${inWords(layer)}${from}`;
      return fixed(words, summary({ shape: shapes[i], parameters }));
    });
    this.list.replaceChildren(...items);
  }

  /** Shows the rows as a list. */
  listRows() {
    const results = measured(this.rows, this.inputShape, this.classes);
    const first = fixed('Pixels, divided by 255', shapeText(this.inputShape));
    const last = fixed(
      `Dense, ${this.classes} outputs, ${this.last}: one for each class`,
      summary(results[this.rows.length]),
    );
    this.list.replaceChildren(
      first,
      ...this.rows.map((one, i) => this.item(one, i, results[i])),
      last,
    );
    if (this.locked) this.lock(true);
  }

  /**
   * @param {Row} one
   * @param {number} i
   * @param {{ shape?: number[], parameters?: number, error?: string } | undefined} result
   */
  item(one, i, result) {
    const item = document.createElement('li');
    item.className = result?.error ? 'row-item bad' : 'row-item';
    const head = document.createElement('div');
    head.className = 'row-head';
    const kind = document.createElement('select');
    kind.setAttribute('aria-label', `Layer ${i + 1}`);
    for (const common of [true, false]) {
      const group = document.createElement('optgroup');
      group.label = common ? 'Common' : 'Others';
      for (const [key, of] of Object.entries(KINDS)) {
        if (of.common === common) group.append(new Option(of.name, key));
      }
      kind.append(group);
    }
    kind.value = one.kind;
    kind.addEventListener('change', () => {
      this.edit(() => (this.rows[i] = row(kind.value)));
      this.focus(i, 'select');
    });
    const shape = document.createElement('span');
    shape.className = 'shape faint small';
    shape.textContent = summary(result);
    head.append(kind, shape);
    const rest = document.createElement('div');
    rest.className = 'row-rest';
    const all = KINDS[one.kind].arguments;
    rest.append(...all.filter(({ more }) => !more).map((each) => this.field(one, i, each)));
    const spare = all.filter(({ more }) => more);
    const tools = document.createElement('span');
    tools.className = 'row-tools';
    /** @param {string} sign @param {string} words @param {boolean} off @param {() => number} act  gives the row to focus */
    const tool = (sign, words, off, act) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = sign;
      button.setAttribute('aria-label', `${words} layer ${i + 1}`);
      button.title = words;
      button.disabled = off;
      button.addEventListener('click', () => {
        let next = 0;
        this.edit(() => (next = act()));
        this.focus(next, `button[title="${words}"]`);
      });
      tools.append(button);
    };
    /** @param {number} to */
    const move = (to) => {
      const [taken] = this.rows.splice(i, 1);
      this.rows.splice(to, 0, taken);
      return to;
    };
    tool('↑', 'Move up', i === 0, () => move(i - 1));
    tool('↓', 'Move down', i === this.rows.length - 1, () => move(i + 1));
    tool('×', 'Remove', false, () => (this.rows.splice(i, 1), Math.min(i, this.rows.length - 1)));
    rest.append(tools);
    item.append(head, rest);
    if (spare.length) item.append(this.more(one, i, spare));
    return item;
  }

  /**
   * The arguments that few people change, folded away while they have their defaults.
   *
   * @param {Row} one
   * @param {number} i
   * @param {import('./networks.js').Argument[]} spare
   */
  more(one, i, spare) {
    const details = document.createElement('details');
    const title = document.createElement('summary');
    title.textContent = 'More';
    title.setAttribute('aria-label', `Layer ${i + 1}, more arguments`);
    const rest = document.createElement('div');
    rest.className = 'row-rest';
    rest.append(...spare.map((each) => this.field(one, i, each)));
    details.open =
      this.unfolded === i || spare.some((each) => valueOf(one, each) !== each.standard);
    details.addEventListener('toggle', () => {
      if (details.open) this.unfolded = i;
      else if (this.unfolded === i) this.unfolded = -1;
    });
    details.append(title, rest);
    return details;
  }

  /**
   * @param {number} i  of the row
   * @param {string} selector
   */
  focus(i, selector) {
    const item = this.list.children[i + 1];
    const control = /** @type {HTMLButtonElement | null} */ (item?.querySelector(selector));
    (control && !control.disabled
      ? control
      : /** @type {HTMLElement | null} */ (item?.querySelector('select'))
    )?.focus();
  }

  /**
   * @param {Row} one
   * @param {number} i
   * @param {import('./networks.js').Argument} argument
   */
  field(one, i, argument) {
    const { key, label, least = 0, most = Infinity, step, choices, flag, optional } = argument;
    const value = valueOf(one, argument);
    const field = document.createElement('label');
    field.append(`${label} `);
    /** @type {HTMLInputElement | HTMLSelectElement} */
    let control;
    if (choices) {
      control = document.createElement('select');
      for (const choice of choices) control.append(new Option(choice.replaceAll('_', ' '), choice));
      control.value = value;
    } else if (flag) {
      control = document.createElement('input');
      Object.assign(control, { type: 'checkbox', checked: value });
    } else {
      control = document.createElement('input');
      Object.assign(control, { type: 'number', step, value: value ?? '' });
      if (Number.isFinite(least)) control.min = String(least);
      if (Number.isFinite(most)) control.max = String(most);
      if (optional) control.placeholder = 'auto';
    }
    control.setAttribute('aria-label', `Layer ${i + 1}, ${label}`);
    control.addEventListener('change', () => {
      const next =
        control instanceof HTMLSelectElement
          ? control.value
          : flag
            ? control.checked
            : control.value
              ? control.valueAsNumber
              : null;
      this.edit(() => (this.rows[i] = { ...one, [key]: next }));
      /** @type {HTMLElement | null} */ (
        this.list.querySelector(`[aria-label="Layer ${i + 1}, ${label}"]`)
      )?.focus();
    });
    field.append(control);
    return field;
  }
}

/**
 * Returns what is wrong with layers for such images; '' if nothing is.
 *
 * @param {readonly Layer[]} layers
 * @param {readonly number[]} inputShape
 */
function problemOf(layers, inputShape) {
  try {
    inferShapes(layers, inputShape);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Returns an argument's value in a row; the default if the row lacks it.
 *
 * @param {Row} one
 * @param {import('./networks.js').Argument} argument
 */
const valueOf = (one, { key, standard }) => (one[key] === undefined ? standard : one[key]);

/** @param {string} words @param {string} shape */
function fixed(words, shape) {
  const item = document.createElement('li');
  item.className = 'row-fixed small';
  const text = document.createElement('span');
  text.className = 'shape faint';
  text.textContent = shape;
  item.append(words, text);
  return item;
}

/** @param {{ shape?: number[], parameters?: number, error?: string } | undefined} result */
function summary(result) {
  if (!result?.shape) return '';
  const { shape, parameters } = result;
  return `→ ${shapeText(shape)}${parameters ? ` · ${parameters.toLocaleString('en')} parameters` : ''}`;
}
