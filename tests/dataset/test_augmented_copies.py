"""Images beside the copies that training sees of them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import spritenet as sn
from program import spritenet
from spritenet.augmentation import augmented, find_steps
from spritenet.dataset import Split
from spritenet.dataset.augmented_copies import copies_sheet, some_places, with_copies
from spritenet.dataset.contact_sheet import GAP, HEAD, MARGIN
from spritenet.errors import DataWarning, ModelError
from spritenet.permutation import permutation


def split_of(names: tuple[str, ...] = ("cat", "dog", "bird")) -> Split:
    """Noise of 28x28 in three classes."""
    pixels = np.random.default_rng(0).integers(0, 256, (12, 28, 28, 1), np.uint8)
    return Split.from_arrays(pixels, np.arange(12) % 3, names, "train")


def test_copies_are_those_of_the_first_epochs() -> None:
    """Of a training with that seed, whichever images are asked for."""
    images, places = split_of().images, np.array([7, 2])
    steps = find_steps("photos,mixup=0.2")
    shown = with_copies(images, places, steps, 3, seed=5)
    assert shown.shape == (2, 4, 28, 28, 1)
    np.testing.assert_array_equal(shown[:, 0], images[places])
    for epoch in range(3):
        whole = augmented(images, steps, seed=5, epoch=epoch)
        np.testing.assert_array_equal(shown[:, 1 + epoch], whole[places])


def test_places_are_of_each_class_or_random() -> None:
    """The first of each class, that of a permutation, or the first images of an epoch."""
    labels = np.array([1, 1, 0, 2, 0], np.int32)
    assert some_places(labels, 9, classes=4, seed=None).tolist() == [2, 0, 3]
    assert some_places(labels, 2, classes=4, seed=None).tolist() == [2, 0]
    assert some_places(labels, 3, seed=4).tolist() == permutation(4, 0, 5, 0, 3).tolist()
    each = some_places(labels, 9, classes=4, seed=4)
    assert labels[each].tolist() == [0, 1, 2]


def place_of(tile: NDArray[np.uint8], strip: NDArray[np.uint8]) -> int:
    """The column of a strip, 56 high, at which an image stands, each pixel a square of four."""
    large = tile[:, :, 0].repeat(2, axis=0).repeat(2, axis=1)[:, :, None]
    found = [x for x in range(strip.shape[1] - 55) if (strip[:, x : x + 56] == large).all()]
    assert len(found) == 1
    return found[0]


def test_a_sheet_has_a_row_for_each_image() -> None:
    """The original first and apart, then its copies."""
    split, steps = split_of(), find_steps("photos")
    places = some_places(split.labels, 9, classes=3, seed=None)
    png = copies_sheet(split.images, split.labels, split.class_names, steps, places, columns=5)
    picture = np.asarray(Image.open(io.BytesIO(png)))
    shown = with_copies(split.images, places, steps, 4)
    for row in range(3):
        top = MARGIN + HEAD + row * (56 + GAP)
        found = [place_of(tile, picture[top : top + 56]) for tile in shown[row]]
        assert np.diff(found[1:]).tolist() == [56 + GAP] * 3
        assert found[1] - found[0] > 56 + 2 * GAP


def test_a_figure_shows_copies() -> None:
    """Ten tiles a row, the class below the first."""
    pytest.importorskip("matplotlib")
    split = split_of()
    figure = split.show(30, augment="digits", seed=3)
    axes = figure.get_axes()
    assert len(axes) == 30
    chosen = permutation(3, 0, 12, 0, 3)
    copies = with_copies(split.images, chosen, find_steps("digits"), 9, seed=3)
    for place, one in enumerate(axes):
        expected = copies[place // 10, place % 10, :, :, 0]
        np.testing.assert_array_equal(one.get_images()[0].get_array(), expected)
    names = [split.class_names[split.labels[place]] for place in chosen]
    assert [one.get_xlabel() for one in axes[::10]] == [f"{name}, original" for name in names]
    assert len(split.show(augment="none").get_axes()) == 50
    with pytest.raises(ModelError, match="unknown augmentation"):
        split.show(augment="spin")


def test_flipped_digits_are_noted() -> None:
    """As training notes them."""
    with pytest.warns(DataWarning, match="flipped letters and digits"):
        split_of(("3", "7", "E")).show(10, augment="flip=horizontal")


@pytest.mark.parametrize("by", ["class", "random"])
def test_the_command_draws_them(tmp_path: Path, by: str) -> None:
    """`spritenet sheet --augment`; not for the projector."""
    sn.pack(sn.Dataset("set", {"train": split_of()}, split_of().class_names), tmp_path / "set.png")
    words = ["sheet", "set.png", "out.png", "--augment", "digits", "--columns", "5", "--by", by]
    done = spritenet(*words, "--rows", "2", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "out.png") as picture:
        assert picture.height == 2 * MARGIN + HEAD + 2 * (56 + GAP) - GAP
    done = spritenet(*words[:2], "folder", "--projector", "--augment", "digits", folder=tmp_path)
    assert done.returncode == 2
    assert "mutually exclusive" in done.stderr
