"""The base of every layer: a frozen description with a shape rule, a list of weights and a config.

A layer holds no numbers and computes nothing: the engine reads its fields. Called on a `Tensor`, it
gives the `Tensor` of its output, from which `Model` makes a network.
"""

from __future__ import annotations

import inspect
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, ClassVar, Self

from spritenet.arguments import flag, text
from spritenet.arguments import input_shape as checked_shape
from spritenet.errors import ModelError
from spritenet.initializers import Initializer
from spritenet.migration import attribute, not_called

__all__ = ["Layer", "Shape", "Tensor", "Weight"]

Shape = tuple[int, ...]
"""(height, width, channels), (height, width) or (units,); never the batch."""

# Arguments of Keras's layers that are accepted only with these values, which change nothing.
_FIXED: dict[str, tuple[object, ...]] = {
    "activity_regularizer": (None,),
    "antialias": (None, False),
    "crop_to_aspect_ratio": (None, False),
    "data_format": (None, "channels_last"),
    "dilation_rate": (None, 1, (1, 1)),
    "dtype": (None, "float32"),
    "fill_mode": (None, "constant"),
    "fill_value": (None, 0.0),
    "groups": (None, 1),
    "input_axes": (None,),
    "keepdims": (None, False),
    "lora_alpha": (None,),
    "lora_rank": (None,),
    "noise_shape": (None,),
    "pad_to_aspect_ratio": (None, False),
    "renorm": (None, False),
    "rms_scaling": (None, False),
    "synchronized": (None, False),
}

# Entries of Keras's and TensorFlow.js's configs that change no output.
_NO_MATTER = frozenset(
    {
        "autocast",
        "batch_input_shape",
        "batch_shape",
        "batch_size",
        "input_dim",
        "input_dtype",
        "input_shape",
        "renorm_clipping",
        "renorm_momentum",
        "seed",
    }
)


@dataclass(frozen=True, slots=True)
class Weight:
    """A weight array of a layer, trainable or not.

    Attributes:
        name: "kernel" or "bias".
        shape: Conv2D kernels: kernel_height, kernel_width, in, filters. Dense kernels: in, units.
        initializer: the initializer.
        l2: the factor of its L2 penalty; 0 for none.
        trainable: True if the optimizer changes it.
    """

    name: str
    shape: Shape
    initializer: Initializer
    l2: float = 0.0
    trainable: bool = True

    @property
    def size(self) -> int:
        """The number of values."""
        return math.prod(self.shape)


class Tensor:
    """A symbolic tensor: the output of a layer in a network under construction.

    Attributes:
        shape: (height, width, channels) or (units,), without the batch axis.
        layer: the layer whose output it is; None for an `Input`.
        inputs: the tensors that the layer reads.
        source: the network it was taken from, whose weights a new network starts with; or None.
    """

    __slots__ = ("inputs", "layer", "shape", "source")

    def __init__(
        self,
        shape: Shape,
        layer: Layer | None = None,
        inputs: Sequence[Tensor] = (),
        source: object = None,
    ) -> None:
        self.shape, self.layer, self.inputs, self.source = shape, layer, tuple(inputs), source

    def __repr__(self) -> str:
        """Its shape and layer."""
        of = f" of {self.layer!r}" if self.layer else ""
        return f"<{type(self).__name__} {' × '.join(map(str, self.shape))}{of}>"

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        """Leaves tensors out of copies of a layer; a network creates its tensors on demand."""
        return type(None), ()


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Layer(ABC):
    """A layer of a network. Layers compare by value; one object can be in many networks.

    Every field but `trainable` is frozen. Every layer takes the argument `trainable=False`, which
    freezes its weights: training computes no gradient of them.

    Attributes:
        name: the name in messages, summaries and files; None until a network assigns one.
        input_shape: the shape of one image, if it was given; only a network's first layer needs it.
    """

    name: str | None
    input_shape: Shape | None = field(compare=False)
    _trainable: bool = field(compare=False)
    _output: Tensor | None = field(compare=False)
    class_name: ClassVar[str] = "Layer"
    SETTABLE: ClassVar[frozenset[str]] = frozenset({"trainable"})

    def _set(
        self, name: str | None, input_shape: Sequence[int | None] | None, **values: object
    ) -> None:
        """Fills the frozen fields, once, from `__init__`."""
        where = str(name or self.class_name)
        name = None if name is None else text(name, "name", where)
        shape = None if input_shape is None else checked_shape(input_shape, "input_shape", where)
        self._fill(name=name, input_shape=shape, _trainable=True, _output=None, **values)

    def _fill(self, **values: object) -> None:
        """Fills some of the frozen fields."""
        for key, value in values.items():
            object.__setattr__(self, key, value)

    @property
    def trainable(self) -> bool:
        """False if its weights are frozen. Can be set, also within a network."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._fill(_trainable=flag(value, "trainable", self.label))

    @property
    def output(self) -> Tensor:
        """The layer's output in its network, as an input of other layers.

        Raises:
            ModelError: the layer is in no network, or in one of unknown image size.
        """
        if self._output is None:
            do = "Take it from a built model: model.get_layer(name).output."
            raise ModelError("the layer has no output yet", where=self.label, do=do)
        return self._output

    def __call__(self, inputs: Tensor | Sequence[Tensor], /) -> Tensor:
        """Applies the layer to a tensor, or to a list of tensors if it merges several.

        Raises:
            ModelError: the shapes don't fit.
            UnsupportedError: the input is an array: layers compute nothing outside a network.
        """
        given = [inputs] if isinstance(inputs, Tensor) else inputs
        if not isinstance(given, list | tuple) or not all(isinstance(t, Tensor) for t in given):
            raise not_called(self.label)
        return Tensor(self.merged_shape([tensor.shape for tensor in given]), self, given)

    if not TYPE_CHECKING:  # type checkers report missing attributes

        def __getattr__(self, name: str) -> object:
            """Raises an error with the alternative to an attribute of Keras's layers."""
            raise attribute(name, "layer", dir(type(self)))

    @property
    def label(self) -> str:
        """The name, or the class name while there is none; errors begin with it."""
        return self.name or self.class_name

    @abstractmethod
    def output_shape(self, input_shape: Shape, /) -> Shape:
        """Returns the output shape for one input, without the batch axis.

        Raises:
            ModelError: the input's shape doesn't fit; the message begins with the layer's name.
        """

    def merged_shape(self, input_shapes: Sequence[Shape]) -> Shape:
        """Returns the output shape for its inputs; only layers that merge take several.

        Raises:
            ModelError: the shapes of the inputs don't fit.
        """
        if len(input_shapes) != 1:
            got = f"{len(input_shapes)} inputs"
            raise ModelError("the layer takes one input", where=self.label, got=got)
        return self.output_shape(input_shapes[0])

    def weights(self, _input_shape: Shape, /) -> tuple[Weight, ...]:
        """Returns the weights for inputs of a shape, kernel before bias; see `Weight`."""
        return ()

    def missing_in_tensorflow_js(self) -> str:
        """Returns what TensorFlow.js lacks of it or computes differently; "" for nothing."""
        return ""

    def config(self) -> dict[str, object]:
        """Returns the arguments as Keras 2 writes them, which TensorFlow.js reads."""
        own: dict[str, object] = {name: getattr(self, name) for name in self._arguments()}
        del own["input_shape"]  # a network's, not a layer's
        return {"name": self.name, "trainable": self.trainable, "dtype": "float32", **own}

    @classmethod
    def _arguments(cls) -> list[str]:
        """The names of the constructor's arguments, each a field."""
        return [f.name for f in fields(cls) if not f.name.startswith("_")]

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> Self:
        """Makes a layer from a config that Keras 2, Keras 3 or TensorFlow.js wrote.

        Raises:
            ModelError: an argument is unsupported.
        """
        known = {*cls._arguments(), "trainable"} - {"input_shape"}
        name = config.get("name")
        where = name if isinstance(name, str) else cls.class_name
        for key, value in config.items():
            if key in known or key in _NO_MATTER or value is None:  # null: an argument not given
                continue
            allowed = _FIXED.get(key)
            if allowed is None:
                raise ModelError(
                    f"{cls.class_name} has no argument {key!r}"[:200],
                    where=where,
                    expected=", ".join(sorted(known - {"name", "trainable"})) or "no arguments",
                )
            plain = tuple(value) if isinstance(value, list) else value
            if plain not in allowed:
                raise ModelError(
                    f"unsupported {key}",
                    where=where,
                    expected=allowed[-1],
                    got=repr(value),
                )
        arguments = {key: value for key, value in config.items() if key in known}
        missing = [
            p.name
            for p in inspect.signature(cls).parameters.values()
            if p.default is p.empty and p.name not in arguments
        ]
        if missing:
            raise ModelError(f"its configuration lacks {', '.join(missing)}", where=where)
        trainable = arguments.pop("trainable", True)
        layer = cls(**arguments)
        object.__setattr__(layer, "_trainable", flag(trainable, "trainable", where))
        return layer

    def named(self, name: str) -> Self:
        """Returns a copy of the layer with another name."""
        arguments = {argument: getattr(self, argument) for argument in self._arguments()}
        copy = type(self)(**arguments | {"name": name})
        object.__setattr__(copy, "_trainable", self.trainable)
        return copy

    @classmethod
    def base_name(cls) -> str:
        """The class name in snake case, from which Keras makes names: Conv2D -> conv2d."""
        word = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", cls.class_name)
        return re.sub(r"([a-z])([A-Z])", r"\1_\2", word).lower()

    def __repr__(self) -> str:
        """The constructor call, without arguments at their default."""
        shown = []
        for p in inspect.signature(type(self)).parameters.values():
            value = getattr(self, p.name)
            if p.default is p.empty:
                shown.append(repr(value))
            elif value != self._default(p.name, p.default):
                shown.append(f"{p.name}={value!r}")
        return f"{self.class_name}({', '.join(shown)})"

    def _default(self, _name: str, default: object, /) -> object:
        """Returns the default of the argument as a field."""
        return default
