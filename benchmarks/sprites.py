"""Sprites of MNIST: decoding, memory, file size and packing, against other PNG decoders.

The picture is the tutorials': 784 × 65,000, training images 5,000 to 59,999 and then the tests.
"""

from __future__ import annotations

import importlib.util
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from figures import Row, arguments, cores, mnist_folder, report, run
from startup import once
from turns import SIDES, Side, take_turns

PARTS = ("decode", "foreign", "memory", "size", "pack", "one")
PEERS = {"pillow": "PIL", "imagecodecs": "imagecodecs", "pyspng": "pyspng", "opencv": "cv2"}


def peers() -> list[str]:
    """The decoders that are installed."""
    found = {name: importlib.util.find_spec(module) is not None for name, module in PEERS.items()}
    for name in [name for name, there in found.items() if not there]:
        print(f"({name} is not installed here)", file=sys.stderr)
    return [name for name, there in found.items() if there]


def prepare(folder: Path) -> None:
    """Our sprite and Pillow's PNG of the same rows, and a tiny one of each.

    In a process of its own: a child's memory, which `memory` measures, begins with its parent's.
    """
    import numpy as np
    from PIL import Image

    import spritenet as sn

    data = sn.load(mnist_folder())
    train = data.train[5_000:]
    images = np.concatenate([train.images, data.test.images])
    labels = np.concatenate([train.labels, data.test.labels])
    split = sn.Split(images, labels, data.class_names)
    sn.pack(split, folder / "ours" / "sheet.png")
    sn.pack(split[:10], folder / "ours" / "tiny.png")
    theirs = folder / "theirs" / "sheet.png"
    theirs.parent.mkdir()
    Image.fromarray(images.reshape(-1, 784)).save(theirs, optimize=True)
    Image.fromarray(images[:10].reshape(-1, 784)).save(theirs.with_name("tiny.png"))


def decode(title: str, first: str, picture: Path, options: Options) -> None:
    """Milliseconds from the file to an array."""
    sides = [
        Side("sprites_decode.py", [name, picture], python=sys.executable, env={})
        for name in (first, *peers())
    ]
    names = [side.name for side in sides]
    speeds = take_turns(sides, rounds=options.rounds, seconds=options.seconds)
    rows = [
        Row(name, tuple(1000 / speed for speed in measured), "ms")
        for name, measured in zip(names, speeds, strict=True)
    ]
    report(f"{title}, {cores()} cores", rows, better="less", as_json=options.json)


def memory(picture: Path, options: Options) -> None:
    """Peak memory of a process that decodes, beyond one that decodes a tiny picture."""
    pixels = 784 * 65_000 / 2**20
    rows = []
    for name in ("spritenet", "foreign", *peers()):
        command = [sys.executable, str(SIDES / "sprites_decode.py"), name, str(picture)]
        values = []
        for _ in range(options.rounds):
            idle, full = once([*command, "idle"]).memory, once([*command, "once"]).memory
            values.append((full - idle) / pixels)
        rows.append(Row(name, tuple(values), "× pixels"))
    report("peak memory while loading", rows, better="less", as_json=options.json)


def size(ours: Path, theirs: Path, options: Options) -> None:
    """Bytes of the file."""
    import spritenet as sn

    data = sn.load(ours)
    least = sn.pack(data, ours.with_name("least.png"), level=12)
    rows = [Row("spritenet", (ours.stat().st_size,), "bytes")]
    rows.append(Row("spritenet, level 12", (least.stat().st_size,), "bytes"))
    rows.append(Row("Pillow, optimize=True", (theirs.stat().st_size,), "bytes"))
    report("size of the file", rows, better="less", as_json=options.json)


def pack(folder: Path, options: Options) -> None:
    """Seconds from the gzipped IDX files to sprites on the disk, all 70,000 images."""
    import spritenet as sn

    seconds = []
    for _ in range(options.rounds):
        start = time.perf_counter()
        sn.pack(sn.load(mnist_folder()), folder / "packed.png")
        seconds.append(time.perf_counter() - start)
    command = [sys.executable, "-c", "from spritenet.cli import main; main()", "pack"]
    command += [str(mnist_folder()), str(folder / "packed.png")]
    program = tuple(once(command).ended for _ in range(options.rounds))
    rows = [Row("sn.load, sn.pack", tuple(seconds), "s"), Row("spritenet pack", program, "s")]
    report("packing MNIST from IDX files", rows, better="less", as_json=options.json)


def one(folder: Path, options: Options) -> None:
    """Milliseconds for one random image out of a set of sprites, their heads already read."""
    import numpy as np

    import spritenet as sn
    from spritenet.sprites import SpriteFolder

    data = sn.load(mnist_folder()).train
    turns = -(-options.images // len(data))
    images = np.concatenate([np.roll(data.images, turn, 0) for turn in range(turns)])
    labels = np.concatenate([np.roll(data.labels, turn, 0) for turn in range(turns)])
    count = options.images
    split = sn.Split(images[:count], labels[:count], data.class_names)
    start = time.perf_counter()
    path = sn.pack(split, folder / "many", shard_rows=65_000)
    packing = time.perf_counter() - start
    dice = random.Random(0)  # noqa: S311 - no secret
    times = []
    with SpriteFolder(path) as sprites:
        for number in range(len(sprites.shards)):
            sprites.sprite(number)
        for _ in range(options.rounds):
            chosen = [dice.randrange(count) for _ in range(1000)]
            for place in chosen:
                sprites.image(place)
            start = time.perf_counter()
            for place in chosen:
                sprites.image(place)
            times.append((time.perf_counter() - start) / len(chosen) * 1000)
    rows = [Row("Spritenet", tuple(times), "ms"), Row("packing them", (packing,), "s")]
    title = f"one random image of {count:,}, warm"
    report(title, rows, better="less", as_json=options.json)


class Options:
    """Returns the parsed arguments."""

    json: bool
    rounds: int
    seconds: float
    images: int
    parts: list[str]
    prepare: Path | None


def main() -> None:
    """Measures and reports."""
    parser = arguments(__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; by default all")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each turn")
    parser.add_argument("--images", type=int, default=1_000_000, help="of the part `one`")
    parser.add_argument("--prepare", type=Path, help="only make the pictures, in this folder")
    options = parser.parse_args(namespace=Options())
    if options.prepare is not None:
        prepare(options.prepare)
        return
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    parts = options.parts or list(PARTS)
    scratch = Path(tempfile.mkdtemp(prefix="sprites-"))
    ours, theirs = (scratch / name / "sheet.png" for name in ("ours", "theirs"))
    try:
        if set(parts) - {"pack", "one"}:
            run([sys.executable, __file__, "--prepare", str(scratch)])
        if "decode" in parts:
            decode("a sprite to an array", "spritenet", ours, options)
        if "foreign" in parts:
            decode("another program's PNG to an array", "foreign", theirs, options)
        if "memory" in parts:
            memory(ours, options)
        if "size" in parts:
            size(ours, theirs, options)
        if "pack" in parts:
            pack(scratch, options)
        if "one" in parts:
            one(scratch, options)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
