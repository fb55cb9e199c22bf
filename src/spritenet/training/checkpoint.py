"""Everything needed to go on with a training, in one file: the weights and the place, bit for bit.

The file is a `.npz` without pickles: the arrays, and `about`, a JSON text with the rest. It is
replaced as a whole, so that a crash leaves the one before.
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
from spritenet.training.state import Snapshot, Totals

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Checkpoint", "continued", "load", "save"]

VERSION = 1


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """A training as it was after `snapshot.step` updates.

    Attributes:
        snapshot: weights and place.
        plan: what it was doing.
        identity: what must be the same to go on: layers, optimizer, loss, data.
        rate: the learning rate a callback had set, if any.
        reason: why it was stopped, if it was.
        memories: what each callback must remember.
        epochs: the epochs so far.
    """

    snapshot: Snapshot
    plan: Plan
    identity: Mapping[str, object]
    rate: float | None = None
    reason: str = ""
    memories: Sequence[Mapping[str, object]] = ()
    epochs: Sequence[EpochEnded] = field(default_factory=tuple)


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write it, flushed to the disk, in place of an older one.

    Raises:
        RunError: the disk refuses; the older one is unchanged.
    """
    now = checkpoint.snapshot
    arrays: dict[str, NDArray[Any]] = {"parameters": now.parameters, "slots": now.slots}
    if now.average is not None:
        arrays["average"] = now.average
    memories = []
    for number, memory in enumerate(checkpoint.memories):
        plain = {}
        for key, value in memory.items():
            if isinstance(value, np.ndarray):
                arrays[f"callback{number}/{key}"] = value
            else:
                plain[key] = value
        memories.append(plain)
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
        "memories": memories,
        "epochs": [event.to_json() for event in checkpoint.epochs],
    }
    arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]  # none is called allow_pickle
    write_file(path, buffer.getvalue(), error=RunError)


def load(path: Path) -> Checkpoint:
    """Read it.

    Raises:
        RunError: there is none, or it is broken.
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
                "it was written by another version of Spritenet",
                where=path,
                expected=f"version {VERSION}",
                got=about["version"],
            )
        return _assemble(about, arrays)
    except FileNotFoundError as error:
        raise RunError("there is no checkpoint", where=path) from error
    except broken as error:
        raise RunError(
            f"the checkpoint is broken ({error})", where=path, do="Start the training anew."
        ) from error


def _assemble(about: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Checkpoint:
    """The checkpoint of its parts."""
    parameters, slots = arrays["parameters"], arrays["slots"]
    average = arrays.get("average")
    size = len(parameters)
    for array in (parameters, slots, *(() if average is None else (average,))):
        if array.dtype != np.float32 or array.shape[-1] != size:
            raise ValueError("an array has another shape or type than it should")
    memories = []
    for number, plain in enumerate(about["memories"]):
        prefix = f"callback{number}/"
        own = {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)}
        memories.append({**plain, **own})
    epochs = [
        event for entry in about["epochs"] if isinstance(event := from_json(entry), EpochEnded)
    ]
    return Checkpoint(
        Snapshot(
            parameters,
            slots,
            average,
            step=about["step"],
            place=about["place"],
            parts=about["parts"],
            epoch=Totals(**about["epoch"]),
            whole=Totals(**about["whole"]),
        ),
        Plan(**about["plan"]),
        about["identity"],
        about["rate"],
        about["reason"],
        memories,
        epochs,
    )


def continued(found: Checkpoint, wanted: Plan, identity: Mapping[str, object], where: Path) -> Plan:
    """The plan that goes on where the checkpoint was, to the end that is wanted now.

    Raises:
        RunError: the checkpoint belongs to something else.
    """
    for key in {**identity, **found.identity}:
        if identity.get(key) != found.identity.get(key):
            raise _belongs_elsewhere(key, found.identity.get(key), identity.get(key), where)
    for key in ("batch_size", "seed", "steps_per_epoch", "shuffle", "average"):
        if getattr(found.plan, key) != getattr(wanted, key):
            raise _belongs_elsewhere(key, getattr(found.plan, key), getattr(wanted, key), where)
    return replace(
        found.plan,
        last_step=max(found.snapshot.step, found.plan.first_step + wanted.steps),
        test_every=wanted.test_every,
        validation_freq=wanted.validation_freq,
        checkpoint_every=wanted.checkpoint_every,
    )


def _belongs_elsewhere(key: str, there: object, here: object, where: Path) -> RunError:
    """The error of a checkpoint made with something else."""
    return RunError(
        f"the checkpoint was made with another {key.replace('_', ' ')}",
        where=where,
        expected=str(there)[:200],
        got=str(here)[:200],
        do="Go on with the same, or choose another folder.",
    )
