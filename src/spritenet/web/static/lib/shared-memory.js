// WebAssembly's memory that threads share, and where they can.

const FIRST_PAGES = 64; // of 64 KiB
const MOST_PAGES = [65535, 16384]; // the second where there is no room for the first

/** Returns true where threads can share memory and this one may wait: in workers and in Node.js. */
export function canShareMemory() {
  const global = /** @type {any} */ (globalThis);
  return (
    typeof SharedArrayBuffer === 'function' &&
    typeof document === 'undefined' &&
    (global.crossOriginIsolated ?? 'process' in globalThis)
  );
}

/** Makes a memory for several threads. */
export function sharedMemory() {
  const [most, fewer] = MOST_PAGES;
  const made = (/** @type {number} */ maximum) =>
    new WebAssembly.Memory({ initial: FIRST_PAGES, maximum, shared: true });
  try {
    return made(most);
  } catch {
    return made(fewer);
  }
}

/**
 * The imports of an instance on such a memory: the memory, and a clock that is the same in all threads.
 *
 * @param {WebAssembly.Memory} memory
 */
export function importsOf(memory) {
  return { env: { memory }, host: { now: () => performance.timeOrigin + performance.now() } };
}
