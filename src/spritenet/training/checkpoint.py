"""Checkpoint: everything needed to resume a training bit for bit, in one file.

The file is a `.npz` without pickles: the arrays, and `about`, a JSON text with the rest. It is
replaced as a whole, so that a crash leaves the previous one.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.atomic import write_file
from spritenet.errors import RunError
from spritenet.training.events import EpochEnded, from_json
from spritenet.training.plan import Plan
from spritenet.training.state import Totals, TrainingState

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Checkpoint", "continued", "load", "save"]

VERSION = 1


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """A training as it was after `state.step` steps.

    Attributes:
        state: weights, optimizer slots and position.
        plan: its steps and pauses.
        identity: JSON values that must match to resume: layers, optimizer, loss, data.
        rate: the learning rate set by a callback, if any.
        reason: the reason for stopping, if it was stopped.
        callbacks: the state of each callback.
        epochs: the epochs so far.
    """

    state: TrainingState
    plan: Plan
    identity: Mapping[str, object]
    rate: float | None = None
    reason: str = ""
    callbacks: Sequence[Mapping[str, object]] = ()
    epochs: Sequence[EpochEnded] = field(default_factory=tuple)


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Writes a checkpoint and flushes it to the disk, replacing an older one.

    Raises:
        RunError: writing fails; the older checkpoint is unchanged.
    """
    now = checkpoint.state
    arrays: dict[str, NDArray[Any]] = {"parameters": now.parameters, "slots": now.slots}
    if now.average is not None:
        arrays["average"] = now.average
    if now.metrics is not None:
        arrays["metrics"] = now.metrics
    callbacks = []
    for number, state in enumerate(checkpoint.callbacks):
        plain = {}
        for key, value in state.items():
            if isinstance(value, np.ndarray):
                arrays[f"callback{number}/{key}"] = value
            else:
                plain[key] = value
        callbacks.append(plain)
    about = {
        "version": VERSION,
        "step": now.step,
        "place": now.place,
        "parts": now.parts,
        "epoch": asdict(now.epoch),
        "whole": asdict(now.whole),
        "plan": asdict(checkpoint.plan),
        "identity": checkpoint.identity,
        "rate": checkpoint.rate,
        "reason": checkpoint.reason,
        "callbacks": callbacks,
        "epochs": [event.to_json() for event in checkpoint.epochs],
    }
    arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]  # none is called allow_pickle
    write_file(path, buffer.getvalue(), error=RunError)


def load(path: Path) -> Checkpoint:
    """Reads a checkpoint.

    Raises:
        RunError: the file is missing or damaged.
    """
    import struct
    import zipfile  # only here: starting a training shall not wait for them
    import zlib

    broken = (
        *(AttributeError, EOFError, LookupError, MemoryError, NotImplementedError, OSError),
        *(RuntimeError, TypeError, ValueError, struct.error, zipfile.BadZipFile, zlib.error),
    )  # what NumPy's and Python's readers raise at broken files
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
        about = json.loads(arrays.pop("about").tobytes())
        if about["version"] != VERSION:
            raise RunError(
                "Unsupported version of a checkpoint",
                where=path,
                expected=f"version {VERSION}",
                got=about["version"],
            )
        return _assemble(about, arrays)
    except FileNotFoundError as error:
        raise RunError("Missing checkpoint", where=path) from error
    except broken as error:
        raise RunError(
            f"Damaged checkpoint ({error})", where=path, do="Start the training again."
        ) from error


def _assemble(about: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Checkpoint:
    """Returns the checkpoint of a file's JSON and arrays."""
    parameters, slots = arrays["parameters"], arrays["slots"]
    average = arrays.get("average")
    size = len(parameters)
    for array in (parameters, slots, *(() if average is None else (average,))):
        if array.dtype != np.float32 or array.shape[-1] != size:
            raise ValueError("an array has the wrong shape or dtype")
    callbacks = []
    states = about["memories"] if "memories" in about else about["callbacks"]  # the earlier key
    for number, plain in enumerate(states):
        prefix = f"callback{number}/"
        own = {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)}
        callbacks.append({**plain, **own})
    epochs = [
        event for entry in about["epochs"] if isinstance(event := from_json(entry), EpochEnded)
    ]
    return Checkpoint(
        TrainingState(
            parameters,
            slots,
            average,
            step=about["step"],
            place=about["place"],
            parts=about["parts"],
            epoch=Totals(**about["epoch"]),
            whole=Totals(**about["whole"]),
            metrics=arrays.get("metrics"),
        ),
        Plan(**about["plan"]),
        about["identity"],
        about["rate"],
        about["reason"],
        callbacks,
        epochs,
    )


def continued(found: Checkpoint, wanted: Plan, identity: Mapping[str, object], where: Path) -> Plan:
    """Returns the plan that resumes at the checkpoint and ends where `wanted` ends.

    Raises:
        RunError: the checkpoint belongs to another model, data set or plan.
    """
    for key in {**identity, **found.identity}:
        if identity.get(key) != found.identity.get(key):
            raise _belongs_elsewhere(key, found.identity.get(key), identity.get(key), where)
    for key in ("batch_size", "seed", "steps_per_epoch", "shuffle", "average"):
        if getattr(found.plan, key) != getattr(wanted, key):
            raise _belongs_elsewhere(key, getattr(found.plan, key), getattr(wanted, key), where)
    return replace(
        found.plan,
        last_step=max(found.state.step, found.plan.first_step + wanted.steps),
        test_every=wanted.test_every,
        validation_freq=wanted.validation_freq,
        checkpoint_every=wanted.checkpoint_every,
    )


def _belongs_elsewhere(key: str, there: object, here: object, where: Path) -> RunError:
    """Returns the error for a checkpoint that was made with something else."""
    return RunError(
        f"Mismatched checkpoint: it was made with another {key.replace('_', ' ')}",
        where=where,
        expected=str(there)[:200],
        got=str(here)[:200],
        do="Resume with the same one, or choose another folder.",
    )
