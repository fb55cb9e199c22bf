"""One layer in a small network, the core against PyTorch in float64: outputs and gradients.

A test of a layer says what PyTorch computes for it, and of which arguments and inputs; the rest is
here. In every network something is trained before the layer, so that its inputs' gradient is seen.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spritenet import layers as kinds
from spritenet.engines import native
from spritenet.engines.engine import Examples
from spritenet.export.read_topology import read_topology
from spritenet.export.write_topology import write_topology
from spritenet.layers import Layer, Shape
from spritenet.losses import CategoricalCrossentropy
from torch_activations import activated

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here")

__all__ = ["activated", "check", "check_file", "same_padding"]

Tensor = Any
"""PyTorch's: float64, n h w c, or fewer axes."""

Oracle = Callable[[Sequence[Tensor], Mapping[str, Tensor]], Tensor]
"""The inputs, and the weights by their names, to the outputs; all as Keras lays them out."""

CLASSES = 3


def same_padding(size: int, window: int, stride: int) -> tuple[int, int]:
    """The zeros before and after an axis, as TensorFlow pads it."""
    total = max((math.ceil(size / stride) - 1) * stride + window - size, 0)
    return total // 2, total - total // 2


def _mixed(before: int, count: int) -> list[tuple[Layer, tuple[int, ...]]]:
    """A layer for each input: its values are its own, of both signs and seldom equal."""
    return [
        (kinds.Conv2D(before, 1, activation=("tanh", "linear", "sigmoid")[k % 3]), (0,))
        for k in range(count)
    ]


def _parameters(network: native.Network, random: np.random.Generator) -> NDArray[np.float32]:
    """Random parameters; no variance is negative."""
    made = random.normal(0, 0.4, network.parameter_count).astype(np.float32)
    for w in network.weights:
        if w.name == "variance":
            own = made[w.offset : w.offset + math.prod(w.shape)]
            own[:] = np.abs(own) + 0.1
    return made


def check(
    layer: Layer,
    image: tuple[int, int, int],
    oracle: Oracle,
    *,
    reshapes: Sequence[Layer | None] = (None,),
    count: int = 19,
) -> None:
    """Compare a layer with PyTorch: predictions of one image and many, loss and gradients.

    Args:
        layer: the layer.
        image: height, width and channels of its inputs, before they are reshaped.
        oracle: what PyTorch computes for it.
        reshapes: for each input what comes between, if anything.
        count: images of the batch.
    """
    nodes: list[tuple[Layer, tuple[int, ...]]] = [(kinds.Rescaling(1 / 64, -2), (-1,))]
    nodes += _mixed(image[2], len(reshapes))
    sources = []
    for k, reshape in enumerate(reshapes):
        if reshape is not None:
            nodes.append((reshape, (1 + k,)))
        sources.append(len(nodes) - 1 if reshape is not None else 1 + k)
    place = len(nodes)
    nodes.append((layer, tuple(sources)))
    nodes += [(kinds.Flatten(), (place,)), (kinds.Dense(CLASSES), (place + 1,))]
    nodes.append((kinds.Softmax(), (place + 2,)))
    layers, inputs = [node for node, _ in nodes], [reads for _, reads in nodes]
    ours = native.Network(layers, image, inputs=inputs, batch_size=count, threads=2)
    random = np.random.default_rng(count)
    examples = Examples(
        random.integers(0, 256, (count, *image), dtype=np.uint8),
        random.integers(0, CLASSES, count, dtype=np.int32),
    )
    parameters = _parameters(ours, random)
    flat = torch.tensor(parameters.astype(np.float64), requires_grad=True)

    def weights(node: int) -> dict[str, Tensor]:
        return {
            w.name: flat[w.offset : w.offset + math.prod(w.shape)].reshape(w.shape)
            for w in ours.weights
            if w.layer == node
        }

    x = torch.tensor(examples.images.astype(np.float64)) / 64 - 2
    made: dict[int, Tensor] = {}
    for k in range(len(reshapes)):
        own = weights(1 + k)
        mixed = x @ own["kernel"].reshape(own["kernel"].shape[2:]) + own["bias"]
        made[1 + k] = activated(layers[1 + k].activation, mixed)  # type: ignore[attr-defined]  # a Conv2D
    for k, source in enumerate(sources):
        if source != 1 + k:
            shape = layers[source].output_shape(image)
            between = layers[source]
            pooled = isinstance(between, kinds.GlobalAveragePooling2D)
            made[source] = (
                made[1 + k].mean((1, 2), keepdim=True) if pooled else made[1 + k]
            ).reshape(count, *shape)
    outputs = oracle([made[source] for source in sources], weights(place))
    shapes = [tuple(made[source].shape[1:]) for source in sources]
    given = shapes[0] if len(shapes) == 1 else shapes
    assert tuple(outputs.shape[1:]) == layer.output_shape(given)  # type: ignore[arg-type]  # of several
    listed = [(w.name, w.shape, w.trainable) for w in layer.weights(given)]  # type: ignore[arg-type]  # the same
    assert listed == [(w.name, w.shape, w.trainable) for w in ours.weights if w.layer == place]
    own = weights(place + 2)
    logits = outputs.reshape(count, -1) @ own["kernel"] + own["bias"]
    labels = torch.tensor(np.asarray(examples.labels).astype(np.int64))
    loss = torch.nn.functional.cross_entropy(logits, labels)
    loss.backward()
    expected = torch.softmax(logits, 1).detach().numpy()
    near(ours.predict(parameters, examples.images), expected, 1e-4)
    near(ours.predict(parameters, examples.images[:1]), expected[:1], 1e-4)
    seen = native.Network(layers, image, inputs=inputs).activations(parameters, examples.images[0])
    near(seen[place].ravel(), outputs[0].detach().numpy().ravel(), 1e-4)
    value, gradient = ours.gradient(
        parameters, examples, np.arange(count), CategoricalCrossentropy()
    )
    assert value == pytest.approx(float(loss.detach()), rel=1e-4)
    slopes = flat.grad.numpy()
    assert np.linalg.norm(gradient - slopes) <= 1e-4 * np.linalg.norm(slopes) + 1e-7


def near(got: NDArray[Any], expected: NDArray[Any], tolerance: float) -> None:
    """Checks that arrays are equal up to a fraction of the largest value."""
    scale = max(1e-4, float(np.abs(expected).max(initial=0)))
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance * scale)


def check_file(layer: Layer, input_shape: tuple[int, int, int]) -> None:
    """The layer comes back from the `modelTopology` it is written into."""
    named = layer.named("it")
    layers: list[Layer] = [kinds.Rescaling(1 / 255, name="rescaling"), named]
    shape: Shape = named.output_shape(input_shape)
    layers += [kinds.Dense(2, name="dense")] if len(shape) < 3 else []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what TensorFlow.js lacks
        topology = write_topology(layers, input_shape)
    if isinstance(named, kinds.Reshape):
        named = kinds.Reshape(shape, name="it")  # without -1
    assert read_topology(topology).layers[1] == named
