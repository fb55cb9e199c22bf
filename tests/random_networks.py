"""Hypothesis strategies for networks: any layers that fit on one another, and weights for them."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st
from numpy.typing import NDArray

from spritenet import layers as kinds
from spritenet.errors import ModelError
from spritenet.export import Metadata, OptimizerState, SavedModel, TrainedOn
from spritenet.initializers import (
    GlorotNormal,
    HeUniform,
    Initializer,
    LecunNormal,
    Orthogonal,
    RandomUniform,
    VarianceScaling,
    Zeros,
)
from spritenet.layers import Graph, Layer, Shape
from spritenet.layers import activations as functions
from spritenet.losses import CategoricalCrossentropy, Loss, MeanSquaredError
from spritenet.optimizers import SGD, Adam, AdamW, Optimizer, RMSprop
from spritenet.regularizers import L2
from spritenet.schedules import CosineDecay

__all__ = ["networks", "parameters_of", "saved_models"]

in_tensorflow_js = [name for name in functions.names() if not functions.missing(name)]
activations = st.sampled_from(sorted(in_tensorflow_js))
paddings = st.sampled_from(["valid", "same"])
small = st.integers(1, 3)
pairs = st.tuples(small, small)
initializers: st.SearchStrategy[Initializer] = st.sampled_from(
    [
        GlorotNormal(),
        HeUniform(),
        LecunNormal(),
        Orthogonal(0.5),
        RandomUniform(-0.1, 0.2),
        VarianceScaling(0.3, "fan_out", "truncated_normal"),
        Zeros(),
    ]
)
penalties = st.none() | st.floats(0, 0.1).map(L2)

learnt = {
    "activation": activations,
    "use_bias": st.booleans(),
    "kernel_initializer": initializers,
    "bias_initializer": initializers.filter(lambda rule: not isinstance(rule, Orthogonal)),
    "kernel_regularizer": penalties,
    "bias_regularizer": penalties,
}
windows = {"pool_size": pairs, "strides": pairs | st.none(), "padding": paddings}
anywhere: st.SearchStrategy[Layer] = st.one_of(
    st.builds(kinds.Activation, activations),
    st.builds(kinds.Dropout, st.floats(0, 0.9)),
    st.builds(kinds.ReLU, st.sampled_from([None, 6.0])),
    st.builds(kinds.LeakyReLU, st.floats(0, 1)),
    st.builds(kinds.ELU),
    st.builds(kinds.Softmax),
    st.builds(
        kinds.BatchNormalization,
        momentum=st.floats(0, 0.99),
        epsilon=st.floats(0.001, 0.1),
        center=st.booleans(),
        scale=st.booleans(),
        gamma_initializer=initializers.filter(lambda rule: not isinstance(rule, Orthogonal)),
        beta_regularizer=penalties,
    ),
)
on_images: st.SearchStrategy[Layer] = st.one_of(
    st.builds(kinds.Conv2D, st.integers(1, 5), pairs, strides=pairs, padding=paddings, **learnt),
    st.builds(
        kinds.DepthwiseConv2D,
        pairs,
        strides=pairs,
        padding=paddings,
        depth_multiplier=small,
        **{key.replace("kernel", "depthwise"): value for key, value in learnt.items()},
    ),
    st.builds(kinds.ZeroPadding2D, st.tuples(small, small) | small),
    st.builds(kinds.MaxPooling2D, **windows),
    st.builds(kinds.AveragePooling2D, **windows),
    anywhere,
)
on_vectors = st.one_of(st.builds(kinds.Dense, st.integers(1, 6), **learnt), anywhere)
to_vector: st.SearchStrategy[Layer] = st.sampled_from(
    [kinds.Flatten(), kinds.GlobalAveragePooling2D(), kinds.GlobalMaxPooling2D()]
)


@st.composite
def networks(draw: st.DrawFn) -> tuple[tuple[Layer, ...], tuple[int, int, int]]:
    """Named layers, a Rescaling first, and the (height, width, channels) they take."""
    side = st.integers(3, 9)
    input_shape = draw(st.tuples(side, side, st.sampled_from([1, 3, 4])))
    layers: list[Layer] = [kinds.Rescaling(draw(st.sampled_from([1 / 255, 1 / 127.5])), -0.25)]
    layers += draw(st.lists(on_images, max_size=4))
    if draw(st.booleans()):
        layers += [draw(to_vector), *draw(st.lists(on_vectors, max_size=3))]
    named = tuple(layer.named(f"{layer.base_name()}_{i}") for i, layer in enumerate(layers))
    shape: Shape = input_shape
    try:
        for layer in named:
            shape = layer.output_shape(shape)
    except ModelError:
        assume(False)
    return named, input_shape


def parameters_of(
    layers: Iterable[Layer], input_shape: tuple[int, int, int], seed: int
) -> NDArray[np.float32]:
    """Random parameters of a size that keeps the outputs near 1."""
    random = np.random.default_rng(seed)
    parts = [np.zeros(0, np.float32)]
    for node in Graph.of(layers).nodes(input_shape):
        for weight in node.weights:
            fan = math.prod(weight.shape[:-1]) or 1
            values = random.normal(0, fan**-0.5, math.prod(weight.shape))
            if weight.name in ("moving_variance", "variance"):
                values = np.abs(values) + 0.5
            parts.append(values.astype(np.float32))
    return np.concatenate(parts)


optimizers: st.SearchStrategy[Optimizer] = st.one_of(
    st.builds(SGD, st.just(0.1), momentum=st.sampled_from([0.0, 0.9]), nesterov=st.booleans()),
    st.builds(RMSprop, momentum=st.sampled_from([0.0, 0.5])),
    st.builds(Adam, st.just(CosineDecay(0.1, 1000)) | st.just(0.01)),
    st.builds(AdamW, global_clipnorm=st.sampled_from([None, 1.0])),
)
losses: st.SearchStrategy[Loss | None] = st.sampled_from(
    [
        None,
        CategoricalCrossentropy(),
        CategoricalCrossentropy(label_smoothing=0.1),
        MeanSquaredError(),
    ]
)


@st.composite
def saved_models(draw: st.DrawFn, *, optimizer: bool = True) -> SavedModel:
    """A whole model: network, weights, metadata and perhaps an optimizer's memory."""
    layers, input_shape = draw(networks())
    parameters = parameters_of(layers, input_shape, draw(st.integers(0, 99)))
    shape: Shape = input_shape
    for layer in layers:
        shape = layer.output_shape(shape)
    words = st.text("aé漢🙂 0-", min_size=1, max_size=5)
    names = draw(st.just(()) | st.tuples(*[words] * shape[0])) if len(shape) == 1 else ()
    trained = TrainedOn("mnist", "ab" * 32, draw(st.integers(0, 2**63 - 1)), 100)
    metadata = Metadata(
        class_names=names,
        preparation=draw(st.none() | st.just({"box": 20, "invert": True})),
        trained_on=draw(st.none() | st.just(trained)),
        scores=draw(st.dictionaries(st.sampled_from(["loss", "accuracy"]), st.floats(0, 9))),
    )
    state = None
    if optimizer and draw(st.booleans()):
        rule = draw(optimizers)
        slots = np.random.default_rng(1).normal(size=(len(rule.slots), len(parameters)))
        steps = draw(st.integers(0, 2**31 - 1))
        state = OptimizerState(rule, steps, slots.astype(np.float32), draw(losses))
    return SavedModel(Graph.of(layers), input_shape, parameters, metadata, state)
