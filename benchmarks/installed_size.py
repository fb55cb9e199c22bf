"""Megabytes that `pip install .` adds to a fresh environment. Needs the network, or a cache."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path

from figures import Row, arguments, report

ROOT = Path(__file__).parents[1]


def megabytes(folder: Path) -> float:
    """All files in a folder, in millions of bytes."""
    return sum(file.lstat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def added(requirements: Sequence[str]) -> float:
    """Returns the bytes that an installation adds to an environment with only pip."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        before = megabytes(Path(folder))
        python = str(Path(folder, "Scripts" if sys.platform == "win32" else "bin", "python"))
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, *requirements], check=True)
        return megabytes(Path(folder)) - before


def main() -> None:
    """Measures and reports."""
    parser = arguments(__doc__)
    parser.add_argument("--peers", nargs="*", default=[], help="torch, tensorflow-cpu, …")
    options = parser.parse_args()
    wanted = {".": str(ROOT), "numpy": "numpy", **{peer: peer for peer in options.peers}}
    rows = [
        Row(f"pip install {name}", (added([requirement]),), "MB")
        for name, requirement in wanted.items()
    ]
    report("what an installation adds", rows, better="less", as_json=options.json)


if __name__ == "__main__":
    main()
