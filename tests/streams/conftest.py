"""Sprites that all tests of streams read, packed once."""

from __future__ import annotations

from pathlib import Path

import pytest

import packed
from spritenet import Dataset


@pytest.fixture(scope="session")
def data() -> Dataset:
    """The data set in memory."""
    return packed.dataset()


@pytest.fixture(scope="session")
def sprites(data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with its sprites. Tests leave it as it is."""
    return packed.folder(tmp_path_factory.mktemp("streams"), data)
