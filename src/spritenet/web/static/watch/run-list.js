// The list of runs, of which some are drawn beside the first.

import { at } from './elements.js';
import { percent } from './formatting.js';

/** @typedef {import('./run.js').State} State */

/**
 * Shows the runs that there are.
 *
 * @param {readonly State[]} known
 * @param {readonly string[]} followed  their names; the first one stays
 * @param {(wanted: string[]) => unknown} follow
 */
export function showRuns(known, followed, follow) {
  const box = at('list');
  const lines = known.map((run) => {
    const label = document.createElement('label');
    const check = document.createElement('input');
    check.type = 'checkbox';
    check.checked = followed.includes(run.name);
    check.disabled = run.name === followed[0];
    check.onchange = () => {
      const wanted = followed.filter((name) => name !== run.name);
      follow(check.checked ? [...wanted, run.name] : wanted);
    };
    const name = span('name', run.name);
    const what = span('faint', [run.network, run.data].filter(Boolean).join(' on '));
    const how = span('faint', `${run.state}, ${percent(run.test_accuracy ?? run.val_accuracy)}`);
    label.append(check, name, what, how);
    return label;
  });
  const text = lines.map((line) => line.textContent).join('\n') + followed.join('\n');
  if (box.dataset.text !== text && !box.contains(document.activeElement)) {
    box.dataset.text = text;
    box.replaceChildren(...lines);
  }
  at('others').hidden = known.length < 2;
}

/** @param {string} className @param {string} text */
function span(className, text) {
  const made = document.createElement('span');
  made.className = className;
  made.textContent = text;
  return made;
}
