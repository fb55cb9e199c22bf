"""The base of every layer: a frozen description with a shape rule, a list of weights and a config.

A layer here holds no numbers and computes nothing: the engine reads its fields.
"""

from __future__ import annotations

import inspect
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, ClassVar, Self

from spritenet.arguments import image_shape, text
from spritenet.errors import ModelError
from spritenet.initializers import Initializer
from spritenet.migration import attribute, not_called

__all__ = ["Layer", "Shape", "Weight"]

Shape = tuple[int, ...]
"""(height, width, channels) of an image, or (units,) of a vector; never the batch."""

# Arguments of Keras's layers that exist here only with their harmless value.
_FIXED: dict[str, tuple[object, ...]] = {
    "activity_regularizer": (None,),
    "beta_constraint": (None,),
    "bias_constraint": (None,),
    "data_format": (None, "channels_last"),
    "depthwise_constraint": (None,),
    "dilation_rate": (None, 1, (1, 1)),
    "dtype": (None, "float32"),
    "gamma_constraint": (None,),
    "groups": (None, 1),
    "input_axes": (None,),
    "keepdims": (None, False),
    "kernel_constraint": (None,),
    "lora_alpha": (None,),
    "lora_rank": (None,),
    "noise_shape": (None,),
    "renorm": (None, False),
    "synchronized": (None, False),
    "threshold": (None, 0, 0.0),
}

# What Keras and TensorFlow.js also write into a layer's config, and what changes no output.
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
        "trainable",
    }
)


@dataclass(frozen=True, slots=True)
class Weight:
    """One array a layer learns.

    Attributes:
        name: "kernel" or "bias".
        shape: Conv2D kernels: kernel_height, kernel_width, in, filters. Dense kernels: in, units.
        initializer: how it begins.
        l2: the factor of its L2 penalty; 0 for none.
        trainable: whether an optimizer changes it.
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


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Layer(ABC):
    """A layer of a network: frozen, compared by value, the same object usable in many networks.

    Attributes:
        name: what messages, summaries and files call it; None until a network names it.
        input_shape: of its images, if it was given; only a network's first layer needs it.
    """

    name: str | None
    input_shape: tuple[int, int, int] | None = field(compare=False)
    class_name: ClassVar[str] = "Layer"

    def _set(
        self, name: str | None, input_shape: Sequence[int | None] | None, **values: object
    ) -> None:
        """Fill the frozen fields, once, from `__init__`."""
        where = str(name or self.class_name)
        name = None if name is None else text(name, "name", where)
        shape = None if input_shape is None else image_shape(input_shape, "input_shape", where)
        self._fill(name=name, input_shape=shape, **values)

    def _fill(self, **values: object) -> None:
        """Fill some of the frozen fields."""
        for key, value in values.items():
            object.__setattr__(self, key, value)

    @property
    def trainable(self) -> bool:
        """True: every layer is trained."""
        return True

    if not TYPE_CHECKING:  # type checkers shall know what is missing

        def __getattr__(self, name: str) -> object:
            """Names our way to what Keras's layers have."""
            raise attribute(name, "layer", dir(type(self)))

        def __call__(self, *_: object, **__: object) -> object:
            """Refuses the functional API."""
            raise not_called(self.label)

    @property
    def label(self) -> str:
        """The name, or the class where there is none yet: what errors begin with."""
        return self.name or self.class_name

    @abstractmethod
    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape it makes of one input, without the batch.

        Raises:
            ModelError: it can't take such an input; the message begins with the layer's name.
        """

    def weights(self, _input_shape: Shape, /) -> tuple[Weight, ...]:
        """The arrays it learns for such inputs, kernel before bias. Shapes are in `Weight`."""
        return ()

    def config(self) -> dict[str, object]:
        """The arguments in the form of Keras 2, which TensorFlow.js reads."""
        own: dict[str, object] = {f.name: getattr(self, f.name) for f in fields(self)}
        del own["input_shape"]  # a network's, not a layer's
        return {"name": self.name, "trainable": True, "dtype": "float32", **own}

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> Self:
        """The layer of a config as Keras 2, Keras 3 or TensorFlow.js writes it.

        Raises:
            ModelError: an argument is unsupported.
        """
        known = {f.name for f in fields(cls)} - {"input_shape"}
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
                    expected=", ".join(sorted(known - {"name"})) or "no arguments",
                )
            plain = tuple(value) if isinstance(value, list) else value
            if plain not in allowed:
                raise ModelError(
                    f"{key} can't be changed here",
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
        return cls(**arguments)

    def named(self, name: str) -> Self:
        """The same layer under another name."""
        return type(self)(**{f.name: getattr(self, f.name) for f in fields(self)} | {"name": name})

    @classmethod
    def base_name(cls) -> str:
        """The class in snake case, from which Keras makes names: Conv2D -> conv2d."""
        word = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", cls.class_name)
        return re.sub(r"([a-z])([A-Z])", r"\1_\2", word).lower()

    def __repr__(self) -> str:
        """The call that makes it, without the arguments that have their default."""
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
