// The live page: follows journals, shows what is in them, and asks things of the training.

import { Frame } from '../ui/frame.js';
import { showConfiguration } from './configuration.js';
import { Controls } from './controls.js';
import { Curves } from './curves.js';
import { at } from './elements.js';
import { showEvents } from './events.js';
import { runs } from './files.js';
import { count } from './formatting.js';
import { Inside } from './inside.js';
import { showOverview } from './overview.js';
import { Predictions } from './predictions.js';
import { Run } from './run.js';
import { showRuns } from './run-list.js';

/** @typedef {import('./run.js').News} News */
/** @typedef {import('./run.js').State} State */

const LIST_EVERY = 5000; // milliseconds
const TICK = 500;

/** @type {Map<string, Run>} the runs that are followed; the first is shown in full */
const records = new Map();
/** The classes of the run that is shown in full. @type {string[]} */
let names = [];
/** @type {EventSource | null} */
let source = null;
let connected = false;
const frame = new Frame(drawNow);
let drawnLast = '';

const curves = new Curves(at('loss'), at('accuracy'), at('metrics'));
const controls = new Controls(at('controls'));
const predictions = new Predictions(at('results'), at('predictions'), at('confusion'));
const inside = new Inside(at('inside'), at('replay'), at('seen'));

/** The run that is shown in full. */
function main() {
  return /** @type {Run} */ (records.values().next().value);
}

/** Follow these runs, the first one in full. @param {string[]} wanted */
function follow(wanted) {
  source?.close();
  const kept = new Map(wanted.map((name) => [name, records.get(name) ?? new Run(name)]));
  const other = wanted[0] !== records.keys().next().value;
  records.clear();
  kept.forEach((record, name) => records.set(name, record));
  if (other) describe(wanted[0]);
  const query = wanted.map((name) => `run=${encodeURIComponent(name)}`).join('&');
  source = new EventSource(`events?${query}`);
  source.addEventListener('journal', (message) => journal(JSON.parse(message.data)));
  source.addEventListener('state', (message) => state(JSON.parse(message.data)));
  source.onopen = () => connection(true);
  source.onerror = () => connection(false);
  draw();
}

/** @param {News} news */
function journal(news) {
  const record = records.get(news.run);
  if (!record) return;
  record.take(news);
  if (record === main()) {
    for (const entry of news.events) if (entry.event === 'control') controls.answered(entry);
  }
  draw();
}

/** @param {State} found */
function state(found) {
  const record = records.get(found.name);
  if (record) record.state = found;
  draw();
}

/** @param {boolean} there */
function connection(there) {
  connected = there;
  if (!there && source?.readyState === EventSource.CLOSED) {
    const wanted = [...records.keys()];
    setTimeout(() => follow(wanted), 2000); // the browser has given up; we don't
  }
  draw();
}

/** Draws everything, at the next frame. */
function draw() {
  frame.schedule();
}

function drawNow() {
  const record = main();
  if (!record) return;
  showOverview(record, connected);
  const drawn =
    [...records.values()].map(({ name, version }) => `${name} ${version}`).join('\n') + curves.axis;
  if (drawn !== drawnLast) curves.show([...records.values()]);
  drawnLast = drawn;
  at('curves').hidden = false;
  controls.show(record);
  predictions.show(record, names);
  inside.show(record);
  showEvents(record);
  const most = Math.max(...[...records.values()].map(({ sampled }) => sampled));
  at('sampled').hidden = most < 2;
  at('sampled').textContent =
    `A large journal: about one step in ${count(most)} is drawn, and all of the newest.`;
}

/** Shows the configuration of the run that is shown in full. @param {string} name */
async function describe(name) {
  names = [];
  const found = await showConfiguration(name, () => main()?.name === name);
  if (found) names = found;
  draw();
}

/** The list of runs, now and then. */
async function listRuns() {
  const found = await runs().catch(() => null);
  if (!found) return;
  if (!records.size) follow([wantedRun() || found.chosen]);
  showRuns(found.runs, [...records.keys()], follow);
}

/** The run that the address names. */
function wantedRun() {
  return new URLSearchParams(location.search).get('run') ?? '';
}

/** @type {HTMLSelectElement} */ (at('axis')).onchange = (event) => {
  curves.against(/** @type {HTMLSelectElement} */ (event.target).value);
  draw();
};
const others = /** @type {HTMLDetailsElement} */ (at('others'));
others.ontoggle = listRuns;
setInterval(() => others.open && listRuns(), LIST_EVERY);
setInterval(draw, TICK);
listRuns();
