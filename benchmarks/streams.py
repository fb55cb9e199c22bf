"""Streams: shuffled batches from more than memory holds, against other loaders, one image, many.

memory   batches of 64 from sprites four times as large as the memory the process is allowed
peers    batches of 64 of MNIST's 70,000 images, each library's own form of them on disk
one      one random image out of a million
many     ten million images: packed, verified, one shuffled epoch; how much memory each takes
train    `tutorial` on ten million images by PyTorch and by the core, and its steps' wait for images
"""

from __future__ import annotations

import importlib.util
import io
import os
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from figures import Row, arguments, cores, mnist_folder, report, run
from startup import once
from turns import Side, interpreter, take_turns

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from spritenet.dataset.lazy_dataset import LazyDataset, ReadResult

PARTS = ("memory", "peers", "one", "many", "train")
TIMES = 4
"""The size of the files, as a multiple of the memory."""

BATCH_SIZE = 64


class Drawn:
    """Any number of images, made when they are wanted: strokes with their number in the corner."""

    threads = True

    def __init__(self, count: int) -> None:
        import spritenet as sn

        self.some = sn.load("strokes").train
        self.count = count

    def read(self, places: NDArray[np.int64]) -> ReadResult:
        """Image i is drawing i modulo 20,000, rolled, with i in its first eight pixels."""
        import numpy as np

        from spritenet.dataset.lazy_dataset import ReadResult

        images = self.some.images[places % len(self.some)]
        images.reshape(len(images), -1)[:, :8] = places.astype("<i8").view(np.uint8).reshape(-1, 8)
        return ReadResult(images)

    def listing(self) -> LazyDataset:
        """All of them as a data set."""
        import numpy as np

        from spritenet.dataset.lazy_dataset import LazyDataset

        labels = self.some.labels[np.arange(self.count) % len(self.some)]
        names, ranges = self.some.class_names, (("train", 0, self.count),)
        return LazyDataset("drawn", (28, 28, 1), labels, names, ranges, self)


def pack(folder: Path, count: int) -> Path:
    """So many images as sprites."""
    import spritenet as sn

    return sn.pack(Drawn(count).listing(), folder / "sprites", level=1)


def epoch(folder: Path, memory: str) -> None:
    """Goes through all batches of a shuffled epoch, and prints how many images that were."""
    import spritenet as sn

    with sn.open(folder, memory=memory) as data:
        start = time.perf_counter()
        images = sum(len(labels) for _, labels in data.train.batches(BATCH_SIZE))
        seconds = time.perf_counter() - start
    print(images, seconds)


def forget(folder: Path) -> int:
    """Writes the files of a folder out of the system's page cache; their bytes."""
    size = 0
    for path in folder.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
            if hasattr(os, "posix_fadvise"):
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            size += path.stat().st_size
    return size


class Limit:
    """Holds a child process to some memory: by a cgroup, page cache and all, or by RLIMIT_DATA."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.group = self._group()
        self.name = "a cgroup" if self.group else "RLIMIT_DATA"

    def _group(self) -> Path | None:
        """A new cgroup below this process's own; None if there can be none."""
        try:
            lines = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
        except OSError:
            return None
        for line in lines:
            _, kinds, path = line.split(":", 2)
            first = "memory.limit_in_bytes" if kinds == "memory" else "memory.max"
            root = Path("/sys/fs/cgroup/memory" if kinds == "memory" else "/sys/fs/cgroup")
            group = root / path.lstrip("/") / f"spritenet-{os.getpid()}"
            if kinds not in {"memory", ""}:
                continue
            try:
                group.mkdir()
                (group / first).write_text(str(self.size))
            except OSError:
                self._remove(group)
            else:
                return group
        return None

    def apply(self) -> None:
        """In the child, before its program begins."""
        if self.group is not None:
            (self.group / "cgroup.procs").write_text(str(os.getpid()))
            return
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (self.size, self.size))

    def close(self) -> None:
        """Removes the cgroup."""
        if self.group is not None:
            self._remove(self.group)

    @staticmethod
    def _remove(group: Path) -> None:
        for _ in range(50):
            try:
                group.rmdir()
            except FileNotFoundError:
                return
            except OSError:
                time.sleep(0.1)
            else:
                return


def memory(scratch: Path, options: Options) -> None:
    """Batches from files that are larger than the memory the process may use."""
    allowed = options.mib << 20
    sample = forget(pack(scratch / "sample", 20_000))
    count = TIMES * allowed * 20_000 // sample + 1
    packed = pack(scratch / "memory", count)
    rows = []
    for _ in range(options.rounds):
        size = forget(packed)
        limit = Limit(allowed)
        # A third of it is for images; Python, NumPy and the pages of files need the rest.
        command = [sys.executable, __file__, "--epoch", str(packed), str(allowed // 3)]
        done = subprocess.run(
            command, preexec_fn=limit.apply, stdout=subprocess.PIPE, text=True, check=False
        )
        limit.close()
        if done.returncode:
            sys.exit(f"It did not manage with {options.mib} MiB.")
        images, seconds = done.stdout.split()
        rows.append(int(images) / float(seconds))
    title = (
        f"shuffled batches of {BATCH_SIZE}: {count:,} images, {size / 2**20:,.0f} MiB of sprites, "
        f"{options.mib} MiB of memory held by {limit.name}, {cores()} cores"
    )
    report(title, [Row("Spritenet", tuple(rows), "images/s")], as_json=options.json)


def write_peers(scratch: Path) -> None:
    """MNIST's 70,000 images as sprites, as PNG files, in tar files, and in parquet files."""
    import numpy as np
    from PIL import Image

    import spritenet as sn

    data = sn.load(mnist_folder())
    images = np.concatenate([data.train.images, data.test.images])
    labels = np.concatenate([data.train.labels, data.test.labels])
    sn.pack(sn.Split(images, labels, data.class_names, "train"), scratch / "sprites.png")
    (scratch / "tar").mkdir()
    rows: list[bytes] = []
    for first in range(0, len(images), 5000):
        with tarfile.open(scratch / "tar" / f"{first:05d}.tar", "w") as tar:
            for place in range(first, first + 5000):
                buffer = io.BytesIO()
                Image.fromarray(images[place, :, :, 0]).save(buffer, "PNG")
                rows.append(buffer.getvalue())
                label = str(labels[place])
                path = scratch / "files" / label / f"{place:05d}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(rows[-1])
                for name, content in (("png", rows[-1]), ("cls", label.encode())):
                    entry = tarfile.TarInfo(f"{place:05d}.{name}")
                    entry.size = len(content)
                    tar.addfile(entry, io.BytesIO(content))
    if importlib.util.find_spec("datasets") is None:
        return
    import datasets

    datasets.disable_progress_bars()
    features = datasets.Features(
        {"image": datasets.Image(), "label": datasets.Value("int64")},
    )
    values = {"image": [{"bytes": row} for row in rows], "label": labels.tolist()}
    datasets.Dataset.from_dict(values, features).to_parquet(scratch / "png.parquet")
    features["image"] = datasets.Array2D((28, 28), "uint8")
    values["image"] = list(images[..., 0])
    datasets.Dataset.from_dict(values, features).to_parquet(scratch / "pixels.parquet")


def peers(scratch: Path, options: Options) -> None:
    """Batches of the same images, from each library's own form of them on disk."""
    run([sys.executable, __file__, "--write-peers", str(scratch)])
    size, sprites = BATCH_SIZE, scratch / "sprites"
    ours = {"in-memory-cache": "256MiB", "inflated-each-epoch": "32MiB"}
    sides = [
        Side("streams_spritenet.py", [sprites, size, most, way], python=sys.executable, env={})
        for way, most in ours.items()
    ]
    if (python := interpreter("torch")) is not None:
        for workers in (0, cores()):
            work = [scratch / "files", size, workers]
            sides.append(Side("streams_torch.py", work, python=python, env={}))
    if (python := interpreter("webdataset")) is not None:
        for workers in (0, cores()):
            work = [scratch / "tar", size, workers]
            sides.append(Side("streams_webdataset.py", work, python=python, env={}))
    if (python := interpreter("datasets")) is not None and (scratch / "png.parquet").exists():
        for form in ("png", "pixels"):
            work = [scratch / f"{form}.parquet", size, form]
            sides.append(Side("streams_datasets.py", work, python=python, env={}))
    names = [side.name for side in sides]
    speeds = take_turns(sides, rounds=options.rounds, seconds=options.seconds)
    rows = [
        Row(name, tuple(speed * size for speed in measured), "images/s")
        for name, measured in zip(names, speeds, strict=True)
    ]
    title = f"shuffled batches of {size} of 70,000 images on disk, {cores()} cores"
    report(title, rows, as_json=options.json)


def one(scratch: Path, options: Options) -> None:
    """Milliseconds for one random image, of sprites whose heads have been read."""
    import spritenet as sn

    count = options.images or 1_000_000
    packed = pack(scratch / "one", count)
    dice = random.Random(0)  # noqa: S311 - no secret
    times = []
    with sn.open(packed) as data:
        _ = data.train.class_counts  # which reads the heads
        for _ in range(options.rounds):
            chosen = [dice.randrange(count) for _ in range(1000)]
            for place in chosen:
                _ = data.train[place]
            data.close()  # forgets what was inflated; the system keeps the files' pages
            start = time.perf_counter()
            for place in chosen:
                _ = data.train[place]
            times.append((time.perf_counter() - start) / len(chosen) * 1000)
    title = f"one random image of {count:,}, warm"
    report(title, [Row("Spritenet", tuple(times), "ms")], better="less", as_json=options.json)


def many(scratch: Path, options: Options) -> None:
    """Seconds and memory for a data set of ten million images."""
    count = options.images or 10_000_000
    program = [sys.executable, __file__]
    verify = [sys.executable, "-c", "from spritenet.cli import main; main()", "verify"]
    path = str(scratch / "sprites")
    steps = {
        "packed": [*program, "--pack", str(scratch), str(count)],
        "verified": [*verify, path],
        "one shuffled epoch": [*program, "--epoch", path, "128MiB"],
    }
    for name, command in steps.items():
        done = once(command)
        size = sum(file.stat().st_size for file in Path(path).iterdir()) / 2**30
        title = f"{count:,} images of 28×28, {size:.2f} GiB of sprites, {name}, {cores()} cores"
        rows = [
            Row("Spritenet", (done.ended,), "s"),
            Row("largest resident memory", (done.memory,), "MiB"),
        ]
        report(title, rows, better="less", as_json=options.json)


def train(scratch: Path, options: Options) -> None:
    """Images a second, and the part of the steps' time that waits for images, in per cent."""
    import spritenet as sn

    count = options.images or 10_000_000
    packed = pack(scratch / "train", count)
    devices = {"the core": "cpu"}
    if importlib.util.find_spec("torch") is not None:
        import torch

        devices["PyTorch"] = "cuda" if torch.cuda.is_available() else "torch-cpu"
    size = 1024
    steps = options.steps or -(-count // size)
    speeds, waits = [], []
    for name, device in devices.items():
        with sn.open(packed, memory="128MiB") as data:
            forget(packed)
            model = sn.networks.tutorial(data.train)
            model.device = device
            history = model.fit(
                data.train, steps=steps, batch_size=size, calibrate_on=False, verbose=0
            )
            assert model.session is not None  # noqa: S101 - it was trained
            seconds = sum(epoch.seconds for epoch in history.epochs)
            speeds.append(Row(f"{name}, {device}", (steps * size / seconds,), "images/s"))
            part = 100 * model.session.waited / seconds
            waits.append(Row(f"{name} waits for images", (part,), "%"))
    title = f"{steps:,} steps of {size} of a stream of {count:,} images, {cores()} cores"
    report(title, speeds + waits, as_json=options.json)


class Options:
    """Returns the parsed arguments."""

    json: bool
    rounds: int
    seconds: float
    images: int | None
    steps: int | None
    mib: int
    parts: list[str]
    scratch: Path | None
    pack: list[str] | None
    epoch: list[str] | None
    write_peers: Path | None


def main() -> None:
    """Measures and reports."""
    parser = arguments(__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; by default all")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each turn of `peers`")
    parser.add_argument("--images", type=int, help="of `one` (1,000,000), `many`, `train`")
    parser.add_argument("--steps", type=int, help="of `train`; by default an epoch")
    parser.add_argument("--mib", type=int, default=160, help="memory that `memory` allows")
    parser.add_argument("--scratch", type=Path, help="where to write the images; by default /tmp")
    # What the parts above do in processes of their own, whose memory is measured or held:
    parser.add_argument("--pack", nargs=2, metavar=("FOLDER", "IMAGES"), help="one step of many")
    parser.add_argument("--epoch", nargs=2, metavar=("SPRITES", "MEMORY"), help="one epoch")
    parser.add_argument("--write-peers", type=Path, metavar="FOLDER", help="the files of peers")
    options = parser.parse_args(namespace=Options())
    if options.pack is not None:
        pack(Path(options.pack[0]), int(options.pack[1]))
        return
    if options.epoch is not None:
        epoch(Path(options.epoch[0]), options.epoch[1])
        return
    if options.write_peers is not None:
        write_peers(options.write_peers)
        return
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    work: dict[str, Callable[[Path, Options], None]] = {
        "memory": memory,
        "peers": peers,
        "one": one,
        "many": many,
        "train": train,
    }
    parts = options.parts or list(PARTS)
    if "peers" in parts:
        mnist_folder()
    for part in parts:
        scratch = Path(tempfile.mkdtemp(prefix="streams-", dir=options.scratch))
        try:
            work[part](scratch, options)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
