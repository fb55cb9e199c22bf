// A team of threads: workers that run the core on the shared memory of a network.
//
// A thread sleeps in its event loop until a call is announced, works while calls follow each other, and
// goes back to sleep. One that comes late holds nobody up, and results never depend on who came.

import { CoreError } from './errors.js';

const MOST_THREADS = 8; // by default
const STACK_BYTES = 655360; // of each thread, as of the core itself
const THREADS = 'node:worker_threads'; // by a name, so that bundlers of pages don't look for it
const READY_WITHIN = 10_000; // milliseconds for a worker to load its script

/** @typedef {{ postMessage: (message: any) => void, terminate: () => unknown }} Thread */

/** Returns how many threads are used by default: as many as the processor runs, up to 8. */
export function defaultThreads() {
  return Math.max(1, Math.min(MOST_THREADS, globalThis.navigator?.hardwareConcurrency ?? 1));
}

/** Workers, and the networks that they work for. */
export class Team {
  /**
   * Use `Team.start`.
   *
   * @param {Thread[]} others
   * @param {Int32Array} called  1 for each that has a message it hasn't read
   */
  constructor(others, called) {
    this.others = others;
    this.called = called;
    this.threads = others.length + 1;
    this.members = 0;
    this.registry = new FinalizationRegistry((/** @type {number} */ member) =>
      this.tell({ leave: member }),
    );
  }

  /**
   * Starts the other threads.
   *
   * @param {WebAssembly.Module} module  core-threads.wasm
   * @param {number} threads  with the caller's own
   * @returns {Promise<Team>}
   */
  static async start(module, threads) {
    const called = new Int32Array(new SharedArrayBuffer(4 * threads));
    const others = await Promise.all(
      Array.from({ length: threads - 1 }, async (_, i) => {
        const thread = await started();
        thread.postMessage({ module, called, thread: i + 1 });
        return thread;
      }),
    );
    return new Team(others, called);
  }

  /**
   * Lets the threads work for an arena's networks.
   *
   * @param {import('./core.js').Arena} arena
   * @returns {number}  its number as a member
   */
  enlist(arena) {
    const member = ++this.members;
    const pool = arena.core.sn_pool_create(this.threads);
    this.others.forEach((thread) => {
      const stack = arena.take(STACK_BYTES) + STACK_BYTES;
      thread.postMessage({ join: member, memory: arena.memory, pool, stack });
    });
    this.registry.register(arena, member);
    return member;
  }

  /** Announces a call. @param {number} member */
  call(member) {
    this.others.forEach((thread, i) => {
      if (Atomics.exchange(this.called, i + 1, 1) === 0) thread.postMessage({ call: member });
    });
  }

  /** @param {any} message */
  tell(message) {
    for (const thread of this.others) thread.postMessage(message);
  }

  /** Ends the other threads. */
  close() {
    for (const thread of this.others) void thread.terminate();
  }
}

/** A worker of the browser. Bundlers find its script where it is written like this. */
function ownThread() {
  return new Worker(new URL('./thread.js', import.meta.url), { type: 'module', name: 'spritenet' });
}

/** @returns {Promise<Thread>}  once it has loaded its script */
async function started() {
  const failed = (/** @type {unknown} */ got) => new CoreError('a thread did not start', { got });
  if (typeof Worker !== 'function') {
    const { Worker: NodeWorker } = await import(
      /* @vite-ignore */ /* webpackIgnore: true */ THREADS
    );
    const worker = new NodeWorker(new URL('./thread.js', import.meta.url));
    await new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', (/** @type {Error} */ error) => reject(failed(error.message)));
    });
    worker.unref(); // the program may end
    return worker;
  }
  const worker = ownThread();
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(failed('no answer')), READY_WITHIN);
    worker.onmessage = () => {
      clearTimeout(timer);
      resolve(null);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      clearTimeout(timer);
      reject(failed(event.message));
    };
  }).catch((error) => {
    worker.terminate();
    throw error;
  });
  return worker;
}
