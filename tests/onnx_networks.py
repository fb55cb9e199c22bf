"""Every layer in some forms, for tests of what ONNX files hold."""

from __future__ import annotations

import random
from collections.abc import Callable

from random_networks import parameters_of
from spritenet import layers as kinds
from spritenet.export import SavedModel
from spritenet.layers import IMAGES, Graph, Layer, activations

__all__ = ["IMAGE", "MERGING", "ON_IMAGES", "random_graph", "saved"]

IMAGE = (9, 8, 4)

ON_IMAGES: list[Layer] = [
    *(kinds.Activation(name) for name in activations.names()),
    kinds.AlphaDropout(0.1),
    kinds.AveragePooling2D((3, 2), (2, 1), "same"),
    kinds.BatchNormalization(scale=False),
    kinds.BatchNormalization(center=False, epsilon=0.01),
    kinds.CenterCrop(4, 5),
    kinds.Conv2D(6, (3, 2), strides=(2, 3), padding="same", activation="softmax"),
    kinds.Conv2D(6, 3, dilation_rate=(2, 1), groups=2, use_bias=False, padding="same"),
    kinds.Conv2DTranspose(3, (3, 2), strides=2, padding="same", activation="relu"),
    kinds.Conv2DTranspose(3, (1, 2), strides=(3, 4)),
    kinds.Conv2DTranspose(3, 4, strides=3, padding="same", output_padding=(2, 2)),
    kinds.Conv2DTranspose(2, 3, dilation_rate=2),
    kinds.Cropping2D(((1, 2), (0, 3))),
    kinds.Dense(5, activation="log_softmax"),
    kinds.DepthwiseConv2D((2, 3), strides=2, padding="same", depth_multiplier=3),
    kinds.DepthwiseConv2D(3, dilation_rate=2, activation="leaky_relu"),
    kinds.Dropout(0.2),
    kinds.ELU(0.5),
    kinds.Flatten(),
    kinds.GaussianDropout(0.2),
    kinds.GaussianNoise(0.2),
    kinds.GlobalAveragePooling2D(keepdims=True),
    kinds.GlobalMaxPooling2D(),
    kinds.GroupNormalization(2),
    kinds.GroupNormalization(-1, scale=False, center=False),
    kinds.Identity(),
    kinds.LayerNormalization(scale=False),
    kinds.LeakyReLU(0.2),
    kinds.MaxPooling2D(3, 2, "same"),
    kinds.Normalization(),
    kinds.Normalization(invert=True),
    kinds.Permute((3, 1, 2)),
    kinds.PReLU(),
    kinds.PReLU(shared_axes=[1, 2]),
    kinds.ReLU(2, 0.1, 0.5),
    kinds.ReLU(2),
    kinds.ReLU(2, 0.3),
    kinds.ReLU(None, 0.3),
    kinds.Rescaling(0.5, 1),
    kinds.Reshape((8, -1)),
    kinds.Resizing(5, 13),
    kinds.Resizing(6, 20, "nearest"),
    kinds.RMSNormalization(),
    kinds.SeparableConv2D(5, 3, strides=2, depth_multiplier=2, activation="tanh"),
    kinds.Softmax(1),
    kinds.Softmax(2),
    kinds.SpatialDropout2D(0.1),
    kinds.UnitNormalization(),
    kinds.UpSampling2D((3, 2)),
    kinds.UpSampling2D(2, "bilinear"),
    kinds.ZeroPadding2D(((1, 0), (2, 3))),
]
MERGING: list[Layer] = [
    kinds.Add(),
    kinds.Average(),
    kinds.Concatenate(),
    kinds.Maximum(),
    kinds.Minimum(),
    kinds.Multiply(),
    kinds.Subtract(),
]


def saved(graph: Graph, input_shape: tuple[int, int, int] = IMAGE, seed: int = 1) -> SavedModel:
    """A graph with random weights."""
    named = [layer.named(f"{layer.base_name()}_{i}") for i, layer in enumerate(graph)]
    graph = graph.with_layers(named)
    return SavedModel(graph, input_shape, parameters_of(graph, input_shape, seed))


def random_graph(seed: int, accepts: Callable[[Layer], bool] = bool) -> SavedModel:
    """A network that branches and merges at random, with random weights.

    Args:
        seed: of the network and its weights.
        accepts: true of the layers and activations that may be in it.
    """
    chance = random.Random(seed)  # noqa: S311 - reproducible
    names = [
        name
        for name in activations.names()
        if name not in ("exponential", "squareplus") and accepts(kinds.Activation(name))
    ]
    nodes: list[tuple[Layer, tuple[int, ...]]] = [(kinds.Rescaling(1 / 64, -2), (IMAGES,))]
    nodes.append((kinds.Conv2D(4, 3, padding="same"), (0,)))
    free = [1]  # layers whose outputs are images of four channels
    for _ in range(chance.randint(4, 10)):
        size, function = chance.randint(1, 3), chance.choice(names)
        options: list[Layer] = [
            kinds.Conv2D(4, size, padding="same", activation=function),
            kinds.DepthwiseConv2D(size, padding="same"),
            kinds.Conv2DTranspose(4, size, padding="same"),
            kinds.SeparableConv2D(4, size, padding="same", activation=function),
            kinds.Dense(4, activation=function),
            kinds.Activation(function),
            kinds.BatchNormalization(),
            kinds.GroupNormalization(2),
            kinds.LayerNormalization(),
            kinds.MaxPooling2D(size, 1, "same"),
            kinds.AveragePooling2D(size, 1, "same"),
            kinds.PReLU(shared_axes=[1, 2]),
        ]
        layer = chance.choice([one for one in options if accepts(one)])
        reads: tuple[int, ...] = (chance.choice(free),)
        if len(free) > 1 and chance.random() < 0.4:
            layer = chance.choice(
                [one for one in MERGING if one.class_name != "Concatenate" and accepts(one)]
            )
            reads = tuple(chance.sample(free, 2))
        nodes.append((layer, reads))
        free.append(len(nodes) - 1)
    read = {place for _, reads in nodes for place in reads}
    ends = tuple(place for place in range(1, len(nodes)) if place not in read)
    nodes.append((kinds.Concatenate(), ends) if len(ends) > 1 else (kinds.Identity(), ends))
    pool = chance.choice([kinds.Flatten(), kinds.GlobalAveragePooling2D()])
    for layer in (pool, kinds.Dense(3, activation="softmax")):
        nodes.append((layer, (len(nodes) - 1,)))
    graph = Graph(tuple(layer for layer, _ in nodes), tuple(reads for _, reads in nodes))
    return saved(graph, (7, 6, 3), seed)
