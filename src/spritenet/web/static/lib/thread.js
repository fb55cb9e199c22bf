// The script of a team's thread: it joins networks and works for the one that calls. See team.js.

import { importsOf } from './shared-memory.js';

const THREADS = 'node:worker_threads'; // by a name, so that bundlers of pages don't look for it

/** @typedef {{ serve: (pool: number, thread: number) => void, pool: number }} Membership */

/** @type {Map<number, Membership>} */
const memberships = new Map();
/** @type {{ module: WebAssembly.Module, called: Int32Array, thread: number }} */
let own;

/** @param {any} message */
function receive(message) {
  if ('module' in message) {
    own = message;
  } else if ('join' in message) {
    const { join, memory, pool, stack } = message;
    const { exports } = new WebAssembly.Instance(own.module, importsOf(memory));
    /** @type {WebAssembly.Global} */ (exports.__stack_pointer).value = stack;
    const serve = /** @type {Membership['serve']} */ (exports.sn_pool_serve);
    memberships.set(join, { serve, pool });
  } else if ('leave' in message) {
    memberships.delete(message.leave);
  } else {
    Atomics.store(own.called, own.thread, 0);
    const member = memberships.get(message.call);
    member?.serve(member.pool, own.thread);
  }
}

if ('WorkerGlobalScope' in globalThis) {
  addEventListener('message', ({ data }) => receive(data));
  postMessage('ready');
} else {
  void import(/* @vite-ignore */ /* webpackIgnore: true */ THREADS).then(({ parentPort }) => {
    parentPort?.on('message', receive);
    parentPort?.postMessage('ready');
  });
}
