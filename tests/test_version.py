"""One version, written in one place."""

from __future__ import annotations

import tomllib
from importlib.metadata import version
from pathlib import Path

import spritenet

ROOT = Path(__file__).parents[1]


def test_the_project_takes_its_version_from_the_package() -> None:
    """pyproject.toml names the file instead of repeating the number."""
    text = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert text["project"]["dynamic"] == ["version"]
    path = ROOT / text["tool"]["hatch"]["version"]["path"]
    assert f'__version__ = "{spritenet.__version__}"' in path.read_text(encoding="utf-8")


def test_what_is_installed_has_that_version() -> None:
    """The build finds it there."""
    assert version("spritenet") == spritenet.__version__
