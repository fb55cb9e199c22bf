"""SavedModel: a model in memory, as `save` writes and `load` returns it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from spritenet.errors import ModelError
from spritenet.export.metadata import Metadata
from spritenet.export.pixel_range import PixelRange
from spritenet.layers import ActivationLayer, Graph, ImageShape, Layer, Shape
from spritenet.layers.input import image_shape
from spritenet.layers.parametric import Parametric
from spritenet.losses import Loss
from spritenet.ood import Rejection
from spritenet.optimizers import Optimizer

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "ASSUMED",
    "ASSUMED_OF_MODULE",
    "OptimizerState",
    "SavedModel",
    "named_shapes",
    "sha256",
    "unclassified",
]

ASSUMED = (
    "its file doesn't state the pixel range: 0..1 is assumed. If it is another, give "
    'pixels="0..255" or pixels="-1..1" (--pixels); spritenet evaluate finds the range that fits '
    "labelled images"
)
"""The note on a file that doesn't give the range of pixels."""

ASSUMED_OF_MODULE = (
    "a PyTorch module doesn't state its pixel range: 0..1 is assumed, as torchvision's ToTensor "
    'gives. If it is another, give pixels="0..255" or "-1..1", or normalize=(mean, deviation)'
)
"""The note on a module without a pixel range."""

CHOOSING = ("softmax", "linear")
"""Activations after which the largest output is the class."""


@dataclass(frozen=True, slots=True, eq=False)
class OptimizerState:
    """The state of an optimizer after some steps.

    Attributes:
        optimizer: the optimizer with its arguments.
        steps: the number of steps.
        slots: float32, (len(optimizer.slots), parameters).
        loss: the loss it minimized; TensorFlow.js needs it to resume training.
        metrics: the metrics of `compile` besides the loss, as JSON values.
    """

    optimizer: Optimizer
    steps: int
    slots: NDArray[np.float32]
    loss: Loss | None = None
    metrics: Sequence[Mapping[str, object]] = ()


@dataclass(frozen=True, slots=True, eq=False)
class SavedModel:
    """Layers, weights, and what is known of them.

    Attributes:
        layers: named, in order; a Rescaling is first, so that pixels are 0–255.
        input_shape: (height, width, channels), (height, width) or (values,).
        parameters: float32, all weights in layer order, kernel before bias.
        metadata: class names, preparation, what it was trained on, scores.
        optimizer: its optimizer's state, if that was saved too.
        assumed: True if the file doesn't give the range of pixels and 0..1 is assumed.
        notes: a line for each assumption about its file; that one last.
    """

    layers: Graph
    input_shape: Shape
    parameters: NDArray[np.float32]
    metadata: Metadata = field(default_factory=Metadata)
    optimizer: OptimizerState | None = None
    assumed: bool = False
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Takes plain layers as a chain."""
        object.__setattr__(self, "layers", Graph.of(self.layers))

    @property
    def image_shape(self) -> ImageShape:
        """Height, width and channels of its images; see `Model.image_shape`."""
        return image_shape(self.input_shape)

    @property
    def output_shape(self) -> Shape:
        """(classes,), or (height, width, channels) for a network that ends in an image."""
        return self.layers.output_shape(self.input_shape)

    @property
    def weights_sha256(self) -> str:
        """The SHA-256, in hexadecimal, of the parameters as little-endian float32."""
        return sha256(self.parameters)

    def with_pixels(self, pixels: PixelRange) -> SavedModel:
        """The same network, fed with pixels of that range."""
        first = pixels.rescaling(self.layers[0].label)
        layers = self.layers.with_layers((first, *self.layers[1:]))
        return replace(self, layers=layers, assumed=False)

    @property
    def last_activation(self) -> str:
        """The name of the function applied last."""
        last = self.layers[-1]
        return last.function.name if isinstance(last, Parametric | ActivationLayer) else "linear"

    @property
    def is_multi_label(self) -> bool:
        """True if each output is the probability of a class of its own: it ends in a sigmoid."""
        return len(self.output_shape) == 1 and self.last_activation == "sigmoid"

    def check_classifies(self) -> None:
        """Raise ModelError if its outputs aren't classes: one of which is chosen, or several."""
        function, shape = self.last_activation, self.output_shape
        if not self.is_multi_label and (
            len(shape) != 1 or shape[0] < 2 or function not in CHOOSING
        ):
            raise unclassified(function, shape)

    def check(self) -> None:
        """Raise ModelError if the parts don't go together or a weight is not finite."""
        arrays = named_shapes(self.layers, self.input_shape)
        count = sum(int(np.prod(shape)) for _, shape in arrays)
        if self.parameters.shape != (count,):
            raise ModelError(
                "the parameters don't fit the layers", expected=count, got=self.parameters.shape
            )
        offset = 0
        for name, shape in arrays:
            size = int(np.prod(shape))
            if not np.isfinite(self.parameters[offset : offset + size]).all():
                raise ModelError("a weight is not a finite number", where=name)
            offset += size
        names, outputs = self.metadata.class_names, self.output_shape
        if names and outputs != (len(names),):
            raise ModelError(
                "the class names don't fit the outputs", expected=outputs[-1], got=len(names)
            )
        limits = self.metadata.thresholds
        if limits is not None and (len(limits),) != outputs:
            raise ModelError(
                "the thresholds don't fit the outputs", expected=outputs[-1], got=len(limits)
            )
        if self.metadata.rejection is not None:
            self._check_rejection(self.metadata.rejection)

    def _check_rejection(self, rejection: Rejection) -> None:
        """Refuses a detector that was trained on another network.

        Raises:
            ModelError: its layer, features or classes aren't this network's.
        """
        nodes = self.layers.nodes(self.input_shape)
        sizes = {node.layer.label: prod(node.output_shape) for node in nodes}
        size, detector = sizes.get(rejection.layer, 0), rejection.detector
        image = rejection.image_detector.image if rejection.image_detector else self.input_shape
        if image != self.input_shape:
            raise ModelError(
                "the OOD detector belongs to another network",
                expected=f"images {self.input_shape}",
                got=str(image),
                do="Calibrate the model again, or remove the entry `rejection`.",
            )
        if detector.places.max() >= size or (len(detector.output_bias) - 1,) != self.output_shape:
            raise ModelError(
                "the OOD detector belongs to another network",
                expected=f"{self.output_shape} classes, features of {rejection.layer} below {size}",
                got=f"{len(detector.output_bias) - 1}, {int(detector.places.max())}",
                do="Calibrate the model again, or remove the entry `rejection`.",
            )


def unclassified(function: str, shape: Shape, where: object = "") -> ModelError:
    """The error for a network whose outputs, made by a function, are no classes."""
    many = " × ".join(map(str, shape))
    return ModelError(
        "the network isn't a classifier",
        where=where,
        expected="two or more outputs with softmax or linear, or a sigmoid",
        got=f"{many} through {function}",
    )


def named_shapes(layers: Iterable[Layer], input_shape: Shape) -> list[tuple[str, Shape]]:
    """Returns the name ("conv2d/kernel") and shape of each weight, in the parameters' order."""
    return [
        (f"{node.layer.name}/{weight.name}", weight.shape)
        for node in Graph.of(layers).nodes(input_shape)
        for weight in node.weights
    ]


def sha256(values: NDArray[np.float32]) -> str:
    """The SHA-256, in hexadecimal, of the values as little-endian float32."""
    return hashlib.sha256(np.ascontiguousarray(values, "<f4").tobytes()).hexdigest()
