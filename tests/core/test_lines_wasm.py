"""The browsers' core draws pen lines to the same bytes as this machine's."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np

from spritenet.core.lines import draw_lines

LIBRARY = Path(__file__).parents[2] / "src" / "spritenet" / "web" / "static" / "lib"

# The structure's places in 32-bit memory: three addresses, a gap, a 64-bit count, three integers.
DRAW = """
import fs from 'node:fs';
const [module, folder, count, points, box, size] = process.argv.slice(1);
const { instance } = await WebAssembly.instantiate(fs.readFileSync(module));
const { memory, sn_draw_lines, __heap_base } = instance.exports;
let free = (__heap_base.value + 63) & ~63;
memory.grow(32);
const put = (bytes) => {
  const at = free;
  new Uint8Array(memory.buffer).set(bytes, at);
  free = (at + bytes.length + 63) & ~63;
  return at;
};
const [places, lifts, gains] = ['places', 'lifts', 'gains'].map((name) =>
  put(fs.readFileSync(`${folder}/${name}`)));
const lines = put(new Uint8Array(40));
const view = new DataView(memory.buffer, lines);
[places, lifts, gains].forEach((at, k) => view.setUint32(4 * k, at, true));
view.setBigInt64(16, BigInt(count), true);
[points, box, size].forEach((value, k) => view.setInt32(24 + 4 * k, Number(value), true));
const bytes = count * size * size;
const pictures = put(new Uint8Array(bytes));
const status = sn_draw_lines(lines, pictures, put(new Uint8Array(256)));
if (status !== 0) throw new Error(`status ${status}`);
fs.writeFileSync(`${folder}/pictures`, new Uint8Array(memory.buffer, pictures, bytes));
"""


def test_webassembly_draws_the_same(node: str, tmp_path: Path) -> None:
    """A hundred drawings of nine points: not a grey level apart."""
    chance = np.random.default_rng(0)
    count, points, box, size = 100, 9, 20, 28
    places = chance.integers(0, box * 256, (count, points, 3)).astype(np.int16)
    places[:, :, 2] //= 8
    lifts = chance.random(points) < 0.2
    gains = chance.integers(150, 400, count).astype(np.int32)
    for name, array in (("places", places), ("lifts", lifts), ("gains", gains)):
        (tmp_path / name).write_bytes(array.tobytes())
    sizes = map(str, (count, points, box, size))
    subprocess.run(
        [
            node,
            "--input-type=module",
            "--eval",
            DRAW,
            LIBRARY / "core-glyphs.wasm",
            tmp_path,
            *sizes,
        ],
        check=True,
        capture_output=True,
    )
    here = draw_lines(places, lifts, gains, box=box, size=size)
    assert (tmp_path / "pictures").read_bytes() == here.tobytes()
