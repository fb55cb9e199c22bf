"""Sequential: a model whose layers are a chain. Keras's, for small images."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from spritenet.engines.devices import CPU
from spritenet.engines.engine import Engine
from spritenet.errors import ModelError
from spritenet.layers import IMAGES, Graph, Input, Layer, Rescaling
from spritenet.migration import accepts
from spritenet.model import building
from spritenet.model.assembly import Origin, inherited
from spritenet.model.model import Model
from spritenet.model.network import Running

__all__ = ["Sequential"]


class Sequential(Model):
    """A network of layers, one after the other, that classifies small images.

        model = Sequential([Conv2D(8, 5, activation="relu"), MaxPooling2D(2), Flatten(),
                            Dense(10, activation="softmax")])
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit(data.train, epochs=5)

    It takes raw pixels, 0–255: `Rescaling(1 / 255)` is put first unless a Rescaling is there. Its
    shapes are known once it has seen images, or after `build`, or if it begins with `Input`.

    Args:
        layers: first to last. A model among them is replaced by its layers, with copies of its
            weights: `Sequential([base, Dense(3, activation="softmax")])`.
        name: in summaries and files.
        threads: the number of threads; None for all (or `SPRITENET_THREADS`).
        device: where it runs: "cpu", "cuda", "mps" or "auto" (docs/how-to/devices.md).
        precision: of multiplications on a GPU: "float32", "tf32" or "bf16".
        engine: another engine, called as `engines.native.Network` is; None for the device's.

    Attributes: those of `Model`.

    Raises:
        ModelError: two layers have the same name, or they don't fit each other.
    """

    @accepts
    def __init__(
        self,
        layers: Iterable[Layer | Input | Model] | None = None,
        name: str | None = None,
        *,
        threads: int | None = None,
        device: str = CPU,
        precision: str = "float32",
        engine: Callable[..., Engine] | None = None,
    ) -> None:
        name = name or "sequential"
        given = _listed(layers, name)
        shape = None
        if given and isinstance(given[0], Input):
            shape = given.pop(0).shape
        elif given and isinstance(given[0], Layer | Model):
            shape = given[0].input_shape
        chain = _Chain.of(given, name)
        where: Running = {"threads": threads, "device": device, "precision": precision}
        self._start(chain.graph, name, engine, shape, where)
        self._inherit(chain)

    @accepts
    def add(self, layer: Layer | Input | Model) -> None:
        """Adds a layer at the end. Existing weights stay; its own are new.

        Args:
            layer: a layer; a model, whose layers are added with copies of its weights; or, before
                any, an `Input`.

        Raises:
            ModelError: it is no layer, doesn't fit the last one, or its name is taken.
        """
        if isinstance(layer, Input):
            if self.graph:
                raise ModelError("Input comes first", where=self.name)
            self.network.declared = layer.shape
            return
        chain = _Chain.of([*self.graph, layer], self.name)
        if not self.graph and isinstance(layer, Layer | Model):
            self.network.declared = self.network.declared or layer.input_shape
        self._change(chain.graph)
        self._inherit(chain)

    def _inherit(self, chain: _Chain) -> None:
        """Copies the weights of the models among the layers.

        Raises:
            ModelError: the shape of the images is unknown.
        """
        arrays = inherited(chain.graph, chain.origins)
        if not arrays:
            return
        if self.input_shape is None:
            raise ModelError(
                "the shape of the images that a trained model gets is unknown",
                where=self.name,
                do="Begin with sn.Input(shape).",
            )
        self._weights.take_over(arrays)

    @accepts
    def pop(self) -> Layer:
        """Removes the last layer, with its weights, and returns it. The others keep theirs.

        Raises:
            ModelError: there is none.
        """
        if not self.graph:
            raise ModelError("it has no layers", where=self.name)
        *rest, last = self.graph
        if len(rest) == 1 and rest[0] == Rescaling(1 / 255, name=rest[0].name):
            rest = []  # it would be put first again
        self._change(Graph.of(rest))
        return last


@dataclass(frozen=True, slots=True)
class _Chain:
    """The layers of a list, models replaced by theirs.

    Attributes:
        graph: the layers, named, with a Rescaling of the images.
        origins: for each layer the one whose weights it begins with; None for a new layer.
    """

    graph: Graph
    origins: list[Origin | None]

    @classmethod
    def of(cls, given: Iterable[object], name: str) -> _Chain:
        """Returns the chain of layers and models.

        Raises:
            ModelError: one is neither, or a model that is no chain; or two layers have one name.
        """
        layers: list[Layer] = []
        sources: list[Origin | None] = []
        for one in given:
            if isinstance(one, Model):
                if not one.graph.is_chain:
                    raise ModelError(
                        "a model with branches can't be a part of a chain",
                        where=name,
                        got=one.name,
                        do="Use sn.Model(base.inputs, …) with layers on base.output.",
                    )
                layers += one.layers
                sources += [Origin(one, layer.label) for layer in one.layers]
            elif isinstance(one, Layer):
                layers.append(one)
                sources.append(None)
            else:
                raise ModelError("not a layer", where=name, got=repr(one))
        graph, places = building.with_rescaling(layers)
        origins = [None if place == IMAGES else sources[place] for place in places]
        return cls(building.named(graph, [origin is None for origin in origins]), origins)


def _listed(given: object, name: str) -> list[Any]:
    """Returns what was given as a list.

    Raises:
        ModelError: it is none.
    """
    if given is not None and not isinstance(given, Iterable):
        do = "Put them in square brackets: Sequential([…])."
        raise ModelError("layers is not a list", where=name, got=repr(given), do=do)
    return list(given or ())
