// The live page: follows journals, shows what is in them, and asks things of the training.

import { Frame } from '../ui/frame.js';
import { layerTable } from '../ui/layertable.js';
import { Controls } from './controls.js';
import { Curves } from './curves.js';
import { config, runs } from './files.js';
import { Inside } from './inside.js';
import { Run } from './run.js';
import { Predictions } from './predictions.js';
import { count, percent, seconds, small, eventText } from './formatting.js';

/** @typedef {import('./run.js').News} News */
/** @typedef {import('./run.js').State} State */

const LIST_EVERY = 5000; // milliseconds
const TICK = 500;
const SILENT = 10; // seconds without news that are spoken of
const SHOWN = 60; // lines of what happened

/** @param {string} id */
const at = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @type {Map<string, Run>} the runs that are followed; the first is shown in full */
const records = new Map();
/** @type {State[]} */
let known = [];
/** @type {string[]} */
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
  now(record);
  const drawn =
    [...records.values()].map(({ name, version }) => `${name} ${version}`).join('\n') + curves.axis;
  if (drawn !== drawnLast) curves.show([...records.values()]);
  drawnLast = drawn;
  at('curves').hidden = false;
  controls.show(record);
  predictions.show(record, names);
  inside.show(record);
  story(record);
  const most = Math.max(...[...records.values()].map(({ sampled }) => sampled));
  at('sampled').hidden = most < 2;
  at('sampled').textContent =
    `A large journal: about one step in ${count(most)} is drawn, and all of the newest.`;
}

/** @param {Run} record */
function now(record) {
  const found = record.state;
  at('now').hidden = !found && !record.started;
  const word = found?.state ?? '';
  at('state').dataset.state = connected ? word : 'lost';
  write(at('state'), stateInWords(record));
  document.title = found
    ? `${word === 'running' ? percentDone(record) : word} · ${record.name}`
    : 'Watch';
  const progress = /** @type {HTMLProgressElement} */ (at('progress'));
  const [done, last] = [record.done, record.lastStep];
  if (Number.isFinite(last)) {
    progress.max = Math.max(1, last);
    progress.value = Math.min(done, last);
  }
  const epoch = Math.min(
    record.started?.epochs ?? 1,
    Math.floor(Math.max(0, done - 1) / record.stepsPerEpoch) + 1,
  );
  const epochs = Number.isFinite(epoch)
    ? ` · epoch ${count(epoch)} of ${count(record.started?.epochs)}`
    : '';
  write(
    at('how-far'),
    Number.isFinite(last) ? `step ${count(done)} of ${count(last)}${epochs}` : '',
  );
  figures(record);
}

/** @param {Run} record */
function percentDone(record) {
  return Number.isFinite(record.lastStep)
    ? `${Math.floor((100 * record.done) / record.lastStep)} %`
    : 'running';
}

/** @param {Run} record */
function stateInWords(record) {
  if (!connected) return 'No connection to the page’s server; trying again';
  const found = record.state;
  const silent = found?.silent ?? 0;
  const ago = silent > SILENT ? `no news for ${seconds(silent)}` : '';
  switch (found?.state) {
    case 'starting':
      return 'Starting';
    case 'running':
      return ago ? `Running, ${ago}` : 'Running';
    case 'paused':
      return `Paused at step ${count(record.paused ?? record.done)}`;
    case 'finished':
      return 'Finished';
    case 'stopped':
      if (record.end?.reason === 'stopped by hand') return 'Stopped by hand';
      return record.end?.reason ? `Stopped: ${record.end.reason}` : 'Stopped';
    case 'killed':
      return `No news for ${seconds(silent)}: the process is gone`;
    case 'gone':
      return 'The run was removed';
    default:
      return found?.state ?? 'Loading …';
  }
}

/** @param {Run} record */
function figures(record) {
  const live = record.state?.state === 'running';
  const { images, steps } = record.speed;
  const left = live ? (record.lastStep - record.done) / steps : NaN;
  const end = record.end;
  const whole = end && end.seconds > 0 ? end.images / end.seconds : NaN;
  const last = record.evaluations.at(-1);
  const rows = [
    ['loss', small(recent(record.loss.values))],
    ['accuracy', percent(recent(record.accuracy.values))],
    [last?.event === 'tested' ? 'test accuracy' : 'validation accuracy', percent(last?.accuracy)],
    ['learning rate', small(record.rate)],
    ['images per second', count(live ? images : whole)],
    live
      ? ['time left', seconds(left)]
      : [end ? 'took' : 'so far', seconds(end?.total_seconds ?? record.at.last)],
  ];
  const list = at('figures');
  rows.forEach(([name, value], place) => {
    let item = list.children[place];
    if (!item) {
      item = document.createElement('div');
      item.append(document.createElement('dt'), document.createElement('dd'));
      list.append(item);
    }
    const [term, words] = /** @type {HTMLElement[]} */ ([...item.children]);
    write(term, name);
    write(words, value);
    term.title = place < 2 ? 'Mean of the last 50 steps, each measured before the step' : '';
  });
}

/** The mean of the last values, so that they can be read. @param {Float64Array} values */
function recent(values) {
  const last = values.subarray(Math.max(0, values.length - 50));
  return last.length ? last.reduce((sum, value) => sum + value, 0) / last.length : NaN;
}

let storied = '';

/** @param {Run} record */
function story(record) {
  const key = `${record.name} ${record.log.length} ${record.log.at(-1)?.at}`;
  if (key === storied) return;
  storied = key;
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

/** Fetches and shows the configuration. @param {string} name */
async function describe(name) {
  write(at('title'), name);
  write(at('about'), '');
  at('network').hidden = true;
  names = [];
  for (let tries = 0; tries < 20; tries += 1) {
    const found = await config(name).catch(() => null);
    if (main()?.name !== name) return;
    if (found?.layers) {
      explain(found);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 500)); // its training has only begun
  }
}

/** @param {any} found  a config.json */
function explain(found) {
  names = Array.isArray(found.class_names) ? found.class_names.map(String) : [];
  const optimizer = found.optimizer?.class_name ? `, ${found.optimizer.class_name}` : '';
  const batch = found.plan?.batch_size ? `, ${count(found.plan.batch_size)} images a step` : '';
  const seed = found.plan?.seed !== undefined ? `, seed ${found.plan.seed}` : '';
  write(
    at('about'),
    `${found.model ?? 'a network'} on ${found.data || 'images'}${optimizer}${batch}${seed}`,
  );
  if (
    Array.isArray(found.table) &&
    Array.isArray(found.layers) &&
    found.table.length === found.layers.length
  ) {
    layerTable(at('layers'), {
      layers: found.table.map((/** @type {any} */ row, /** @type {number} */ i) => ({
        name: row.name,
        className: found.layers[i].class_name,
        config: found.layers[i].config,
      })),
      outputShapes: found.table.map((/** @type {any} */ row) => row.output_shape),
      parameters: found.table.map((/** @type {any} */ row) => row.parameters),
    });
    at('network').hidden = false;
  }
  draw();
}

/** The list of runs, now and then. */
async function listRuns() {
  const found = await runs().catch(() => null);
  if (!found) return;
  known = found.runs;
  if (!records.size) follow([wantedRun() || found.chosen]);
  const box = at('list');
  const first = records.keys().next().value;
  const lines = known.map((run) => {
    const label = document.createElement('label');
    const check = document.createElement('input');
    check.type = 'checkbox';
    check.checked = records.has(run.name);
    check.disabled = run.name === first;
    check.onchange = () => {
      const wanted = [...records.keys()].filter((name) => name !== run.name);
      follow(check.checked ? [...wanted, run.name] : wanted);
    };
    const name = span('name', run.name);
    const what = span('faint', [run.network, run.data].filter(Boolean).join(' on '));
    const how = span('faint', `${run.state}, ${percent(run.test_accuracy ?? run.val_accuracy)}`);
    label.append(check, name, what, how);
    return label;
  });
  const text = lines.map((line) => line.textContent).join('\n') + [...records.keys()].join('\n');
  if (box.dataset.text !== text && !box.contains(document.activeElement)) {
    box.dataset.text = text;
    box.replaceChildren(...lines);
  }
  at('others').hidden = known.length < 2;
}

/** The run that the address names. */
function wantedRun() {
  return new URLSearchParams(location.search).get('run') ?? '';
}

/** @param {string} className @param {string} text */
function span(className, text) {
  const made = document.createElement('span');
  made.className = className;
  made.textContent = text;
  return made;
}

/** @param {HTMLElement} element @param {string} text */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
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
