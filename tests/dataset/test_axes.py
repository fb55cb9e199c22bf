"""Arrays whose axes are in another order than n h w c are refused, with the transpose to type."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import spritenet as sn
from spritenet.dataset.axes import fitting_axes, meant_axes
from spritenet.errors import DataError

CASES = [
    ((20, 3, 32, 32), 20, (0, 2, 3, 1), "n c h w"),
    ((20, 1, 28, 28), 20, (0, 2, 3, 1), "n c h w"),
    ((20, 3, 24, 32), 20, (0, 2, 3, 1), "n c h w"),
    ((28, 28, 20), 20, (2, 0, 1), "h w n"),
    ((32, 32, 3, 20), 20, (3, 0, 1, 2), "h w c n"),
    ((32, 24, 1, 20), 20, (3, 0, 1, 2), "h w c n"),
    ((3, 32, 32, 20), 20, (3, 1, 2, 0), "c h w n"),
]


def network(shape: tuple[int, int, int]) -> sn.Sequential:
    """A network for images of a shape."""
    model = sn.Sequential([sn.layers.Flatten(), sn.layers.Dense(2, activation="softmax")])
    model.build(shape)
    model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
    return model


def noise(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Pixels of a shape."""
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize(("shape", "count", "axes", "order"), CASES)
def test_the_transpose_is_named_everywhere(
    shape: tuple[int, ...], count: int, axes: tuple[int, ...], order: str, tmp_path: Path
) -> None:
    """By `Split`, `Dataset`, `fit`, `evaluate`, `predict`, `pack`, npz and npy; and it works."""
    x, y = noise(shape), np.arange(count) % 2
    right = x.transpose(axes)
    split = sn.Split.from_arrays(right, y)
    assert len(split) == count
    assert split.image_shape[2] in {1, 3}
    model = network(split.image_shape)
    np.savez(tmp_path / "a.npz", x_train=x, y_train=y)
    np.save(tmp_path / "x_train.npy", x)
    np.save(tmp_path / "y_train.npy", y)
    said = rf"the axes seem to be {order}: .*{re.escape(f'transpose{axes}')}"
    for call in (
        lambda: sn.Split.from_arrays(x, y),
        lambda: sn.Split.from_arrays(x, np.eye(2)[y]),
        lambda: sn.Dataset.from_arrays((right, y), (x, y)),
        lambda: model.fit(x, y, verbose=0),
        lambda: model.fit(right, y, validation_data=(x, y), verbose=0),
        lambda: model.evaluate(x, y),
        lambda: sn.pack((x, y), tmp_path / "a.png"),
        lambda: sn.load(tmp_path / "a.npz"),
        lambda: sn.load(tmp_path / "x_train.npy"),
    ):
        with pytest.raises(DataError, match=said):
            call()
    with pytest.raises(DataError, match=re.escape(f"transpose{axes}")):
        model.predict(x)
    model.predict(right)


def test_one_image_whose_channels_come_first() -> None:
    """`predict` of c h w names the transpose too."""
    with pytest.raises(DataError, match=re.escape("transpose(1, 2, 0)")):
        network((8, 8, 3)).predict(noise((3, 8, 8)))


@pytest.mark.parametrize(
    "shape", [(20, 32, 32, 3), (20, 3, 3, 3), (20, 3, 32, 3), (20, 3, 32), (20, 28, 28), (4, 4, 4)]
)
def test_what_may_be_images_is_taken(shape: tuple[int, ...]) -> None:
    """Images 3 pixels high, too, as long as channels come last."""
    assert meant_axes(shape, shape[0]) is None
    assert len(sn.Split.from_arrays(noise(shape), np.arange(shape[0]) % 2)) == shape[0]


def test_images_of_many_channels_are_made_explicitly() -> None:
    """3×32 with 32 channels: a `Split` itself takes them, and trains."""
    x, y = noise((20, 3, 32, 32)), (np.arange(20) % 2).astype(np.int32)
    with pytest.raises(DataError, match=r"Split\(images, labels, class_names\) takes them"):
        sn.Split.from_arrays(x, y)
    split = sn.Split(x, y, ("a", "b"))
    assert split.image_shape == (3, 32, 32)
    network(split.image_shape).fit(split, verbose=0)


def test_a_number_of_labels_that_fits_nothing_names_no_transpose() -> None:
    """The counts disagree, and that is what is said."""
    with pytest.raises(DataError, match="different numbers of images and labels"):
        sn.Split.from_arrays(noise((20, 6, 5)), np.arange(5) % 2)
    assert fitting_axes((10, 7, 7, 3), (8, 8, 3)) is None
