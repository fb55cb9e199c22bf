"""Recipe: the function that makes a network by name, and the options of its training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from spritenet import losses
from spritenet.dataset.source import Source, has_several_labels
from spritenet.layers import Dense, Layer
from spritenet.losses import Loss
from spritenet.model import Model, Sequential
from spritenet.model.output_layer import output_layer
from spritenet.optimizers import Optimizer

__all__ = ["MOMENTUM", "Recipe", "compiled", "ending"]

MOMENTUM = 0.9
"""Of moving averages in BatchNormalization: Keras's 0.99 is slow for some hundred steps."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A network by name and its training.

    Called with training images, it returns the compiled network; its optimizer, with the learning
    rate schedule, and its loss are the network's. The other options of the training are here.

    Attributes:
        make: the function that returns the compiled network.
        epochs: the number of epochs.
        batch_size: images in a step.
        steps: the number of steps in place of epochs, so that it doesn't depend on the number of
            images; None for epochs.
        augment: the random changes of the training images, as `fit` takes them; None for none.
        ema: the decay of a moving average of the weights; None for none.
        pretrained: True for a network whose first weights come with the package.
    """

    make: Callable[[Source], Model]
    epochs: int = 5
    batch_size: int = 64
    steps: int | None = None
    augment: str | None = None
    ema: float | None = None
    pretrained: bool = False

    def __call__(self, data: Source) -> Model:
        """Returns the compiled network for the training images."""
        return self.make(data)

    def fit_options(self) -> dict[str, Any]:
        """Returns the arguments of `fit`: `model.fit(data, **recipe.fit_options())`."""
        own = {field.name: getattr(self, field.name) for field in fields(self)}
        without = {"make", "pretrained"} | ({"epochs"} if self.steps else set())
        return {k: v for k, v in own.items() if v is not None and k not in without}


def compiled(
    name: str, layers: list[Layer], optimizer: Optimizer, data: Source, *, smoothing: float = 0.0
) -> Sequential:
    """Returns a chain of layers with an output for each class of the data, compiled.

    On multi-label data it ends in a sigmoid and minimizes the binary cross-entropy.
    """
    last, loss = ending(data, smoothing)
    model = Sequential([*layers, last], name)
    model.compile(optimizer, loss, metrics=["accuracy"])
    return model


def ending(data: Source, smoothing: float = 0.0) -> tuple[Dense, str | Loss]:
    """Returns an output layer for the classes of the data, and the loss that fits it.

    On multi-label data they are a sigmoid and the binary cross-entropy.
    """
    several = has_several_labels(data)
    last, known = output_layer(len(data.class_names), multi_label=several)
    if not smoothing:
        return last, known
    kind = losses.BinaryCrossentropy if several else losses.CategoricalCrossentropy
    return last, kind(label_smoothing=smoothing)
