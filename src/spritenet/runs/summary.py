"""A run in a few figures, from its config.json and its journal's end: nothing large is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from spritenet.errors import RunError
from spritenet.runs.journal_lines import JournalLines, entry_of
from spritenet.runs.run import Run

__all__ = ["Summary", "summary"]

State = Literal["starting", "running", "paused", "finished", "stopped", "killed"]

NEWEST = 100
"""Lines of the journal that are looked at, from its end."""

MOST_CONFIG = 1 << 22
"""Bytes of a config.json."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The state and results of a run; None for unknown values.

    Attributes:
        name: of its folder.
        state: "killed" is a run without a last event whose process is gone.
        network: its name.
        data: the data set it is trained on.
        steps: steps done.
        last_step: steps planned.
        test_accuracy: on the test images, after the end.
        val_accuracy: at the last evaluation while training.
        loss: of the last epoch.
        seconds: it has been going on.
        changed: when the journal last changed, in seconds since 1970.
    """

    name: str
    state: State
    network: str | None
    data: str | None
    steps: int | None
    last_step: int | None
    test_accuracy: float | None
    val_accuracy: float | None
    loss: float | None
    seconds: float | None
    changed: float

    @property
    def accuracy(self) -> float | None:
        """The test accuracy, or else the last one while training."""
        return self.val_accuracy if self.test_accuracy is None else self.test_accuracy

    @property
    def under_way(self) -> bool:
        """True while a training is running."""
        return self.state in {"starting", "running", "paused"}

    def to_json(self) -> dict[str, object]:
        """Returns the fields."""
        return asdict(self)


def summary(run: Run) -> Summary:
    """Summarizes a run. Fields that are broken or of a newer version are None."""
    config = _config(run)
    found = _newest(run)
    return Summary(
        run.folder.resolve().name,
        _state(run, found),
        _text(config.get("model")),
        _text(config.get("data")),
        _whole(found["line"].get("step")),
        _whole(found.get("started", {}).get("last_step")),
        _figure(found.get("tested", {}).get("accuracy")),
        _figure(found.get("evaluated", {}).get("accuracy")),
        _figure(found.get("epoch", {}).get("loss")),
        _figure(found["line"].get("at")),
        _changed(run),
    )


def _state(run: Run, found: Mapping[str, Any]) -> State:
    """Returns the state that the lock and the newest lines of the journal show."""
    if run.running:
        if not found["line"]:
            return "starting"
        answer = found.get("control", {})
        paused = answer.get("command") == "pause" and not answer.get("refused")
        return "paused" if paused and not found.get("end") else "running"
    ends: dict[str, State] = {"finished": "finished", "stopped": "stopped"}
    return ends.get(found.get("end", {}).get("event"), "killed")


def _newest(run: Run) -> dict[str, dict[str, Any]]:
    """Returns the newest entry of each kind but steps; "line" is the newest of all, "end" the last.

    An end before the newest beginning doesn't count: the training was resumed.
    """
    found: dict[str, dict[str, Any]] = {"line": {}}
    try:
        with JournalLines(run.journal_path) as lines:
            size = lines.size
            place = lines.last_other(size)
            start = max(place, size - 4096, 0)
            first = lines.line_after(start, size)
            for _, line in lines.whole(first[0], size) if first else ():
                found["line"] = entry_of(line) or found["line"]
            for _ in range(NEWEST):
                one = lines.line_after(place, size) if place >= 0 else None
                if one is None or one[0] != place:
                    break
                entry = entry_of(one[1])
                kind = str(entry.get("event"))
                if kind in {"finished", "stopped"} and "started" not in found:
                    found.setdefault("end", entry)
                if kind == "control" and entry.get("command") not in {"pause", "resume"}:
                    kind = "other"
                found.setdefault(kind, entry)
                before = entry.get("before")
                if not isinstance(before, int) or before >= place:
                    break
                place = before
            if "started" not in found:
                first = lines.line_after(0, size)
                found["started"] = entry_of(first[1]) if first else {}
    except RunError:
        pass
    return found


def _config(run: Run) -> dict[str, Any]:
    """Returns config.json; empty if it is missing or broken."""
    try:
        if run.config_path.stat().st_size > MOST_CONFIG:
            return {}
        return run.config()
    except (OSError, RunError, RecursionError):
        return {}


def _changed(run: Run) -> float:
    """Returns the time of the journal's last change."""
    for path in (run.journal_path, run.config_path, run.folder):
        if path.exists():
            return path.stat().st_mtime
    return 0.0


def _text(value: object) -> str | None:
    """Returns a name, or None."""
    return value[:200] if isinstance(value, str) else None


def _whole(value: object) -> int | None:
    """Returns a count, or None."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _figure(value: object) -> float | None:
    """Returns a finite number, or None."""
    if isinstance(value, int | float) and abs(value) < float("inf"):
        return float(value)
    return None
