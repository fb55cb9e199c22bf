"""The weights of Keras's files: HDF5 of a `.keras` archive, and of `.h5`.

Knows where each layer's arrays are; knows nothing of what layers compute.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.errors import ModelError
from spritenet.export.error_location import quoted
from spritenet.hdf5_file import Hdf5, Member, attribute
from spritenet.layers import Graph, Node, Normalization, Shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "WeightLimit",
    "WeightsByLayer",
    "h5_variables",
    "h5_weights",
    "parameters_of",
    "places",
    "v3_weights",
]

WeightsByLayer = Mapping[str, "Sequence[NDArray[np.float32]]"]
"""The arrays of each layer, by its name, in Keras's order."""

OPTIMIZER_WEIGHTS = "optimizer_weights"
"""The group of an optimizer's variables in `.h5` files."""

MOST_SLOTS = 8
"""Variables of an optimizer for each weight, more than any has."""

SPARE = 1 << 12  # numbers of layers that only train, such as seeds
FILE_BYTES = 64 << 10  # of HDF5's own, for each layer

MAXIMAL_DEPTH = 8  # of models inside models
MAXIMAL_LISTS = 1000  # of names of arrays
MODELS = ("Sequential", "Functional", "Model")


@dataclass(slots=True)
class WeightLimit:
    """A limit to what is read of a file: the weights of its network, and an optimizer's state.

    Attributes:
        left: how many numbers may still be read.
        file_bytes: of the HDF5 file that holds them.
    """

    left: int
    file_bytes: int

    @classmethod
    def of(cls, graph: Graph, input_shape: Shape) -> WeightLimit:
        """Returns the limit of a network.

        Raises:
            ModelError: the layers don't fit.
        """
        nodes = list(graph.nodes(input_shape))
        count = sum(weight.size for node in nodes for weight in node.weights)
        most = SPARE * (len(nodes) + 1) + (1 + MOST_SLOTS) * count
        return cls(most, 8 * most + FILE_BYTES * (len(nodes) + 1))

    def take(self, count: int, where: str) -> None:
        """Counts numbers that are about to be read.

        Raises:
            ModelError: they are more than the network and an optimizer have.
        """
        if count > self.left:
            raise ModelError(
                "it holds more weights than the network",
                where=where,
                expected=f"at most {self.left:,} numbers",
                got=f"{count:,}",
            )
        self.left -= count


def _snake_case(class_name: str) -> str:
    """Returns a class name as Keras 3 names its folders: Conv2D as conv2d, PReLU as p_re_lu."""
    name = re.sub(r"\W+", "", class_name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def v3_weights(
    hdf5: Hdf5, file: Member, paths: Iterable[tuple[str, str]], where: str, limit: WeightLimit
) -> WeightsByLayer:
    """Reads the weights of a `.keras` archive.

    Args:
        hdf5: the library.
        file: `model.weights.h5`.
        paths: from `places`.
        where: what errors call it.
        limit: of what is read.

    Raises:
        ModelError: an array is no array of numbers, or claims more than the file can hold.
    """
    found: dict[str, list[NDArray[np.float32]]] = {}
    for name, path in paths:
        group = file.get(f"{path}/vars")
        if not hdf5.is_group(group):
            continue
        members = dict(hdf5.members(group))
        numbers = sorted(int(key) for key in members if key.isdecimal() and len(key) < 5)
        found[name] = [
            _array(hdf5, members[str(number)], f"{where}: {path}/vars/{number}", limit)
            for number in numbers
        ]
    return found


def places(
    model: Mapping[str, Any], path: str = "layers", depth: int = 0
) -> Iterator[tuple[str, str]]:
    """Yields the name of each layer of a `config.json` and the path of its group.

    Keras numbers groups by class, in each model for itself.
    """
    config = model.get("config")
    layers = config.get("layers") if isinstance(config, dict) else None
    if not isinstance(layers, list) or depth > MAXIMAL_DEPTH:
        return
    used: dict[str, int] = {}
    sequential = model.get("class_name") == "Sequential"
    for layer in layers:
        if not isinstance(layer, dict):
            continue
        class_name, content = str(layer.get("class_name")), layer.get("config")
        if sequential and class_name == "InputLayer":
            continue
        base = _snake_case(class_name)
        number = used.get(base, 0)
        used[base] = number + 1
        place = f"{path}/{base}_{number}" if number else f"{path}/{base}"
        if class_name in MODELS:
            yield from places(layer, f"{place}/layers", depth + 1)
        elif isinstance(content, dict):
            yield str(content.get("name")), place


def h5_weights(
    hdf5: Hdf5, file: Member, layers: Collection[str], where: str, limit: WeightLimit
) -> WeightsByLayer:
    """Reads the weights of a `.h5` file.

    Args:
        hdf5: the library.
        file: the file.
        layers: names of the layers; other groups are those of models inside the model.
        where: what errors call it.
        limit: of what is read.

    Raises:
        ModelError: as `v3_weights`; or a name leads to no array.
    """
    root = file.get("model_weights", file)
    found: dict[str, list[NDArray[np.float32]]] = {}
    for name, group in hdf5.members(root):
        if not hdf5.is_group(group):
            continue
        for path in _weight_names(group):
            array = group.get(path)
            if array is None:
                raise ModelError("a weight is missing", where=where, got=quoted(path))
            inner = path.rpartition("/")[0].rpartition("/")[2]  # dense of sequential/dense/kernel
            owner = name if name in layers or not inner else inner
            found.setdefault(owner, []).append(_array(hdf5, array, f"{where}: {path}", limit))
    return found


def h5_variables(
    hdf5: Hdf5, file: Member, where: str, limit: WeightLimit
) -> list[NDArray[np.float32]]:
    """Reads the variables of a `.h5` file's optimizer; none if it holds none.

    Raises:
        ModelError: as `v3_weights`; or a name leads to no array.
    """
    group = file.get(OPTIMIZER_WEIGHTS)
    if not hdf5.is_group(group):
        return []
    found = []
    for name in _weight_names(group):
        array = group.get(name)
        if array is None:
            raise ModelError("a variable is missing", where=where, got=quoted(name))
        found.append(_array(hdf5, array, f"{where}: {name}", limit))
    return found


def _weight_names(group: Member) -> Iterator[str]:
    """Yields the paths of a layer's arrays; Keras splits long lists into numbered ones."""
    for key in ("weight_names", *(f"weight_names{number}" for number in range(MAXIMAL_LISTS))):
        names = attribute(group, key)
        if isinstance(names, list):
            yield from names
        elif key[-1].isdecimal():
            return


def _array(hdf5: Hdf5, member: Member, where: str, limit: WeightLimit) -> NDArray[np.float32]:
    """Reads an array of numbers.

    Raises:
        ModelError: it is none, or claims more than the file can hold or the network has.
    """
    if not hdf5.is_numeric(member):
        raise ModelError("a weight is no array of numbers", where=where)
    hdf5.size(member, where)
    limit.take(math.prod(member.shape), where)
    return np.asarray(member[()], np.float32)


def parameters_of(graph: Graph, input_shape: Shape, weights: WeightsByLayer) -> NDArray[np.float32]:
    """Returns all parameters of a network, in its layers' order.

    Raises:
        ModelError: a layer's arrays are missing, or of other shapes than the layer's.
    """
    parts: list[NDArray[np.float32]] = [np.zeros(0, np.float32)]
    for node in graph.nodes(input_shape):
        expected = [weight.shape for weight in node.weights]
        arrays = weights.get(node.layer.label, ())
        if isinstance(node.layer, Normalization):
            arrays = _statistics(node, arrays)
        got = [array.shape for array in arrays]
        if expected and got != expected:
            raise ModelError(
                "its weights don't fit the layer" if got else "the layer has no weights",
                where=node.layer.label,
                expected=_shapes(expected),
                got=_shapes(got),
            )
        parts += [array.reshape(-1) for array in arrays] if expected else []
    return np.concatenate(parts)


def _statistics(node: Node, arrays: Sequence[NDArray[np.float32]]) -> Sequence[NDArray[np.float32]]:
    """Returns a Normalization's mean and variance, which Keras has in its config or its weights.

    Keras has a count behind them, and one number where they are of all channels.
    """
    if not arrays:
        random = np.random.default_rng(0)  # which they don't need
        return [weight.initializer(weight.shape, random) for weight in node.weights]
    found = arrays[:2]
    if all(array.shape == () for array in found):
        return [np.broadcast_to(array, node.weights[0].shape) for array in found]
    return found


def _shapes(shapes: Sequence[tuple[int, ...]]) -> str:
    """Returns shapes for a message."""
    return ", ".join("×".join(map(str, shape)) or "a number" for shape in shapes) or "none"
