// Giving the page its turn: long work is cut into slices, and between two slices the page may draw
// and answer.

/** What a page can wait for at a time, in milliseconds: a frame at 60 Hz lasts 16.7. */
export const SLICE = 12;

/** @type {{ yield?: () => Promise<void> } | undefined} */
const scheduler = /** @type {any} */ (globalThis).scheduler;

/**
 * Resolves once everything that was waiting has had its turn. Timers would wait 4 ms, and a second
 * in a tab that is hidden; messages don't.
 *
 * @returns {Promise<void>}
 */
export function pause() {
  if (scheduler?.yield) return scheduler.yield();
  if (typeof setImmediate === 'function') return new Promise((resolve) => void setImmediate(resolve));
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
