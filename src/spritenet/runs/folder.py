"""A run's folder: everything one training leaves, in known places.

    config.json    what was trained, on what, how: enough to do it again
    events.jsonl   the journal
    checkpoint/    everything needed to go on
    model/         the trained model
    snapshots/     pictures of the network's inside while it learnt
    control/       what is asked of the training

Only one training at a time may write there.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from spritenet.atomic import write_file
from spritenet.destination import local_only
from spritenet.errors import RunError
from spritenet.file_lock import is_locked, lock_file
from spritenet.runs.controls import ControlFolder, ask
from spritenet.runs.journal import Journal, read_journal
from spritenet.training import checkpoint
from spritenet.training.checkpoint import Checkpoint
from spritenet.training.events import Event, Finished, StepEvent, Stopped

__all__ = ["LOCK", "Run"]

LOCK = ".lock"
"""The file that a training locks; it stays."""

EARLY = frozenset({LOCK, "control", "events.jsonl", "snapshots"})
"""What may be in a run's folder before its config.json is: another training has just begun there,
or it was killed as it did, or somebody watches it from the start."""


@dataclass(frozen=True, slots=True, init=False)
class Run:
    """The places in one run's folder, and what is there.

    Args:
        folder: it need not be there yet.
    """

    folder: Path

    def __init__(self, folder: str | Path) -> None:
        where = local_only(folder, what="a run can't be at an address")
        object.__setattr__(self, "folder", where)

    @property
    def config_path(self) -> Path:
        """What was trained, on what, how."""
        return self.folder / "config.json"

    @property
    def journal_path(self) -> Path:
        """The journal."""
        return self.folder / "events.jsonl"

    @property
    def checkpoint_path(self) -> Path:
        """Everything needed to go on."""
        return self.folder / "checkpoint" / "state.npz"

    @property
    def model_path(self) -> Path:
        """The trained model's folder."""
        return self.folder / "model"

    @property
    def snapshots_path(self) -> Path:
        """The folder of what was seen of the network while it learnt."""
        return self.folder / "snapshots"

    @property
    def controls(self) -> ControlFolder:
        """Where commands for the training are put."""
        return ControlFolder(self.folder / "control")

    @property
    def exists(self) -> bool:
        """Whether there is a run in the folder."""
        return self.config_path.exists() or self.checkpoint_path.exists()

    @property
    def running(self) -> bool:
        """Whether a training writes there now."""
        return is_locked(self.folder / LOCK)

    def config(self) -> dict[str, Any]:
        """What was trained, on what, how.

        Raises:
            RunError: there is no run, or its config.json is broken.
        """
        try:
            config = json.loads(self.config_path.read_bytes())
        except OSError as error:
            raise RunError("there is no run", where=self.folder) from error
        except ValueError as error:
            raise RunError("it is no JSON", where=self.config_path, got=error) from error
        if not isinstance(config, dict):
            raise RunError("it is no JSON object", where=self.config_path)
        return config

    def events(self) -> Iterator[Event]:
        """What has happened so far.

        Raises:
            RunError: there is no journal.
        """
        return read_journal(self.journal_path)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Locks the folder, which is created if it is missing, against other trainings.

        Raises:
            RunError: another training has the lock, or the folder can't be created.
        """
        with contextlib.ExitStack() as stack:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                stack.enter_context(lock_file(self.folder / LOCK))
            except TimeoutError as error:
                raise RunError(
                    "another training is writing here",
                    where=self.folder,
                    got=error,
                    do="Wait until it has ended, or choose another folder.",
                ) from error
            except OSError as error:
                raise RunError(
                    f"the folder can't be used: {error.strerror or error}",
                    where=self.folder,
                    do="Choose another folder.",
                ) from error
            yield

    @contextmanager
    def opened(self, *, resume: bool) -> Iterator[Checkpoint | None]:
        """Hold the folder for writing; gives the checkpoint to go on from, if there is one.

        Args:
            resume: whether a run that is there already is gone on with.

        Raises:
            RunError: another training writes there, a run is there that shall not be gone on
                with, its checkpoint is broken, or the folder is somebody else's.
        """
        self._check_strangers()
        with self.locked():
            if self.exists and not resume:
                raise RunError(
                    "there is a run already",
                    where=self.folder,
                    do="Resume it, or choose another folder.",
                )
            there = resume and self.checkpoint_path.exists()
            yield checkpoint.load(self.checkpoint_path) if there else None

    def _check_strangers(self) -> None:
        """Raises RunError where there is no run, but other files: a data set, say, or all of it."""
        if self.exists or not self.folder.is_dir():
            return
        strangers = sorted({path.name for path in self.folder.iterdir()} - EARLY)
        if strangers:
            raise RunError(
                "the folder holds other files",
                where=self.folder,
                expected="a new or empty folder",
                got=", ".join(strangers[:3]) + (", …" if len(strangers) > 3 else ""),
                do="Choose another folder.",
            )

    def write_config(self, config: Mapping[str, object]) -> None:
        """Write config.json.

        Raises:
            RunError: the disk refuses.
        """
        text = json.dumps(config, indent=1, ensure_ascii=False)
        write_file(self.config_path, text.encode() + b"\n", error=RunError)

    def recording(
        self,
        events: Iterable[Event],
        last_step: int | None,
        done: Callable[[], int] = lambda: 0,
    ) -> Iterator[Event]:
        """Write each event into the journal, then hand it on.

        Args:
            events: of the training.
            last_step: where it goes on from; None for a new one.
            done: how many updates have been done by now. The events of those that were done in one
                go reach the file in one go, before the next updates begin.

        Raises:
            RunError: the disk refuses.
        """
        step, images, began, over = 0, 0, perf_counter(), False
        with Journal(self.journal_path, last_step) as journal:
            try:
                for event in events:
                    journal.write(event)
                    if event.step >= done():
                        journal.flush()
                    step, over = event.step, isinstance(event, Finished | Stopped)
                    images += event.images if isinstance(event, StepEvent) else 0
                    yield event
            except (KeyboardInterrupt, GeneratorExit):
                seconds = perf_counter() - began
                if not over:
                    journal.write(Stopped(step, "interrupted", images, seconds, seconds))
                raise

    def ask(self, command: str, value: float | None = None) -> str:
        """Ask something of the training that goes on there; the answer's `id` in the journal.

        Args:
            command: "pause", "resume", "stop" (and keep), "discard" or "rate".
            value: the learning rate that is wanted, for "rate".

        Raises:
            RunError: there is no such command, no training goes on there, or the disk refuses.
        """
        if not self.running:
            raise RunError("no training goes on there", where=self.folder)
        return ask(self.controls.folder, command, value)

    def add(self, *events: Event) -> None:
        """Write events into the journal of a training that has ended.

        Raises:
            RunError: a training writes there, or the disk refuses.
        """
        with self.locked(), Journal(self.journal_path, sys.maxsize, ended=True) as journal:
            for event in events:
                journal.write(event)

    def clear(self) -> None:
        """Remove everything that a training left there, and the folder if nothing else is in it.

        Raises:
            RunError: the disk refuses.
        """
        try:
            for name in ("checkpoint", "model", "snapshots", "control"):
                if (self.folder / name).is_dir():
                    shutil.rmtree(self.folder / name)
            for name in ("events.jsonl", "report.html", "example.png", "config.json", LOCK):
                (self.folder / name).unlink(missing_ok=True)
            if not any(self.folder.iterdir()):
                self.folder.rmdir()
        except OSError as error:
            raise RunError(
                f"it can't be removed: {error.strerror or error}", where=self.folder
            ) from error

    def remove(self) -> None:
        """The same for a run that nobody trains.

        Raises:
            RunError: a training writes there, there is no run, or the disk refuses.
        """
        if not self.exists:
            raise RunError("there is no run", where=self.folder)
        with self.locked():
            self.clear()
