"""Sequential: a model whose layers are a chain. Keras's, for small images."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from spritenet.engines.devices import CPU
from spritenet.engines.engine import Engine
from spritenet.errors import ModelError
from spritenet.layers import Graph, Input, Layer, Rescaling, Shape
from spritenet.migration import accepts
from spritenet.model import building
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
        layers: first to last.
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
        layers: Iterable[Layer | Input] | None = None,
        name: str | None = None,
        *,
        threads: int | None = None,
        device: str = CPU,
        precision: str = "float32",
        engine: Callable[..., Engine] | None = None,
    ) -> None:
        name = name or "sequential"
        graph, shape = _read(layers, name)
        where: Running = {"threads": threads, "device": device, "precision": precision}
        self._start(graph, name, engine, shape, where)

    @accepts
    def add(self, layer: Layer | Input) -> None:
        """Adds a layer at the end. Existing weights stay; its own are new.

        Args:
            layer: a layer; or, before any, an `Input`.

        Raises:
            ModelError: it is no layer, doesn't fit the last one, or its name is taken.
        """
        if isinstance(layer, Input):
            if self.graph:
                raise ModelError("Input comes first", where=self.name)
            self.network.declared = layer.shape
            return
        if not isinstance(layer, Layer):
            raise ModelError("not a layer", where=self.name, got=repr(layer))
        graph = building.named(building.with_rescaling(self.graph.and_then(layer))[0])
        if not self.graph:
            self.network.declared = self.network.declared or layer.input_shape
        self._change(graph)

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


def _read(given: object, name: str) -> tuple[Graph, Shape | None]:
    """Returns the chain of a list of layers, named, and the image shape it begins with.

    Raises:
        ModelError: it is no list of layers.
    """
    if given is not None and not isinstance(given, Iterable):
        do = "Put them in square brackets: Sequential([…])."
        raise ModelError("layers is not a list", where=name, got=repr(given), do=do)
    layers = list(given or ())
    first = layers.pop(0) if layers and isinstance(layers[0], Input) else None
    own = [layer for layer in layers if isinstance(layer, Layer)]
    if len(own) != len(layers):
        other = next(layer for layer in layers if not isinstance(layer, Layer))
        raise ModelError("not a layer", where=name, got=repr(other))
    shape = first.shape if first else own[0].input_shape if own else None
    return building.named(building.with_rescaling(own)[0]), shape
