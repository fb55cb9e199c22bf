"""One image alone is predicted as among others: the same bits, on any number of threads."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builds import examples
from engine_cases import begin, some
from reference import Network as Reference
from spritenet import layers as kinds
from spritenet.engines import native
from spritenet.layers import Layer

Shape = tuple[int, int, int]


def compare(layers: list[Layer], shape: Shape, threads: int = 1) -> None:
    """Each of 18 images alone, all together, and the reference in float64."""
    images = some(shape, 18, 4, weighted=False).images
    reference = Reference(layers, shape)
    parameters = begin(reference, layers, shape).astype(np.float32)
    together = native.Network(layers, shape).predict(parameters, images)
    network = native.Network(layers, shape, threads=threads)
    alone = np.concatenate([network.predict(parameters, image[None]) for image in images])
    np.testing.assert_array_equal(alone, together)
    expected = reference.predict(parameters, images).reshape(alone.shape)
    scale = float(np.abs(expected).max())
    np.testing.assert_allclose(alone, expected, rtol=1e-4, atol=1e-4 * scale)


@st.composite
def wide_convolutions(draw: st.DrawFn) -> tuple[list[Layer], Shape]:
    """A convolution whose weights take blocks of kernel rows, or several a row."""
    shape = (draw(st.integers(3, 19)), draw(st.integers(3, 19)), 2)
    channels = draw(st.sampled_from([1, 5, 31, 64, 97, 200]))
    size, strides = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    return [
        kinds.Rescaling(1 / 255),
        kinds.Conv2D(channels, 1, activation="relu"),
        kinds.Conv2D(
            draw(st.integers(1, 100)),
            size,
            strides,
            draw(st.sampled_from(["valid", "same"])),
            draw(st.sampled_from(["linear", "relu", "tanh"])),
            use_bias=draw(st.booleans()),
        ),
    ], shape


@settings(max_examples=examples(60))
@given(wide_convolutions())
def test_an_image_alone_has_the_same_bits(drawn: tuple[list[Layer], Shape]) -> None:
    """Whole groups of channels and the rest; sums that go on from the outputs."""
    compare(*drawn)


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_threads_share_an_image(threads: int) -> None:
    """An operation of enough products that they do."""
    layers: list[Layer] = [
        kinds.Rescaling(1 / 255),
        kinds.Conv2D(96, 3, padding="same", activation="relu"),
        kinds.Conv2D(150, 3, padding="same", use_bias=False),
    ]
    compare(layers, (12, 11, 3), threads)
