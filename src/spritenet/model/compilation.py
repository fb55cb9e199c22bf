"""Compilation: how a network is trained, said once; and single steps of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, cast

import numpy as np

from spritenet import losses, optimizers
from spritenet.engines.engine import Engine
from spritenet.errors import ModelError
from spritenet.layers import Graph, Shape, Tensor
from spritenet.losses import Loss
from spritenet.migration import accepts, attribute, word
from spritenet.model import building, trainer
from spritenet.model.class_weight import ClassWeight
from spritenet.model.classifier import Classifier
from spritenet.model.scores import Scores
from spritenet.optimizers import Optimizer
from spritenet.training.events import StepEvent
from spritenet.training.session import Session
from spritenet.training.state import TrainingState

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from spritenet.model.model import Model

__all__ = ["Compiled"]

ACCURACIES = ("accuracy", "acc", "categorical_accuracy", "sparse_categorical_accuracy")


class Compiled(Classifier):
    """A network that knows its optimizer, its loss and its metrics."""

    def __init__(
        self,
        graph: Graph,
        name: str,
        threads: int | None,
        engine: Callable[..., Engine] | None,
        input_shape: Shape | None = None,
    ) -> None:
        self._loss: Loss | None = None
        self._optimizer: Optimizer | None = None
        self.metrics: tuple[str, ...] = ()
        self.session: Session | None = None
        super().__init__(graph, name, threads, engine, input_shape)

    @accepts
    def compile(
        self,
        optimizer: str | Optimizer = "rmsprop",
        loss: str | Loss | None = None,
        metrics: Iterable[str] | str | None = None,
    ) -> None:
        """Say how it is trained. An optimizer given anew begins with an empty memory.

        Args:
            optimizer: "sgd", "rmsprop", "adam", "adamw", or an object.
            loss: "categorical_crossentropy", "sparse_categorical_crossentropy",
                "mean_squared_error" ("mse"), or an object.
            metrics: "accuracy", or nothing.

        Raises:
            ModelError: one of them is not known, or the loss can't follow the last activation.
        """
        chosen = None if loss is None else losses.get(loss)
        if chosen is not None and self._layers:
            chosen.check(building.last_activation(self._layers))
        single = isinstance(metrics, str) or not isinstance(metrics, Iterable | None)
        names = [metrics] if single else list(metrics or ())
        for name in names:
            if name not in ACCURACIES:
                raise word(name, "metrics", ACCURACIES)
        self.optimizer, self.loss = optimizers.get(optimizer), chosen
        self.metrics = ("accuracy",) if names else ()

    def compiled(self) -> tuple[Optimizer, Loss]:
        """Its optimizer and loss.

        Raises:
            ModelError: it has none, or the loss can't follow the last activation.
        """
        if self.optimizer is None or self.loss is None:
            raise ModelError("missing loss", where=self.name, do="Call compile(optimizer, loss).")
        self.loss.check(building.last_activation(self._layers))
        return self.optimizer, self.loss

    @property
    def optimizer(self) -> Optimizer | None:
        """The optimizer; None before `compile`. One that is set begins with an empty state."""
        return self._optimizer

    @optimizer.setter
    def optimizer(self, value: str | Optimizer | None) -> None:
        self._optimizer = None if value is None else optimizers.get(value)
        if self._state is not None:
            now = self._state.now
            slots = self._empty_slots(len(now.parameters))
            self._state.now = TrainingState(now.parameters, slots, place=now.place, parts=now.parts)

    @property
    def _slot_names(self) -> tuple[str, ...]:
        """The names of its optimizer's state."""
        return self._optimizer.slots if self._optimizer else ()

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

    @accepts
    def train_on_batch(
        self,
        x: object,
        y: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        class_weight: ClassWeight | None = None,
        *,
        return_dict: bool = False,
    ) -> Scores | dict[str, float]:
        """Do one step on these images: the loss and accuracy before it.

        Raises:
            ModelError: it isn't compiled, doesn't fit the images, or has a schedule of no length.
            DataError: images or labels are wrong.
            DivergedError: the loss was not finite; the weights stay as they were.
        """
        rate = self.compiled()[0].schedule
        if rate.spanning(0, 1) != rate:
            raise ModelError(
                "its learning rate spans a training of unknown length",
                where="train_on_batch",
                do=f"Give {type(rate).__name__} a number of steps.",
            )
        model = cast("Model", self)
        events = trainer.train(
            model,
            x,
            y,
            steps=1,
            batch_size=sys.maxsize,  # all of them
            shuffle=False,
            sample_weight=sample_weight,
            class_weight=class_weight,
        )
        (step,) = [event for event in events if isinstance(event, StepEvent)]
        scores = Scores(step.loss, step.accuracy)
        return scores._asdict() if return_dict else scores

    @accepts
    def test_on_batch(
        self,
        x: object,
        y: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        *,
        return_dict: bool = False,
    ) -> Scores | dict[str, float]:
        """Returns the scores that `evaluate` gives."""
        model = cast("Model", self)
        return model.evaluate(x, y, sample_weight=sample_weight, return_dict=return_dict)

    @accepts
    def predict_on_batch(self, x: object) -> NDArray[np.float32]:
        """Returns the outputs that `predict` gives."""
        return cast("Model", self).predict(x)

    @accepts
    def __call__(self, x: object, training: bool = False) -> NDArray[np.float32] | Tensor:
        """Returns the outputs that `predict` gives; of a `Tensor`, the tensor of its output there.

        Called on a tensor, its layers become part of the network that is built, with copies of its
        weights. Dropout never works here: `fit` alone trains.

        Raises:
            ModelError: it has no weights yet, or training was asked for.
            DataError: the images don't fit.
        """
        if training:
            raise attribute("train", "model")
        if isinstance(x, Tensor):
            return self._layers.tensors(x, self)[-1]
        return cast("Model", self).predict(x)
