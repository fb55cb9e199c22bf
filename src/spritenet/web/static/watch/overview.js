// The state of a run in a line, and its figures.

import { at, write } from './elements.js';
import { count, percent, seconds, small } from './formatting.js';

/** @typedef {import('./run.js').Run} Run */

const SILENT = 10; // seconds without news that are spoken of

/**
 * Shows the state, the progress and the figures of a run.
 *
 * @param {Run} record
 * @param {boolean} connected  to the page's server
 */
export function showOverview(record, connected) {
  const found = record.state;
  at('now').hidden = !found && !record.started;
  const word = found?.state ?? '';
  at('state').dataset.state = connected ? word : 'lost';
  write(at('state'), stateInWords(record, connected));
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

/** @param {Run} record @param {boolean} connected */
function stateInWords(record, connected) {
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
