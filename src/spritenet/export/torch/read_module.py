"""Modules of PyTorch as models: an `nn.Sequential` of supported layers, nested as it may be.

PyTorch isn't imported: the modules are told by their classes, and their weights read as arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet import layers as kinds
from spritenet.errors import ModelError
from spritenet.export.class_names import checked_names
from spritenet.export.metadata import Metadata
from spritenet.export.pixel_range import PixelRange
from spritenet.export.saved_model import ASSUMED_OF_MODULE, SavedModel
from spritenet.export.topology import completed
from spritenet.export.torch.chain import Reading
from spritenet.export.torch.module_layers import AT_LEAST_0, READERS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.layers import Shape

__all__ = ["read_module"]

MAXIMAL_LAYERS = 1_000
MAXIMAL_DEPTH = 16
Normalize = tuple[float | Sequence[float], float | Sequence[float]]
"""Mean and standard deviation, one number or one for each channel."""


def read_module(
    module: object,
    input_shape: Shape,
    *,
    class_names: Sequence[str] | None = None,
    pixels: str | None = None,
    normalize: Normalize | None = None,
) -> SavedModel:
    """Returns the model of a module.

    Args:
        module: an `nn.Sequential`, or one layer.
        input_shape: height, width and channels; or the number of values of a vector.
        class_names: the names of its outputs.
        pixels: the pixel range of its inputs: "0..1" by default, "0..255", "-1..1", or inverted.
        normalize: mean and standard deviation that are subtracted and divided by after that, as by
            torchvision's `Normalize`.

    Raises:
        ModelError: a layer is unsupported, or doesn't fit its input.
    """
    names = () if class_names is None else checked_names(class_names, "class_names")
    wanted = None if pixels is None else PixelRange.of(pixels)
    modules = _flattened(module)
    if not modules:
        raise ModelError("the module has no layers")
    if len(input_shape) not in (1, 3):
        raise ModelError(
            "invalid input_shape", expected="(height, width, channels)", got=tuple(input_shape)
        )
    reading = Reading(input_shape)
    if normalize is not None:
        _normalize(reading, normalize)
    for place, (label, layer) in enumerate(modules):
        reader = READERS.get(_name_of(layer))
        if reader is None:
            raise ModelError(
                f"unsupported layer {type(layer).__name__}",
                where=label,
                do=f"Supported: Sequential, {', '.join(sorted(READERS))}.",
            )
        reading.label, reading.rest = label, [each for _, each in modules[place + 1 :]]
        reader(reading, layer)
        kept = ("Dropout", "Dropout2d", "Identity", "MaxPool2d", "AvgPool2d", "ZeroPad2d")
        if _name_of(layer) not in kept:
            reading.is_at_least_0 = _name_of(layer) in AT_LEAST_0
    graph, parameters = reading.network()
    network = completed(graph, input_shape, wanted)
    assumed = network.assumed and wanted is None
    notes = (*network.notes, *([ASSUMED_OF_MODULE] if assumed else []))
    metadata = Metadata(class_names=names)
    model = SavedModel(
        network.layers, input_shape, parameters, metadata, assumed=assumed, notes=notes
    )
    model.check()
    return model


def _flattened(module: object) -> list[tuple[str, Any]]:
    """Returns the layers of a module, with their places as PyTorch names them, "0.2".

    Raises:
        ModelError: it is none of PyTorch's, or nested too deep.
    """
    found: list[tuple[str, Any]] = []
    waiting: list[tuple[str, Any, int]] = [("", module, 0)]
    while waiting:
        label, layer, depth = waiting.pop()
        if not type(layer).__module__.startswith("torch.nn."):
            raise ModelError(
                f"unsupported module {type(layer).__name__}",
                where=label or "from_torch",
                expected="an nn.Sequential of PyTorch's own layers",
                do="Put the layers that its forward() calls into an nn.Sequential.",
            )
        if _name_of(layer) != "Sequential":
            found.append((f"{label} {_name_of(layer)}".strip(), layer))
            continue
        if depth > MAXIMAL_DEPTH or len(found) + len(waiting) > MAXIMAL_LAYERS:
            raise ModelError("the module is nested too deep, or too large", where=label)
        prefix = f"{label}." if label else ""
        children = [(f"{prefix}{name}", each) for name, each in layer.named_children()]
        waiting += [(name, each, depth + 1) for name, each in reversed(children)]
    return found


def _name_of(layer: object) -> str:
    """Returns the class of a layer of PyTorch; "" of a class of one's own."""
    kind = type(layer)
    return kind.__name__ if kind.__module__.startswith("torch.nn.modules.") else ""


def _normalize(reading: Reading, normalize: Normalize) -> None:
    """Adds the layer that subtracts a mean and divides by a standard deviation.

    Raises:
        ModelError: they aren't finite, aren't as many as the channels, or a deviation is 0.
    """
    channels = reading.shape[-1]
    try:
        mean, deviation = (np.asarray(values, np.float64).reshape(-1) for values in normalize)
    except (TypeError, ValueError):
        mean = deviation = np.zeros(0)
    sizes = {mean.size, deviation.size}
    good = np.isfinite(mean).all() and np.isfinite(deviation).all() and (deviation > 0).all()
    if not sizes <= {1, channels} or not good:
        raise ModelError(
            "invalid normalize",
            where="from_torch",
            expected=f"(mean, deviation), numbers or {channels} each",
            got=repr(normalize)[:80],
        )
    ones = np.ones(channels)
    arrays: list[NDArray[Any]] = [mean * ones, (deviation * ones) ** 2]
    options = {"epsilon": 0.0, "center": False, "scale": False}
    reading.add(kinds.BatchNormalization, options, arrays)
