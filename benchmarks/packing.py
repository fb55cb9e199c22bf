"""Packing MNIST's 70,000 images into sprites: from IDX files, PNG files, a zip, a CSV and an npz.

Whole processes, from their start to the file on the disk. The peer is what people do without us:
the same images read by NumPy or Pillow, and saved as one PNG by Pillow.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from figures import Row, arguments, cores, mnist_folder, report
from turns import SIDES

PARTS = ("idx", "folder", "zip", "csv", "npz")
PROGRAM = [sys.executable, "-c", "from spritenet.cli import main; main()"]


def prepare(scratch: Path, images: int | None, parts: list[str]) -> dict[str, Path]:
    """The data set in all forms, made from the IDX files; `images` of them if not all."""
    import shutil

    import spritenet as sn
    from spritenet.sources.unpack import unpack

    found = {"idx": mnist_folder()}
    data = sn.load(found["idx"])
    if images is not None:
        kept = {
            "train": data.train[: images * 6 // 7],
            "test": data.test[: images - images * 6 // 7],
        }
        data = sn.Dataset("mnist", kept, data.class_names)
        found["idx"] = unpack(data, scratch / "idx", "idx")
    if {"folder", "zip"} & set(parts):
        found["folder"] = unpack(data, scratch / "pngs", "folder")
        found["zip"] = Path(shutil.make_archive(str(scratch / "pngs"), "zip", found["folder"]))
    if "npz" in parts:
        found["npz"] = unpack(data, scratch / "mnist.npz", "npz")
    if "csv" in parts:
        found["csv"] = scratch / "mnist.csv"
        with found["csv"].open("w", encoding="ascii") as file:
            for split in data.splits.values():
                for image, label in split:
                    file.write(",".join(map(str, [label, *image.ravel().tolist()])) + "\n")
    return found


def once(command: list[str]) -> tuple[float, float]:
    """Runs a program: the seconds it took, and those of the processor."""
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"It failed: {' '.join(command)}")
    return seconds, usage.ru_utime + usage.ru_stime


def measure(part: str, source: Path, scratch: Path, options: Options) -> None:
    """Both sides, in turns."""
    out = scratch / "packed.png"
    commands = {"spritenet pack": [*PROGRAM, "pack", str(source), str(out)]}
    if part in {"idx", "folder"} and (part == "folder" or options.images is None):
        peer = [sys.executable, str(SIDES / "packing_pillow.py"), part, str(source)]
        commands["a loop with Pillow"] = [*peer, str(scratch / "theirs.png")]
    taken: dict[str, list[tuple[float, float]]] = {side: [] for side in commands}
    for _ in range(options.rounds):
        for side, command in commands.items():
            taken[side].append(once(command))
    rows = [Row(side, tuple(wall for wall, _ in times), "s") for side, times in taken.items()]
    rows += [
        Row(f"{side}, processor", tuple(cpu for _, cpu in times), "cpu s")
        for side, times in taken.items()
    ]
    count = f"{options.images or 70_000:,}"
    title = f"packing {count} images from {part}, {cores()} cores"
    report(title, rows, better="less", as_json=options.json)


class Options:
    """Returns the parsed arguments."""

    json: bool
    rounds: int
    images: int | None
    parts: list[str]


def main() -> None:
    """Measures and reports."""
    parser = arguments(__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; by default all")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--images", type=int, help="only so many, to try it")
    options = parser.parse_args(namespace=Options())
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    parts = options.parts or list(PARTS)
    with tempfile.TemporaryDirectory(prefix="packing-") as folder:
        sources = prepare(Path(folder), options.images, parts)
        for part in parts:
            measure(part, sources[part], Path(folder), options)


if __name__ == "__main__":
    main()
