"""Spritenet's side of networks.py: the compiled core, as `Model.fit` and `predict` call it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Literal, cast

import numpy as np

from network_shapes import NETWORKS, Case, Node
from serving import serve
from spritenet import layers
from spritenet.engines import native
from spritenet.engines.engine import Examples
from spritenet.layers import Layer
from spritenet.losses import CategoricalCrossentropy
from spritenet.optimizers import SGD

Padding = Literal["same", "valid"]

CALL_STEPS = 64
"""Of one call of the core; `Model.fit` chooses as many as take 25 ms."""


def layer_of(node: Node) -> Layer:
    """The layer of a node."""
    padding: Padding = "same" if node.padded else "valid"
    stride, bias = node.stride, node.bias
    # No class here has an Add yet; the engine reads nothing but these two of it.
    add = cast("Layer", SimpleNamespace(class_name="Add", trainable=True))
    makers: dict[str, Callable[[], Layer]] = {
        "convolution": lambda: layers.Conv2D(
            node.channels, node.size, stride, padding, use_bias=bias
        ),
        "depthwise": lambda: layers.DepthwiseConv2D(node.size, stride, padding, use_bias=bias),
        "normalization": layers.BatchNormalization,
        "relu": layers.ReLU,
        "add": lambda: add,
        "pool": lambda: layers.MaxPooling2D(2),
        "mean": layers.GlobalAveragePooling2D,
        "flatten": layers.Flatten,
        "dense": lambda: layers.Dense(node.channels),
    }
    return makers[node.operator]()


def engine_of(case: Case) -> native.Network:
    """The network with a Rescaling first and a softmax last."""
    kinds: list[Layer] = [layers.Rescaling(1 / 255), *map(layer_of, case.nodes), layers.Softmax()]
    inputs: list[tuple[int, ...]] = [(-1,)]
    inputs += [tuple(i + 1 for i in node.inputs) for node in case.nodes]
    inputs.append((len(case.nodes),))
    return native.Network(kinds, case.shape, inputs=inputs, batch_size=case.batch_size)


def start(network: native.Network) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Random kernels, and normalisations that change nothing yet."""
    random = np.random.default_rng(0)
    parameters = np.zeros(network.parameter_count, np.float32)
    for weight in network.weights:
        size = int(np.prod(weight.shape))
        fan_in = int(np.prod(weight.shape[:-1]))
        here = slice(weight.offset, weight.offset + size)
        if len(weight.shape) > 1:
            parameters[here] = random.normal(0, (2 / fan_in) ** 0.5, size)
        else:
            parameters[here] = weight.name in ("gamma", "moving_variance")
    return parameters


def training(case: Case) -> Callable[[int], None]:
    """Steps of SGD on random images."""
    network, random = engine_of(case), np.random.default_rng(1)
    parameters = start(network)
    count = 1024
    examples = Examples(
        random.integers(0, 256, (count, *case.shape), dtype=np.uint8),
        random.integers(0, 10, count, dtype=np.int32),
    )
    done = 0

    def steps(wanted: int) -> None:
        nonlocal done
        for first in range(0, wanted, CALL_STEPS):
            now = min(CALL_STEPS, wanted - first)
            result = network.train(
                parameters,
                np.zeros((0, parameters.size), np.float32),
                examples,
                loss=CategoricalCrossentropy(),
                optimizer=SGD(0.01),
                learning_rates=np.full(now, 0.001, np.float32),
                first_step=done,
                batch_size=case.batch_size,
                seed=0,
            )
            assert len(result) == now  # noqa: S101 - a loss that is not finite measures nothing
            done += now

    return steps


def predicting(case: Case) -> Callable[[int], None]:
    """Predicts one image at a time."""
    network = engine_of(case)
    parameters = start(network)
    images = np.random.default_rng(1).integers(0, 256, (64, *case.shape), dtype=np.uint8)

    def steps(wanted: int) -> None:
        for k in range(wanted):
            network.predict(parameters, images[k % 64 : k % 64 + 1])

    return steps


def main() -> None:
    """Arguments: the network's name, the threads (which SPRITENET_THREADS sets)."""
    case = NETWORKS[sys.argv[1]]
    work = training(case) if case.batch_size else predicting(case)
    serve(f"Spritenet {native.instruction_set()}", work)


if __name__ == "__main__":
    main()
