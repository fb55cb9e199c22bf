"""Network: layers with their weights, not yet anything to train or use them with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.arguments import input_shape as checked_shape
from spritenet.arguments import seed_of, text
from spritenet.engines.engine import Engine
from spritenet.errors import DataError, ModelError
from spritenet.layers import Graph, ImageShape, Input, Layer, Shape, Tensor
from spritenet.layers.input import fits, image_shape
from spritenet.migration import accepts, attribute, not_settable
from spritenet.model import building, image_batch, inspection
from spritenet.model.building import Place
from spritenet.model.summary import summary
from spritenet.training.state import CurrentState, TrainingState

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from spritenet.ood import Rejection

__all__ = ["Network"]


def _native(*arguments: Any, **named: Any) -> Engine:
    """The compiled core, loaded when it is first needed."""
    from spritenet.engines import native

    return native.Network(*arguments, **named)


class Network:
    """Layers with their weights: the part of `Model` that neither trains nor predicts.

    Attributes:
        name: in summaries and files.
        threads: the number of threads; None for all.
        input_shape: of its images, as in `Input`; None before it is built.
        class_names: the names of its outputs; empty if unknown.
        rejection: the calibration and OOD detector; None until calibrated and when weights change.
    """

    def __init__(
        self,
        graph: Graph,
        name: str,
        threads: int | None,
        engine: Callable[..., Engine] | None,
        input_shape: Shape | None = None,
    ) -> None:
        self.name = text(name, "name", type(self).__name__)
        self.threads = threads
        self.input_shape: Shape | None = None
        self.class_names: tuple[str, ...] = ()
        self.rejection: Rejection | None = None
        self._make_engine = engine or _native
        self._engine: tuple[int, tuple[bool, ...], Engine] | None = None
        self._beginning: tuple[int, Engine, NDArray[np.int64]] | None = None
        self._state: CurrentState | None = None
        self._places: tuple[Place, ...] = ()
        self._output_shape: tuple[int, ...] = ()
        self._layers = Graph()
        self._images: Input | None = None
        self._declared = input_shape
        self._seed = 0
        if graph:
            self._change(graph)

    @property
    def graph(self) -> Graph:
        """Its layers, and what each of them reads."""
        return self._layers

    @property
    def layers(self) -> list[Layer]:
        """Its layers, named, each after those it reads."""
        self._bind()
        return list(self._layers)

    @property
    def inputs(self) -> list[Tensor]:
        """Its images, to build another network on: `sn.Model(model.inputs, …)`.

        Raises:
            ModelError: the size of its images isn't known.
        """
        return [self._bound()]

    @property
    def output(self) -> Tensor:
        """Its output, to build another network on.

        Raises:
            ModelError: the size of its images isn't known.
        """
        self._bound()
        return self._layers[-1].output

    @property
    def outputs(self) -> list[Tensor]:
        """Its output, in a list as in Keras."""
        return [self.output]

    def _bound(self) -> Input:
        """The tensor of its images, from which those of all layers are made.

        Raises:
            ModelError: the size of its images isn't known.
        """
        self._bind()
        if self._images is None:
            do = "Begin with sn.Input(shape), or call build(input_shape)."
            raise ModelError("the size of its images isn't known", where=self.name, do=do)
        return self._images

    def _bind(self) -> None:
        """Gives each layer its tensor, once the size of the images is known."""
        shape = self.input_shape or self._declared
        if self._images is None and shape is not None and self._layers:
            self._images = Input(shape)
            for tensor in self._layers.tensors(self._images, self):
                object.__setattr__(tensor.layer, "_output", tensor)

    @property
    def trainable(self) -> bool:
        """False if every layer is frozen. Setting it freezes or frees all of them."""
        return any(layer.trainable for layer in self._layers) or not self._layers

    @trainable.setter
    def trainable(self, value: bool) -> None:
        for layer in self._layers:
            layer.trainable = value

    @accepts
    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer of that name, or at that place among `layers`.

        Raises:
            ModelError: there is none.
        """
        self._bind()
        names = [layer.label for layer in self._layers]
        try:
            return self._layers[names.index(name or "") if index is None else index]
        except (IndexError, TypeError, ValueError):
            raise ModelError(
                "unknown layer",
                where=self.name,
                expected=", ".join(names),
                got=repr(name if index is None else index),
            ) from None

    def _change(self, layers: Graph, shape: Shape | None = None) -> None:
        """Have these layers, for images of that shape if it is known; weights that fit stay.

        Raises:
            ModelError: they don't fit each other.
        """
        shape = shape or self.input_shape or self._declared
        self._images = None
        if shape is None or not layers:
            self._declared, self.input_shape = shape, None
            self._layers, self._state, self._places, self._output_shape = layers, None, (), ()
            return
        places = building.places(layers, shape)
        output = layers.output_shape(shape)
        parameters = building.initial(places, self._seed)
        new = TrainingState(parameters, self._empty_slots(len(parameters)))
        if self._state is not None:
            now = self._state.now
            same = min(len(parameters), len(now.parameters))
            parameters[:same] = now.best_guess[:same]
            new.slots[:, :same] = now.slots[:, :same]
            new = replace(new, step=now.step, place=now.place, parts=now.parts)
            if output != self._output_shape:
                self.class_names = ()
        self._layers, self._places, self.input_shape = layers, places, shape
        self._output_shape, self._state = output, CurrentState(new)
        self._engine = self._beginning = self.rejection = None

    @property
    def built(self) -> bool:
        """True if it has weights."""
        return self._state is not None

    @accepts
    def build(self, input_shape: Sequence[int | None], seed: int | None = 0) -> None:
        """Make its weights for images of that shape.

        Args:
            input_shape: as in `Input`, also after the batch's None.
            seed: of the weights; None for another each time.

        Raises:
            ModelError: the layers don't fit such images; the message names the layer.
        """
        shape = checked_shape(input_shape, "input_shape", self.name)
        if not self._layers:
            raise ModelError("it has no layers", where=self.name)
        self._seed, self._state = seed_of(seed, "build"), None
        self._change(self._layers, shape)

    def prepare(self, input_shape: Shape, class_names: tuple[str, ...], seed: int) -> None:
        """Be ready for such images: build it if it isn't, and take over what classes are called.

        Raises:
            ModelError: it was built for others, or has another number of outputs.
        """
        if self._state is None:
            self.build(input_shape, seed)
        elif not fits(input_shape, self._shape()):
            raise ModelError(
                "it was built for other images",
                where=self.name,
                expected=f"{self.input_shape}",
                got=f"{input_shape}",
            )
        building.check_outputs(self._layers[-1].label, self._output_shape, len(class_names))
        self.class_names = class_names or self.class_names

    @property
    def output_shape(self) -> tuple[int, ...]:
        """The output shape for one image.

        Raises:
            ModelError: it is not built yet.
        """
        self._shape()
        return self._output_shape

    @property
    def classifies(self) -> bool:
        """True if its outputs are classes of which one is chosen: two or more, or logits."""
        return building.classifies(self._layers, self.output_shape)

    @accepts
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
        return summary(self.name, self._layers, self.input_shape)

    def __repr__(self) -> str:
        """Its layers, in one line."""
        size = f", {len(self.state.now.parameters):,} parameters" if self.built else ""
        return f"<{type(self).__name__} {self.name}: {len(self._layers)} layers{size}>"

    def _repr_html_(self) -> str:
        """The table, for notebooks."""
        return inspection.table_html(self.name, self._layers, self.input_shape)

    def activations(self, image: object) -> dict[str, NDArray[np.float32]]:
        """Returns each layer's output for one image: its name → (h, w, c), or (units,).

        Args:
            image: h w c or h w; uint8, or float k/255.

        Raises:
            ModelError: it has no weights yet.
            DataError: it is not one image of the network's size.
        """
        shape = self._shape()
        given = image_batch.array_of(image, shape)
        pixels_u8 = image_batch.batch_of(given, shape)
        if len(pixels_u8) != 1:
            raise DataError("not a single image", expected="h w c", got=f"shape {given.shape}")
        outputs = self.engine().activations(self.state.now.best_guess, pixels_u8[0])
        return inspection.activations_by_name(self._layers, shape, outputs)

    def show_activations(self, image: object) -> Figure:
        """A figure of what each layer makes of one image. Needs the extra `plot`.

        Raises:
            ModelError: it has no weights yet.
            DataError: it is not one image of the network's size.
        """
        from spritenet import plots

        return plots.activations(self.activations(image), title=self.name)

    @property
    def state(self) -> CurrentState:
        """The parameters and the optimizer state.

        Raises:
            ModelError: it is not built yet.
        """
        if self._state is None:
            raise ModelError(
                "it has no weights yet", where=self.name, do="Fit it, or call build(input_shape)."
            )
        return self._state

    def engine(self, batch_size: int = 0) -> Engine:
        """Returns the engine, able to train on batches of that size.

        Raises:
            ModelError: it is not built yet.
        """
        frozen = tuple(not layer.trainable for layer in self._layers)
        if self._engine is None or self._engine[0] < batch_size or self._engine[1] != frozen:
            made = self._make_engine(
                self._layers, self._shape(), batch_size=batch_size, threads=self.threads
            )
            self._engine = (batch_size, frozen, made)
        return self._engine[2]

    def beginning(self, end: int) -> tuple[Engine, NDArray[np.int64]]:
        """Returns the engine of layer `end` - 1 and all that leads to it, and its parameters.

        The parameters are given by their indices among the network's.

        Raises:
            ModelError: it is not built yet.
        """
        if self._beginning is None or self._beginning[0] != end:
            graph, kept = self._layers.up_to(end - 1)
            made = self._make_engine(graph, self._shape(), batch_size=0, threads=self.threads)
            labels = {self._layers[index].label for index in kept}
            numbers = [
                np.arange(place.slice.start, place.slice.stop)
                for place in self._places
                if place.layer.label in labels
            ]
            self._beginning = (end, made, np.concatenate([np.zeros(0, np.int64), *numbers]))
        return self._beginning[1:]

    @property
    def image_shape(self) -> ImageShape | None:
        """Height, width, channels; of vectors square if possible. None before it is built."""
        return None if self.input_shape is None else image_shape(self.input_shape)

    def _shape(self) -> Shape:
        """The shape of its input.

        Raises:
            ModelError: it is not built yet.
        """
        if self.input_shape is None:
            raise ModelError(
                "it has no weights yet", where=self.name, do="Fit it, or call build(input_shape)."
            )
        return self.input_shape

    @property
    def _slot_names(self) -> tuple[str, ...]:
        """The names of an optimizer's state; a network alone has none."""
        return ()

    def _empty_slots(self, size: int) -> NDArray[np.float32]:
        """The optimizer state before the first step."""
        return np.zeros((len(self._slot_names), size), np.float32)

    if not TYPE_CHECKING:  # type checkers shall know what is missing

        def __getattr__(self, name: str) -> object:
            """Names our way to what Keras's and PyTorch's models have."""
            raise attribute(name, "model", dir(type(self)))

        def __setattr__(self, name: str, value: object) -> None:
            """Names our way to change what only follows from something else."""
            member = getattr(type(self), name, None)
            if isinstance(member, property) and member.fset is None:
                raise not_settable(name)
            super().__setattr__(name, value)

    def __getstate__(self) -> dict[str, object]:
        """Everything but the engine, which holds addresses: for copies and other processes."""
        return {
            **self.__dict__,
            "_engine": None,
            "_beginning": None,
            "_images": None,
            "session": None,
        }
