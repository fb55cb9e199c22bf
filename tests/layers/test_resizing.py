"""Resizing and CenterCrop against PyTorch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builds import examples
from layer_cases import Tensor, check, check_file, torch
from spritenet import layers as kinds
from spritenet.errors import ModelError

Weights = Mapping[str, Tensor]
sides = st.integers(1, 9)
images = st.tuples(sides, sides, st.integers(1, 4))


@settings(max_examples=examples(30))
@given(images, sides, sides, st.sampled_from(["bilinear", "nearest"]))
def test_resizing(image: tuple[int, int, int], height: int, width: int, way: str) -> None:
    """To any size, smaller and larger, with the centers of pixels at halves."""
    layer = kinds.Resizing(height, width, way)
    mode = {"mode": "bilinear", "align_corners": False} if way == "bilinear" else {}

    def oracle(x: Sequence[Tensor], _: Weights) -> Tensor:
        first = x[0].permute(0, 3, 1, 2)
        arguments = mode or {"mode": "nearest-exact"}
        y = torch.nn.functional.interpolate(first, size=(height, width), **arguments)
        return y.permute(0, 2, 3, 1)

    check(layer, image, oracle)
    check_file(layer, image)


@settings(max_examples=examples(20))
@given(images, st.data())
def test_center_crop(image: tuple[int, int, int], data: st.DataObject) -> None:
    """The middle; of an odd rest one more is cut at the bottom or right."""
    height, width = data.draw(st.integers(1, image[0])), data.draw(st.integers(1, image[1]))
    layer = kinds.CenterCrop(height, width)
    top, left = (image[0] - height) // 2, (image[1] - width) // 2
    check(layer, image, lambda x, _: x[0][:, top : top + height, left : left + width])
    check_file(layer, image)


def test_what_does_not_fit_is_refused_in_a_line() -> None:
    """An image that is too small to crop, sizes of 0, another interpolation."""
    with pytest.raises(ModelError, match=r"crops to 5x3, but its input is 4x9.*Use Resizing"):
        kinds.CenterCrop(5, 3).output_shape((4, 9, 1))
    with pytest.raises(ModelError, match="invalid height"):
        kinds.Resizing(0, 4)
    with pytest.raises(ModelError, match="unknown interpolation"):
        kinds.Resizing(4, 4, "bicubic")
