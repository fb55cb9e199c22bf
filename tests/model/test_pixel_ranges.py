"""Pixel ranges: that of a model from another program is the one of highest accuracy."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import spritenet as sn
from foreign_models import small
from spritenet.export import RANGES, read
from spritenet.model import accuracies_by_range, best_range


def test_the_range_that_fits_is_found_on_labelled_images(tmp_path: Path) -> None:
    """A network that compares pixels with 0.5 knows only its own range."""
    path = small(tmp_path / "m", outputs=2)
    rows = np.zeros((17, 2), "<f4")
    rows[:16, 1] = 1
    rows[16, 1] = -8  # the mean over 16 pixels is compared with 0.5
    (path.parent / "weights.bin").write_bytes(rows[:16].tobytes() + rows[16:].tobytes())
    images = np.random.default_rng(0).integers(0, 256, (400, 4, 4, 1), np.uint8)
    labels = (images.mean(axis=(1, 2, 3)) > 127.5).astype(np.int32)
    split = sn.Split.from_arrays(images, labels)
    found = accuracies_by_range(read(path), split)
    assert list(found) == list(RANGES)
    assert found["0..1"] == 1
    assert max(value for name, value in found.items() if name != "0..1") < 0.7
    assert best_range(found, "0..255", len(split)) == "0..1"


def test_a_difference_by_chance_changes_nothing() -> None:
    """Of 100 images two more right prove nothing."""
    assert best_range({"0..1": 0.9, "0..255": 0.92}, "0..1", 100) == "0..1"
    assert best_range({"0..1": 0.1, "0..255": 0.92}, "0..1", 100) == "0..255"
