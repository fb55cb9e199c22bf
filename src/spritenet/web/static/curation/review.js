// The review of a data set's findings: a choice for each image, undone and saved as CSV.
// Choices are kept in the browser under the data set's hash, so that a reload loses nothing.
'use strict';

/**
 * The findings of an image.
 *
 * @typedef {{ split: string, index: number, kind: string, label: string, to: string }} Finding
 */
/**
 * The page's data: columns are those of the CSV.
 *
 * @typedef {{ name: string, columns: string[], classes: string[], findings: Finding[] }} Review
 */
/** @typedef {Record<string, { action: string, to: string }>} Choices  by the place of the image */

{
  /** @param {string} id @returns {any} an element of the page */
  const at = (id) => document.getElementById(id);
  /** @type {Review} */
  const { name, columns, classes, findings } = JSON.parse(at('values').textContent);
  const cards = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('.card')]);
  const main = /** @type {HTMLElement} */ (document.querySelector('main'));
  const key = `spritenet-review-${name}`;
  /** @type {Choices[]} */
  const past = [];
  let choices = restored();

  /** @returns {Choices} */
  function restored() {
    try {
      const kept = JSON.parse(localStorage.getItem(key) ?? '{}');
      return kept && typeof kept === 'object' ? kept : {};
    } catch {
      return {}; // no storage here, or it was damaged
    }
  }

  function store() {
    try {
      localStorage.setItem(key, JSON.stringify(choices));
    } catch {
      // a page from disk may have no storage: the choices last as long as the page
    }
  }

  /** @param {Finding} finding */
  const place = ({ split, index }) => `${split} ${index}`;

  /** @param {number[]} numbers @param {string} action @param {string} [to] */
  function choose(numbers, action, to) {
    past.push(structuredClone(choices));
    for (const number of numbers) {
      const finding = findings[number];
      choices[place(finding)] = {
        action,
        to: action === 'relabel' ? to || finding.to || finding.label : '',
      };
    }
    changed();
  }

  function changed() {
    store();
    cards.forEach(show);
    const all = new Set(findings.map(place));
    const made = [...all].filter((one) => choices[one]);
    /** @param {string} action */
    const counted = (action) => made.filter((one) => choices[one].action === action).length;
    at('count').textContent =
      `${made.length} of ${all.size} images decided: ${counted('relabel')} relabelled, ` +
      `${counted('remove')} removed, ${counted('keep')} kept`;
    at('undo').disabled = past.length === 0;
    filter();
  }

  /** @param {HTMLElement} card */
  const numberOf = (card) => Number(card.dataset.number);

  /** @param {HTMLElement} card */
  function show(card) {
    const choice = choices[place(findings[numberOf(card)])];
    card.dataset.state = choice?.action ?? '';
    const buttons = /** @type {NodeListOf<HTMLElement>} */ (card.querySelectorAll('[data-action]'));
    for (const button of buttons) {
      button.setAttribute('aria-pressed', String(button.dataset.action === choice?.action));
    }
    const to = /** @type {HTMLElement} */ (card.querySelector('.to'));
    to.hidden = choice?.action !== 'relabel';
    if (to.hidden) return;
    const select = /** @type {HTMLSelectElement} */ (to.querySelector('select'));
    if (!select.options.length) {
      select.append(...classes.map((one) => new Option(one, one)));
    }
    select.value = choice.to;
  }

  function filter() {
    const wanted = at('filter').value;
    for (const card of cards) {
      const decided = card.dataset.state !== '';
      card.hidden = (wanted === 'open' && decided) || (wanted === 'done' && !decided);
    }
  }

  /** @param {unknown} value */
  const quoted = (value) => {
    const text = String(value);
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };

  function csv() {
    /** @type {Map<string, Record<string, unknown>>} */
    const rows = new Map();
    for (const finding of findings) {
      const choice = choices[place(finding)];
      if (choice && !rows.has(place(finding))) {
        rows.set(place(finding), { ...finding, ...choice });
      }
    }
    const lines = [...rows.values()].map((row) =>
      columns.map((column) => quoted(row[column] ?? '')).join(','),
    );
    return [columns.join(','), ...lines, ''].join('\n');
  }

  /** @param {Event} event  on something inside a card @returns {HTMLElement & { value?: string }} */
  const targetOf = (event) => /** @type {HTMLElement} */ (event.target);
  /** @param {HTMLElement} element */
  const cardOf = (element) => /** @type {HTMLElement | null} */ (element.closest('.card'));

  main.addEventListener('click', (event) => {
    const target = targetOf(event);
    const card = cardOf(target);
    const { action, accept } = target.dataset;
    if (action && card) choose([numberOf(card)], action);
    if (accept) {
      const open = [...findings.keys()].filter((each) => {
        return findings[each].kind === accept && !choices[place(findings[each])];
      });
      choose(open, accept === 'label' ? 'relabel' : 'remove');
    }
  });
  main.addEventListener('change', (event) => {
    const target = targetOf(event);
    const card = cardOf(target);
    if (card) choose([numberOf(card)], 'relabel', target.value);
  });
  at('filter').addEventListener('change', filter);
  at('undo').addEventListener('click', () => {
    choices = past.pop() ?? choices;
    changed();
  });
  at('save').addEventListener('click', () => {
    const link = document.createElement('a');
    link.download = 'changes.csv';
    link.href = URL.createObjectURL(new Blob([csv()], { type: 'text/csv' }));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  });
  changed();
}
