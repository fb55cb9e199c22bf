"""Assembly of a network from tensors, for `Model(inputs, outputs)`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

import numpy as np

from spritenet.errors import ModelError
from spritenet.layers import IMAGES, Graph, Node, Shape, Tensor
from spritenet.model import building

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Origin", "assemble", "inherited"]


class HasWeights(Protocol):
    """A model whose layers are built upon."""

    @property
    def built(self) -> bool:
        """True if it has weights."""

    @property
    def weights(self) -> Mapping[str, NDArray[np.float32]]:
        """Each weight array by its name."""


class Origin(NamedTuple):
    """A layer of another model.

    Attributes:
        model: the model.
        label: the name of the layer there.
    """

    model: HasWeights
    label: str


class Assembly(NamedTuple):
    """The layers of a network to be.

    Attributes:
        graph: copies of the layers, named; a Rescaling alone reads the images.
        input_shape: of the images.
        origins: for each layer the one whose weights it begins with; None for a new layer.
    """

    graph: Graph
    input_shape: Shape
    origins: list[Origin | None]


def assemble(inputs: Tensor | Sequence[Tensor], outputs: Tensor | Sequence[Tensor]) -> Assembly:
    """Returns the network from its images to an output.

    Raises:
        ModelError: see `Model`.
    """
    images, output = _single(inputs, "inputs"), _single(outputs, "outputs")
    graph, tensors = Graph.between(images, output)
    first = _first_uses(list(graph.nodes(images.shape)))
    full, places = building.with_rescaling(graph)
    origins: list[Origin | None] = []
    given = []
    for place, layer in zip(places, full, strict=True):
        source = None if place == IMAGES else tensors[place].source
        origins.append(None if source is None else Origin(cast("HasWeights", source), layer.label))
        given.append(place == IMAGES or (first[place] and source is None))
    return Assembly(building.named(full, given), images.shape, origins)


def inherited(graph: Graph, origins: Iterable[Origin | None]) -> dict[str, NDArray[np.float32]]:
    """Returns the weights that layers from other models begin with, by their names in the graph.

    Args:
        graph: the layers.
        origins: for each layer the one it comes from; None for a new layer.
    """
    weights: dict[int, Mapping[str, NDArray[np.float32]]] = {}
    found = {}
    for layer, origin in zip(graph, origins, strict=True):
        if origin is None or not origin.model.built:
            continue
        if id(origin.model) not in weights:
            weights[id(origin.model)] = origin.model.weights
        for name, array in weights[id(origin.model)].items():
            label, _, own = name.rpartition("/")
            if label == origin.label:
                found[f"{layer.label}/{own}"] = array
    return found


def _single(given: Tensor | Sequence[Tensor], name: str) -> Tensor:
    """The tensor given, or the only one of a list.

    Raises:
        ModelError: there is none, or there are several.
    """
    tensors = [given] if isinstance(given, Tensor) else given
    if not isinstance(tensors, list | tuple) or not all(isinstance(t, Tensor) for t in tensors):
        do = "Model(inputs, outputs) takes tensors: sn.Input(shape), and what layers give for it."
        raise ModelError(f"{name} is no tensor", where="Model", got=repr(given)[:100], do=do)
    if not tensors:
        raise ModelError(f"missing {name}", where="Model", expected="one tensor")
    if len(tensors) != 1:
        raise ModelError(
            f"unsupported: several {name}",
            where="Model",
            expected="one tensor",
            got=len(tensors),
            do="Merge them with a layer such as sn.Concatenate." if name == "outputs" else "",
        )
    return tensors[0]


def _first_uses(nodes: Sequence[Node]) -> list[bool]:
    """Returns for each node True unless its layer was used before.

    Raises:
        ModelError: a layer with weights is used twice.
    """
    seen: set[int] = set()
    first = []
    for node in nodes:
        first.append(id(node.layer) not in seen)
        if not first[-1] and node.weights:
            raise ModelError(
                "unsupported: a layer used twice, whose uses share its weights",
                where=node.layer.label,
                do=f"Make another {node.layer.class_name} for the second use.",
            )
        seen.add(id(node.layer))
    return first
