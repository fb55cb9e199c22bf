"""The npm package as a person installs it: built, packed, and put into an empty project."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import spritenet as sn

__all__ = ["README", "ROOT", "TOOLS", "blocks", "installed", "project_files", "run"]

ROOT = Path(__file__).parents[1]
README = ROOT / "js" / "README.md"
TOOLS = ROOT / "tests" / "node" / "node_modules"


def run(*command: str | Path, cwd: Path) -> str:
    """Returns what a program printed; fails the test with its complaint."""
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def installed(folder: Path) -> Path:
    """Builds and packs the package, and installs it into an empty project.

    Returns:
        The project's folder.
    """
    if not (TOOLS / "typescript").exists():
        pytest.skip("TypeScript is not installed: npm ci --prefix tests/node")
    run(sys.executable, ROOT / "tools" / "build_npm.py", "--out", folder / "npm", cwd=ROOT)
    (tarball,) = (folder / "npm").glob("*.tgz")
    project = folder / "project"
    project.mkdir()
    (project / "package.json").write_text(json.dumps({"private": True, "type": "module"}))
    quiet = ("--offline", "--ignore-scripts", "--no-audit", "--no-fund")
    run("npm", "install", *quiet, tarball, cwd=project)
    return project


def project_files(folder: Path) -> None:
    """Writes what the examples read: a sprite, and a model of its classes."""
    data = sn.load("strokes")
    splits = {"train": data.train[:900], "test": data.test[:100]}
    sn.pack(dataclasses.replace(data, splits=splits), folder / "digits.png")
    model = sn.networks.tutorial(splits["train"])
    model.fit(splits["train"], validation_data=splits["test"], epochs=2, verbose=0)
    model.save(folder / "digits")


def blocks(kind: str) -> list[str]:
    """The examples of README.md in a language: js, ts or html."""
    text = README.read_text(encoding="utf-8")
    return re.findall(rf"^```{kind}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
