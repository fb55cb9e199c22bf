// The core of a page that is given away: core-page.wasm without the operators that it never runs, as
// spritenet/web/page_core.py cuts it. The module's last section says what each operator needs.

/** @typedef {{ functions: [number, number][], data: [number, number][] }} Needed  runs: first and end */

const HEADER = 8; // bytes: the magic number and the version
const [CODE, DATA] = [10, 11]; // sections
const UNREACHABLE = [3, 0, 0, 11]; // a function's size and body
const SECTION = 'spritenet.operators';

/**
 * Returns the module without what only other operators need; as it is, if it doesn't say so.
 *
 * @param {Uint8Array<ArrayBuffer>} module
 * @param {ReadonlySet<string>} wanted  names of operators
 */
export function withoutOperators(module, wanted) {
  const parts = [...sections(module)];
  const { content } = parts[parts.length - 1];
  const text = new TextDecoder().decode(content);
  if (!text.startsWith(SECTION, 1)) return module;
  /** @type {Record<string, Needed>} */
  const needed = JSON.parse(text.slice(1 + SECTION.length));
  /** @param {'functions' | 'data'} part */
  const dropped = (part) => {
    /** @param {boolean} kept */
    const places = (kept) =>
      Object.entries(needed)
        .filter(([name]) => wanted.has(name) === kept)
        .flatMap(([, each]) => each[part])
        .flatMap(([first, end]) => Array.from({ length: end - first }, (_, i) => first + i));
    const kept = new Set(places(true));
    return new Set(places(false).filter((place) => !kept.has(place)));
  };
  const bytes = [...module.subarray(0, HEADER)];
  for (const { kind, content: body } of parts.slice(0, -1)) {
    const cut =
      kind === CODE
        ? withoutFunctions(body, dropped('functions'))
        : kind === DATA
          ? cleared(body, dropped('data'))
          : body;
    bytes.push(kind, ...leb128(cut.length));
    for (const byte of cut) bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

/** The sections of a module. @param {Uint8Array} module */
function* sections(module) {
  for (let at = HEADER; at < module.length;) {
    const [size, start] = number(module, at + 1);
    yield { kind: module[at], content: module.subarray(start, start + size) };
    at = start + size;
  }
}

/**
 * @param {Uint8Array} code  the code section
 * @param {ReadonlySet<number>} dropped  indices
 */
function withoutFunctions(code, dropped) {
  const [count, first] = number(code, 0);
  let at = first;
  const bytes = leb128(count);
  for (let i = 0; i < count; i++) {
    const [size, start] = number(code, at);
    const end = start + size;
    for (const byte of dropped.has(i) ? UNREACHABLE : code.subarray(at, end)) bytes.push(byte);
    at = end;
  }
  return bytes;
}

/**
 * @param {Uint8Array} data  the data section
 * @param {ReadonlySet<number>} places
 */
function cleared(data, places) {
  return data.map((byte, i) => (places.has(i) ? 0 : byte));
}

/**
 * Reads a number, LEB128.
 *
 * @param {Uint8Array} bytes
 * @param {number} at
 * @returns {[number, number]}  it, and where it ends
 */
function number(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return [value, at];
  }
}

/** A number as LEB128. @param {number} value */
function leb128(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return [...bytes, value];
}
