// The buttons of a training: what is asked, and what it answered.
//
// Nothing counts as done before the training says so in its journal, under the command's id.

import { count, small } from './formatting.js';

/** @typedef {import('./run.js').Run} Run */
/** @typedef {import('./run.js').Entry} Entry */

const PATIENCE = 10_000; // milliseconds after which a missing answer is spoken of

/** @typedef {{command: string, since: number}} Asked */

/** The controls of the run that is shown. */
export class Controls {
  /** @type {Map<string, Asked>} by id */
  #asked = new Map();
  #answer = '';

  /** @param {HTMLElement} container */
  constructor(container) {
    this.container = container;
    /** @type {Run | null} */
    this.record = null;
    this.pause = button('Pause', () =>
      this.#ask(this.record?.paused === null ? 'pause' : 'resume'),
    );
    this.stop = button('Stop and keep', () => this.#ask('stop'));
    this.discard = button('Stop and discard', () => this.#sure(true));
    this.question = document.createElement('span');
    this.question.className = 'row';
    const yes = button('Yes, remove everything', () => {
      this.#sure(false);
      this.#ask('discard');
    });
    yes.className = 'danger';
    this.question.append(
      'Remove weights and history?',
      yes,
      button('No', () => this.#sure(false)),
    );
    this.question.hidden = true;
    this.form = document.createElement('form');
    this.input = document.createElement('input');
    this.input.type = 'text';
    this.input.inputMode = 'decimal';
    this.input.name = 'rate';
    this.input.setAttribute('aria-label', 'New learning rate');
    const set = button('Set', () => {});
    set.type = 'submit';
    this.set = set;
    const label = document.createElement('span');
    label.className = 'faint small';
    label.textContent = 'learning rate';
    this.form.append(label, this.input, set);
    this.form.onsubmit = (event) => {
      event.preventDefault();
      this.#rate();
    };
    this.words = document.createElement('p');
    this.words.className = 'answer small';
    this.words.setAttribute('role', 'status');
    container.append(this.pause, this.stop, this.discard, this.question, this.form, this.words);
  }

  /** Shows the controls of a run. @param {Run} record */
  show(record) {
    if (this.record !== record) {
      this.#asked.clear();
      this.#answer = '';
      this.input.value = '';
    }
    this.record = record;
    const state = record.state?.state ?? '';
    const alive = ['running', 'paused', 'starting'].includes(state);
    this.container.hidden = !alive;
    if (!alive) this.#asked.clear();
    const waiting = [...this.#asked.values()];
    const asks = (/** @type {string[]} */ ...names) =>
      waiting.some(({ command }) => names.includes(command));
    write(
      this.pause,
      asks('pause')
        ? 'Pausing …'
        : asks('resume')
          ? 'Resuming …'
          : record.paused === null
            ? 'Pause'
            : 'Resume',
    );
    write(this.stop, asks('stop') ? 'Stopping …' : 'Stop and keep');
    write(this.discard, asks('discard') ? 'Discarding …' : 'Stop and discard');
    write(this.set, asks('rate') ? 'Asked …' : 'Set');
    const ending = asks('stop', 'discard');
    this.pause.disabled = ending || asks('pause', 'resume');
    this.stop.disabled = this.discard.disabled = ending;
    this.set.disabled = ending || asks('rate');
    if (
      !this.input.value &&
      document.activeElement !== this.input &&
      Number.isFinite(record.rate)
    ) {
      this.input.placeholder = small(record.rate);
    }
    const late = waiting.some(({ since }) => performance.now() - since > PATIENCE);
    write(
      this.words,
      late ? 'No answer yet: the training is in a long step or evaluation.' : this.#answer,
    );
  }

  /** The training answered something. @param {Entry} entry */
  answered(entry) {
    const mine = this.#asked.delete(entry.id);
    if (!mine) return;
    if (entry.refused) this.#answer = `It refused: ${entry.refused}.`;
    else if (entry.command === 'pause') this.#answer = `Paused at step ${count(entry.step)}.`;
    else if (entry.command === 'resume') this.#answer = `Resuming from step ${count(entry.step)}.`;
    else if (entry.command === 'rate') {
      this.#answer = `Learning rate ${small(entry.value)} from step ${count(entry.step + 1)} on.`;
    } else this.#answer = `Stopping after step ${count(entry.step)}.`;
  }

  #rate() {
    const text = this.input.value.trim().replace(',', '.');
    const value = Number(text);
    if (!text || !Number.isFinite(value) || value < 0) {
      this.#say('A learning rate is a number that is not below 0, like 0.05.');
      return;
    }
    this.input.value = '';
    this.#ask('rate', value);
  }

  /** @param {boolean} asked */
  #sure(asked) {
    this.question.hidden = !asked;
    this.discard.hidden = asked;
    if (asked) /** @type {HTMLElement} */ (this.question.lastElementChild).focus();
    else this.discard.focus();
  }

  /**
   * @param {string} command
   * @param {number} [value]
   */
  async #ask(command, value) {
    const record = this.record;
    if (!record) return;
    const place = `pending ${command}`;
    this.#asked.set(place, { command, since: performance.now() });
    this.#answer = '';
    this.show(record);
    let problem = '';
    try {
      const answer = await fetch(`runs/${encodeURIComponent(record.name)}/control`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ command, value }),
      });
      const text = await answer.text();
      if (answer.ok) {
        const id = String(JSON.parse(text).id);
        const answers = record.log.find((entry) => entry.event === 'control' && entry.id === id);
        this.#asked.set(id, { command, since: performance.now() });
        if (answers) this.answered(answers); // it was faster than we
      } else problem = text.trim();
    } catch {
      problem = 'The page’s server doesn’t answer.';
    }
    this.#asked.delete(place);
    if (problem) this.#say(problem);
    else this.show(record);
  }

  /** @param {string} words */
  #say(words) {
    this.#answer = words;
    if (this.record) this.show(this.record);
  }
}

/** @param {string} text @param {() => unknown} pressed */
function button(text, pressed) {
  const made = document.createElement('button');
  made.type = 'button';
  made.textContent = text;
  made.onclick = pressed;
  return made;
}

/** @param {HTMLElement} element @param {string} text */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
