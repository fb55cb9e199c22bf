"""Cost of a run in training the tutorial network: journal, snapshots, control.

Processor time of the writing against that of the whole training, so that other programs change
little. The journal has one event an update, and reaches the disk once a call of the core.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import spritenet as sn
from figures import Row, arguments, mnist_folder, report
from spritenet import networks
from spritenet.runs import Run
from spritenet.runs.controls import ControlFolder
from spritenet.training import loop


def main() -> None:
    """Measures and reports."""
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--watched", action="store_true", help="as if a page were open")
    options = parser.parse_args()

    data = sn.load(mnist_folder())
    journal, between, microseconds = [], [], []
    with tempfile.TemporaryDirectory() as place:
        for number in range(options.rounds + 1):
            plain = train(data, options.epochs)
            spent, events = write(plain, Path(place) / f"journal-{number}")
            share = looking(data, options.epochs, Path(place) / f"run-{number}", options.watched)
            if number:  # the first one warms everything
                journal.append(100 * spent / plain.seconds)
                microseconds.append(1e6 * spent / events)
                between.append(100 * share)
    words = "while a page is open" if options.watched else "while nobody watches"
    rows = [
        Row("the journal (at most 1 %)", tuple(journal), "%"),
        Row(f"looking and listening {words}", tuple(between), "%"),
        Row("the journal, for each event", tuple(microseconds), "µs"),
    ]
    title = f"keeping a run, tutorial network, MNIST, {options.epochs} epochs"
    report(title, rows, better="less", as_json=options.json)


class Plain:
    """A training that nobody kept: its events, how far it was at each, its processor time."""

    def __init__(self) -> None:
        self.events: list[tuple[sn.Event, int]] = []
        self.seconds = 0.0


def fresh(data: sn.Dataset) -> sn.Model:
    """An untrained network."""
    return networks.get("tutorial", data.train)


def train(data: sn.Dataset, epochs: int) -> Plain:
    """Train without a folder."""
    plain, model = Plain(), fresh(data)
    events = sn.train(model, data.train, validation_data=data.test, epochs=epochs, batch_size=64)
    began = time.process_time()
    for event in events:
        plain.events.append((event, model.state.now.step))
    plain.seconds = time.process_time() - began
    return plain


def write(plain: Plain, folder: Path) -> tuple[float, int]:
    """Write its events as a run does: seconds of processor time, and how many events."""
    folder.mkdir()
    done = 0

    def given() -> Iterator[sn.Event]:
        nonlocal done
        for event, step in plain.events:
            done = step
            yield event

    began = time.process_time()
    for _ in given():
        pass
    empty = time.process_time() - began
    done = 0
    began = time.process_time()
    for _ in Run(folder).record(given(), None, lambda: done):
        pass
    return time.process_time() - began - empty, len(plain.events)


def looking(data: sn.Dataset, epochs: int, folder: Path, watched: bool) -> float:
    """The share of a kept training that goes into looking at it and listening for commands."""
    spent = 0.0

    def timed(plain: Any, clock: Callable[[], float]) -> Any:  # noqa: ANN401 - a method of the loop
        def instead(self: object) -> Iterator[sn.Event]:
            nonlocal spent
            began = clock()
            found = list(plain(self))
            spent += clock() - began
            yield from found

        return instead

    kept = loop._Loop._between, loop._Loop._observed, ControlFolder.watched  # noqa: SLF001 - what is measured has no public name
    loop._Loop._between = timed(kept[0], time.thread_time)  # type: ignore[method-assign]  # noqa: SLF001 - as above
    loop._Loop._observed = timed(kept[1], time.process_time)  # type: ignore[method-assign]  # noqa: SLF001 - as above
    if watched:
        ControlFolder.watched = bool  # type: ignore[assignment]  # as if a page were open
    try:
        began = time.process_time()
        for _ in sn.train(
            fresh(data),
            data.train,
            validation_data=data.test,
            epochs=epochs,
            batch_size=64,
            run=folder,
        ):
            pass
        return spent / (time.process_time() - began)
    finally:
        loop._Loop._between, loop._Loop._observed, ControlFolder.watched = kept  # type: ignore[method-assign]  # noqa: SLF001 - as above


if __name__ == "__main__":
    main()
