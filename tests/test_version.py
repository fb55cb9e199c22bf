"""One version, wherever it is written."""

from __future__ import annotations

import tomllib
from pathlib import Path

import spritenet


def test_the_package_and_the_project_agree() -> None:
    """`spritenet.__version__` is what pyproject.toml says."""
    text = (Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    assert spritenet.__version__ == tomllib.loads(text)["project"]["version"]
