// The list of what happened in a run.

import { at } from './elements.js';
import { eventText, seconds } from './formatting.js';

/** @typedef {import('./run.js').Run} Run */

const SHOWN = 60; // lines

let shown = ''; // the run and its last event

/** Lists the newest events first. @param {Run} record */
export function showEvents(record) {
  const key = `${record.name} ${record.log.length} ${record.log.at(-1)?.at}`;
  if (key === shown) return;
  shown = key;
  const lines = record.log.filter((entry) => eventText(entry)).slice(-SHOWN);
  at('story').hidden = !lines.length;
  at('log').replaceChildren(
    ...lines.reverse().map((entry) => {
      const item = document.createElement('li');
      const time = document.createElement('time');
      time.textContent = seconds(entry.at);
      const words = document.createElement('span');
      words.textContent = eventText(entry);
      item.append(time, words);
      return item;
    }),
  );
}
