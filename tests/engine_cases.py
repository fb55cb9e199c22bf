"""Random networks, parameters and examples for the tests of engines."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from reference import Array, Network
from spritenet import layers as kinds
from spritenet.engines.engine import Examples
from spritenet.errors import ModelError
from spritenet.initializers import stream
from spritenet.layers import Layer, Shape, activations
from spritenet.regularizers import L2

ACTIVATIONS = tuple(name for name in activations.names() if not name.endswith("max"))

paddings = st.sampled_from(["valid", "same"])
pairs = st.tuples(st.integers(1, 4), st.integers(1, 4))


def begin(network: Network, layers: list[Layer], shape: Shape, seed: int = 0) -> Array:
    """Random float64 parameters, biases too."""
    values, index = [np.zeros(0)], 0
    for layer in layers:
        for weight in layer.weights(shape):
            value = stream(seed, index).normal(0, 0.3, weight.size)
            positive = weight.name in ("gamma", "moving_variance")
            values.append(np.abs(value) + 0.5 if positive else value)
            index += 1
        shape = layer.output_shape(shape)
    assert network.parameter_count == sum(len(v) for v in values)
    return np.concatenate(values)


def some(shape: tuple[int, int, int], count: int, classes: int, *, weighted: bool) -> Examples:
    """Random examples."""
    random = np.random.default_rng(5)
    return Examples(
        random.integers(0, 256, (count, *shape), dtype=np.uint8),
        random.integers(0, classes, count, dtype=np.int32),
        weights=random.uniform(0.1, 2, count).astype(np.float32) if weighted else None,
    )


def on_images(activation: str) -> st.SearchStrategy[Layer]:
    """Any layer that takes images, with that activation where it has one."""
    convolution = st.builds(
        lambda filters, kernel, strides, padding, use_bias: kinds.Conv2D(
            filters, kernel, strides, padding, activation, use_bias
        ),
        st.integers(1, 9),
        pairs,
        pairs,
        paddings,
        st.booleans(),
    )
    depthwise = st.builds(
        lambda kernel, strides, padding, each, use_bias: kinds.DepthwiseConv2D(
            kernel, strides, padding, each, activation, use_bias
        ),
        pairs,
        pairs,
        paddings,
        st.integers(1, 3),
        st.booleans(),
    )
    side = st.tuples(st.integers(0, 2), st.integers(0, 2))
    return st.one_of(
        convolution,
        st.builds(kinds.ZeroPadding2D, st.tuples(side, side)),
        st.builds(kinds.BatchNormalization, center=st.booleans(), scale=st.booleans()),
        depthwise,
        st.builds(kinds.MaxPooling2D, pairs, pairs, paddings),
        st.builds(kinds.AveragePooling2D, pairs, pairs, paddings),
        st.just(kinds.Activation(activation)),
    )


@st.composite
def networks(draw: st.DrawFn) -> tuple[list[Layer], tuple[int, int, int]]:
    """A few random layers that fit a random input, ended by a softmax over 4."""
    start = (draw(st.integers(1, 12)), draw(st.integers(1, 12)), draw(st.integers(1, 4)))
    shape: Shape = start
    layers: list[Layer] = [kinds.Rescaling(1 / 128, -0.9)]
    for _ in range(draw(st.integers(0, 3))):
        layer = draw(on_images(draw(st.sampled_from([*ACTIVATIONS, "softmax"]))))
        try:
            shape = layer.output_shape(shape)
        except ModelError:
            continue
        layers.append(layer)
    layers.append(
        draw(
            st.sampled_from(
                [kinds.Flatten(), kinds.GlobalAveragePooling2D(), kinds.GlobalMaxPooling2D()]
            )
        )
    )
    if draw(st.booleans()):
        last = draw(st.sampled_from([*ACTIVATIONS, "softmax"]))
        layers.append(kinds.Dense(draw(st.integers(1, 9)), last, kernel_regularizer=L2(0.01)))
    layers.append(kinds.Dense(4, "softmax", use_bias=draw(st.booleans())))
    return layers, start
