"""Topology: a network as its file describes it, completed by the pixel range that files lack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

from spritenet.errors import ModelError
from spritenet.export.file_input import square_note
from spritenet.export.pixel_range import UNIT, PixelRange
from spritenet.export.random_layers import Head, fitting
from spritenet.layers import IMAGES, Graph, Rescaling, Reshape, Shape
from spritenet.layers.random_layer import RandomLayer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from spritenet.export.saved_model import OptimizerState

__all__ = ["Content", "Topology", "completed"]


@dataclass(frozen=True, slots=True)
class Topology:
    """A network as its file describes it.

    Attributes:
        layers: named; the first is a Rescaling, which alone reads the images.
        input_shape: the shape of one image.
        assumed: True if that Rescaling is assumed, since the file has none.
        notes: a line for each other assumption.
        head: its random layers, which `layers` is without.
    """

    layers: Graph
    input_shape: Shape
    assumed: bool = False
    notes: tuple[str, ...] = ()
    head: Head = ()


class Content(NamedTuple):
    """The content of a model file.

    Attributes:
        network: its layers.
        parameters: float32, all weights in layer order.
        entry: our metadata; empty in a file of another program.
        optimizer: the state of its optimizer, if the file has one.
    """

    network: Topology
    parameters: NDArray[np.float32]
    entry: Mapping[str, Any]
    optimizer: OptimizerState | None = None


def completed(
    graph: Graph,
    input_shape: Shape,
    pixels: PixelRange | None = None,
    *,
    raw: bool = False,
    scaled: bool = False,
    head: Sequence[RandomLayer | None] = (),
) -> Topology:
    """Returns a network whose first layer is a Rescaling.

    A network that doesn't begin with one says nothing of its pixels. As in all of TensorFlow.js's
    examples they are assumed to have been divided by 255: `Rescaling(1 / 255)` is put first, so
    that it takes raw pixels like every network.

    Args:
        graph: the layers, named.
        input_shape: the shape of one image.
        pixels: the pixel range of such a network's inputs.
        raw: True if its file says that it takes pixels from 0 to 255.
        scaled: True if the Rescaling that it begins with takes pixels that are scaled already.
        head: its random layers, as far as its file has them.

    Raises:
        ModelError: it begins with a Rescaling, and `pixels` is given too; or two layers have one
            name.
    """
    layers = graph.layers
    readers = [place for place, read in enumerate(graph.inputs) if IMAGES in read]
    own = readers == [0] and isinstance(layers[0], Rescaling) and not scaled
    raw = raw or graph.is_normalized_raw
    assumed = not own and not raw and not graph.is_rescaled_later
    if not own and (assumed or pixels is None):
        taken = {layer.name for layer in layers}
        names = (f"rescaling_{i}" if i else "rescaling" for i in count())
        name = next(name for name in names if name not in taken)
        first = (pixels or UNIT).rescaling(name) if assumed else Rescaling(1.0, name=name)
        graph = graph.after_images(first)
    elif pixels is not None:
        raise ModelError(
            "the model itself says what its pixels are",
            where=layers[0].label,
            expected="no pixels=, no --pixels",
            got=pixels.name,
        )
    for named, times in Counter(layer.name for layer in graph).items():
        if times > 1:
            raise ModelError(f"two layers are called {named!r}")
    arranged = any(isinstance(layer, Reshape) for layer in graph)
    note = square_note(input_shape) if assumed and not arranged else ""
    found = fitting(head, graph[0]) if own or None not in head else ()
    return Topology(graph, input_shape, assumed, (note,) if note else (), found)
