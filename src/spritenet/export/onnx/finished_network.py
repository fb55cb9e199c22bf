"""The network that steps read from an ONNX graph become: biases and activations in their layers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from spritenet import layers as kinds
from spritenet.errors import ModelError
from spritenet.export.onnx.network_builder import Affine, Step
from spritenet.layers import IMAGES, ActivationLayer, Graph, Layer
from spritenet.layers.parametric import Parametric

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["finished"]


def finished(steps: Sequence[Step], output: int) -> tuple[Graph, NDArray[np.float32]]:
    """Returns the graph and the parameters of the steps that lead to one of them.

    Raises:
        ModelError: there are none.
    """
    needed, waiting = set[int](), [output]
    while waiting:
        place = waiting.pop()
        if place != IMAGES and place not in needed:
            needed.add(place)
            waiting += steps[place].inputs
    if not needed:
        raise ModelError("the network has no layers")
    readers = Counter(read for place in needed for read in set(steps[place].inputs))
    readers[output] += 1
    merged_steps: list[Step] = []
    new = {IMAGES: IMAGES}
    for place in sorted(needed):
        old = steps[place]
        step = replace(old, inputs=tuple(new[read] for read in old.inputs))
        before = step.inputs[0]
        single = len(step.inputs) == 1 and before != IMAGES and readers[old.inputs[0]] == 1
        merged = _merged(merged_steps[before], step) if single else None
        if merged is not None:
            merged_steps[before] = replace(merged, inputs=merged_steps[before].inputs)
            new[place] = before
        else:
            merged_steps.append(step)
            new[place] = len(merged_steps) - 1
    return _network(_output_last(merged_steps, new[output]))


def _output_last(steps: list[Step], output: int) -> list[Step]:
    """Returns the steps, of which the output must be the last one."""
    if output != len(steps) - 1:
        raise ModelError("unsupported graph: the output isn't its last layer")
    return steps


def _merged(before: Step, step: Step) -> Step | None:
    """Returns a step that does what two do in a row; None if there is none."""
    first, second = before.layer, step.layer
    if isinstance(second, Affine):
        return _with_affine(before, second)
    pooled = (kinds.GlobalAveragePooling2D, kinds.GlobalMaxPooling2D)
    if isinstance(second, kinds.Flatten) and isinstance(first, pooled):
        pool = type(first).from_config({**first.config(), "keepdims": False})
        return Step(pool, before.inputs, step.shape)
    if (
        isinstance(second, ActivationLayer)
        and second.as_name is not None
        and isinstance(first, Parametric)
        and first.activation == "linear"
    ):
        layer = type(first).from_config({**first.config(), "activation": second.as_name})
        return replace(before, layer=layer)
    return None


def _with_affine(before: Step, affine: Affine) -> Step | None:
    """Returns a step followed by an affine map as one: with a bias, or gamma and beta."""
    first = before.layer
    if isinstance(first, Affine):
        return replace(before, layer=affine.after(first))
    channels = before.shape[-1]
    if isinstance(first, Parametric) and first.activation == "linear" and affine.shifts:
        if first.use_bias:  # type: ignore[attr-defined]  # each has it
            return None
        layer = type(first).from_config({**first.config(), "use_bias": True})
        return replace(
            before, layer=layer, weights=(*before.weights, _row(affine.offset, channels))
        )
    if isinstance(first, kinds.GroupNormalization) and not (first.scale or first.center):
        rows = (_row(affine.scale, channels), _row(affine.offset, channels))
        whole = kinds.GroupNormalization(first.groups, epsilon=first.epsilon)
        return replace(before, layer=whole, weights=rows)
    return None


def _row(values: NDArray[np.float64], channels: int) -> NDArray[np.float32]:
    """Returns a number or an array as an array of one for each channel."""
    return np.broadcast_to(values, (channels,)).astype(np.float32)


def _network(steps: Sequence[Step]) -> tuple[Graph, NDArray[np.float32]]:
    """Returns the graph, its layers named as Keras names them, and the parameters."""
    layers: list[Layer] = []
    parts = [np.zeros(0, np.float32)]
    names: Counter[str] = Counter()
    for step in steps:
        layer, weights = _layer(step)
        base = layer.base_name()
        layers.append(layer.named(f"{base}_{names[base]}" if names[base] else base))
        names[base] += 1
        parts += [array.reshape(-1) for array in weights]
    return Graph(tuple(layers), tuple(step.inputs for step in steps)), np.concatenate(parts)


def _layer(step: Step) -> tuple[Layer, tuple[NDArray[np.float32], ...]]:
    """Returns a step's layer and weights: of an affine map, Rescaling or BatchNormalization."""
    layer = step.layer
    if isinstance(layer, Layer):
        return layer, step.weights
    if layer.scale.ndim == layer.offset.ndim == 0:
        return kinds.Rescaling(float(layer.scale), float(layer.offset)), ()
    made = kinds.BatchNormalization(epsilon=0.0)
    made.trainable = False
    channels = step.shape[-1]
    zero, one = np.zeros(channels, np.float32), np.ones(channels, np.float32)
    return made, (_row(layer.scale, channels), _row(layer.offset, channels), zero, one)
