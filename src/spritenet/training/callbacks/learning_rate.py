"""LearningRateScheduler and ReduceLROnPlateau: the learning rate changed after each epoch."""

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
    """Calls a function for the learning rate of each epoch, as Keras's does.

    For a rate that changes in every step, give the optimizer a schedule.

    Args:
        schedule: takes the epoch (from 0) and, if it has a second parameter, the current rate;
            returns the rate of that epoch.

    Raises:
        ModelError: it is no function.
    """

    def __init__(self, schedule: Callable[[int, float], float] | Callable[[int], float]) -> None:
        given: object = schedule
        if not callable(given) or isinstance(given, Schedule):
            do = "A schedule of sn.schedules is given to the optimizer."
            raise ModelError(
                "invalid schedule",
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
        except ValueError:  # a function without a signature
            self.takes_rate = True
        else:
            self.takes_rate = True

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Sets the rate of the epoch."""
        del logs
        arguments = (epoch, self.session.learning_rate)[: 1 + self.takes_rate]
        ask: Callable[..., float] = self.schedule
        rate = number(ask(*arguments), "the learning rate", "LearningRateScheduler", least=0)
        self.session.set_learning_rate(rate)


@accepts
class ReduceLROnPlateau(Callback):
    """Lowers the learning rate when a metric stops improving, as Keras's does.

    Args:
        monitor: "val_loss", "val_accuracy", "loss", or a metric of `compile` such as "val_auc".
        factor: the factor on the rate, below 1.
        patience: epochs without improvement before the rate is lowered.
        mode: "min", "max" or "auto".
        min_delta: the smallest change that counts as an improvement.
        cooldown: epochs after a change that don't count.
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
        self._reset()

    def _reset(self) -> None:
        """Clears the state."""
        self.best = self.monitor.worst
        self.wait = 0
        self.rest = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Clears the state, unless the training resumes from a checkpoint."""
        del logs
        self.monitor.begin(self.session)
        if self.session.state.now.step == self.session.plan.first_step:
            self._reset()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Compares the epoch with the best one."""
        del epoch
        value = self.monitor.read(logs)
        if self.rest:
            self.rest -= 1
            self.wait = 0
        if self.monitor.improves(value, self.best):
            self.best, self.wait = value, 0
        elif not self.rest:
            self.wait += 1
            rate = self.session.learning_rate
            if self.wait >= self.patience and rate > self.min_lr:
                self.session.set_learning_rate(max(rate * self.factor, self.min_lr))
                self.rest, self.wait = self.cooldown, 0

    def state_dict(self) -> dict[str, object]:
        """See `Callback.state_dict`."""
        return {"best": self.best, "wait": self.wait, "rest": self.rest}

    def load_state_dict(self, state: Mapping[str, object]) -> None:
        """See `Callback.load_state_dict`."""
        self.best = float(str(state["best"]))
        self.wait = int(str(state["wait"]))
        self.rest = int(str(state["rest"]))
