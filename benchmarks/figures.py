"""Output of benchmarks: a table for people, one JSON object for programs.

Loads nothing but the standard library, so that a benchmark which measures a child's memory isn't
itself large.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NoReturn

__all__ = ["Row", "arguments", "chromium", "cores", "leave", "mnist_folder", "report", "run"]


# How many programs wanted a core during the last minute, before this one began.
BUSY = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


@dataclass(frozen=True, slots=True)
class Row:
    """The measurements of one side.

    Args:
        side: who, with version: "PyTorch 2.13.0".
        values: one for each round; the median counts.
        unit: of the values, as it is printed: "images/s".
    """

    side: str
    values: tuple[float, ...]
    unit: str

    @property
    def median(self) -> float:
        """The figure that goes into a table."""
        return statistics.median(self.values)

    def __str__(self) -> str:
        low, high = min(self.values), max(self.values)
        spread = f"({_number(low)} – {_number(high)})" if len(self.values) > 1 else ""
        return f"{self.side:<46} {_number(self.median):>10} {self.unit:<10} {spread}".rstrip()


def _number(value: float) -> str:
    """At least three digits, and no more decimals than they need: 83,210 or 4.52 or 0.0312."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def cores() -> int:
    """The processor cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def leave(why: str) -> NoReturn:
    """Ends the benchmark with one line and the code 2: something it needs is missing."""
    print(why, file=sys.stderr)
    raise SystemExit(2)


def run(command: Sequence[str], *, quiet: bool = False) -> None:
    """Runs a part of the benchmark in a process of its own; if it fails, its words are the last."""
    done = subprocess.run(command, stdout=subprocess.DEVNULL if quiet else None, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)


def chromium() -> str:
    """The browser's program; Playwright must be there to lead it."""
    if importlib.util.find_spec("playwright") is None:
        leave("Playwright is not installed: pip install playwright")
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    return found or leave("Chromium is not installed: apt-get install chromium")


def mnist_folder() -> Path:
    """The folder of MNIST's four gzipped IDX files, which SPRITENET_MNIST names."""
    folder = os.environ.get("SPRITENET_MNIST", "")
    if not Path(folder, "train-images-idx3-ubyte.gz").is_file():
        leave("Set SPRITENET_MNIST to a folder with MNIST's four .gz files.")
    return Path(folder)


def arguments(description: str | None) -> argparse.ArgumentParser:
    """A parser with the option that every benchmark has."""
    parser = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    return parser


def report(
    title: str,
    rows: Sequence[Row],
    *,
    better: Literal["more", "less"] = "more",
    as_json: bool = False,
    **settings: object,
) -> None:
    """Prints the rows and how the first compares with each of the others.

    Args:
        title: what was measured.
        rows: ours first. Only rows of the same unit are compared, and none with 0.
        better: whether more or less of the unit is better.
        as_json: one object on one line, instead of the table.
        settings: what was chosen for this measurement.
    """
    ours = rows[0]
    times = {
        row.side: (ours.median / row.median if better == "more" else row.median / ours.median)
        for row in rows[1:]
        if row.unit == ours.unit and row.median and ours.median
    }
    if as_json:
        measured = [
            {"side": row.side, "median": row.median, "values": row.values, "unit": row.unit}
            for row in rows
        ]
        machine = {
            "processor": _processor(),
            "cores": cores(),
            "system": platform.platform(),
            "load_before": BUSY,
        }
        print(
            json.dumps(
                {"title": title, **settings, "machine": machine, "rows": measured, "times": times}
            )
        )
        return
    print(f"\n{title}")
    if BUSY > 0.5:
        print(f"  (others kept the machine busy: {BUSY:.1f} cores wanted a minute ago)")
    for row in rows:
        print(f"  {row}" + (f"  {times[row.side]:.2f} ×" if row.side in times else ""))


def _processor() -> str:
    """The processor's name, as the system tells it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
