"""Members: copies of a model, trained side by side with other seeds and settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.arguments import count
from spritenet.augmentation import Augment
from spritenet.core.pool import threads
from spritenet.dataset import Dataset
from spritenet.engines.devices import EngineGroup, group_on
from spritenet.errors import DivergedError, ModelError, SpritenetError
from spritenet.migration import accepts
from spritenet.model import trainer
from spritenet.streams import Stream
from spritenet.sweeps.ensemble import Ensemble
from spritenet.sweeps.settings import Settings
from spritenet.sweeps.spread import Spread
from spritenet.sweeps.thread_workers import in_threads
from spritenet.training.events import EpochEnded, Event, Stopped
from spritenet.training.fit_options import BATCH_SIZE, FitOptions
from spritenet.training.history import History

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from spritenet.model import Model

__all__ = ["Member", "MemberEvent", "Members", "train_many"]


@dataclass(frozen=True, slots=True)
class MemberEvent:
    """An event of one of several trainings.

    Attributes:
        member: the index of the training.
        event: its event; None for an error.
        error: the error that ended it; None for an event.
    """

    member: int
    event: Event | None
    error: SpritenetError | None = None

    @property
    def epoch(self) -> int | None:
        """The epoch that ended, from 0; None for other events."""
        return self.event.epoch if isinstance(self.event, EpochEnded) else None

    @property
    def metrics(self) -> Mapping[str, Any]:
        """The metrics of the epoch that ended under Keras's names; empty for other events."""
        return self.event.logs if isinstance(self.event, EpochEnded) else {}


@dataclass(slots=True, eq=False)
class Member:
    """One of several trainings.

    Attributes:
        index: its number, from 0.
        settings: seed and settings, by name.
        model: the model; None before the training begins.
        history: its epochs, without single steps.
        error: the reason why it failed, such as a loss that is not finite; None for none.
        done: True once the training has ended.
    """

    index: int
    settings: Mapping[str, Any]
    model: Model | None = None
    history: History = field(default_factory=History)
    error: SpritenetError | None = None
    done: bool = False

    @property
    def metrics(self) -> dict[str, Any]:
        """The metrics of the last epoch under Keras's names; empty before its end."""
        return dict(self.history.epochs[-1].logs) if self.history.epochs else {}

    @property
    def good(self) -> bool:
        """True if the training has ended without an error."""
        return self.done and self.error is None

    def __repr__(self) -> str:
        """Its settings, and its metrics or error."""
        shown = ", ".join(f"{k} {v:.4g}" for k, v in self.metrics.items() if isinstance(v, float))
        return f"<Member {self.index}: {Settings(self.settings)}: {self.error or shown}>"


class Members(Sequence[Member]):
    """The trainings of `train_many`. Iterating over `events` trains; other methods finish first.

    Made by `train_many`. Indexing gives a `Member` as it is at the moment.
    """

    def __init__(
        self, model: Model, data: object, labels: ArrayLike | None, plan: Plan, workers: int
    ) -> None:
        self._members = [Member(i, one.values) for i, one in enumerate(plan.settings)]
        self._model, self._data, self._plan = model, (data, labels), plan
        self._workers = workers
        self._running = self._events()

    def __len__(self) -> int:
        return len(self._members)

    def __getitem__(self, index: Any) -> Any:  # noqa: ANN401 - an index or a slice
        """Returns the training with that index, or a list of those of a slice."""
        return self._members[index]

    def __repr__(self) -> str:
        """The number of trainings and of those that are over."""
        done = sum(member.done for member in self._members)
        failed = sum(member.error is not None for member in self._members)
        words = f"{done} of {len(self)} trained" + (f", {failed} failed" if failed else "")
        return f"<Members: {words}>"

    @property
    def events(self) -> Iterator[MemberEvent]:
        """The events from now on, as they happen; each is yielded once.

        Stop pulling and close the iterator to end the trainings early.
        """
        return self._running

    def finish(self) -> Members:
        """Trains to the end, and returns itself.

        Raises:
            ModelError, DataError: no training could begin; the error is that of the first.
        """
        for _ in self._running:
            pass
        errors = [member.error for member in self._members]
        if all(error and not isinstance(error, DivergedError) for error in errors):
            assert errors[0] is not None  # noqa: S101 - for mypy: all are errors
            raise errors[0]
        return self

    @property
    def models(self) -> list[Model]:
        """The models of the trainings that succeeded, in the order of their indices."""
        return [m.model for m in self.finish() if m.good and m.model is not None]

    @property
    def failed(self) -> list[Member]:
        """The trainings that failed, with their errors."""
        return [member for member in self.finish() if not member.good]

    def scores(self, metric: str = "val_accuracy") -> list[float]:
        """Returns a metric at the end of each training, in order; NaN where it failed.

        Args:
            metric: Keras's name: "val_accuracy", "loss", …

        Raises:
            ModelError: no training measured it.
        """
        self.finish()
        found = [m.metrics.get(metric, np.nan) if m.good else np.nan for m in self._members]
        if not any(metric in m.metrics for m in self._members):
            known = sorted({name for m in self._members for name in m.metrics})
            do = "Give validation_data." if metric.startswith("val_") else ""
            expected = "one of " + ", ".join(known)
            raise ModelError("unknown metric", where="scores", expected=expected, got=metric, do=do)
        return [float(value) for value in found]

    def best(self, metric: str = "val_accuracy") -> Member:
        """Returns the training with the best metric: the least loss or error, else the largest.

        Raises:
            ModelError: none measured it.
        """
        from spritenet.metrics.registry import grows

        values = np.array(self.scores(metric))
        name = metric.removeprefix("val_")
        smaller = name == "loss" or grows(name) is False
        return self._members[int(np.nanargmin(values) if smaller else np.nanargmax(values))]

    def spread(self, metric: str = "val_accuracy") -> Spread:
        """Returns mean, standard deviation and range of a metric over the trainings.

        Raises:
            ModelError: none measured it.
        """
        return Spread.of(self.scores(metric))

    def study(self, x: object, y: ArrayLike | None = None) -> dict[str, Spread]:
        """Returns the spread of each metric of the trained models on other images.

        Args:
            x: as for `Model.evaluate`.
            y: the labels, if x doesn't contain them.

        Raises:
            DataError: images or labels are wrong.
        """
        scores = [model.evaluate(x, y) for model in self.models]
        names = scores[0].names if scores else ()
        return {
            name: Spread.of(float(score[place]) for score in scores)
            for place, name in enumerate(names)
            if all(isinstance(score[place], float) for score in scores)
        }

    def ensemble(self) -> Ensemble:
        """Returns the ensemble of the models whose training succeeded."""
        return Ensemble(self.models)

    def _events(self) -> Iterator[MemberEvent]:
        """Trains, and yields the events."""
        where = self._model.network
        group = group_on(where.device, where.precision, len(self))
        trainings = [partial(self._begin, member, group) for member in self._members]
        most, ended = (len(self), group.leave) if group else (self._workers, None)
        for index, news in in_threads(trainings, most, ended):
            member = self._members[index]
            if news is None:
                member.done = True
            elif isinstance(news, SpritenetError):
                member.error = news
                yield MemberEvent(index, None, news)
            else:
                member.history.add(news)
                if isinstance(news, Stopped):
                    continue  # its reason is in the error that follows
                yield MemberEvent(index, news)

    def _begin(self, member: Member, group: EngineGroup | None) -> Iterator[Event]:
        """Begins one training, in the thread that trains it."""
        plan = self._plan
        settings = Settings(member.settings)
        options = settings.options(plan.options)
        size = options.batch_size or BATCH_SIZE
        steps = options.steps or options.epochs * -(-plan.images // size)
        model = settings.model(self._model, keep_weights=plan.keep_weights, steps=steps)
        model.threads = max(1, self._workers // len(self))
        member.history = model.history = History(("loss", *model.metrics))
        member.model = model
        model.network.use_engine(None if group is None else group.engine)
        yield from trainer.events(model, *self._data, options)
        model.network.use_engine(None)
        model.threads = self._model.threads


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The trainings to make.

    Attributes:
        settings: of each.
        options: the options that all share.
        keep_weights: begin with the model's weights, not with new ones.
        images: the size of the training set, for schedules that need the length of the training.
    """

    settings: Sequence[Settings]
    options: FitOptions
    keep_weights: bool
    images: int


@accepts
def train_many(  # noqa: D417 - options of fit are documented there
    model: Model,
    data: object,
    labels: ArrayLike | None = None,
    *,
    seeds: Iterable[int] = (0,),
    learning_rate: float | Iterable[float] | None = None,
    weight_decay: float | Iterable[float] | None = None,
    label_smoothing: float | Iterable[float] | None = None,
    augment: Augment | Iterable[str] = None,
    augment_strength: float | Iterable[float] | None = None,
    batch_size: int | Iterable[int] | None = None,
    settings: Iterable[Mapping[str, Any]] | None = None,
    epochs: int = 1,
    steps: int | None = None,
    validation_split: float = 0.0,
    validation_data: object = None,
    sample_weight: ArrayLike | None = None,
    class_weight: Any = None,  # noqa: ANN401 - as for fit
    ema: float | None = None,
    mixup: float | None = None,
    cutmix: float | None = None,
    sampling: str | None = None,
    keep_weights: bool = False,
    workers: int | None = None,
) -> Members:
    """Trains copies of a model that differ in seed and settings, side by side.

        many = sn.train_many(model, data.train, seeds=range(8), validation_data=data.test)
        for event in many.events:
            print(event.member, event.epoch, event.metrics)
        print(many.spread("val_accuracy"))
        many.ensemble().evaluate(data.test)

    On a GPU, all copies make each step as one. On the CPU, each trains on one thread, as many at a
    time as there are cores; fewer copies than cores get several threads each. A copy then has the
    same weights, bit for bit, as one trained alone, by `model.build(shape, seed)` and
    `model.fit(…, seed=seed)`; but it isn't calibrated.

    A setting given as a list makes copies for each of its values, with each seed and each value of
    the others: `seeds=range(4), learning_rate=[0.1, 0.2]` makes 8. The last one given here varies
    slowest, the seed fastest.

    Args:
        model: compiled; it stays as it is.
        data: the training data, the `x` of `Sequential.fit`; not an iterable of batches.
        labels: its labels or targets.
        seeds: of the weights, the shuffling and the dropout.
        learning_rate: of the optimizer; the highest of a schedule.
        weight_decay: of the optimizer.
        label_smoothing: of the loss.
        augment: as for `fit`, or a list of texts.
        augment_strength: factors on the amounts of `augment`: 0 for none, 1 for the given ones.
        batch_size: images in a step.
        settings: instead of lists, the settings of each copy by name, with any option of `fit`,
            argument of the optimizer or of the loss, "optimizer" or "schedule".
        epochs, steps, …: the options of `fit` that all share.
        keep_weights: begin with the model's weights; False begins with new ones of each seed.
        workers: the number of copies trained at a time; None for one a core.

    Returns:
        The trainings. Nothing is trained before `events` is pulled or a result is asked for.

    Raises:
        ModelError: the model isn't compiled, or a setting is unknown or out of range.
    """
    many = {
        "batch_size": batch_size,
        "augment_strength": augment_strength,
        "augment": augment,
        "label_smoothing": label_smoothing,
        "weight_decay": weight_decay,
        "learning_rate": learning_rate,
    }
    shared = FitOptions(
        epochs=epochs,
        steps=steps,
        validation_split=validation_split,
        validation_data=validation_data,
        sample_weight=sample_weight,
        class_weight=class_weight,
        ema=ema,
        mixup=mixup,
        cutmix=cutmix,
        sampling=sampling,
        calibrate_on=False,
    )
    if settings is None:
        chosen = _grid({k: v for k, v in many.items() if v is not None}, seeds)
    else:
        chosen = [Settings({"seed": 0, **one}) for one in settings]
    if not chosen:
        raise ModelError("nothing to train", where="train_many", expected="one seed or more")
    for one in chosen:
        one.model(model, keep_weights=True, steps=1)
        one.options(shared)
    most = threads() if workers is None else count(workers, "workers", "train_many")
    plan = Plan(chosen, shared, keep_weights, _size(data))
    return Members(model, data, labels, plan, most)


def _size(data: object) -> int:
    """Returns the number of images; of a data set, those of its training split."""
    data = data.train if isinstance(data, Dataset | Stream) else data
    return len(data) if isinstance(data, Sized) else 0


def _grid(given: Mapping[str, Any], seeds: Iterable[int]) -> list[Settings]:
    """Returns each combination of the values of each setting, and each seed."""
    values = {name: _values(name, value) for name, value in given.items()}
    values["seed"] = _values("seeds", list(seeds))
    return [Settings(dict(zip(values, row, strict=True))) for row in product(*values.values())]


def _values(name: str, value: object) -> list[Any]:
    """Returns the values of a setting: those of a list, or the only one.

    Raises:
        ModelError: the list is empty.
    """
    several = isinstance(value, list | tuple | range | np.ndarray)
    if name == "augment" and several:
        several = all(one is None or isinstance(one, str | Mapping) for one in list(value))  # type: ignore[call-overload]  # a list, as `several` says
    found = list(value) if several else [value]  # type: ignore[call-overload]  # the same
    if not found:
        raise ModelError("no values", where=name, expected="one or more")
    return [one.item() if isinstance(one, np.generic) else one for one in found]
