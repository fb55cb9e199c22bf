"""Objects that processes share: equal, read-only, and their arrays in one file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tiny
from spritenet.sweeps.shared_pickle import dump, load


def test_splits_and_models_come_back_the_same(tmp_path: Path) -> None:
    """Pixels, labels and weights; large arrays begin where vectors want them."""
    split, model = tiny.images(), tiny.built()
    dump({"split": split, "model": model, "none": None}, tmp_path)
    found = load(tmp_path)
    assert found["split"].content_hash == split.content_hash
    assert found["model"].weights_sha256 == model.weights_sha256
    assert found["split"].images.ctypes.data % 64 == 0
    assert (tmp_path / "arrays.bin").stat().st_size >= split.images.nbytes


def test_arrays_are_read_only(tmp_path: Path) -> None:
    """No process can change what the others read."""
    dump(np.zeros(10_000), tmp_path)
    found = load(tmp_path)
    with pytest.raises(ValueError, match="read-only"):
        found[0] = 1.0


def test_an_object_without_arrays_is_fine(tmp_path: Path) -> None:
    """An empty file can't be mapped; there is never one."""
    dump((1, "two"), tmp_path)
    assert load(tmp_path) == (1, "two")
