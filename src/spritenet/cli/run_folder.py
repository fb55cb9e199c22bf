"""Folders of runs: the latest one, a new one, and that of each rank of `torchrun`."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
from pathlib import Path

from spritenet.errors import RunError

__all__ = ["enter_ranks", "is_rank", "latest_folder", "new_folder"]

RUNS = Path("runs")
"""Folder of runs by default."""


def latest_folder() -> Path | None:
    """Returns the latest run in runs/."""
    runs = [path.parent for path in RUNS.glob("*/config.json")]
    return max(runs, key=lambda path: (path / "config.json").stat().st_mtime, default=None)


def new_folder(label: str) -> Path:
    """Makes a new folder in runs/, at once so that no other process takes it."""
    number = 1
    while True:
        folder = RUNS / f"{label}-{number}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            number += 1
        except OSError as error:
            raise RunError(
                f"can't make the folder: {error.strerror or error}",
                where=folder,
                do="Choose another one with --out.",
            ) from error
        else:
            return folder


def is_rank() -> bool:
    """Returns True if torchrun has started this process, with others."""
    return int(os.environ.get("WORLD_SIZE") or 1) > 1 and "RANK" in os.environ


def enter_ranks(
    folder: Path | None, label: str, device: str | None, *, watch: bool
) -> tuple[Path, str, bool]:
    """Joins the other ranks, and returns this one's folder, device, and if it shows the live page.

    Rank 0 writes the run and prints. The others work on a copy of it that they throw away.

    Args:
        folder: of the run; None for a new one.
        label: of a new run.
        device: the option `--device`.
        watch: the option `--watch`.

    Raises:
        ModelError: the ranks don't fit each other.
    """
    from spritenet.engines.devices import check_device, join_ranks

    name = "torch-cpu" if device in (None, "cpu", "auto") else device
    check_device(name, where="--device")
    share = join_ranks(name)
    if os.environ["RANK"] == "0":
        folder = folder or new_folder(label)
        files = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix != ".lock"
        }
        share(files)
        return folder, name, watch
    from tempfile import mkdtemp

    own = Path(mkdtemp(prefix="spritenet-rank-"))
    atexit.register(shutil.rmtree, own, ignore_errors=True)
    for relative, content in share({}).items():
        path = own / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - until the end
    return own, name, False
