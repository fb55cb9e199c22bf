"""Trials: one training of a sweep, as a JSON file."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, Self, get_args

from spritenet.atomic import write_file
from spritenet.errors import RunError

__all__ = ["Trial", "TrialState"]

TrialState = Literal["waiting", "running", "finished", "pruned", "stopped", "diverged", "failed"]
"""A pruned one was stopped early since others were better; a failed one can't be trained, or its
process was killed again and again; a stopped one was under way when the time was over."""

LARGEST = 1 << 22
"""Bytes of a trial's file."""


@dataclass(slots=True, eq=False)
class Trial:
    """One training of a sweep.

    Attributes:
        number: from 0, in the order of their beginnings.
        settings: values by name, the seed among them.
        state: of the training.
        epochs: the metrics of each epoch under Keras's names.
        value: the metric that is optimized, at the end; None before, and where it isn't finite.
        parameters: the number of weights.
        seconds: of training, without evaluations.
        total_seconds: with them.
        weights_sha256: of the trained weights; "" before.
        test: metrics on the test set, where they are measured.
        error: the reason why it diverged or failed; "" for none.
        attempts: the number of times that it was begun or resumed.
        worker: the name of the process that trained it.
        group: "trial", or "seed" for the winner trained again with another seed.
        notes: what the search keeps of it.
    """

    number: int
    settings: dict[str, Any]
    state: TrialState = "waiting"
    epochs: list[dict[str, Any]] = field(default_factory=list)
    value: float | None = None
    parameters: int = 0
    seconds: float = 0.0
    total_seconds: float = 0.0
    weights_sha256: str = ""
    test: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    attempts: int = 0
    worker: str = ""
    group: str = "trial"
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of its run: "0007", or "seed-3" for the winner trained again."""
        return f"{self.number:04d}" if self.group == "trial" else f"seed-{self.settings['seed']}"

    @property
    def ended(self) -> bool:
        """True if it won't be trained any further."""
        return self.state in {"finished", "pruned", "diverged", "failed"}

    @property
    def score(self) -> float:
        """The value; NaN before its end."""
        return math.nan if self.value is None else self.value

    def to_json(self) -> dict[str, Any]:
        """Returns the fields, with None for numbers that are not finite."""
        found: dict[str, Any] = _plain(asdict(self))
        return found

    def write(self, folder: Path) -> None:
        """Writes the trial's file.

        Raises:
            RunError: the disk refuses.
        """
        data = json.dumps(self.to_json(), ensure_ascii=False).encode() + b"\n"
        write_file(folder / f"{self.name}.json", data, error=RunError, durable=False)

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """Reads a trial; None if the file holds none, such as one of a newer version."""
        try:
            with path.open("rb") as file:
                entry = json.loads(file.read(LARGEST))
        except (OSError, ValueError, RecursionError):
            return None
        return cls.from_json(entry) if isinstance(entry, Mapping) else None

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Self | None:
        """Returns the trial of a JSON object; None if it is none."""
        known = {f.name: entry[f.name] for f in fields(cls) if f.name in entry}
        whole = isinstance(known.get("number"), int) and isinstance(known.get("settings"), dict)
        if not whole or known.get("state") not in get_args(TrialState):
            return None
        return cls(**known)


def _plain(value: object) -> Any:  # noqa: ANN401 - any JSON value
    """Returns the value with None for numbers that are not finite."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
