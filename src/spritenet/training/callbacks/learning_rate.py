"""Learning rates that follow the epochs: LearningRateScheduler and ReduceLROnPlateau."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping

from spritenet.arguments import count, number
from spritenet.errors import ModelError
from spritenet.migration import accepts
from spritenet.schedules import Schedule
from spritenet.training.callbacks.base import Callback, Logs
from spritenet.training.callbacks.monitor import Monitor

__all__ = ["LearningRateScheduler", "ReduceLROnPlateau"]


@accepts
class LearningRateScheduler(Callback):
    """Asks a function for the learning rate of each epoch, as Keras's does.

    For a rate that changes with every update, give the optimizer a schedule instead.

    Args:
        schedule: the function: epoch (from 0) and, if it takes it, the rate so far -> the rate of
            that epoch.

    Raises:
        ModelError: it is no function.
    """

    def __init__(self, schedule: Callable[[int, float], float] | Callable[[int], float]) -> None:
        given: object = schedule
        if not callable(given) or isinstance(given, Schedule):
            do = "A schedule of sn.schedules is given to the optimizer."
            raise ModelError(
                "schedule is wrong",
                where="LearningRateScheduler",
                expected="a function of the epoch",
                got=repr(given),
                do=do if isinstance(given, Schedule) else "",
            )
        self.schedule = schedule
        try:
            inspect.signature(schedule).bind(0, 0.0)
        except TypeError:
            self.takes_rate = False
        except ValueError:  # a function that doesn't say what it takes
            self.takes_rate = True
        else:
            self.takes_rate = True

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Set the epoch's rate."""
        del logs
        arguments = (epoch, self.session.learning_rate)[: 1 + self.takes_rate]
        ask: Callable[..., float] = self.schedule
        rate = number(ask(*arguments), "the learning rate", "LearningRateScheduler", least=0)
        self.session.set_learning_rate(rate)


@accepts
class ReduceLROnPlateau(Callback):
    """Lowers the learning rate when a figure stops getting better, as Keras's does.

    Args:
        monitor: "val_loss", "val_accuracy", "loss" or "accuracy".
        factor: what the rate is multiplied by.
        patience: epochs without improvement that are waited for.
        mode: "min", "max" or "auto".
        min_delta: a smaller change is no improvement.
        cooldown: epochs after a change that are not counted.
        min_lr: the lowest rate.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        mode: str = "auto",
        *,
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        where = "ReduceLROnPlateau"
        self.monitor = Monitor(monitor, mode, min_delta, where)
        self.factor = number(factor, "factor", where, least=0, below=1)
        self.patience = count(patience, "patience", where, least=0)
        self.cooldown = count(cooldown, "cooldown", where, least=0)
        self.min_lr = number(min_lr, "min_lr", where, least=0)
        self._forget()

    def _forget(self) -> None:
        """Begin anew."""
        self.best = self.monitor.worst
        self.wait = 0
        self.rest = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Begin anew, unless the training goes on from a checkpoint."""
        del logs
        if self.session.state.now.step == self.session.plan.first_step:
            self._forget()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Compare the epoch with the best."""
        del epoch
        figure = self.monitor.read(logs)
        if self.rest:
            self.rest -= 1
            self.wait = 0
        if self.monitor.improves(figure, self.best):
            self.best, self.wait = figure, 0
        elif not self.rest:
            self.wait += 1
            rate = self.session.learning_rate
            if self.wait >= self.patience and rate > self.min_lr:
                self.session.set_learning_rate(max(rate * self.factor, self.min_lr))
                self.rest, self.wait = self.cooldown, 0

    def memory(self) -> dict[str, object]:
        """See `Callback.memory`."""
        return {"best": self.best, "wait": self.wait, "rest": self.rest}

    def remember(self, memory: Mapping[str, object]) -> None:
        """See `Callback.remember`."""
        self.best = float(str(memory["best"]))
        self.wait = int(str(memory["wait"]))
        self.rest = int(str(memory["rest"]))
