// Errors a person can act on: one line with up to five parts, as Spritenet's Python errors have.

/**
 * @typedef {object} Parts
 * @property {string} [where]  the file, argument or layer it is wrong in
 * @property {unknown} [expected]  what would have been right
 * @property {unknown} [got]  what was there
 * @property {string} [todo]  a whole sentence saying what to do about it
 */

/** Base of all errors here. `error.message` is the one line a person reads. */
export class SpritenetError extends Error {
  // Names are written out, because minified classes have others.
  static {
    this.prototype.name = 'SpritenetError';
  }

  /**
   * @param {string} what  what is wrong, in words, without a full stop
   * @param {Parts} [parts]
   */
  constructor(what, { where = '', expected = '', got = '', todo = '' } = {}) {
    const facts = [];
    if (expected !== '') facts.push(`expected ${shown(expected)}`);
    if (got !== '') facts.push(`got ${shown(got)}`);
    const line = `${where ? `${where}: ` : ''}${what}${facts.length ? `: ${facts.join(', ')}` : ''}.`;
    super(`${line}${todo ? ` ${todo}` : ''}`.replace(/\s+/g, ' '));
    this.what = what;
    this.where = where;
    this.todo = todo;
  }
}

/** A network can't be built for this input, or a saved model can't be read. */
export class ModelError extends SpritenetError {
  static {
    this.prototype.name = 'ModelError';
  }
}

/** Images, labels or a data file are not what they must be. */
export class DataError extends SpritenetError {
  static {
    this.prototype.name = 'DataError';
  }
}

/** The loss became infinite or not a number. The last good weights are kept in the model. */
export class DivergedError extends SpritenetError {
  static {
    this.prototype.name = 'DivergedError';
  }
}

/** The compiled core can't run here, or refused a call it should never have got. */
export class CoreError extends SpritenetError {
  static {
    this.prototype.name = 'CoreError';
  }
}

/**
 * A value of an unknown file as it may stand in a message: one short line of plain signs.
 *
 * @param {unknown} value
 * @returns {string}
 */
export function shown(value) {
  const isWord =
    typeof value === 'string' || (typeof value === 'number' && !Number.isFinite(value));
  let text = isWord ? String(value) : undefined;
  if (text === undefined) {
    try {
      text = JSON.stringify(value) ?? String(value);
    } catch {
      text = String(value);
    }
  }
  text = text.replace(/[^\x20-\x7E×≤≥·…–—]/g, '?');
  return text.length <= 80 ? text : `${text.slice(0, 77)}…`;
}

/**
 * Puts the file before the place an error names.
 *
 * @template T
 * @param {string} where
 * @param {() => T} work
 * @returns {T}
 */
export function located(where, work) {
  try {
    return work();
  } catch (error) {
    if (error instanceof SpritenetError) error.message = `${where}: ${error.message}`;
    throw error;
  }
}
