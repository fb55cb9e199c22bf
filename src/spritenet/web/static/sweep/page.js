// The page of a sweep: asks its server for what is new, and shows every trial.

import { element } from '../ui/dom.js';
import { plain } from '../ui/numbers.js';
import { count, percent, seconds, small } from '../watch/formatting.js';
import { Plot } from './plot.js';

/**
 * @typedef {object} Trial
 * @property {string} name
 * @property {number} number
 * @property {string} group
 * @property {{[name: string]: any}} settings
 * @property {string} state
 * @property {number | null} value
 * @property {(number | null)[]} curve  the metric after each epoch
 * @property {number} parameters
 * @property {number} seconds
 * @property {string} error
 */
/**
 * @typedef {object} Sweep
 * @property {string} version
 * @property {{[name: string]: any}} config
 * @property {Trial[]} trials
 * @property {{[name: string]: any}} outcome
 * @property {{[name: string]: number}} importance
 */

const EVERY = 1000; // milliseconds
const MOST_ROWS = 200;

/** @param {string} id */
const at = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

const curves = new Plot(at('curves'), 'Every trial');
const parameters = new Plot(at('parameters'), 'Against the number of parameters');
const time = new Plot(at('seconds'), 'Against training time');
/** @type {Map<string, Plot>} */
const slices = new Map();
let version = '';

legend();
follow();

/** Asks again and again. */
async function follow() {
  try {
    const answer = await fetch(`state?known=${encodeURIComponent(version)}`);
    if (answer.status === 200) show(await answer.json());
  } catch {
    at('state').textContent = 'No connection to the page’s server; trying again';
    version = '';
  }
  setTimeout(follow, EVERY);
}

/** @param {Sweep} sweep */
function show(sweep) {
  version = sweep.version;
  const { config, trials } = sweep;
  const metric = String(config.metric ?? 'metric');
  const accuracy = metric.includes('accuracy');
  const words = accuracy ? percent : (/** @type {number} */ v) => small(v);
  const y = {
    label: metric,
    format: accuracy ? (/** @type {number} */ v) => `${plain(100 * v)} %` : plain,
  };
  const best = sweep.outcome.best?.number;
  const searched = trials.filter(({ group }) => group === 'trial');
  head(sweep, searched, words);
  const looks = trials.map((trial) => ({
    trial,
    kind: look(trial, best),
    text: text(trial, words),
  }));
  curves.show(
    looks.map(({ trial, kind, text: said }) => ({
      points: trial.curve.map((v, epoch) => [epoch + 1, v ?? NaN]),
      kind,
      text: said,
    })),
    { label: 'epochs', whole: true, format: String },
    y,
  );
  const ended = looks.filter(({ trial }) => trial.value !== null && trial.group === 'trial');
  /** @param {(trial: Trial) => number} of */
  const dots = (of) =>
    ended.map(({ trial, kind, text: said }) => ({
      points: /** @type {[number, number][]} */ ([[of(trial), trial.value ?? NaN]]),
      kind,
      text: said,
    }));
  const trained = ended.filter(({ trial }) => trial.parameters > 0);
  parameters.show(
    dots((trial) => trial.parameters || NaN),
    {
      label: 'parameters',
      whole: true,
      log: spans(trained.map(({ trial }) => trial.parameters)),
      format: count,
    },
    y,
  );
  time.show(
    dots((trial) => trial.seconds || NaN),
    { label: 'seconds of training', format: plain },
    y,
  );
  for (const name of Object.keys(config.space ?? {})) slice(name, config.space[name], ended, y);
  bars(sweep.importance);
  table(searched, best, metric, words);
}

/** @param {number[]} values  whether they span a factor of 20 */
function spans(values) {
  return values.length > 1 && Math.max(...values) > 20 * Math.min(...values);
}

/** @param {Trial} trial @param {number | undefined} best */
function look(trial, best) {
  if (trial.group === 'seed') return 'seed';
  if (trial.number === best) return 'best';
  return trial.state === 'finished' || trial.state === 'running' ? '' : 'early';
}

/** @param {Trial} trial @param {(value: number) => string} words */
function text(trial, words) {
  const name = trial.group === 'seed' ? `seed ${trial.settings.seed}` : `trial ${trial.number}`;
  const value = trial.value === null ? trial.state : words(trial.value);
  return `${name}: ${value}, ${inWords(trial.settings)}`;
}

/** @param {{[name: string]: any}} settings */
function inWords(settings) {
  return Object.entries(settings)
    .filter(([name]) => name !== 'seed')
    .map(([name, value]) => `${name} ${setting(value)}`)
    .join(', ');
}

/** @param {any} value */
function setting(value) {
  return typeof value === 'number' && !Number.isInteger(value) ? small(value) : String(value);
}

/** @param {Sweep} sweep @param {Trial[]} searched @param {(value: number) => string} words */
function head({ config, outcome, trials }, searched, words) {
  const where = [config.network, config.data].filter(Boolean).join(' on ');
  write('title', where ? `Sweep of ${where}` : 'Sweep');
  const names = Object.keys(config.space ?? {}).join(', ');
  write('about', `${config.metric} by ${names}`);
  const done = searched.filter(({ state }) => !['running', 'waiting'].includes(state)).length;
  const running = trials.filter(({ state }) => state === 'running').length;
  const over = config.state === 'finished';
  const now = over ? 'Finished' : config.alive ? `Running: ${running} in training` : 'Not running';
  write('state', now);
  document.title = `${over ? 'finished' : `${done} trials`} · sweep`;
  const progress = /** @type {HTMLProgressElement} */ (at('progress'));
  progress.max = Math.max(1, config.trials ?? done);
  progress.value = over ? progress.max : done;
  write('how-far', `${count(done)}${config.trials ? ` of ${count(config.trials)}` : ''} trials`);
  const states = outcome.states ?? {};
  const spread = outcome.spread;
  const test = outcome.test_accuracy;
  figures([
    ['best', outcome.best ? words(outcome.best.value) : '–'],
    ['with other seeds', spread ? `${words(spread.mean)} ± ${words(spread.std)}` : '–'],
    ['test accuracy', test ? `${percent(test.mean)} ± ${percent(test.std)}` : '–'],
    ['ended early', count(states.pruned ?? 0)],
    ['diverged or failed', count((states.diverged ?? 0) + (states.failed ?? 0))],
    ['training time', seconds(searched.reduce((sum, trial) => sum + trial.seconds, 0))],
  ]);
  at('merit').hidden = !spread;
  if (spread) write('merit', merit(outcome));
}

/** @param {{[name: string]: any}} outcome */
function merit({ luck, alike, best }) {
  const others = alike.length
    ? `${count(alike.length)} other trial${alike.length === 1 ? '' : 's'} may be as good.`
    : 'No other trial comes within two standard deviations.';
  if (luck === null) return others;
  const size = `${Math.abs(luck).toFixed(1)} standard deviations`;
  const fate =
    luck > 1
      ? `was lucky, by ${size}`
      : luck < -1
        ? `was unlucky, by ${size}`
        : 'was neither lucky nor unlucky';
  return `Trial ${best.number} ${fate}, as other seeds show. ${others}`;
}

/** @param {[string, string][]} rows */
function figures(rows) {
  const list = at('figures');
  const made = rows.map(([name, value]) => {
    const item = document.createElement('div');
    item.append(element('dt', '', name), element('dd', '', value));
    return item;
  });
  list.replaceChildren(...made);
}

/**
 * The metric against one setting.
 *
 * @param {string} name
 * @param {any} domain  of sweep.json: a text for a range, a list of values
 * @param {{ trial: Trial, kind: string, text: string }[]} ended
 * @param {import('./plot.js').Axis} y
 */
function slice(name, domain, ended, y) {
  let plot = slices.get(name);
  if (!plot) {
    const panel = element('div', 'panel');
    at('slices').append(panel);
    plot = new Plot(panel, name.replaceAll('_', ' '));
    slices.set(name, plot);
  }
  const words = Array.isArray(domain) ? domain.map(String) : null;
  const marks = ended
    .filter(({ trial }) => name in trial.settings)
    .map(({ trial, kind, text: said }) => {
      const value = trial.settings[name];
      const x = words ? words.indexOf(String(value)) : Number(value);
      return {
        points: /** @type {[number, number][]} */ ([[x, trial.value ?? NaN]]),
        kind,
        text: said,
      };
    });
  const log = typeof domain === 'string' && domain.endsWith(':log');
  const axis = { label: name, log, format: small };
  plot.show(marks, words ? { ...axis, words } : axis, y);
}

/** @param {{[name: string]: number}} importance */
function bars(importance) {
  const box = element('div', 'bars');
  const entries = Object.entries(importance);
  for (const [name, value] of entries) {
    const bar = element('div', 'bar');
    bar.style.width = `${100 * value}%`;
    box.append(
      element('div', '', name),
      bar,
      element('div', 'value', `${Math.round(100 * value)} %`),
    );
  }
  const note = entries.length
    ? 'The fraction of the variation between trials that each setting explains.'
    : 'Too few trials yet.';
  at('importance').replaceChildren(box, element('p', 'faint small', note));
}

/**
 * @param {Trial[]} trials
 * @param {number | undefined} best
 * @param {string} metric
 * @param {(value: number) => string} words
 */
function table(trials, best, metric, words) {
  const names = [...new Set(trials.flatMap(({ settings }) => Object.keys(settings)))];
  const shown = names.filter((name) => name !== 'seed');
  const heads = ['trial', metric, 'state', ...shown, 'epochs', 'parameters', 'seconds'];
  const row = document.createElement('tr');
  row.append(...heads.map((name) => element('th', '', name)));
  const top = document.createElement('thead');
  top.append(row);
  const body = document.createElement('tbody');
  const ordered = [...trials].sort(
    (a, b) => Number(b.number === best) - Number(a.number === best) || b.number - a.number,
  );
  for (const trial of ordered.slice(0, MOST_ROWS)) {
    const line = document.createElement('tr');
    if (trial.number === best) line.className = 'winner';
    const link = /** @type {HTMLAnchorElement} */ (element('a', '', String(trial.number)));
    link.href = `../watch/?run=${encodeURIComponent(trial.name)}`;
    const first = document.createElement('td');
    first.append(link);
    const cells = [
      trial.value === null ? '–' : words(trial.value),
      trial.state,
      ...shown.map((name) => (name in trial.settings ? setting(trial.settings[name]) : '–')),
      String(trial.curve.length),
      trial.parameters ? count(trial.parameters) : '–',
      trial.seconds ? plain(trial.seconds) : '–',
    ];
    line.append(first, ...cells.map((cell) => element('td', '', cell)));
    line.title = trial.error;
    body.append(line);
  }
  at('trials').replaceChildren(top, body);
}

/** The looks of the curves. */
function legend() {
  const list = element('ul', 'legend');
  for (const [kind, name] of [
    ['', 'trial'],
    ['best', 'best'],
    ['early', 'ended early'],
    ['seed', 'best settings, other seeds'],
  ]) {
    list.append(element('li', kind, name));
  }
  at('curves').querySelector('h2')?.after(list);
}

/** @param {string} id @param {string} said */
function write(id, said) {
  if (at(id).textContent !== said) at(id).textContent = said;
}
