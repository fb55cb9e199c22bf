"""Network: layers with their weights, not yet anything to train or use them with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.arguments import count
from spritenet.engines.values import Engine
from spritenet.errors import DataError, ModelError
from spritenet.layers import Layer
from spritenet.model import building, looking, pixels
from spritenet.model.building import ImageShape, Input, Place
from spritenet.model.summary import summary
from spritenet.optimizers import Optimizer
from spritenet.training.state import Snapshot, State

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    from spritenet.doubt import Doubt

__all__ = ["Network"]


def _native(*arguments: Any, **named: Any) -> Engine:
    """The compiled core, loaded when it is first needed."""
    from spritenet.engines import native

    return native.Network(*arguments, **named)


class Network:
    """Layers with their weights: the part of `Sequential` that neither trains nor predicts.

    Attributes:
        name: in summaries and files.
        threads: how many work at a time; None for all.
        input_shape: height, width, channels of its images; None before it is built.
        optimizer: how weights move; None before `compile`.
        class_names: what its outputs mean; empty if nobody said.
        doubt: how sure it may be; None until it is calibrated, and again when weights change.
    """

    def __init__(
        self,
        layers: Iterable[Layer | Input],
        name: str,
        threads: int | None,
        engine: Callable[..., Engine] | None,
    ) -> None:
        self.name = name
        self.threads = threads
        self.input_shape: ImageShape | None = None
        self.optimizer: Optimizer | None = None
        self.class_names: tuple[str, ...] = ()
        self.doubt: Doubt | None = None
        self._make_engine = engine or _native
        self._engine: tuple[int, Engine] | None = None
        self._beginning: tuple[tuple[Layer, ...], Engine] | None = None
        self._state: State | None = None
        self._places: tuple[Place, ...] = ()
        self._output_shape: tuple[int, ...] = ()
        layers = list(layers)
        first = layers.pop(0) if layers and isinstance(layers[0], Input) else None
        own = [layer for layer in layers if isinstance(layer, Layer)]
        if len(own) != len(layers):
            strange = next(layer for layer in layers if not isinstance(layer, Layer))
            raise ModelError("this is no layer", where=name, got=repr(strange))
        self._layers = building.named(building.with_rescaling(own))
        if isinstance(first, Input):
            self.build(first.shape)

    @property
    def layers(self) -> list[Layer]:
        """Its layers, named, first to last."""
        return list(self._layers)

    def add(self, layer: Layer) -> None:
        """Put a layer at the end.

        Raises:
            ModelError: it has weights already, or the name is taken.
        """
        if self._state is not None:
            raise ModelError("it is built already", where=self.name, do="Add layers before.")
        layers = building.with_rescaling([*self._layers, layer])
        self._layers = building.named(layers)

    @property
    def built(self) -> bool:
        """Whether it has weights."""
        return self._state is not None

    def build(self, input_shape: Sequence[int | None], seed: int = 0) -> None:
        """Make its weights for images of that shape.

        Args:
            input_shape: (height, width, channels), or (None, height, width, channels).
            seed: of the weights.

        Raises:
            ModelError: the layers don't fit such images; the message names the layer.
        """
        given = tuple(input_shape)
        shape = tuple(size for size in given[-3:] if size is not None)
        if len(shape) != 3 or (len(given) == 4 and given[0] is not None) or len(given) > 4:
            raise ModelError(
                "the input shape is wrong",
                where=self.name,
                expected="(height, width, channels)",
                got=given,
            )
        if not self._layers:
            raise ModelError("it has no layers", where=self.name)
        height, width, channels = (count(size, "input_shape", self.name) for size in shape)
        self.input_shape = (height, width, channels)
        self._engine = self._beginning = None
        self._places = building.places(self._layers, self.input_shape)
        self._output_shape = building.output_shape(self._layers, self.input_shape)
        parameters = building.initial(self._places, seed)
        self._state = State(Snapshot(parameters, self._empty_slots(len(parameters))))

    def prepare(self, input_shape: ImageShape, class_names: tuple[str, ...], seed: int) -> None:
        """Be ready for such images: build it if it isn't, and take over what classes are called.

        Raises:
            ModelError: it was built for others, or has another number of outputs.
        """
        if self._state is None:
            self.build(input_shape, seed)
        elif self.input_shape != input_shape:
            raise ModelError(
                "it was built for other images",
                where=self.name,
                expected=f"{self.input_shape}",
                got=f"{input_shape}",
            )
        outputs = self._output_shape
        if class_names and outputs != (len(class_names),):
            raise ModelError(
                "its outputs don't fit the classes",
                where=self._layers[-1].label,
                expected=f"{len(class_names)} outputs",
                got=" × ".join(map(str, outputs)),
                do="Give the last layer as many units as there are classes.",
            )
        self.class_names = class_names or self.class_names

    @property
    def output_shape(self) -> tuple[int, ...]:
        """What it makes of one image.

        Raises:
            ModelError: it is not built yet.
        """
        self._shape()
        return self._output_shape

    def count_params(self) -> int:
        """How many numbers it learns.

        Raises:
            ModelError: it is not built yet.
        """
        return len(self.state.now.parameters)

    def summary(self, print_fn: Callable[[str], object] | None = None) -> None:
        """Print its layers as a table.

        Args:
            print_fn: takes the text instead.
        """
        (print_fn or print)(str(self))

    def __str__(self) -> str:
        """The table of its layers."""
        return summary(self.name, self._layers, self.input_shape)

    def __repr__(self) -> str:
        """Its layers, in one line."""
        size = f", {self.count_params():,} parameters" if self.built else ""
        return f"<Sequential {self.name}: {len(self._layers)} layers{size}>"

    def _repr_html_(self) -> str:
        """The table, for notebooks."""
        return looking.table_html(self.name, self._layers, self.input_shape)

    def activations(self, image: object) -> dict[str, NDArray[np.float32]]:
        """What each layer makes of one image: its name → (h, w, c), or (units,) for a vector.

        Args:
            image: h w c or h w; uint8, or float k/255.

        Raises:
            ModelError: it has no weights yet.
            DataError: it is not one image of the network's size.
        """
        shape = self._shape()
        given = np.asarray(image)
        pixels_u8 = pixels.batch_of(given, shape)
        if len(pixels_u8) != 1:
            raise DataError("this is not one image", expected="h w c", got=f"shape {given.shape}")
        outputs = self.engine().activations(self.state.now.best_guess, pixels_u8[0])
        return looking.activations_by_name(self._layers, shape, outputs)

    def show_activations(self, image: object) -> Figure:
        """A figure of what each layer makes of one image. Needs the extra `plot`.

        Raises:
            ModelError: it has no weights yet.
            DataError: it is not one image of the network's size.
        """
        from spritenet import plots

        return plots.activations(self.activations(image), title=self.name)

    def show_filters(self, layer: str | None = None) -> Figure:
        """A figure of a convolution's filters, by default of the first. Needs the extra `plot`.

        Raises:
            ModelError: there is no such convolution, or it has no weights yet.
        """
        return looking.filters(self.weights, layer)

    def show_layer(self, layer: str) -> Figure:
        """A figure of how a layer's weights are distributed. Needs the extra `plot`.

        Raises:
            ModelError: there is no such layer, or it has no weights.
        """
        return looking.layer_figure(self.weights, layer)

    @property
    def state(self) -> State:
        """What training changes.

        Raises:
            ModelError: it is not built yet.
        """
        if self._state is None:
            raise ModelError(
                "it has no weights yet", where=self.name, do="Fit it, or call build(input_shape)."
            )
        return self._state

    @property
    def parameters(self) -> NDArray[np.float32]:
        """A copy of all weights: one float32 array, layer after layer, kernel before bias."""
        return self.state.now.best_guess.copy()

    @property
    def weights(self) -> dict[str, NDArray[np.float32]]:
        """A copy of each weight array by its name, like "conv2d/kernel"."""
        parameters = self.parameters
        return {p.name: parameters[p.slice].reshape(p.weight.shape) for p in self._places}

    @property
    def weights_sha256(self) -> str:
        """The SHA-256, in hexadecimal, of all weights as little-endian float32."""
        from spritenet.export.saved import sha256

        return sha256(self.state.now.best_guess)

    def get_weights(self) -> list[NDArray[np.float32]]:
        """A copy of each weight array, in the order of the layers, kernel before bias."""
        return list(self.weights.values())

    def set_weights(self, weights: Sequence[ArrayLike]) -> None:
        """Replace all weights by others of the same shapes.

        Raises:
            ModelError: shapes or number differ, or a weight is not finite.
        """
        now = self.state.now
        arrays = [np.asarray(weight, np.float32) for weight in weights]
        shapes = [place.weight.shape for place in self._places]
        if [array.shape for array in arrays] != shapes:
            raise ModelError(
                "these weights don't fit",
                where=self.name,
                expected=shapes,
                got=[array.shape for array in arrays],
            )
        parameters = np.concatenate([array.ravel() for array in arrays] or [now.parameters])
        if not np.isfinite(parameters).all():
            raise ModelError("a weight is not a finite number", where=self.name)
        self.state.now = replace(now, parameters=parameters, average=None)
        self.doubt = None

    def engine(self, batch_size: int = 0) -> Engine:
        """What computes it, able to train on batches of that size.

        Raises:
            ModelError: it is not built yet.
        """
        if self._engine is None or self._engine[0] < batch_size:
            made = self._make_engine(
                self._layers, self._shape(), batch_size=batch_size, threads=self.threads
            )
            self._engine = (batch_size, made)
        return self._engine[1]

    def beginning(self, end: int) -> Engine:
        """What computes its first layers, up to number `end`; their parameters come first too.

        Raises:
            ModelError: it is not built yet.
        """
        layers = self._layers[:end]
        if self._beginning is None or self._beginning[0] != layers:
            made = self._make_engine(layers, self._shape(), batch_size=0, threads=self.threads)
            self._beginning = (layers, made)
        return self._beginning[1]

    def _shape(self) -> ImageShape:
        """The shape of its images.

        Raises:
            ModelError: it is not built yet.
        """
        if self.input_shape is None:
            raise ModelError(
                "it has no weights yet", where=self.name, do="Fit it, or call build(input_shape)."
            )
        return self.input_shape

    def _empty_slots(self, size: int) -> NDArray[np.float32]:
        """The memory of an optimizer that has seen nothing."""
        slots = self.optimizer.slots if self.optimizer else ()
        return np.zeros((len(slots), size), np.float32)

    def __getstate__(self) -> dict[str, object]:
        """Everything but the engine, which holds addresses: for copies and other processes."""
        return {**self.__dict__, "_engine": None, "_beginning": None}
