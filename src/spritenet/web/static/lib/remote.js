// Models in a worker, so that a page draws and answers whatever they do.
//
//   const remote = await Remote.start();
//   const model = await remote.create({ inputShape, layers, classNames });
//   const train = await remote.keep(data.split('train'));   // sent once
//   await model.fit(train, { epochs: 5, onStep });
//
// `RemoteModel` has `Model`'s methods, each of which resolves to what the other returns; code that
// awaits them works with both. Where no worker can be started, the same happens in the page, in slices.

import { defaultCore } from './core.js';
import { CoreError } from './errors.js';
import { networkOf } from './graph.js';
import { Host } from './host.js';
import { messageOf, plain, RemoteExamples, sendable, unpacked } from './messages.js';
import { RemoteModel } from './remote-model.js';
import { defaultThreads } from './team.js';

/** @typedef {import('./examples.js').Examples} Examples */
/** @typedef {{ postMessage: (message: any, transfer?: any) => void }} Port */
/**
 * A caller that waits for an answer.
 *
 * @typedef {object} Waiting
 * @property {(value: any) => void} resolve
 * @property {(error: Error) => void} reject
 * @property {((message: any) => unknown) | undefined} hear  of what happens before it
 */

const READY_WITHIN = 10_000; // milliseconds for a worker to load its script

/** A worker that has models and examples; or the page itself, where there are no workers. */
export class Remote {
  /**
   * Use `Remote.start`.
   *
   * @param {Port} port
   * @param {boolean} isWorker
   * @param {() => void} end
   */
  constructor(port, isWorker, end) {
    this.port = port;
    /** True if there is a worker, and not only the page. */
    this.isWorker = isWorker;
    /** The number of threads that its models train with. */
    this.threads = 1;
    this.end = end;
    this.asked = 0;
    /** @type {Map<number, Waiting>} */
    this.waiting = new Map();
    /** @type {Error | null} */
    this.broken = null;
  }

  /**
   * Starts a worker. If that fails, or `worker` is false, the page does the work in slices.
   *
   * @param {object} [how]
   * @param {string | URL | (() => Worker) | false} [how.worker]  the address of its script, or what makes
   *     one; `window.SPRITENET.worker` if there is one, or worker.js beside this file
   * @param {import('./core.js').Core} [how.core]
   * @param {number} [how.threads]  in a page that is cross-origin isolated: as many as the processor
   *     runs, up to 8; 1 elsewhere, and by default where `core` is given
   */
  static async start({ worker, core, threads = core ? 1 : defaultThreads() } = {}) {
    const script = worker ?? /** @type {any} */ (globalThis).SPRITENET?.worker ?? ownWorker;
    const used = core ?? (await defaultCore());
    const remote = script === false ? null : await inWorker(script);
    if (!remote) return inPage(used);
    const share = globalThis.crossOriginIsolated ? threads : 1;
    remote.threads = await remote.ask('core', [used.module, share]);
    return remote;
  }

  /**
   * A new network there; arguments as of `Model.create`, but for the core.
   *
   * @param {Omit<Parameters<typeof import('./model.js').Model.create>[0], 'core'>} how
   */
  async create({ inputs, outputs, ...how }) {
    const network = outputs ? networkOf(inputs ?? [], outputs) : {};
    return new RemoteModel(this, await this.ask('create', [{ ...how, ...network }]));
  }

  /**
   * The network for few images there, compiled; `trainFew` with `remote` makes and trains it.
   *
   * @param {Examples | RemoteExamples} examples  with labels
   * @param {import('./few.js').FewOptions} how  but for the core
   */
  async createFew(examples, how) {
    const transfer = /** @type {ArrayBuffer[]} */ ([]);
    const parts = [plain(examples, transfer), how];
    return new RemoteModel(this, await this.ask('createFew', parts, { transfer }));
  }

  /**
   * A model from its files, as `Model.load`.
   *
   * @param {import('./files.js').Source} source
   * @param {import('./saved.js').Unsaid} [unsaid]
   */
  async load(source, unsaid = {}) {
    return new RemoteModel(this, await this.ask('load', [sendable(source), unsaid]));
  }

  /**
   * Sends examples once, for any number of calls: `fit`, `evaluate` and `examine` take what comes back.
   * They are copied; what is changed here afterwards isn't changed there.
   *
   * @param {Examples} examples
   */
  async keep(examples) {
    const transfer = /** @type {ArrayBuffer[]} */ ([]);
    return new RemoteExamples(
      this,
      await this.ask('keep', [plain(examples, transfer)], { transfer }),
    );
  }

  /** Ends the worker and all that is in it. */
  close() {
    this.fail(new CoreError('the worker was closed'));
    this.end();
  }

  /**
   * @param {string} method
   * @param {any[]} parts
   * @param {{ signal?: AbortSignal, hear?: (message: any) => unknown, transfer?: Transferable[] }} [options]
   * @returns {Promise<any>}
   */
  ask(method, parts, { signal, hear, transfer = [] } = {}) {
    if (this.broken) return Promise.reject(this.broken);
    const id = ++this.asked;
    const answer = new Promise(
      (resolve, reject) => void this.waiting.set(id, { resolve, reject, hear }),
    );
    try {
      this.port.postMessage({ id, method, parts }, transfer);
    } catch (error) {
      this.waiting.delete(id);
      return Promise.reject(
        new CoreError("this can't be sent to a worker", { where: method, got: messageOf(error) }),
      );
    }
    const abort = () => this.port.postMessage({ abort: id });
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
    return answer.finally(() => signal?.removeEventListener('abort', abort));
  }

  /** @param {any} message */
  async receive({ id, value, error, ...event }) {
    const waiting = this.waiting.get(id);
    if (!waiting) return;
    if (Object.keys(event).length) {
      try {
        await waiting.hear?.(event);
      } catch (thrown) {
        // a callback of the page failed: as without a worker, the training ends
        this.waiting.delete(id);
        this.port.postMessage({ abort: id });
        waiting.reject(/** @type {Error} */ (thrown));
        return;
      }
      if (event.answer) this.port.postMessage({ seen: id });
      return;
    }
    this.waiting.delete(id);
    if (error) waiting.reject(unpacked(error));
    else waiting.resolve(value);
  }

  /**
   * Fails every request that waits.
   *
   * @param {Error} error
   */
  fail(error) {
    this.broken = error;
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}

/** A worker of this library. Bundlers find its script where it is written like this. */
function ownWorker() {
  return new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'spritenet' });
}

/**
 * @param {string | URL | (() => Worker)} script
 * @returns {Promise<Remote | null>}  null if there is no such worker
 */
async function inWorker(script) {
  if (typeof Worker !== 'function') return null;
  /** @type {Worker} */
  let worker;
  try {
    worker =
      typeof script === 'function'
        ? script()
        : new Worker(script, { type: 'module', name: 'spritenet' });
  } catch {
    return null;
  }
  const remote = new Remote(worker, true, () => worker.terminate());
  const isReady = await new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), READY_WITHIN);
    worker.onmessage = () => resolve(true);
    worker.onerror = (event) => {
      event.preventDefault();
      resolve(false);
    };
    worker.addEventListener('message', () => clearTimeout(timer), { once: true });
  });
  if (!isReady) {
    worker.terminate();
    return null;
  }
  worker.onmessage = ({ data }) => void remote.receive(data);
  worker.onerror = (event) =>
    remote.fail(new CoreError('the worker failed', { got: event.message ?? '' }));
  worker.onmessageerror = () => remote.fail(new CoreError("the worker's answer can't be read"));
  return remote;
}

/**
 * The page as its own worker. The core isn't sent: a page opened from disk can't send one to itself.
 *
 * @param {import('./core.js').Core} core
 */
function inPage(core) {
  const { port1, port2 } = new MessageChannel();
  const remote = new Remote(port1, false, () => {
    port1.close();
    port2.close();
  });
  port1.onmessage = ({ data }) => void remote.receive(data);
  const host = new Host((message, transfer = []) => port2.postMessage(message, transfer));
  host.core = core;
  port2.onmessage = ({ data }) => void host.receive(data);
  return remote;
}
