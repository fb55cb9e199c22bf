"""The compiled core as a shared library: the one place that loads it.

There is one build for each instruction set in `lib/`. The plainest is asked what the processor can
run, and the best of those is loaded. `SPRITENET_ISA` names another (`x86-64-v3`, …), and
`SPRITENET_LIBRARIES` another folder, of a build with sanitizers for example.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from functools import cache
from pathlib import Path

from spritenet.errors import CoreError, InputError

__all__ = ["ERROR_BYTES", "builds", "library", "load"]

INTERFACE_VERSION = 9
ERROR_BYTES = 256

_FOLDER = Path(os.environ.get("SPRITENET_LIBRARIES") or Path(__file__).parent / "lib")
_SUFFIX = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
_ARM = platform.machine().lower() in ("arm64", "aarch64")
_LEVELS = ("aarch64",) if _ARM else ("x86-64-v2", "x86-64-v3", "x86-64-v4")
if sys.platform == "emscripten":
    _LEVELS = ("wasm32",)


def _path(level: str) -> Path:
    return _FOLDER / f"spritenet-{level}{_SUFFIX}"


_P, _I32, _I64, _U64 = ctypes.c_void_p, ctypes.c_int32, ctypes.c_int64, ctypes.c_uint64

_FUNCTIONS: dict[str, tuple[object, tuple[object, ...]]] = {
    "sn_interface_version": (_I32, ()),
    "sn_instruction_set": (ctypes.c_char_p, ()),
    "sn_processor_level": (ctypes.c_char_p, ()),
    "sn_lanes": (_I32, ()),
    "sn_pool_create": (_P, (_I32,)),
    "sn_network_bytes": (_I64, (_P, _P)),
    "sn_network_init": (_P, (_P, _I64, _P, _P)),
    "sn_parameter_count": (_I64, (_P,)),
    "sn_output_shape": (None, (_P, _I32, _P)),
    "sn_weight_count": (_I32, (_P,)),
    "sn_network_weight": (None, (_P, _I32, _P)),
    "sn_profile_operations": (_I32, (_P,)),
    "sn_profile_node": (_I32, (_P, _I32)),
    "sn_profile": (None, (_P, _P)),
    "sn_operator_count": (_I32, ()),
    "sn_operator_at": (_P, (_I32,)),
    "sn_activation_at": (_P, (_I32,)),
    "sn_infer": (_I32, (_P, _P, _P, _P, _I32, _P)),
    "sn_optimizer_count": (_I32, ()),
    "sn_optimizer_at": (_P, (_I32,)),
    "sn_slot_count": (_I32, (_P, _P)),
    "sn_loss_count": (_I32, ()),
    "sn_loss_at": (_P, (_I32,)),
    "sn_train": (_I32, (_P, _P, _P, _P)),
    "sn_evaluate": (_I32, (_P, _P, _P, _P)),
    "sn_gradient": (_I32, (_P, _P, _P, _P, _P)),
    "sn_predict": (_I32, (_P, _P, _P, _P, _I64, _P, _P)),
    "sn_activations": (_I32, (_P, _P, _P, _P, _P)),
    "sn_augment": (_I32, (_P, _P, _I64, _U64, _U64, _P, _P, _P)),
    "sn_order": (_I32, (_U64, _U64, _I64, _I64, _I64, _P, _P)),
    "sn_integer_bytes": (_I64, (_P, _I32, _P)),
    "sn_integer_init": (_P, (_P, _I64, _P, _I32, _P)),
    "sn_integer_predict": (_I32, (_P, _P, _P, _I64, _P)),
    "sn_draw_lines": (_I32, (_P, _P, _P)),
    "sn_draw_glyphs": (_I32, (_U64, _I32, _I64, _P, _P)),
    "sn_png_rows": (_I64, (_P, _I64, _I64, _I32, _I32, _P)),
    "sn_deflate_end": (_I32, (_P, _I64, _P, _P)),
}
"""The declarations of spritenet.h: result and arguments of each function; pointers as addresses."""


def _declare(core: ctypes.CDLL) -> None:
    """Tell ctypes the functions' types, so that it converts what is passed and refuses the rest."""
    for name, (result, arguments) in _FUNCTIONS.items():
        function = getattr(core, name)
        function.restype = result
        function.argtypes = arguments


@cache
def load(level: str) -> ctypes.CDLL:
    """The build for one instruction set.

    Raises:
        CoreError: it isn't there, can't be loaded, or belongs to another version.
    """
    path = _path(level)
    try:
        loaded = ctypes.CDLL(str(path))
    except OSError as error:
        raise CoreError(
            "the compiled core can't be loaded",
            where=path,
            got=error,
            do="Reinstall spritenet, or in a checkout type: python hatch_build.py",
        ) from error
    if loaded.sn_interface_version() != INTERFACE_VERSION:
        raise CoreError(
            "the compiled core has another version",
            where=path,
            expected=INTERFACE_VERSION,
            got=loaded.sn_interface_version(),
            do="Reinstall spritenet, or in a checkout type: python hatch_build.py",
        )
    _declare(loaded)
    return loaded


def builds() -> tuple[str, ...]:
    """The instruction sets that are here and that this processor runs, the plainest first."""
    plainest = load(_LEVELS[0])
    best = plainest.sn_processor_level().decode()
    usable = _LEVELS[: _LEVELS.index(best) + 1] if best in _LEVELS else _LEVELS[:1]
    return tuple(level for level in usable if _path(level).exists())


@cache
def library() -> ctypes.CDLL:
    """The build that this process uses.

    Raises:
        InputError: `SPRITENET_ISA` names one that this processor can't run or that isn't there.
        CoreError: there is none at all.
    """
    wanted = os.environ.get("SPRITENET_ISA", "")
    usable = builds()
    if wanted and wanted not in usable:
        raise InputError(
            "unsupported instruction set",
            where="SPRITENET_ISA",
            expected="one of " + ", ".join(usable),
            got=wanted,
        )
    return load(wanted or usable[-1])
