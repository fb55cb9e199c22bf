"""Images included in a page: balanced examples, as many as one sprite can hold."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import spritenet as sn
from spritenet import export
from spritenet.dataset import Dataset, Split
from spritenet.errors import DataError, InputError
from spritenet.export import SavedModel
from spritenet.web.examples import examples_for, for_one_sprite, sprite_bytes

NAMES = ("a", "b", "c")


def split(counts: dict[int, int], name: str, size: int = 4) -> Split:
    """So many images of each class, each different."""
    labels = np.repeat(list(counts), list(counts.values())).astype(np.int32)
    images = np.random.default_rng(0).integers(0, 256, (len(labels), size, size, 1), np.uint8)
    return Split(images, labels, NAMES, name)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> SavedModel:
    """It takes 4×4 pixels of three classes."""
    made = sn.Sequential([sn.Flatten(), sn.Dense(3, activation="softmax")])
    made.compile("sgd", "sparse_categorical_crossentropy")
    made.fit(split({0: 2, 1: 2, 2: 2}, "train"), verbose=0)
    folder = tmp_path_factory.mktemp("model") / "model"
    made.save(folder)
    return export.load(folder)


def test_examples_are_of_each_class_alike(model: SavedModel) -> None:
    """As far as there are any; none twice; of the training images; the same each time."""
    train = split({0: 500, 1: 40, 2: 3}, "train")
    data = Dataset("some", {"train": train, "test": split({0: 9}, "test")}, NAMES)
    chosen = examples_for(model, data, 60)
    assert Counter(chosen.labels.tolist()) == {0: 20, 1: 20, 2: 3}
    known = {image.tobytes() for image in train.images}
    seen = {image.tobytes() for image in chosen.images}
    assert len(seen) == len(chosen)
    assert seen <= known
    assert (examples_for(model, data, 60).images == chosen.images).all()
    assert len(set(chosen.labels[:10].tolist())) > 1


@pytest.mark.parametrize(
    "data",
    [
        Dataset("large", {"train": split({0: 5}, "train", size=5)}, NAMES),
        Dataset(
            "other", {"train": Split.from_arrays(np.zeros((3, 4, 4)), [0, 1, 2])}, ("0", "1", "2")
        ),
        Dataset("untrained", {"test": split({0: 5}, "test")}, NAMES),
    ],
    ids=lambda data: data.name,
)
def test_images_that_the_model_does_not_take_are_refused(model: SavedModel, data: Dataset) -> None:
    """Of another size, of other classes, or not for training."""
    with pytest.raises(DataError):
        examples_for(model, data)


def test_what_fits_into_one_sprite_is_left_as_it_is(tmp_path: Path) -> None:
    """And its bytes are those of a packed sprite."""
    data = Dataset("some", {"train": split({0: 5, 1: 5}, "train")}, NAMES)
    assert for_one_sprite(data) is data
    assert sprite_bytes(data) == sn.pack(data, tmp_path / "data.png").read_bytes()


def test_what_does_not_fit_is_left_out_of_the_largest_split_class_by_class() -> None:
    """MNIST's 70,000 images become the tutorials' 55,000 and 10,000."""
    labels = np.arange(60_000, dtype=np.int32) % 3
    train = Split(np.zeros((60_000, 1, 1, 1), np.uint8), labels, NAMES, "train")
    data = Dataset("many", {"test": train[:10_000], "train": train}, NAMES, "source", "licence")
    less = for_one_sprite(data)
    assert {name: len(part) for name, part in less.splits.items()} == {
        "test": 10_000,
        "train": 55_000,
    }
    counts = Counter(less.train.labels.tolist()).values()
    assert max(counts) - min(counts) <= 1
    assert (less.name, less.source, less.licence) == ("many", "source", "licence")


def test_images_too_large_for_a_sprite_are_refused() -> None:
    """In the words of `pack`."""
    large = Split(np.zeros((1, 9000, 9000, 1), np.uint8), np.zeros(1, np.int32), NAMES)
    with pytest.raises(InputError, match="too large for a sprite"):
        for_one_sprite(Dataset("large", {"train": large}, NAMES))
