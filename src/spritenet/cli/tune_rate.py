"""`spritenet tune-rate`: a learning-rate range test of a network on a data set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spritenet.cli import terminal
from spritenet.cli.arguments import (
    Device,
    Json,
    Memory,
    Precision,
    Threads,
    check_exclusive,
    check_suffix,
    set_device,
)
from spritenet.cli.data_options import DataOptions, with_data_options

if TYPE_CHECKING:
    from spritenet.model.rate_test import RateTest

__all__ = ["tune_rate"]

ROWS = 8
"""Lines of the curve."""

COLUMNS = 60
EIGHTHS = " ▁▂▃▄▅▆▇█"


@with_data_options
def tune_rate(
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
    batch_size: Annotated[int, typer.Option(metavar="N", min=1, help="Batch size.")] = 64,
    steps: Annotated[
        int, typer.Option(metavar="N", min=10, help="Number of learning rates, one a step.")
    ] = 100,
    lowest: Annotated[
        float, typer.Option(metavar="RATE", help="Learning rate of the first step.")
    ] = 1e-6,
    highest: Annotated[
        float, typer.Option(metavar="RATE", help="Learning rate of the last step.")
    ] = 10.0,
    seed: Annotated[int, typer.Option(metavar="N", help="Random seed.")] = 0,
    threads: Threads = None,
    device: Device = None,
    precision: Precision = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the plot as PNG, SVG or PDF (extra `plot`)."),
    ] = None,
    memory: Memory = None,
    json: Json = False,
    *,
    data_options: DataOptions,
) -> None:
    """Find a learning rate: try growing ones, one a step, and suggest one."""
    given = dict(locals())
    from spritenet.cli.datasets import load_or_stream
    from spritenet.cli.train import network_of
    from spritenet.cli.train_options import TrainOptions

    if out is not None:
        check_suffix(out, ".png", ".svg", ".pdf", folder=False)
    check_exclusive("--model", model, "--from", start)
    options = TrainOptions().updated(given)
    dataset = load_or_stream(options.data, options.memory, options.data_options)
    network = network_of(options, dataset, threads)
    set_device(network, device, precision)
    found = network.tune_rate(
        dataset.train,
        lowest=lowest,
        highest=highest,
        steps=steps,
        batch_size=batch_size,
        seed=seed,
    )
    if out is not None:
        found.show().savefig(out)
    if json:
        terminal.print_json(
            {
                "data": options.data,
                "model": options.start or options.model,
                "optimizer": type(network.optimizer).__name__,
                "suggested": found.suggested,
                "rates": found.rates.tolist(),
                "losses": found.losses.tolist(),
                "smoothed": found.smoothed.tolist(),
                **({"plot": str(out)} if out else {}),
            }
        )
        return
    for line in curve(found):
        print(line)
    name = type(network.optimizer).__name__
    print(f"suggested learning rate for {name}: {found.suggested:.2g}")
    if out is not None:
        print(f"plot: {out}")


def curve(test: RateTest) -> list[str]:
    """Returns the mean loss as columns of characters, above the rates."""
    import numpy as np

    losses = test.smoothed
    width = min(COLUMNS, len(losses), terminal.columns() - 12)
    places = np.linspace(0, len(losses) - 1, width).round().astype(int)
    low = float(losses.min())
    high = float(losses[: int(losses.argmin()) + 1].max())
    shown = np.clip(losses[places], low, high)
    heights = 1 + (shown - low) / ((high - low) or 1.0) * (8 * ROWS - 1)
    lines = []
    for row in range(ROWS - 1, -1, -1):
        cells = (EIGHTHS[int(np.clip(round(h) - 8 * row, 0, 8))] for h in heights)
        label = {ROWS - 1: f"{high:8.3g}", 0: f"{low:8.3g}"}.get(row, " " * 8)
        lines.append(f"{label} {''.join(cells)}".rstrip())
    at = int(np.abs(test.rates[places] - test.suggested).argmin())
    lines.append(" " * (9 + at) + "↑")
    first, last = f"{test.rates[0]:.1g}", f"{test.rates[-1]:.1g}"
    lines.append(" " * 9 + first + last.rjust(width - len(first)) + "  learning rate")
    return lines
