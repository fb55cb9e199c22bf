"""Executes the notebooks of examples/: `make examples`.

    python tools/notebooks.py                    all of them
    python tools/notebooks.py quickstart         one
    python tools/notebooks.py --fast             with the few images and epochs of the tests

A notebook with its outputs is written to build/examples, and each of its figures as a PNG beside
it. A cell that fails ends the program with its error. `make` needs no Jupyter: IPython runs the
cells, one after the other, in this process.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import RichOutput, capture_output
from traitlets import Type

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"

Notebook = dict[str, Any]
"""A notebook's JSON."""


class Shown(DisplayHook):  # type: ignore[misc]  # mypy skips IPython
    """A cell's last expression, shown as `display` would."""

    def __call__(self, result: object = None) -> None:
        """Shows what it is."""
        if result is not None:
            data, metadata = self.compute_format_data(result)
            self.shell.display_pub.publish(data, metadata)


class Shell(InteractiveShell):  # type: ignore[misc]  # mypy skips IPython
    """IPython whose `!command` fails as a cell does."""

    displayhook_class = Type(Shown)

    def system(self, cmd: str) -> None:
        """Prints what a command prints.

        Raises:
            RuntimeError: it fails.
        """
        done = subprocess.run(  # noqa: S602 - a notebook's line is meant for the shell
            cmd, shell=True, check=False, capture_output=True, text=True
        )
        print(done.stdout, end="")
        if done.returncode:
            raise RuntimeError(f"{cmd}: {done.stderr.strip()}")


def notebooks() -> list[str]:
    """The names of the notebooks."""
    return sorted(path.stem for path in EXAMPLES.glob("*.ipynb"))


def execute(name: str, *, fast: bool = False) -> Notebook:
    """Returns a notebook with its outputs.

    Args:
        name: of a file in examples/, without its suffix.
        fast: replace the parameters by those for a quick check.

    Raises:
        RuntimeError: a cell fails.
    """
    notebook: Notebook = json.loads((EXAMPLES / f"{name}.ipynb").read_text(encoding="utf-8"))
    parameters = notebook["metadata"]["spritenet"]["fast"] if fast else {}
    Shell.clear_instance()
    with _scratch_folder():
        shell = Shell.instance(colors="NoColor")
        try:
            for number, cell in enumerate(c for c in notebook["cells"] if c["cell_type"] == "code"):
                _run(shell, cell, number + 1, name)
                if "parameters" in cell["metadata"].get("tags", ()):
                    shell.push(parameters)
        finally:
            Shell.clear_instance()
    return notebook


def figures(notebook: Notebook) -> list[bytes]:
    """The PNGs among a notebook's outputs."""
    return [
        base64.b64decode(output["data"]["image/png"])
        for cell in notebook["cells"]
        for output in cell.get("outputs", ())
        if "image/png" in output.get("data", {})
    ]


def _run(shell: Shell, cell: dict[str, Any], number: int, name: str) -> None:
    """Executes a cell, and puts its outputs into it.

    Raises:
        RuntimeError: it fails.
    """
    source = "".join(cell["source"])
    with capture_output() as captured:
        result = shell.run_cell(source, store_history=True)
    if not result.success:
        error = result.error_before_exec or result.error_in_exec
        raise RuntimeError(f"examples/{name}.ipynb, cell {number}: {error!r}\n{source}") from error
    cell["execution_count"] = number
    cell["outputs"] = [_rich(output) for output in captured.outputs]
    if captured.stdout:
        text = captured.stdout.splitlines(keepends=True)
        cell["outputs"].insert(0, {"name": "stdout", "output_type": "stream", "text": text})


def _rich(output: RichOutput) -> dict[str, Any]:
    """Returns what a cell shows, as notebooks keep it."""
    data = {
        kind: base64.b64encode(value).decode() if isinstance(value, bytes) else value
        for kind, value in (output.data or {}).items()
    }
    return {"data": data, "metadata": output.metadata or {}, "output_type": "display_data"}


@contextmanager
def _scratch_folder() -> Iterator[None]:
    """Makes a folder the working one, and this Python's programs the first on the path."""
    before, path = Path.cwd(), os.environ["PATH"]
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), path))
        try:
            yield
        finally:
            os.environ["PATH"] = path
            os.chdir(before)


def main() -> None:
    """Executes notebooks, and writes them with their figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="all by default")
    parser.add_argument("--fast", action="store_true", help="with few images and epochs")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "examples")
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(notebooks()))
    if unknown:
        parser.error(f"unknown notebook {unknown[0]}, expected one of {', '.join(notebooks())}")
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.names or notebooks():
        began = perf_counter()
        notebook = execute(name, fast=options.fast)
        text = json.dumps(notebook, indent=1, ensure_ascii=False)
        (options.out / f"{name}.ipynb").write_text(text + "\n", encoding="utf-8")
        pictures = figures(notebook)
        for number, picture in enumerate(pictures, 1):
            (options.out / f"{name}-{number}.png").write_bytes(picture)
        print(f"{name}: {perf_counter() - began:.1f} s, {len(pictures)} figures")


if __name__ == "__main__":
    main()
