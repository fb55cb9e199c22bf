"""Sweep folders: sweep.json, a file for each trial, and the runs of the trials.

sweep.json          what is searched, on which data, and how it ended
trials/0007.json    a trial; trials/seed-2.json the winner trained again
runs/0007/          its run
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spritenet.atomic import write_file
from spritenet.errors import RunError
from spritenet.runs.run_directory import RunDirectory
from spritenet.sweeps.trial import Trial

__all__ = ["SweepFolder"]

FILE = re.compile(r"(?:\d{4,9}|seed-\d{1,9})\.json")

SAME = ("data_sha256", "space", "metric", "networks")
"""Entries of sweep.json that must be equal to resume."""


@dataclass(frozen=True, slots=True)
class SweepFolder:
    """The files of a sweep.

    Attributes:
        path: the folder; it may be missing.
    """

    path: Path

    @property
    def config_path(self) -> Path:
        """The path of sweep.json."""
        return self.path / "sweep.json"

    @property
    def exists(self) -> bool:
        """True if the folder holds a sweep."""
        return self.config_path.exists()

    @property
    def runs(self) -> RunDirectory:
        """The runs of the trials."""
        return RunDirectory(self.path / "runs")

    def run_path(self, trial: Trial) -> Path:
        """Returns the folder of a trial's run."""
        return self.path / "runs" / trial.name

    def config(self) -> dict[str, Any]:
        """Returns the content of sweep.json.

        Raises:
            RunError: there is no sweep, or the file is broken.
        """
        try:
            found = json.loads(self.config_path.read_bytes())
        except OSError as error:
            raise RunError("no sweep found", where=self.path) from error
        except ValueError as error:
            raise RunError("not JSON", where=self.config_path, got=error) from error
        if not isinstance(found, dict):
            raise RunError("not a JSON object", where=self.config_path)
        return found

    def write_config(self, config: Mapping[str, object]) -> None:
        """Writes sweep.json.

        Raises:
            RunError: the disk refuses.
        """
        text = json.dumps(config, indent=1, ensure_ascii=False)
        write_file(self.config_path, text.encode() + b"\n", error=RunError)

    def trial_paths(self) -> list[Path]:
        """Returns the paths of the files of trials, by name."""
        try:
            paths = [p for p in (self.path / "trials").iterdir() if FILE.fullmatch(p.name)]
        except OSError:
            return []
        return sorted(paths)

    def trials(self) -> list[Trial]:
        """Returns all trials, first those of the search by number, then those with other seeds."""
        found = map(Trial.read, self.trial_paths())
        return [trial for trial in found if trial is not None]

    def write(self, trial: Trial) -> None:
        """Writes a trial's file.

        Raises:
            RunError: the disk refuses.
        """
        trial.write(self.path / "trials")

    def begin(self, config: Mapping[str, object], *, resume: bool) -> list[Trial]:
        """Makes the folder, or finds the trials of the sweep in it, to go on from.

        Args:
            config: the entries of sweep.json.
            resume: if True, an existing sweep is continued.

        Raises:
            RunError: there is one and it is not to be resumed, it differs, or the folder holds
                other files.
        """
        if self.exists and not resume:
            raise RunError(
                "the folder already holds a sweep",
                where=self.path,
                do="Resume it, or choose another folder.",
            )
        if not self.exists and self.path.is_dir() and any(self._others()):
            raise RunError(
                "the folder holds other files",
                where=self.path,
                expected="a new or empty folder",
                do="Choose another folder.",
            )
        if self.exists:
            before = self.config()
            for name in SAME:
                if before.get(name) != json.loads(json.dumps(config.get(name))):
                    raise RunError(
                        f"{name} differs from that of the sweep",
                        where=self.path,
                        expected=before.get(name),
                        got=config.get(name),
                        do="Choose another folder.",
                    )
        try:
            for name in ("trials", "runs"):
                (self.path / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(
                f"the folder can't be used: {error.strerror or error}", where=self.path
            ) from error
        self.write_config(config)
        return self.trials()

    def _others(self) -> list[str]:
        """Returns the names of files that are no sweep's."""
        known = {"trials", "runs", "sweep.json", ".lock", "study.log"}
        return [p.name for p in self.path.iterdir() if p.name not in known]
