"""Lists of images, and Pillow's own, become arrays."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import spritenet as sn
from spritenet.dataset.image_list import as_array
from spritenet.errors import DataError

COLOUR = np.random.default_rng(0).integers(0, 256, (6, 5, 3), np.uint8)
GREY: NDArray[np.uint8] = COLOUR[..., 0]


def test_pillows_images_of_mixed_modes_get_what_all_need() -> None:
    """Grey ones become colour beside coloured ones, as Pillow converts them."""
    images = [Image.fromarray(GREY), Image.fromarray(COLOUR), Image.fromarray(GREY).convert("1")]
    split = sn.Split.from_arrays(images, [0, 1, 0])
    assert split.image_shape == (6, 5, 3)
    for image, found in zip(images, split.images, strict=True):
        assert np.array_equal(np.asarray(image.convert("RGB")), found)


@pytest.mark.parametrize(
    ("mode", "channels"), [("1", 1), ("L", 1), ("P", 3), ("RGB", 3), ("CMYK", 3), ("LA", 4)]
)
def test_each_mode(mode: str, channels: int) -> None:
    """Palettes are their colours, not their numbers; bits are black and white."""
    image = Image.fromarray(COLOUR).convert(mode)
    split = sn.Split.from_arrays([image, image], [0, 1])
    assert split.image_shape == (6, 5, channels)
    same = image.convert({1: "L", 3: "RGB", 4: "RGBA"}[channels])
    assert np.array_equal(split.images[0].squeeze(), np.asarray(same))


def test_images_of_more_bits_need_their_range() -> None:
    """16 bits are not cut to 8 without a word."""
    wide = Image.fromarray(GREY.astype(np.uint16) * 16)
    with pytest.raises(DataError, match=r"range=\(0, 4095\)"):
        sn.Split.from_arrays([wide, wide], [0, 1])
    split = sn.Split.from_arrays([wide, wide], [0, 1], range=(0, 255 * 16))
    assert np.array_equal(split.images[1, ..., 0], GREY)
    with pytest.raises(DataError, match="some images have 8 bits and others more"):
        as_array([Image.fromarray(GREY), wide])


def test_sizes_that_differ_are_one_line() -> None:
    """Of Pillow's images and of arrays; with the call that mends it."""
    small, large = Image.new("L", (5, 6)), Image.new("L", (7, 6))
    with pytest.raises(DataError, match=r"image 1: .*expected 6×5.*got 6×7.*resize\(\(5, 6\)\)"):
        sn.Split.from_arrays([small, large], [0, 1])
    with pytest.raises(DataError, match=r"\(6, 5\) and \(6, 7\)"):
        sn.Split.from_arrays([np.zeros((6, 5)), np.zeros((6, 7))], [0, 1])


def test_networks_take_them() -> None:
    """`fit`, `evaluate` and `predict`; of one image, too."""
    images = [Image.fromarray(np.roll(GREY, shift)) for shift in range(8)]
    y = np.arange(8) % 2
    outputs = []
    losses = []
    for x in (images, np.stack([np.asarray(image) for image in images])):
        model = sn.Sequential([sn.layers.Flatten(), sn.layers.Dense(2, activation="softmax")])
        model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
        model.fit(x, y, verbose=0)
        outputs.append([*model.predict(x).tolist(), model.predict(x[0]).tolist()])
        losses.append(model.evaluate(x, y).loss)
    assert outputs[0] == outputs[1]
    assert losses[0] == losses[1]
