// node inflate.mjs SEED COUNT: core-png.wasm beside Node's zlib, on data made by chance.
//
// Each stream is inflated whole, into too little and too much room, and broken in many ways; memory around
// the result must stay as it is. Prints how many streams were inflated and how many refused.
import assert from 'node:assert';
import fs from 'node:fs';
import zlib from 'node:zlib';

const [seed, count] = process.argv.slice(2).map(Number);
const MODULE = new URL('../../src/spritenet/web/static/lib/core-png.wasm', import.meta.url);
const { instance } = await WebAssembly.instantiate(fs.readFileSync(MODULE));
const { memory, sn_inflate, sn_crc32, sn_adler32, __heap_base } = instance.exports;
const ROOM = 2 ** 20;
const IN = (__heap_base.value + 127) & ~127;
const OUT = IN + ROOM;
memory.grow((4 * ROOM) / 65536);
const bytes = new Uint8Array(memory.buffer);
const AROUND = 64;
const MARK = 0xa5;

// Mulberry32 (Ettinger): a source with a seed.
let state = seed;
function chance(below) {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) % below;
}

/** Returns the inflated stream, at most `size` bytes, and its length as `sn_inflate` has it. */
function inflate(stream, size) {
  bytes.set(stream, IN);
  bytes.fill(0x5a, IN + stream.length, IN + stream.length + 32); // must not be read
  bytes.fill(MARK, OUT, OUT + size + 2 * AROUND);
  const made = Number(sn_inflate(IN, BigInt(stream.length), OUT + AROUND, BigInt(size)));
  const all = bytes.subarray(OUT, OUT + size + 2 * AROUND);
  for (const edge of [all.subarray(0, AROUND), all.subarray(AROUND + size)]) {
    assert(edge.every((value) => value === MARK));
  }
  return [made, Buffer.from(all.subarray(AROUND, AROUND + Math.max(0, Math.min(made, size))))];
}

/** The same by zlib; an unknown length where there is more and something is wrong as well. */
function expected(stream, size) {
  try {
    const result = zlib.inflateRawSync(stream, { info: true, maxOutputLength: ROOM });
    if (result.engine.bytesWritten !== stream.length) return [-1, null];
    return [Math.min(result.buffer.length, size + 1), result.buffer];
  } catch {
    return [-1, null];
  }
}

function raw() {
  const size = chance([2, 300, 5000, 90000, 300000][chance(5)]);
  const data = Buffer.alloc(size);
  const kind = chance(5);
  const letters = 1 + chance(256);
  for (let i = 0; i < size;) {
    if (kind === 0) data[i++] = chance(256);
    else if (kind === 1) data[i++] = chance(letters);
    else if (kind === 2) {
      data[i++] = 31 - Math.clz32(1 + chance(2 ** 20));
    } // codes of all lengths
    else if (kind === 3 || i < 20) {
      const end = Math.min(size, i + 1 + chance(400));
      data.fill(chance(256), i, end);
      i = end;
    } else {
      const distance = 1 + chance(Math.min(i, 2 ** (1 + chance(15))));
      const end = Math.min(size, i + 3 + chance(300));
      for (; i < end; i++) data[i] = data[i - distance];
      if (i < size && chance(3) === 0) data[i++] = chance(256);
    }
  }
  return data;
}

function packed(data) {
  const strategies = ['DEFAULT_STRATEGY', 'FILTERED', 'HUFFMAN_ONLY', 'RLE', 'FIXED'];
  return zlib.deflateRawSync(data, {
    level: chance(10),
    windowBits: 9 + chance(7),
    memLevel: 1 + chance(9),
    strategy: zlib.constants[`Z_${strategies[chance(5)]}`],
  });
}

function broken(stream) {
  const copy = Buffer.from(stream);
  const kind = chance(3);
  if (kind === 0) return copy.subarray(0, chance(copy.length));
  if (kind === 1) return Buffer.concat([copy, Buffer.from([chance(256)])]);
  for (let n = 1 + chance(3); n > 0; n--) {
    copy[chance(Math.min(copy.length, [8, 100, 1e6][chance(3)]))] ^= 1 << chance(8);
  }
  return copy;
}

let refused = 0;
for (let n = 0; n < count; n++) {
  const data = raw();
  const stream = packed(data);
  for (const size of [data.length, data.length + chance(400)]) {
    const [made, result] = inflate(stream, size);
    assert.equal(made, data.length);
    assert(result.equals(data));
  }
  if (data.length) {
    const size = data.length - 1 - chance(Math.min(400, data.length));
    assert.equal(inflate(stream, size)[0], size + 1);
  }
  bytes.set(data, IN);
  const cut = BigInt(chance(data.length + 1));
  const rest = [IN + Number(cut), BigInt(data.length) - cut];
  const reference = zlib.deflateSync(data, { level: 0 });
  assert.equal(
    sn_adler32(sn_adler32(1, IN, cut), ...rest) >>> 0,
    reference.readUInt32BE(reference.length - 4),
  );
  const gzip = zlib.gzipSync(data, { level: 0 });
  assert.equal(sn_crc32(sn_crc32(0, IN, cut), ...rest) >>> 0, gzip.readUInt32LE(gzip.length - 8));
  for (let times = 0; times < 20; times++) {
    const changed = broken(stream);
    const [made, result] = inflate(changed, data.length);
    const [length, there] = expected(changed, data.length);
    if (made === data.length + 1 && length === -1) continue; // too long, and damaged behind that
    assert.equal(made, length);
    if (made >= 0 && made <= data.length) assert(result.equals(there));
    else refused++;
  }
}
console.log(`${count} inflated, ${refused} refused`);
