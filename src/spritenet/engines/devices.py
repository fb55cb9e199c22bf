"""Devices: names of processors, and the engine that computes on each.

    cpu        the compiled core
    cuda       the torch engine on a GPU of NVIDIA or AMD; cuda:1 is the second one
    mps        the torch engine on Apple's GPU
    auto       cuda, if there is one, for training in batches that fill it; else cpu
    torch-cpu  the torch engine on the CPU

PyTorch is imported only when a device needs it.
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from spritenet.engines.engine import Engine
from spritenet.errors import MissingExtraError, ModelError

__all__ = ["CPU", "DEVICES", "check_device", "engine_on", "group_on", "join_ranks"]

CPU = "cpu"
DEVICES = (CPU, "cuda", "cuda:N", "mps", "auto", "torch-cpu")
PRECISIONS = ("float32", "tf32", "bf16")
"""Of multiplications. Weights, sums and steps of the optimizer are float32 always."""

LEAST_BATCH = 32
"""Images in a batch from which `auto` trains on a GPU."""

DRIVERS = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")
"""The device files of GPUs on Linux: NVIDIA's, AMD's, that of Windows."""


def check_device(device: object, precision: object = "float32", where: str = "device") -> str:
    """Returns a device, if this machine has it and it computes with that precision.

    Raises:
        ModelError: the name is unknown, or there is no such device.
        MissingExtraError: PyTorch is not installed.
    """
    known = isinstance(device, str) and (device in DEVICES or re.fullmatch(r"cuda:\d{1,3}", device))
    if not known or device == "cuda:N":
        expected = ", ".join(DEVICES)
        raise ModelError("unknown device", where=where, expected=expected, got=repr(device))
    name = str(device)
    own = where.replace("device", "precision")
    if precision not in PRECISIONS:
        expected = ", ".join(PRECISIONS)
        raise ModelError("unknown precision", where=own, expected=expected, got=repr(precision))
    if precision != "float32" and (name == CPU or (precision == "tf32" and "cuda" not in name)):
        kinds = "cuda" if precision == "tf32" else "cuda, mps or torch-cpu"
        raise ModelError(f"{name} can't compute in {precision}", where=own, expected=kinds)
    if name == "mps" or name.startswith("cuda"):
        _check_gpu(name, where)
    elif name == "torch-cpu":
        _torch()
    return name


def _check_gpu(name: str, where: str) -> None:
    """Refuses a GPU that isn't there."""
    count = _gpus(name)
    wanted = int(name.partition(":")[2] or 0)
    if wanted < count:
        return
    got = "no such GPU" if not count else f"{count} of them, counted from 0"
    do = "Use cpu, the default, or auto."
    raise ModelError(f"there is no device {name}", where=where, got=got, do=do)


def _gpus(name: str) -> int:
    """Returns the number of GPUs of a kind."""
    torch = _torch().torch
    if name == "mps":
        return int(torch.backends.mps.is_available())
    return int(torch.cuda.device_count()) if torch.cuda.is_available() else 0


def _torch() -> Any:  # noqa: ANN401 - a module
    """Returns the torch engine's module.

    Raises:
        MissingExtraError: PyTorch is not installed.
    """
    try:
        from spritenet.engines.torch import network
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "torch":
            raise
        raise MissingExtraError("computing on a GPU", "torch") from error
    return network


def _has_gpu() -> bool:
    """Returns True if there is a GPU of CUDA's, without importing PyTorch where there can't be."""
    drivers = sys.platform != "linux" or any(Path(path).exists() for path in DRIVERS)
    if not drivers or importlib.util.find_spec("torch") is None:
        return False
    return _gpus("cuda") > 0


def join_ranks(device: str) -> Callable[[Mapping[str, bytes]], dict[str, bytes]]:
    """Joins the processes that torchrun has started; returns what gives all of them rank 0's files.

    Args:
        device: of this process, checked.

    Raises:
        ModelError: the processes don't fit each other.
    """
    module = _torch()
    kind = "cpu" if device == "torch-cpu" else f"cuda:{os.environ.get('LOCAL_RANK', '0')}"
    found: Callable[[Mapping[str, bytes]], dict[str, bytes]] = module.Ranks.of_environment(
        module.torch.device(kind)
    ).shared
    return found


class EngineGroup(Protocol):
    """Engines of trainings that are done as one on a device."""

    def engine(self, *arguments: Any, **named: Any) -> Engine:
        """Returns the engine of one of them, called as `engines.native.Network` is."""

    def leave(self) -> None:
        """Says that one of the trainings has ended."""


def group_on(device: str, precision: str, members: int) -> EngineGroup | None:
    """Returns the engines of several trainings on a device; None where each has its own.

    Args:
        device: of all.
        precision: of their multiplications.
        members: the number of trainings.
    """
    chosen = device
    if device == "auto":
        chosen = "cuda" if members > 1 and _has_gpu() else CPU
    if chosen == CPU or members < 2:
        return None
    _torch()
    from spritenet.engines.torch.group import Group

    return Group("cpu" if chosen == "torch-cpu" else chosen, precision, members)


def engine_on(device: str, precision: str) -> Callable[..., Engine]:
    """Returns what makes engines on a device, called as `engines.native.Network` is."""

    def make(*arguments: Any, **named: Any) -> Engine:
        chosen = device
        if device == "auto":
            fills = named.get("batch_size", 0) >= LEAST_BATCH
            chosen = "cuda" if fills and _has_gpu() else CPU
        if chosen == CPU:
            from spritenet.engines import native

            return native.Network(*arguments, **named)
        name = "cpu" if chosen == "torch-cpu" else chosen
        if name == "cuda" and "LOCAL_RANK" in os.environ:  # torchrun's: a GPU for each rank
            name = f"cuda:{os.environ['LOCAL_RANK']}"
        made: Engine = _torch().TorchNetwork(*arguments, **named, device=name, precision=precision)
        return made

    return make
