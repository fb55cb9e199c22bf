// What a page in one file does first: it unpacks what it carries, and runs the page that is asked for.
//
// The file holds templates of its pages and, as text, everything they would fetch. See bundle/.

import { Core, useCore } from '../lib/core.js';

/** @typedef {(name: string) => any} Load  runs a module of the program */

/**
 * The bytes of a part of the file; null if there is no such part.
 *
 * @param {string} id
 * @returns {Promise<Uint8Array | null>}
 */
async function part(id) {
  const element = /** @type {HTMLScriptElement | null} */ (document.getElementById(id));
  if (!element) return null;
  const bytes = decoded(element.text);
  if (element.type !== 'application/gzip') return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  const unpacked = new Uint8Array(await new Response(stream).arrayBuffer());
  return joined(unpacked, Number(element.dataset.planes ?? 1));
}

/**
 * Numbers whose first bytes came first, then all their second bytes, …: they are smaller like that.
 *
 * @param {Uint8Array} bytes
 * @param {number} planes  bytes of a number
 */
function joined(bytes, planes) {
  if (planes === 1) return bytes;
  const count = bytes.length / planes;
  const whole = new Uint8Array(bytes.length);
  for (let plane = 0, from = 0; plane < planes; plane++) {
    for (let i = 0, at = plane; i < count; i++, at += planes) whole[at] = bytes[from++];
  }
  return whole;
}

/**
 * @param {string} text  base64
 * @returns {Uint8Array<ArrayBuffer>}
 */
function decoded(text) {
  const native = /** @type {any} */ (Uint8Array).fromBase64;
  if (native) return native(text);
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

/** The core, compiled at once: it is small, and to wait for another thread takes longer. */
async function core() {
  const bytes = /** @type {BufferSource} */ (await part('core.wasm'));
  return new Core(new WebAssembly.Module(bytes));
}

/** The program once more, as a worker. Not as a module: a page opened from disk can start no such one. */
function worker() {
  const script = /** @type {HTMLScriptElement} */ (document.getElementById('program'));
  const address = URL.createObjectURL(new Blob([script.text], { type: 'text/javascript' }));
  return new Worker(address, { name: 'spritenet' });
}

/** All of the file has arrived. */
function arrived() {
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
function show() {
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
 * The way from one page to the other.
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

/**
 * Opens the file.
 *
 * @param {Load} load
 */
export async function open(load) {
  performance.mark('spritenet:begun');
  try {
    useCore(core());
    const model = Promise.all(['model.json', 'weights.bin'].map(part));
    const page = show();
    if (page.id === 'lab') await arrived();
    const [json, weights] = await model;
    performance.mark('spritenet:unpacked');
    Object.assign(window, {
      SPRITENET: {
        model: { 'model.json': json, 'weights.bin': weights },
        examples: await part('examples.png'),
        data: page.id === 'lab' ? await part('data.png') : null,
        worker,
      },
    });
    await load(/** @type {string} */ (page.dataset.entry));
  } catch (error) {
    document.body.append(
      `This page can't be opened here: ${error instanceof Error ? error.message : error}`,
    );
    throw error;
  }
}
