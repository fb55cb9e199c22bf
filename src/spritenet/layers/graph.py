"""Graph: the layers of a network, and the inputs of each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast, overload

from spritenet.errors import ModelError
from spritenet.layers.base import Layer, Shape, Tensor, Weight
from spritenet.layers.normalization import Normalization

__all__ = ["IMAGES", "Graph", "Node"]

IMAGES = -1
"""The index by which a layer reads the images."""

ARRANGING = frozenset(
    {
        "CenterCrop",
        "Cropping2D",
        "Flatten",
        "Identity",
        "Permute",
        "Reshape",
        "Resizing",
        "UpSampling2D",
        "ZeroPadding2D",
    }
)
"""Layers whose outputs are pixels as their inputs are, in other places."""


class Node(NamedTuple):
    """A layer of a graph, with its shapes.

    Attributes:
        layer: the layer.
        inputs: the index of each layer that it reads; `IMAGES` for the images.
        input_shapes: the shape of each input.
        output_shape: the shape of its output.
    """

    layer: Layer
    inputs: tuple[int, ...]
    input_shapes: tuple[Shape, ...]
    output_shape: Shape

    @property
    def weights(self) -> tuple[Weight, ...]:
        """Its weights, kernel before bias."""
        shapes = self.input_shapes
        one = shapes[0] if len(shapes) == 1 else cast("Shape", shapes)  # several, of a merge
        return self.layer.weights(one)


@dataclass(frozen=True, slots=True)
class Graph(Sequence[Layer]):
    """The layers of a network in topological order; the last one gives the output.

    As a sequence, it contains the layers.

    Attributes:
        layers: the layers.
        inputs: for each layer the indices of those it reads, `IMAGES` for the images.
    """

    layers: tuple[Layer, ...] = ()
    inputs: tuple[tuple[int, ...], ...] = ()

    @classmethod
    def of(cls, layers: Iterable[Layer]) -> Graph:
        """Returns layers as a graph: a graph as it is, others one after the other."""
        if isinstance(layers, Graph):
            return layers
        layers = tuple(layers)
        return cls(layers, tuple((index - 1,) for index in range(len(layers))))

    @classmethod
    def between(cls, images: Tensor, output: Tensor) -> tuple[Graph, list[Tensor]]:
        """Returns the graph from a network's images to its output, and the tensor of each layer.

        Raises:
            ModelError: the output depends on other images, or not on these.
        """
        tensors = _sorted(images, output)
        index = {id(tensor): place for place, tensor in enumerate(tensors)} | {id(images): IMAGES}
        layers = tuple(tensor.layer for tensor in tensors if tensor.layer is not None)
        inputs = tuple(tuple(index[id(one)] for one in tensor.inputs) for tensor in tensors)
        return cls(layers, inputs), tensors

    @property
    def is_chain(self) -> bool:
        """True if each layer reads the one before it alone."""
        return all(read == (place - 1,) for place, read in enumerate(self.inputs))

    @property
    def is_rescaled_later(self) -> bool:
        """True if the images reach a Rescaling through layers that only arrange pixels."""
        place, seen = IMAGES, 0
        while True:
            readers = [index for index, read in enumerate(self.inputs) if place in read]
            if len(readers) != 1:
                return False
            place, seen = readers[0], seen + 1
            name = self.layers[place].class_name
            if name == "Rescaling":
                return seen > 1
            if name not in ARRANGING:
                return False

    @property
    def is_normalized_raw(self) -> bool:
        """True if the images reach a Normalization of raw pixels, but for layers in ARRANGING."""
        place = IMAGES
        while True:
            readers = [index for index, read in enumerate(self.inputs) if place in read]
            if len(readers) != 1:
                return False
            place = readers[0]
            layer = self.layers[place]
            if isinstance(layer, Normalization):
                return layer.is_of_raw_pixels
            if layer.class_name not in ARRANGING:
                return False

    def nodes(self, input_shape: Shape) -> Iterator[Node]:
        """Yields each layer with its shapes, for images of a shape.

        Raises:
            ModelError: the inputs of a layer don't fit; the message begins with its name.
        """
        shapes: list[Shape] = []
        for layer, inputs in zip(self.layers, self.inputs, strict=True):
            given = tuple(input_shape if i == IMAGES else shapes[i] for i in inputs)
            shapes.append(layer.merged_shape(given))
            yield Node(layer, inputs, given, shapes[-1])

    def output_shape(self, input_shape: Shape) -> Shape:
        """Returns the shape of the output; the image shape if there is no layer.

        Raises:
            ModelError: the inputs of a layer don't fit.
        """
        shape = input_shape
        for node in self.nodes(input_shape):
            shape = node.output_shape
        return shape

    def with_layers(self, layers: Iterable[Layer]) -> Graph:
        """Returns the same graph with other layers, one for each."""
        return Graph(tuple(layers), self.inputs)

    def after_images(self, layer: Layer, gone: Collection[int] = ()) -> Graph:
        """Returns the graph with a layer between the images and all that read them.

        Args:
            layer: the new first layer.
            gone: the indices of layers that it replaces; layers that read them read it instead.
        """
        kept = [place for place in range(len(self)) if place not in gone]
        new = {old: place + 1 for place, old in enumerate(kept)} | dict.fromkeys({IMAGES, *gone}, 0)
        inputs = [tuple(new[read] for read in self.inputs[old]) for old in kept]
        return Graph((layer, *(self[old] for old in kept)), ((IMAGES,), *inputs))

    def without(self, index: int) -> tuple[Graph, list[int]]:
        """Returns the graph without a layer of one input, and the indices of the others.

        What read the layer reads its input.
        """
        kept = [place for place in range(len(self)) if place != index]
        new = {old: place for place, old in enumerate(kept)} | {IMAGES: IMAGES}
        new[index] = new[self.inputs[index][0]]
        inputs = tuple(tuple(new[read] for read in self.inputs[old]) for old in kept)
        return Graph(tuple(self[old] for old in kept), inputs), kept

    def and_then(self, layer: Layer) -> Graph:
        """Returns the graph with a layer after the last one."""
        return Graph((*self.layers, layer), (*self.inputs, (len(self.layers) - 1,)))

    def up_to(self, index: int) -> tuple[Graph, list[int]]:
        """Returns the graph whose output is that of one layer, and the indices of its layers."""
        needed, waiting = set(), [index]
        while waiting:
            one = waiting.pop()
            if one != IMAGES and one not in needed:
                needed.add(one)
                waiting += self.inputs[one]
        kept = sorted(needed)
        place = {old: new for new, old in enumerate(kept)} | {IMAGES: IMAGES}
        inputs = tuple(tuple(place[read] for read in self.inputs[old]) for old in kept)
        return Graph(tuple(self.layers[old] for old in kept), inputs), kept

    def tensors(self, images: Tensor, source: object = None) -> list[Tensor]:
        """Returns the tensor of each layer, applied to images or to another tensor.

        Raises:
            ModelError: the inputs of a layer don't fit.
        """
        made: list[Tensor] = []
        for node in self.nodes(images.shape):
            read = [images if index == IMAGES else made[index] for index in node.inputs]
            made.append(Tensor(node.output_shape, node.layer, read, source))
        return made

    def __len__(self) -> int:
        """The number of layers."""
        return len(self.layers)

    @overload
    def __getitem__(self, index: int) -> Layer: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Layer, ...]: ...
    def __getitem__(self, index: int | slice) -> Layer | tuple[Layer, ...]:
        """Returns one layer, or a tuple of some."""
        return self.layers[index]

    def __iter__(self) -> Iterator[Layer]:
        """Yields the layers."""
        return iter(self.layers)


def _sorted(images: Tensor, output: Tensor) -> list[Tensor]:
    """Returns the tensors from the images to the output, in topological order.

    Raises:
        ModelError: see `Graph.between`.
    """
    found: list[Tensor] = []
    done, waiting = {id(images)}, [(output, False)]
    reached = output is images
    while waiting:
        tensor, ready = waiting.pop()
        reached = reached or tensor is images
        if id(tensor) in done:
            continue
        if tensor.layer is None:
            raise ModelError(
                "the outputs depend on an Input that is not among the inputs",
                where="Model",
                expected="one Input, given as inputs",
                got=repr(tensor),
            )
        if ready:
            done.add(id(tensor))
            found.append(tensor)
        else:
            waiting.append((tensor, True))
            waiting += [(one, False) for one in reversed(tensor.inputs)]
    if not reached or not found:
        raise ModelError(
            "no path leads from inputs to outputs",
            where="Model",
            do="Call layers on the Input, and give the last one's tensor as outputs.",
        )
    return found
