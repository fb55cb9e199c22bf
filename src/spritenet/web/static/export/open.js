// The start of an exported page: unpacks the files inside it, then runs the page that is asked for.
//
// The page holds a template of each of its pages and, as base64, every file that they would fetch.
// tools/bundle_pages.py builds it around this program; spritenet/web/html_file.py fills the files in.

import { fromBase64, toBase64 } from '../lib/base64.js';
import { Core, useCore } from '../lib/core.js';

/** @typedef {Record<string, () => Promise<unknown>>} Programs  each page's, by the name of the page */

/**
 * Returns the bytes of a file inside the page; null if there is none of that name.
 *
 * @param {string} id
 * @returns {Promise<Uint8Array | null>}
 */
async function file(id) {
  const element = /** @type {HTMLScriptElement | null} */ (document.getElementById(id));
  if (!element) return null;
  const bytes = fromBase64(element.text);
  if (element.type !== 'application/gzip') return bytes;
  return interleave(await unpacked(bytes), Number(element.dataset.planes ?? 1));
}

/**
 * Returns what gzip packed. Written and read here: a Blob and a Response would take it through another
 * process.
 *
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
async function unpacked(bytes) {
  const { readable, writable } = new DecompressionStream('gzip');
  const writer = writable.getWriter();
  const written = Promise.all([writer.write(bytes), writer.close()]);
  written.catch(() => {}); // the reader says so
  const reader = readable.getReader();
  const parts = [];
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
  }
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * Puts the arrays back into a JSON file: each left its number of bytes and its bytes of a number,
 * on a line of its own, and follows the text's end. Of numbers of two bytes
 * there are differences.
 *
 * @param {Uint8Array | null} bytes
 */
function withArrays(bytes) {
  let at = bytes ? bytes.indexOf(0) + 1 : 0;
  if (!bytes || !at) return bytes;
  const text = new TextDecoder().decode(bytes.subarray(0, at - 1));
  return text.replace(/\n(\d+),(\d+)\n/g, (_, count, planes) => {
    const from = at;
    at += Number(count);
    const array = interleave(bytes.subarray(from, at), Number(planes));
    if (planes === '2') addUp(new Uint16Array(array.buffer));
    return `"${toBase64(array)}"`;
  });
}

/**
 * Puts numbers together again of which all first bytes came first, then all second bytes, …: ordered
 * like that, they compress better.
 *
 * @param {Uint8Array} bytes
 * @param {number} planes  bytes of a number
 */
function interleave(bytes, planes) {
  if (planes === 1) return bytes;
  const count = bytes.length / planes;
  const whole = new Uint8Array(bytes.length);
  for (let plane = 0, from = 0; plane < planes; plane++) {
    for (let i = 0, at = plane; i < count; i++, at += planes) whole[at] = bytes[from++];
  }
  return whole;
}

/** Makes differences what they are of. @param {Uint16Array} numbers */
function addUp(numbers) {
  for (let i = 1; i < numbers.length; i++) numbers[i] += numbers[i - 1];
}

/** Compiles the core at once: it is small, and waiting for another thread takes longer. */
async function core() {
  const bytes = /** @type {BufferSource} */ (await file('core.wasm'));
  return new Core(new WebAssembly.Module(bytes));
}

/** Starts this program as a worker. Not as a module: a page opened from disk can't start those. */
function worker() {
  const script = /** @type {HTMLScriptElement} */ (document.getElementById('program'));
  const address = URL.createObjectURL(new Blob([script.text], { type: 'text/javascript' }));
  return new Worker(address, { name: 'spritenet' });
}

/** Resolves when all of the page has arrived. */
function loaded() {
  return new Promise((resolve) => {
    if (document.readyState !== 'loading') resolve(null);
    else document.addEventListener('DOMContentLoaded', resolve, { once: true });
  });
}

/**
 * Shows a page: that of the address, like #lab, or the first.
 *
 * @returns {HTMLTemplateElement}
 */
export function show() {
  const pages = /** @type {HTMLTemplateElement[]} */ ([...document.querySelectorAll('template')]);
  const page = pages.find(({ id }) => `#${id}` === location.hash) ?? pages[0];
  document.body.append(page.content);
  document.title = page.title;
  if (pages.length > 1) {
    (document.querySelector('main') ?? document.body).prepend(links(pages, page));
  }
  addEventListener('hashchange', () => location.reload());
  return page;
}

/**
 * Returns the links from one page to the other.
 *
 * @param {HTMLTemplateElement[]} pages
 * @param {HTMLTemplateElement} shown
 */
function links(pages, shown) {
  const nav = document.createElement('nav');
  nav.className = 'pages';
  nav.setAttribute('aria-label', 'Pages');
  for (const page of pages) {
    const link = document.createElement('a');
    link.href = `#${page.id}`;
    link.textContent = page.title;
    if (page === shown) link.setAttribute('aria-current', 'page');
    nav.append(link);
  }
  return nav;
}

/** Marks the start, and compiles the core. */
export function began() {
  performance.mark('spritenet:begun');
  const compiled = core();
  compiled.catch(() => {}); // who waits for it says so
  useCore(compiled);
}

/**
 * Returns the files that a page asks for.
 *
 * @param {HTMLTemplateElement} page
 */
export async function files(page) {
  const all = Promise.all(['model.json', 'weights.bin', 'examples.png'].map(file));
  if (page.id === 'lab') await loaded();
  const [json, weights, examples] = await all;
  performance.mark('spritenet:unpacked');
  return {
    model: { 'model.json': withArrays(json), 'weights.bin': weights },
    examples,
    data: page.id === 'lab' ? await file('data.png') : null,
    file,
    worker,
  };
}

/**
 * Opens the page.
 *
 * @param {Programs} programs
 */
export async function open(programs) {
  try {
    began();
    const page = show();
    Object.assign(window, { SPRITENET: await files(page) });
    await programs[page.id]();
  } catch (error) {
    document.body.append(
      `This page can't be opened here: ${error instanceof Error ? error.message : error}`,
    );
    throw error;
  }
}
