"""One protocol for labelled images: in memory, in files and in streams."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import spritenet as sn
from sprite_data import data_set
from spritenet.dataset import source
from spritenet.dataset.lazy_dataset import LazyDataset
from spritenet.dataset.source import Source
from spritenet.errors import DataError


def sources(folder: Path) -> dict[str, Source]:
    """The same training set as a split, a lazy split and a split of a stream."""
    data = data_set(20, test=5)
    sn.pack(data, folder / "data.png")
    stream = sn.open(folder / "data.png")
    return {
        "memory": data.train,
        "lazy": LazyDataset.from_dataset(data)["train"],
        "stream": stream.train,
    }


def test_all_kinds_of_splits_are_sources(tmp_path: Path) -> None:
    """They have the same images, labels, shape, names and length."""
    found = sources(tmp_path)
    reference = found["memory"]
    indices = np.array([3, 0, 14, 3], np.int64)
    images, labels = reference.take(indices)
    for kind, one in found.items():
        assert isinstance(one, Source), kind
        assert len(one) == len(reference)
        assert (one.name, one.class_names) == ("train", reference.class_names)
        assert one.image_shape == reference.image_shape
        taken = one.take(indices)
        assert np.array_equal(taken[0], images), kind
        assert np.array_equal(taken[1], labels), kind


def test_identities_tell_contents_apart(tmp_path: Path) -> None:
    """A lazy split has the content hash of the split in memory; other images, another identity."""
    found = sources(tmp_path)
    assert found["lazy"].identity == found["memory"].identity
    data = LazyDataset.from_dataset(data_set(20, test=5))
    assert data["test"].identity != found["lazy"].identity
    assert len(found["stream"].identity) == 64


def test_missing_splits_are_refused() -> None:
    """The error names the splits that there are."""
    data = LazyDataset.from_dataset(data_set(20, test=5))
    with pytest.raises(DataError, match=r"unknown split 'dev': expected train, test"):
        data["dev"]


def test_the_protocol_is_small() -> None:
    """A source with the required members only."""
    members = {name for name in vars(source.Source) if not name.startswith("_")}
    assert members == {"name", "class_names", "image_shape", "identity", "take"}
