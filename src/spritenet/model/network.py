"""Network: the layers of a model, their shapes, tensors and engines."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from spritenet.arguments import text
from spritenet.augmentation import Step
from spritenet.engines.devices import CPU, check_device, engine_on
from spritenet.engines.engine import Engine
from spritenet.errors import ModelError
from spritenet.layers import BatchNormalization, Graph, ImageShape, Input, Layer, Shape, Tensor
from spritenet.layers.input import image_shape
from spritenet.model import building, inspection
from spritenet.model.building import Place
from spritenet.model.summary import summary

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Network", "Running"]


class Running(TypedDict, total=False):
    """The arguments of a model that say where it runs; see `Model`."""

    threads: int | None
    device: str
    precision: str


class Network:
    """The layers of a model, and all that follows from them and the size of the images.

    Args:
        name: in summaries and files.
        threads: the number of threads; None for all.
        engine: makes the engines; None for those of the device.
        declared: the shape of the images, if it is known before the weights are made.
        source: the model that its tensors come from.
        device: where it runs; see `engines.devices`.
        precision: of its multiplications.

    Attributes:
        name: in summaries and files.
        threads: the number of threads of the next engine; None for all.
        declared: the shape of the images to build it for; None if it isn't known.
        source: the model that its tensors come from.
        input_shape: of its images, as in `Input`; None before it is built.
        graph: its layers, and what each of them reads.
        places: the place of each weight array among the parameters; empty before it is built.
        augmentation: the random changes of images in its last training, besides its own layers.
    """

    def __init__(
        self,
        name: str,
        threads: int | None,
        engine: Callable[..., Engine] | None,
        declared: Shape | None,
        source: object,
        device: str = CPU,
        precision: str = "float32",
    ) -> None:
        self.name = text(name, "name", type(source).__name__)
        self.threads = threads
        self.declared = declared
        self.source = source
        self.input_shape: Shape | None = None
        self.graph = Graph()
        self.augmentation: tuple[Step, ...] = ()
        self.places: tuple[Place, ...] = ()
        self._output_shape: tuple[int, ...] = ()
        self._own_engine = engine
        self._device = check_device(device, precision, self.name)
        self._precision = precision
        self._engine: tuple[int, tuple[bool, ...], tuple[Step, ...], Engine] | None = None
        self._reader: Engine | None = None
        self._beginning: tuple[int, Engine, NDArray[np.int64]] | None = None
        self._images: Input | None = None

    @property
    def device(self) -> str:
        """Its processor: "cpu", "cuda", "cuda:1", "mps", "auto" or "torch-cpu"."""
        return self._device

    @device.setter
    def device(self, value: str) -> None:
        self._device = check_device(value, self._precision, self.name)
        self._engine = self._reader = self._beginning = None

    @property
    def precision(self) -> str:
        """The precision of its multiplications: "float32", "tf32" or "bf16"."""
        return self._precision

    @precision.setter
    def precision(self, value: str) -> None:
        check_device(self._device, value, self.name)
        self._precision = value
        self._engine = self._reader = self._beginning = None

    def use_engine(self, make: Callable[..., Engine] | None) -> None:
        """Makes engines by a function from now on; None: by the device."""
        self._own_engine = make
        self._engine = self._reader = self._beginning = None

    def _make_engine(self, *arguments: Any, **named: Any) -> Engine:
        """Returns an engine on its device."""
        make = self._own_engine or engine_on(self._device, self._precision)
        return make(*arguments, **named)

    def change(self, graph: Graph, shape: Shape | None = None) -> None:
        """Replaces the layers, for images of a shape if it is known.

        Raises:
            ModelError: they don't fit each other; the network stays as it is.
        """
        shape = shape or self.input_shape or self.declared
        if shape is None or not graph:
            self.declared, self.input_shape, self.places, self._output_shape = shape, None, (), ()
        else:
            places, output_shape = building.places(graph, shape), graph.output_shape(shape)
            self.input_shape, self.places, self._output_shape = shape, places, output_shape
        self.graph = graph
        self._engine = self._reader = self._beginning = self._images = None

    @property
    def image_shape(self) -> ImageShape | None:
        """Height, width, channels; of vectors square if possible. None before it is built."""
        return None if self.input_shape is None else image_shape(self.input_shape)

    @property
    def shape(self) -> Shape:
        """The shape of its input.

        Raises:
            ModelError: it is not built yet.
        """
        if self.input_shape is None:
            raise self.not_built()
        return self.input_shape

    def not_built(self) -> ModelError:
        """The error for what needs weights."""
        do = "Fit it, or call build(input_shape)."
        return ModelError("it has no weights yet", where=self.name, do=do)

    @property
    def output_shape(self) -> tuple[int, ...]:
        """The output shape for one image.

        Raises:
            ModelError: it is not built yet.
        """
        _ = self.shape
        return self._output_shape

    @property
    def layers(self) -> list[Layer]:
        """Its layers, named, each after those it reads."""
        self._bind()
        return list(self.graph)

    @property
    def inputs(self) -> list[Tensor]:
        """Its images, to build another network on: `sn.Model(model.inputs, …)`.

        Raises:
            ModelError: the size of its images isn't known.
        """
        return [self._bind_images()]

    @property
    def output(self) -> Tensor:
        """Its output, to build another network on.

        Raises:
            ModelError: the size of its images isn't known.
        """
        self._bind_images()
        return self.graph[-1].output

    @property
    def outputs(self) -> list[Tensor]:
        """Its output, in a list as in Keras."""
        return [self.output]

    def _bind(self) -> None:
        """Gives each layer its tensor, once the size of the images is known."""
        shape = self.input_shape or self.declared
        if self._images is None and shape is not None and self.graph:
            self._images = Input(shape)
            for tensor in self.graph.tensors(self._images, self.source):
                object.__setattr__(tensor.layer, "_output", tensor)

    def _bind_images(self) -> Input:
        """Returns the tensor of its images, from which those of all layers are made.

        Raises:
            ModelError: the size of its images isn't known.
        """
        self._bind()
        if self._images is None:
            do = "Begin with sn.Input(shape), or call build(input_shape)."
            raise ModelError("the size of its images isn't known", where=self.name, do=do)
        return self._images

    @property
    def trainable(self) -> bool:
        """False if every layer is frozen. Setting it freezes or frees all of them."""
        return any(layer.trainable for layer in self.graph) or not self.graph

    @trainable.setter
    def trainable(self, value: bool) -> None:
        for layer in self.graph:
            layer.trainable = value

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer of that name, or at that place among `layers`.

        Raises:
            ModelError: there is none.
        """
        self._bind()
        names = [layer.label for layer in self.graph]
        try:
            return self.graph[names.index(name or "") if index is None else index]
        except (IndexError, TypeError, ValueError):
            raise ModelError(
                "unknown layer",
                where=self.name,
                expected=", ".join(names),
                got=repr(name if index is None else index),
            ) from None

    @property
    def classifies(self) -> bool:
        """True if its outputs are classes of which one is chosen: two or more, or logits."""
        return building.classifies(self.graph, self.output_shape)

    @property
    def is_multi_label(self) -> bool:
        """True if each output is the probability of a class of its own: it ends in a sigmoid."""
        return building.has_several_labels(self.graph, self.output_shape)

    def summary(self, print_fn: Callable[[str], object] | None = None) -> None:
        """Print its layers as a table.

        Args:
            print_fn: takes the text instead.

        Raises:
            ModelError: it is no function.
        """
        if print_fn is not None and not callable(print_fn):
            raise ModelError(
                "print_fn is not a function",
                where="summary",
                got=repr(print_fn),
                do="A network knows the size of its images: model.summary().",
            )
        (print_fn or print)(str(self))

    def __str__(self) -> str:
        """The table of its layers."""
        return summary(self.name, self.graph, self.input_shape)

    def table_html(self) -> str:
        """The table, for notebooks."""
        return inspection.table_html(self.name, self.graph, self.input_shape)

    def get_config(self) -> dict[str, object]:
        """Its name and its layers as plain values, in Keras 2's form.

        Raises:
            ModelError: it is not built yet.
        """
        from spritenet.export.write_topology import write_topology

        config: dict[str, object] = write_topology(self.graph, self.shape)["config"]
        return {**config, "name": self.name}

    def to_json(self) -> str:
        """The layers as JSON, as Keras 2 and model.json have them; no weights.

        Raises:
            ModelError: it is not built yet.
        """
        kind = "Sequential" if self.graph.is_chain else "Functional"
        return json.dumps({"class_name": kind, "config": self.get_config()})

    def engine(self, batch_size: int = 0, augmentation: tuple[Step, ...] | None = None) -> Engine:
        """Returns the engine, able to train on batches of that size.

        Args:
            batch_size: 0 if it needn't train.
            augmentation: what is done to images in training; None if it doesn't matter.

        Raises:
            ModelError: it is not built yet.
        """
        known, steps = self._engine, augmentation
        if known and known[0] > 0 and batch_size == 0 and self._normalizes:
            # One that never trains folds normalization, with other last bits: always that one.
            if self._reader is None:
                self._reader = self._make_engine(
                    self.graph, self.shape, batch_size=0, threads=self.threads
                )
            return self._reader
        frozen = tuple(not layer.trainable for layer in self.graph)
        if steps is None:
            steps = known[2] if known else ()
        if known is None or known[0] < batch_size or known[1:3] != (frozen, steps):
            more = {"augmentation": steps} if steps else {}  # which not every engine knows
            made = self._make_engine(
                self.graph, self.shape, batch_size=batch_size, threads=self.threads, **more
            )
            known = self._engine = (batch_size, frozen, steps, made)
        return known[3]

    @property
    def _normalizes(self) -> bool:
        """True if an engine that never trains computes it otherwise."""
        return any(isinstance(layer, BatchNormalization) for layer in self.graph)

    def beginning(self, end: int) -> tuple[Engine, NDArray[np.int64]]:
        """Returns the engine of layer `end` - 1 and all that leads to it, and its parameters.

        The parameters are given by their indices among the network's.

        Raises:
            ModelError: it is not built yet.
        """
        if self._beginning is None or self._beginning[0] != end:
            graph, kept = self.graph.up_to(end - 1)
            made = self._make_engine(graph, self.shape, batch_size=0, threads=self.threads)
            labels = {self.graph[index].label for index in kept}
            numbers = [
                np.arange(place.slice.start, place.slice.stop)
                for place in self.places
                if place.layer.label in labels
            ]
            self._beginning = (end, made, np.concatenate([np.zeros(0, np.int64), *numbers]))
        return self._beginning[1:]

    def __getstate__(self) -> dict[str, object]:
        """Everything but engines, which hold addresses, and tensors: for copies and processes."""
        return {
            **self.__dict__,
            "_engine": None,
            "_reader": None,
            "_beginning": None,
            "_images": None,
        }
