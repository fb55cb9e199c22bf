"""sweep: the call that makes a `Sweep` of a model, data and a search space."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spritenet.arguments import count, number, seed_of
from spritenet.augmentation import Augment
from spritenet.core.pool import threads
from spritenet.dataset import Dataset, Split
from spritenet.destination import local_only
from spritenet.errors import InputError
from spritenet.metrics.registry import grows
from spritenet.migration import accepts
from spritenet.model import Model
from spritenet.sweeps.process_workers import ProcessWorkers, Workers
from spritenet.sweeps.ray_workers import RayWorkers
from spritenet.sweeps.search_space import NETWORK, Choice, SearchSpace
from spritenet.sweeps.sweep_plan import SweepPlan
from spritenet.sweeps.sweep_results import Sweep
from spritenet.sweeps.trial_worker import Workload
from spritenet.training.fit_options import FitOptions

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["make_sweep", "sweep"]

WHERE = "sweep"
MOST_PROCESSES = 64
"""Workers that every machine may be asked for: one needs 40 MB and more."""


@accepts
def sweep(  # noqa: D417 - options of fit are documented there
    model: Model | Mapping[str, Model],
    data: Dataset | Split | object,
    space: Mapping[str, object],
    labels: ArrayLike | None = None,
    *,
    trials: int | None = 50,
    time: float | None = None,
    metric: str | None = None,
    validation: float = 0.1,
    validation_data: object = None,
    test_data: object = None,
    epochs: int = 5,
    steps: int | None = None,
    batch_size: int | None = None,
    augment: Augment = None,
    class_weight: Any = None,  # noqa: ANN401 - as for fit
    ema: float | None = None,
    seeds: int = 5,
    halving: bool = True,
    seed: int = 0,
    keep_weights: bool = False,
    workers: int | None = None,
    ray: bool = False,
    folder: str | Path | None = None,
    resume: bool = False,
    storage: str | Path | None = None,
) -> Sweep:
    """Searches for the best settings of a training. Needs the extra `sweep`.

        sweep = sn.sweep(
            model, data, {"learning_rate": "1e-3..1:log", "batch_size": [32, 64, 128]}, trials=40
        )
        for event in sweep.events:
            print(event.kind, event.trial.number, event.trial.value)
        print(sweep.best.settings, sweep.outcome.spread, sweep.importance)

    Args:
        model: compiled; or several by name, among which the setting "model" chooses.
        data: a Dataset, whose training images are used and whose test images measure the winner;
            a Split; or images n h w c.
        space: name of a setting → its domain: a text as `spritenet sweep --try` takes it, or a list
            of values. Settings are the options of `fit`, the arguments of the optimizer and of the
            loss, "optimizer", "schedule", "augment_strength" and "model".
        labels: of images.
        trials: the number of trials; None for as many as `time` allows.
        time: seconds after which no trial begins or goes on; None for no limit.
        metric: Keras's name of the metric to optimize; by default "val_accuracy", or "val_loss"
            where there is no accuracy.
        validation: the fraction of each class held out of the training set.
        validation_data: the validation set instead: a Split or (x, y).
        test_data: images to measure the winner on, a Split or (x, y); by default those of the
            Dataset.
        epochs, steps, batch_size, …: the options of `fit` that all trials share.
        seeds: the number of other seeds that the winner is trained with.
        halving: end trials early that are worse than two thirds of the others after 1, 3, 9, …
            epochs.
        seed: of the trainings and of the search.
        keep_weights: begin with the model's weights; False begins with new ones.
        workers: the number of processes, at most 64 or four a core; None for one a core. There
            are never more than trainings.
        ray: train in a Ray cluster, with one actor a core. Needs the extra `ray`.
        folder: for the runs of all trials; None keeps nothing on disk.
        resume: go on with the sweep in the folder.
        storage: a file for the search that several machines share, with one folder.

    Returns:
        The sweep. Nothing is trained before `events` is pulled or a result is asked for.

    Raises:
        MissingExtraError: Optuna or Ray is not installed.
        InputError: a setting, a range or a value is wrong; the error names it.
    """
    models = {model.name: model} if isinstance(model, Model) else dict(model)
    options = FitOptions(
        epochs=epochs,
        steps=steps,
        batch_size=batch_size,
        augment=augment,
        class_weight=class_weight,
        ema=ema,
    )
    split, test = _splits(data, labels, test_data)
    if validation_data is None:
        fraction = number(validation, "validation", WHERE, least=0, below=1)
        train, held_out = split.split(fraction or 0.1, seed)
    else:
        train, held_out = split, _split(validation_data, "validation_data")
    return make_sweep(
        Workload(models, train, held_out, test, options, keep_weights),
        space,
        trials=trials,
        seconds=time,
        metric=metric,
        seeds=seeds,
        halving=halving,
        seed=seed,
        workers=workers,
        ray=ray,
        folder=None if folder is None else Path(folder),
        resume=resume,
        storage=None if storage is None else Path(storage),
    )


def make_sweep(
    workload: Workload,
    space: Mapping[str, object],
    *,
    trials: int | None,
    seconds: float | None,
    metric: str | None,
    seeds: int,
    halving: bool,
    seed: int,
    workers: int | None,
    ray: bool,
    folder: Path | None,
    resume: bool,
    storage: Path | None,
    about: Mapping[str, Any] | None = None,
) -> Sweep:
    """Returns the sweep of a workload; the arguments are those of `sweep`.

    Raises:
        InputError: an argument is wrong.
    """
    models = workload.models
    if trials is None and seconds is None:
        raise InputError("a sweep without an end", where=WHERE, do="Give trials or time.")
    if trials is not None:
        count(trials, "trials", WHERE)
    if seconds is not None and number(seconds, "time", WHERE, least=0) == 0:
        raise InputError("no time for a trial", where=WHERE, expected="seconds above 0", got=0)
    if storage is not None and folder is None:
        raise InputError("storage needs a folder that all machines see", where=WHERE)
    for model in models.values():
        model.compiled()
    found = SearchSpace.of(_with_networks(space, models))
    found.check(models, workload.options)
    chosen = _metric(metric, next(iter(models.values())))
    plan = SweepPlan(
        metric=chosen,
        maximize=_is_larger_better(chosen),
        trials=trials,
        seconds=seconds,
        seeds=count(seeds, "seeds", WHERE, least=0),
        halving=halving,
        seed=seed_of(seed, WHERE),
        storage=storage,
    )
    begin = _workers(workers, ray, plan)
    where = None if folder is None else local_only(folder, what="a sweep can't be at an address")
    return Sweep(workload, found, plan, begin, where, resume=resume, about=about)


def _workers(workers: int | None, ray: bool, plan: SweepPlan) -> Callable[[Workload], Workers]:
    """Returns the function that starts the workers: no more than there are trainings.

    Raises:
        InputError: more processes than a machine can hold.
    """
    chosen = None if workers is None else count(workers, "workers", WHERE)
    if ray:
        return partial(RayWorkers, count=chosen)
    most = max(MOST_PROCESSES, 4 * threads())
    if chosen is not None and chosen > most:
        raise InputError(
            "too many workers",
            where=WHERE,
            expected=f"at most {most} processes on this machine",
            got=chosen,
            do="One for each core trains fastest.",
        )
    trainings = math.inf if plan.trials is None else max(plan.trials, plan.seeds)
    return partial(ProcessWorkers, count=int(min(chosen or threads(), trainings)))


def _with_networks(space: Mapping[str, object], models: Mapping[str, Model]) -> dict[str, object]:
    """Returns the space, with the choice among several networks.

    Raises:
        InputError: it names one that isn't there.
    """
    given = dict(space)
    if len(models) > 1 and NETWORK not in given:
        given[NETWORK] = Choice(tuple(models))
    if NETWORK in given:
        names = SearchSpace.of({NETWORK: given[NETWORK]}).domains[NETWORK].samples
        for name in names:
            if name not in models:
                raise InputError(
                    "unknown network",
                    where=f"--try {NETWORK}",
                    expected="one of " + ", ".join(models),
                    got=name,
                )
    return given


def _metric(given: str | None, model: Model) -> str:
    """Returns the metric to optimize: the accuracy on validation images by default, else the loss.

    Raises:
        InputError: the model doesn't measure it.
    """
    names = ["loss", *model.metrics]
    known = [*(f"val_{name}" for name in names), *names]
    if given is None:
        return "val_accuracy" if "accuracy" in names else "val_loss"
    if given not in known:
        expected = "one of " + ", ".join(known)
        raise InputError("unknown metric", where="--metric", expected=expected, got=given)
    return given


def _is_larger_better(metric: str) -> bool:
    """Returns True for metrics such as the accuracy, False for losses and errors."""
    name = metric.removeprefix("val_")
    return name != "loss" and grows(name) is not False


def _splits(
    data: object, labels: ArrayLike | None, test_data: object
) -> tuple[Split, Split | None]:
    """Returns the training set, and the test set if there is one."""
    test = None if test_data is None else _split(test_data, "test_data")
    if isinstance(data, Dataset):
        return data.train, data.splits.get("test") if test is None else test
    given = data if labels is None else (data, labels)
    return _split(given, "data"), test


def _split(given: object, name: str) -> Split:
    """Returns a split of a Split or of (x, y).

    Raises:
        InputError: it is something else.
    """
    if isinstance(given, Split):
        return given
    if isinstance(given, tuple | list) and len(given) == 2:
        return Split.from_arrays(given[0], given[1], name=name)
    raise InputError(
        f"unsupported {name}",
        where=WHERE,
        expected="a Dataset, a Split, or images and labels",
        got=type(given).__name__,
    )
