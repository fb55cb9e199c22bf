"""Compilation: the optimizer, the loss and the metrics that a model is trained with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet import losses, optimizers
from spritenet.errors import ModelError
from spritenet.losses import Loss
from spritenet.metrics import Metric
from spritenet.model import building
from spritenet.model.metric_choice import MetricChoice
from spritenet.model.weights import Weights
from spritenet.optimizers import Optimizer
from spritenet.training.session import Session

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Compilation"]

Metrics = str | Metric | type[Metric] | Callable[..., Any] | Mapping[str, Any]
"""A metric by name, object, function, or mapping of its class and config."""


class Compilation:
    """The optimizer, the loss and the metrics of a model, and its running training.

    Args:
        weights: those that are trained.

    Attributes:
        chosen_metrics: the metrics.
        session: the last or running training; None before.
    """

    def __init__(self, weights: Weights) -> None:
        self.chosen_metrics = MetricChoice()
        self.session: Session | None = None
        self._weights = weights
        self._loss: Loss | None = None
        self._optimizer: Optimizer | None = None

    def compile(
        self,
        optimizer: str | Optimizer = "rmsprop",
        loss: str | Loss | None = None,
        metrics: Metrics | Iterable[Metrics] | None = None,
        weighted_metrics: Metrics | Iterable[Metrics] | None = None,
    ) -> None:
        """Say how it is trained. An optimizer given anew begins with an empty memory.

        Args:
            optimizer: "sgd", "adam" or another name in lower case, or an object.
            loss: "sparse_categorical_crossentropy", "binary_crossentropy", "mse" or another name of
                docs/reference/losses.md, or an object.
            metrics: "accuracy", "precision", "auc", "mse" or other names of
                docs/reference/metrics.md, objects such as sn.metrics.Recall(class_id=3), or
                functions of targets and outputs.
            weighted_metrics: likewise; the weights of images count for them.

        Raises:
            ModelError: one of them is not known, or the loss can't follow the last activation.
        """
        chosen = None if loss is None else losses.get(loss)
        if chosen is not None and self._weights.network.graph:
            chosen.check(building.last_activation(self._weights.network.graph))
        measured = MetricChoice.of(metrics, weighted_metrics)
        self.optimizer, self.loss = optimizers.get(optimizer), chosen
        self.chosen_metrics = measured

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of the metrics besides the loss."""
        return self.chosen_metrics.names

    def compiled(self) -> tuple[Optimizer, Loss]:
        """Its optimizer and loss.

        Raises:
            ModelError: it has none, or the loss can't follow the last activation.
        """
        if self.optimizer is None or self.loss is None:
            raise ModelError(
                "missing loss",
                where=self._weights.network.name,
                do="Call compile(optimizer, loss).",
            )
        self.loss.check(building.last_activation(self._weights.network.graph))
        return self.optimizer, self.loss

    @property
    def optimizer(self) -> Optimizer | None:
        """The optimizer; None before `compile`. One that is set begins with an empty state."""
        return self._optimizer

    @optimizer.setter
    def optimizer(self, value: str | Optimizer | None) -> None:
        self._optimizer = None if value is None else optimizers.get(value)
        self._weights.clear_slots(self.initial_slots)

    def initial_slots(self, size: int) -> NDArray[np.float32]:
        """The optimizer's state before the first step: float32 (slots, size)."""
        made = self._optimizer
        return made.initial_slots(size) if made else np.zeros((0, size), np.float32)

    @property
    def loss(self) -> Loss | None:
        """The loss; None before `compile`."""
        return self._loss

    @loss.setter
    def loss(self, value: str | Loss | None) -> None:
        self._loss = None if value is None else losses.get(value)

    @property
    def metrics_names(self) -> list[str]:
        """The figures that `fit` and `evaluate` give: "loss", and "accuracy" if asked for."""
        return ["loss", *self.metrics]

    @property
    def stop_training(self) -> bool:
        """True if the last or running `fit` was told to stop. A callback may set it."""
        return self.session is not None and bool(self.session.reason)

    @stop_training.setter
    def stop_training(self, value: bool) -> None:
        if value and self.session is not None:
            self.session.stop("a callback set stop_training")

    def __getstate__(self) -> dict[str, object]:
        """Everything but the session, which belongs to this process."""
        return {**self.__dict__, "session": None}
