// Metrics and events as text.

/** @typedef {import('./run.js').Entry} Entry */

/** @param {number | null | undefined} value */
export function count(value) {
  return value === null || value === undefined || !Number.isFinite(value)
    ? '–'
    : Math.round(value).toLocaleString('en');
}

/** @param {number | null | undefined} fraction */
export function percent(fraction) {
  return fraction === null || fraction === undefined || !Number.isFinite(fraction)
    ? '–'
    : `${(100 * fraction).toFixed(fraction > 0.98 ? 2 : 1)} %`;
}

/** @param {number} value */
export function seconds(value) {
  if (!Number.isFinite(value)) return '–';
  if (value < 10) return `${value.toFixed(1)} s`;
  if (value < 60) return `${Math.round(value)} s`;
  const minutes = Math.floor(Math.round(value) / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(value) % 60} s`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(minutes / 1440)} days`;
}

/** @param {number} value */
export function small(value) {
  if (!Number.isFinite(value)) return '–';
  const tiny = value !== 0 && Math.abs(value) < 1e-4;
  return (tiny ? value.toExponential(2) : String(Number(value.toPrecision(3)))).replace('-', '−');
}

/**
 * The accuracy of an entry, before its loss; empty where targets are numbers.
 *
 * @param {Entry} entry
 * @param {string} [when]
 */
function right({ accuracy }, when = '') {
  return Number.isFinite(accuracy) ? `${percent(accuracy)}${when}, ` : '';
}

/**
 * A line of the journal for people; empty for one that says nothing to them.
 *
 * @param {Entry} entry
 */
export function eventText(entry) {
  switch (entry.event) {
    case 'started':
      return entry.step
        ? `Resumed after ${count(entry.step)} steps`
        : `Started: ${count(entry.images)} images, ${count(entry.last_step)} steps of ${count(entry.batch_size)}`;
    case 'evaluated':
      return `Evaluated on ${count(entry.images)} images: ${right(entry)}loss ${small(entry.loss)}`;
    case 'tested':
      return `Tested on ${count(entry.images)} images: ${right(entry)}loss ${small(entry.loss)}`;
    case 'epoch':
      return `Epoch ${count(entry.epoch + 1)} ended: ${right(entry, ' while training')}loss ${small(entry.loss)}`;
    case 'checkpoint':
      return '';
    case 'finished':
      return `Finished: ${count(entry.images)} images in ${seconds(entry.seconds)}`;
    case 'stopped':
      return `Stopped early: ${entry.reason}`;
    case 'control':
      return entry.refused ? `Refused to ${asked(entry)}: ${entry.refused}` : did(entry);
    default:
      return `${entry.event}, which this version doesn't know`;
  }
}

/** @param {Entry} entry */
function asked(entry) {
  return entry.command === 'rate' ? 'change the learning rate' : entry.command;
}

/** @param {Entry} entry */
function did(entry) {
  switch (entry.command) {
    case 'pause':
      return 'Paused';
    case 'resume':
      return 'Resumed';
    case 'rate':
      return `Learning rate is now ${small(entry.value)}`;
    case 'stop':
      return 'Asked to stop and keep';
    case 'discard':
      return 'Asked to stop and discard';
    default:
      return entry.command;
  }
}
