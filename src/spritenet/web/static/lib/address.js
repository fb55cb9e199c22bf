// Addresses: a page's relative ones, and in Node.js paths of files.

/** @typedef {{ cwd(): string, versions?: { node?: string } }} Process  Node.js's, as far as it is used */

/** Node.js; undefined in browsers. @type {Process | undefined} */
const node = /** @type {any} */ (globalThis).process?.versions?.node
  ? /** @type {any} */ (globalThis).process
  : undefined;

/**
 * Returns what relative addresses are relative to: the page, or the working directory of Node.js;
 * undefined in workers.
 */
export function baseAddress() {
  if (typeof document === 'object') return document.baseURI;
  return node && fileAddress(`${node.cwd()}/`);
}

/**
 * Returns an address as a URL.
 *
 * @param {string | URL} address  absolute or relative; in Node.js also a path
 * @returns {URL}
 */
export function absolute(address) {
  const isDrive = node && /^[a-z]:[\\/]/i.test(String(address)); // of Windows, and no scheme
  return new URL(isDrive ? fileAddress(String(address)) : address, baseAddress());
}

/**
 * Returns the bytes of a file of this computer in Node.js, whose `fetch` reads none; null for addresses
 * that `fetch` reads.
 *
 * @param {string | URL} address
 * @returns {Promise<Uint8Array<ArrayBuffer> | null>}
 */
export async function fileBytes(address) {
  const url = node && absolute(address);
  if (url?.protocol !== 'file:') return null;
  const { readFile } = await import(/* @vite-ignore */ /* webpackIgnore: true */ FILES);
  return new Uint8Array(await readFile(url));
}

const FILES = 'node:fs/promises'; // by a name, so that bundlers of pages don't look for it

/** @param {string} path  an absolute one */
function fileAddress(path) {
  const slashes = path.replaceAll('\\', '/');
  const escaped = encodeURI(slashes).replace(/[?#]/g, encodeURIComponent);
  return `file://${slashes.startsWith('/') ? '' : '/'}${escaped}`;
}
