"""Locks what development, CI and the tests of both ends install: `make lock`.

    requirements/run.txt      what `make demo` installs: the base, and what builds the core
    requirements/dev.txt      the same with the tools and the extras that every test needs
    requirements/docs.txt     what `make docs` installs beside that
    requirements/release.txt  what `make release` installs beside that
    requirements/oracles.txt  what the rest of the tests compare with: PyTorch, Ray, object stores
    requirements/lowest.txt   the lowest versions that pyproject.toml allows, with the locked tools
    requirements/newest.txt   the newest, written anew by `make test-newest` and not committed

The ranges are in pyproject.toml; uv resolves them. Locks hold a hash of every file, but for the
oracles: a machine may bring a PyTorch of its own build, such as one without CUDA.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "requirements"
OLDEST_PYTHON = "3.11"
ORACLES = ("torch==2.13.0", "keras>=3.10", "onnxruntime>=1.20", "pillow-heif>=1.1")
"""No extras of ours: the tests compare with the first three, and read HEIC if it is installed."""

LARGE = ("ray", "fsspec", "torch")
"""Extras that only some tests need, and that bring a hundred packages."""

TOOLS = ("docs", "release")
"""Groups of tools that one command of the Makefile needs, each with a lock of its own."""

EDITABLE = ("editables>=0.5",)
"""hatchling needs it to install in place, and pip doesn't bring it without build isolation."""

CUDA = re.compile(r"(nvidia-|cuda-|triton)")  # parts of PyTorch's default build, pinned by itself
PINNED = re.compile(r"[A-Za-z0-9._-]+==")


def ranges() -> dict[str, list[str]]:
    """The requirements of pyproject.toml: "build", "base", and each extra by its name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {
        "build": [*project["build-system"]["requires"], *EDITABLE],
        "base": project["project"]["dependencies"],
        **project["project"]["optional-dependencies"],
    }


def names(requirements: Iterable[str]) -> set[str]:
    """The packages that requirements name."""
    return {canonicalize_name(Requirement(line).name) for line in requirements}


def locked(text: str) -> list[Requirement]:
    """The exact requirements of a lock; a package may have several, for different Pythons."""
    return [Requirement(line.strip(" \\\n")) for line in text.splitlines() if PINNED.match(line)]


def resolve(requirements: Iterable[str], *options: str, python: str = OLDEST_PYTHON) -> str:
    """The lock of requirements, as uv writes it."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "requirements.in"
        wanted.write_text("\n".join(requirements) + "\n", encoding="utf-8")
        command = [sys.executable, "-m", "uv", "pip", "compile", str(wanted), "--quiet"]
        command += ["--no-header", "--no-annotate", "--python-version", python, *options]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr.strip())
    return done.stdout


def write(name: str, about: str, lock: str) -> None:
    """Writes a lock beside and renames it."""
    FOLDER.mkdir(exist_ok=True)
    path, beside = FOLDER / f"{name}.txt", FOLDER / f"{name}.part"
    beside.write_text(f"# {about}: written by `make lock`.\n{lock}", encoding="utf-8")
    beside.replace(path)
    print(f"{path.relative_to(ROOT)}: {len(locked(lock))} pins")


def lock() -> None:
    """Locks everything but the newest."""
    wanted = ranges()
    users = [name for name in wanted if name not in {"build", "base", "dev", *TOOLS}]
    small = [line for name in users if name not in LARGE for line in wanted[name]]
    large = [line for name in LARGE for line in wanted[name]]

    everything = [*wanted["build"], *wanted["base"], *small, *wanted["dev"]]
    tools = [line for name in TOOLS for line in wanted[name]]
    together = resolve([*everything, *large, *tools, *ORACLES], "--universal")
    with tempfile.TemporaryDirectory() as folder:
        constraints = Path(folder) / "constraints.txt"
        constraints.write_text(together, encoding="utf-8")
        exactly = ("--universal", "--generate-hashes", "--constraint", str(constraints))
        write("dev", "Tools, and what the tests need", resolve(everything, *exactly))
        base = [*wanted["build"], *wanted["base"]]
        write("run", "What runs", resolve(base, *exactly))
        for name in TOOLS:
            write(name, f"What `make {name}` needs", resolve(wanted[name], *exactly))
    dev = locked((FOLDER / "dev.txt").read_text(encoding="utf-8"))
    alone = names(
        str(pin)
        for name in TOOLS
        for pin in locked((FOLDER / f"{name}.txt").read_text(encoding="utf-8"))
    )
    needed = names(
        str(pin) for pin in locked(resolve([*everything, *large, *ORACLES], "--universal"))
    )
    known = {canonicalize_name(pin.name) for pin in dev} | (alone - needed)
    oracles = [
        f"{pin}\n"
        for pin in locked(together)
        if canonicalize_name(pin.name) not in known and not CUDA.match(pin.name)
    ]
    write("oracles", "PyTorch, Ray and object stores, beside dev.txt", "".join(oracles))

    ours = [line for name in ("base", *users) for line in wanted[name]]
    others = names([*wanted["build"], *wanted["dev"]]) - names(ours)
    kept = [str(pin) for pin in dev if canonicalize_name(pin.name) in others]
    lowest = resolve([*ours, *kept], "--resolution", "lowest-direct")
    write("lowest", "The lowest versions that pyproject.toml allows", lowest)


def newest() -> None:
    """Resolves the newest versions that pyproject.toml allows, for the Python that runs this."""
    wanted = ranges()
    left_out = {*LARGE, *TOOLS}
    everything = [line for name in wanted if name not in left_out for line in wanted[name]]
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    text = resolve(everything, "--upgrade", python=version)
    write("newest", f"The newest for Python {version}", text)


def main(arguments: Sequence[str] | None = None) -> None:
    """Locks, or resolves the newest."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--newest", action="store_true", help="resolve the newest versions only")
    if parser.parse_args(arguments).newest:
        newest()
    else:
        lock()


if __name__ == "__main__":
    main()
