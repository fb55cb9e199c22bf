"""`spritenet bench`: the speed of a network on this machine, and where a step's time goes."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spritenet.cli import terminal
from spritenet.cli.arguments import Json, Memory, Threads, check_exclusive
from spritenet.cli.data_options import DataOptions, with_data_options
from spritenet.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from spritenet.cli.train_options import TrainOptions
    from spritenet.dataset.source import Source
    from spritenet.engines.profile import Profile
    from spritenet.model import Model

__all__ = ["bench"]

WARM_UP = 8
"""Steps that aren't measured: memory is fetched, and threads wake."""

PREDICTED = 4096
"""Images predicted at a time."""


@with_data_options
def bench(
    data: Annotated[
        str | None,
        typer.Argument(metavar="DATA", help="A data set, as for `train`.", show_default="strokes"),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(metavar="NETWORK", help="Network, as for `train`.", show_default="tutorial"),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="MODEL", help="Layers and weights of a saved model."),
    ] = None,
    optimizer: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Optimizer.", show_default="the network's"),
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Batch size.", show_default="the network's, else 64"),
    ] = None,
    augment: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Augmentation.", show_default="the network's"),
    ] = None,
    seconds: Annotated[
        float, typer.Option(metavar="S", min=0.01, help="Seconds that each measurement takes.")
    ] = 2.0,
    profile: Annotated[
        bool,
        typer.Option("--profile", help="Show where a step's time goes: by layer, phase, thread."),
    ] = False,
    threads: Threads = None,
    memory: Memory = None,
    json: Json = False,
    *,
    data_options: DataOptions,
) -> None:
    """Measure how fast a network trains and predicts here; nothing is saved."""
    given = dict(locals())
    import numpy as np

    from spritenet.cli.datasets import load_or_stream
    from spritenet.cli.train import network_of
    from spritenet.cli.train_options import TrainOptions
    from spritenet.core.pool import instruction_set

    check_exclusive("--model", model, "--from", start)
    options = TrainOptions().updated(given)
    dataset = load_or_stream(options.data, options.memory, options.data_options)
    network = network_of(options, dataset, threads)
    training = _Training(network, dataset.train, options)
    measured: dict[str, Any] = training.measure(seconds, profile=profile)
    indices = np.arange(min(len(dataset.train), PREDICTED))
    images = np.ascontiguousarray(dataset.train.take(indices)[0])
    measured |= _predictions(network, images, seconds)
    found: Profile | None = measured.pop("profile")
    head = {
        "data": options.data,
        "model": options.start or options.model,
        "batch_size": training.batch_size,
        "threads": training.threads,
        "instruction_set": instruction_set(),
        **measured,
    }
    if json:
        terminal.print_json({**head, **({"profile": found.to_json()} if found else {})})
        return
    print(
        f"{head['model']} on {options.data}: batch {training.batch_size}, "
        f"{training.threads} threads, {head['instruction_set']}"
    )
    print(f"training    {measured['train_images_per_second']:12,.0f} images/s")
    print(f"prediction  {measured['predict_images_per_second']:12,.0f} images/s")
    print(f"one image   {measured['predict_one_ms']:12.3f} ms")
    if found is not None:
        _print_layers(found, measured["steps"])
        _print_threads(found, measured["steps"])


class _Training:
    """A network that is trained for a while, only to see how fast.

    Attributes:
        batch_size: of its steps.
        threads: of its engine.
    """

    def __init__(self, network: Model, images: Source, options: TrainOptions) -> None:
        from spritenet.engines.native import Network
        from spritenet.training.fit_options import BATCH_SIZE

        self.network, self.images, self.options = network, images, options.training
        self.batch_size = self.options.batch_size or BATCH_SIZE
        self._fit(WARM_UP)
        engine = network.engine(self.batch_size)
        if not isinstance(engine, Network):
            raise InputError(
                "it has an engine of its own",
                where=options.model,
                expected="a network that the compiled core trains",
                got=type(engine).__name__,
            )
        self.engine, self.threads = engine, engine.threads

    def _fit(self, steps: int) -> float:
        """Takes steps, and returns the seconds."""
        began = perf_counter()
        self.network.fit(
            self.images,
            steps=steps,
            batch_size=self.batch_size,
            augment=self.options.augment,
            verbose=0,
        )
        return perf_counter() - began

    def measure(self, seconds: float, *, profile: bool) -> dict[str, Any]:
        """Trains for about so many seconds; timing each operation where a profile is wanted."""
        from spritenet.engines.profile import profiled

        steps = max(1, round(WARM_UP * seconds / self._fit(WARM_UP)))
        took = self._fit(steps)
        found = None
        if profile:
            names = tuple(layer.label for layer in self.network.layers)
            with profiled(self.engine, names) as found:
                self._fit(steps)
        return {
            "steps": steps,
            "train_images_per_second": steps * self.batch_size / took,
            "profile": found,
        }


def _predictions(network: Model, images: NDArray[np.uint8], seconds: float) -> dict[str, float]:
    """Returns images/s of predictions of many images, and ms of one."""
    rates = {}
    for name, some in {"many": images, "one": images[:1]}.items():
        network.predict(some)
        calls, began = 0, perf_counter()
        while (took := perf_counter() - began) < seconds / 2 or not calls:
            network.predict(some)
            calls += 1
        rates[name] = calls * len(some) / took if took else 0.0
    return {
        "predict_images_per_second": rates["many"],
        "predict_one_ms": 1e3 / rates["one"] if rates["one"] else 0.0,
    }


def _print_layers(found: Profile, steps: int) -> None:
    """Prints the microseconds of a step by layer and phase, summed over the threads."""
    from spritenet.engines.profile import LAYER_PHASES, STEP_PHASES

    layers, parts = found.layer_seconds.sum(axis=0), found.step_seconds.sum(axis=0)
    whole = float(layers.sum() + parts.sum()) or 1.0
    table = terminal.table("µs per step", *LAYER_PHASES, "all", "%")
    for name, row in zip(found.layers, layers, strict=True):
        cells = [f"{1e6 * part / steps:,.1f}" if part else "" for part in row.tolist()]
        total = float(row.sum())
        if total:
            table.add_row(name, *cells, f"{1e6 * total / steps:,.1f}", f"{100 * total / whole:.1f}")
    for name, part in zip(STEP_PHASES, parts.tolist(), strict=True):
        table.add_row(name, "", "", "", f"{1e6 * part / steps:,.1f}", f"{100 * part / whole:.1f}")
    terminal.print_table(table)


def _print_threads(found: Profile, steps: int) -> None:
    """Prints the microseconds of a step by thread and phase."""
    from spritenet.engines.profile import LAYER_PHASES, STEP_PHASES

    table = terminal.table("thread", *LAYER_PHASES, *STEP_PHASES)
    for thread in range(found.threads):
        layers = found.layer_seconds[thread].sum(axis=0).tolist()
        cells = [*layers, *found.step_seconds[thread].tolist()]
        table.add_row(str(thread), *(f"{1e6 * cell / steps:,.1f}" for cell in cells))
    terminal.print_table(table)
    per_step, outside = (1e6 * value / steps for value in (found.seconds, found.outside))
    print(f"a step takes {per_step:,.1f} µs, {outside:,.1f} of them outside the core")
