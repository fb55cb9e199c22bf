// Giving the page its turn: long work is cut into slices, and between two slices the page may draw
// and answer.

/** The milliseconds that a page can wait at a time: a frame at 60 Hz lasts 16.7. */
export const SLICE = 12;

const LONGEST = 50; // milliseconds to wait for a frame: frames that aren't seen may never come
// Milliseconds from one frame that is waited for to the next. After each slice, a page would wait for a
// third of the time; the slices between answer what the person does.
const FRAME_EVERY = 40;

let drawn = 0; // when the last of them was

/**
 * Resolves once the page has had its turn: in a tab that is seen, now and then after a frame. Messages
 * alone, and `scheduler.yield`, let Chromium draw a few frames a second only; timers wait for a second
 * in a tab that is hidden.
 *
 * @returns {Promise<void>}
 */
export function pause() {
  const isSeen = typeof document === 'object' && !document.hidden;
  if (isSeen && performance.now() - drawn >= FRAME_EVERY) {
    return new Promise((resolve) => {
      const goOn = () => {
        drawn = performance.now();
        resolve();
      };
      const timer = setTimeout(goOn, LONGEST);
      requestAnimationFrame(() => {
        clearTimeout(timer);
        message().then(goOn);
      });
    });
  }
  if (typeof setImmediate === 'function') {
    return new Promise((resolve) => void setImmediate(resolve));
  }
  return message();
}

/** @returns {Promise<void>} */
function message() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}

/** Measures slices and says how much the next may hold. Results never depend on it. */
export class Pace {
  /** @param {number} milliseconds  what a slice should take */
  constructor(milliseconds) {
    this.milliseconds = milliseconds;
    this.amount = 1;
    this.since = performance.now();
  }

  /** @param {number} amount @param {number} took  milliseconds */
  took(amount, took) {
    const fitting = Math.floor((this.milliseconds * amount) / Math.max(took, 1e-3));
    this.amount = Math.max(1, Math.min(fitting, 8 * amount));
  }

  /** Pauses if the slice has lasted long enough. */
  async breathe() {
    if (performance.now() - this.since < this.milliseconds / 2) return;
    await pause();
    this.since = performance.now();
  }
}

/** A gate that a training waits before while it is closed. */
export class Gate {
  closed = false;
  /** @type {Set<() => void>} */
  #waiting = new Set();

  close() {
    this.closed = true;
  }

  open() {
    this.closed = false;
    for (const go of this.#waiting) go();
    this.#waiting.clear();
  }

  /**
   * Resolves when it is open, or the training aborted.
   *
   * @param {AbortSignal} [signal]
   * @returns {Promise<void>}
   */
  opened(signal) {
    return new Promise((resolve) => {
      if (!this.closed || signal?.aborted) resolve();
      this.#waiting.add(resolve);
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}
