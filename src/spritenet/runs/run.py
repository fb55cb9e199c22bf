"""Runs: the folder of one training, with everything that it leaves.

    config.json    model, data and options: enough to repeat it
    events.jsonl   the journal
    checkpoint/    everything needed to go on
    model/         the trained model
    snapshots/     snapshots of weights and activations during training
    control/       commands to the training

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
from spritenet.runs.controls import ControlFolder, send_command
from spritenet.runs.journal import Journal, read_journal
from spritenet.training import checkpoint
from spritenet.training.checkpoint import Checkpoint
from spritenet.training.events import Event, Finished, StepEvent, Stopped

__all__ = ["LOCK", "Run"]

LOCK = ".lock"
"""The file that a training locks; it stays."""

EARLY = frozenset({LOCK, "control", "events.jsonl", "snapshots"})
"""The files that may come before config.json: of a training that has just begun, was killed as it
began, or is watched from the start."""


@dataclass(frozen=True, slots=True, init=False)
class Run:
    """One run: the paths in its folder, and their content.

    Args:
        folder: its path; it may be missing.
    """

    folder: Path

    def __init__(self, folder: str | Path) -> None:
        where = local_only(folder, what="a run can't be at an address")
        object.__setattr__(self, "folder", where)

    @property
    def config_path(self) -> Path:
        """The path of config.json."""
        return self.folder / "config.json"

    @property
    def journal_path(self) -> Path:
        """The path of the journal."""
        return self.folder / "events.jsonl"

    @property
    def checkpoint_path(self) -> Path:
        """The path of the last checkpoint."""
        return self.folder / "checkpoint" / "state.npz"

    @property
    def model_path(self) -> Path:
        """The trained model's folder."""
        return self.folder / "model"

    @property
    def snapshots_path(self) -> Path:
        """The folder of snapshots."""
        return self.folder / "snapshots"

    @property
    def controls(self) -> ControlFolder:
        """The folder of commands to the training."""
        return ControlFolder(self.folder / "control")

    @property
    def exists(self) -> bool:
        """True if the folder holds a run."""
        return self.config_path.exists() or self.checkpoint_path.exists()

    @property
    def running(self) -> bool:
        """True while a training is writing to it."""
        return is_locked(self.folder / LOCK)

    def config(self) -> dict[str, Any]:
        """Returns the content of config.json: model, data and options.

        Raises:
            RunError: there is no run, or its config.json is broken.
        """
        try:
            config = json.loads(self.config_path.read_bytes())
        except OSError as error:
            raise RunError("no run found", where=self.folder) from error
        except ValueError as error:
            raise RunError("not JSON", where=self.config_path, got=error) from error
        if not isinstance(config, dict):
            raise RunError("not a JSON object", where=self.config_path)
        return config

    def events(self) -> Iterator[Event]:
        """Yields the events so far.

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
                    "another training is using this folder",
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
    def open_for_writing(self, *, resume: bool) -> Iterator[Checkpoint | None]:
        """Locks the folder for a training, and yields the checkpoint to resume from, if any.

        Args:
            resume: if True, resumes an existing run.

        Raises:
            RunError: another training writes there, a run exists and is not to be resumed, its
                checkpoint is broken, or the folder holds other files.
        """
        self._check_other_files()
        with self.locked():
            if self.exists and not resume:
                raise RunError(
                    "the folder already holds a run",
                    where=self.folder,
                    do="Resume it, or choose another folder.",
                )
            there = resume and self.checkpoint_path.exists()
            yield checkpoint.load(self.checkpoint_path) if there else None

    def _check_other_files(self) -> None:
        """Raises RunError if the folder holds other files and no run."""
        if self.exists or not self.folder.is_dir():
            return
        others = sorted({path.name for path in self.folder.iterdir()} - EARLY)
        if others:
            raise RunError(
                "the folder holds other files",
                where=self.folder,
                expected="a new or empty folder",
                got=", ".join(others[:3]) + (", …" if len(others) > 3 else ""),
                do="Choose another folder.",
            )

    def write_config(self, config: Mapping[str, object]) -> None:
        """Writes config.json.

        Raises:
            RunError: the disk refuses.
        """
        text = json.dumps(config, indent=1, ensure_ascii=False)
        write_file(self.config_path, text.encode() + b"\n", error=RunError)

    def record(
        self,
        events: Iterable[Event],
        last_step: int | None,
        done: Callable[[], int] = lambda: 0,
    ) -> Iterator[Event]:
        """Writes each event into the journal, then yields it.

        Args:
            events: of the training.
            last_step: the step it is resumed from; None for a new training.
            done: returns the number of steps done by now. Events of steps that were done together
                reach the file together, before the next steps begin.

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

    def send_command(self, command: str, value: float | None = None) -> str:
        """Sends a command to the running training, and returns its `id` in the journal.

        Args:
            command: "pause", "resume", "stop" (and keep), "discard" or "rate".
            value: the new learning rate, for "rate".

        Raises:
            RunError: the command is unknown, no training is running, or the disk refuses.
        """
        if not self.running:
            raise RunError("no training is running there", where=self.folder)
        return send_command(self.controls.folder, command, value)

    def add(self, *events: Event) -> None:
        """Appends events to the journal of a training that has ended.

        Raises:
            RunError: a training writes there, or the disk refuses.
        """
        with self.locked(), Journal(self.journal_path, sys.maxsize, ended=True) as journal:
            for event in events:
                journal.write(event)

    def clear(self) -> None:
        """Deletes everything that a training left, and the folder if nothing else is in it.

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
        """Deletes a run that no training is writing to.

        Raises:
            RunError: a training writes there, there is no run, or the disk refuses.
        """
        if not self.exists:
            raise RunError("no run found", where=self.folder)
        with self.locked():
            self.clear()
