"""int8 inference in the core: the operators in the header's words, and calls."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from spritenet.core.library import ERROR_BYTES, library
from spritenet.core.pool import Pool
from spritenet.core.pool import threads as threads_to_use
from spritenet.errors import CoreError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["KINDS", "Runner"]

KINDS = (
    "convolution",
    "max_pooling",
    "average_pooling",
    "lookup",
    "sum",
    "product",
    "maximum",
    "minimum",
    "concatenation",
    "padding",
    "cropping",
    "up_sampling",
    "reshaping",
)
"""The kinds of operators, in the order of sn_integer_kind."""

_P, _I32 = ctypes.c_void_p, ctypes.c_int32
_ARRAYS = ("inputs", "kernel", "bias", "multiplier", "shift", "counts")


class _COperator(ctypes.Structure):
    """sn_integer_operator."""

    _fields_: ClassVar = [
        *((name, _P) for name in _ARRAYS),
        ("kind", _I32),
        ("input_count", _I32),
        ("shape", _I32 * 3),
        ("zero_point", _I32),
        ("low", _I32),
        ("high", _I32),
        ("size", _I32 * 2),
        ("strides", _I32 * 2),
        ("dilation", _I32 * 2),
        ("padding", _I32 * 2),
        ("groups", _I32),
        ("count", _I32),
    ]


class _CNetwork(ctypes.Structure):
    """sn_integer_network."""

    _fields_: ClassVar = [
        ("operators", ctypes.POINTER(_COperator)),
        ("operator_count", _I32),
        ("shape", _I32 * 3),
        ("zero_point", _I32),
        ("inverted", _I32),
        ("plain", _I32),
    ]


def _record(fields: Mapping[str, Any], keep: list[NDArray[Any]]) -> _COperator:
    """Returns an operator in the header's words; arrays that it points to are kept in a list."""
    record = _COperator(kind=KINDS.index(fields["kind"]), groups=1)
    record.strides[:] = record.dilation[:] = record.size[:] = (1, 1)
    for name, value in fields.items():
        if name in _ARRAYS:
            array = np.ascontiguousarray(value, np.int8 if name == "kernel" else np.int32)
            keep.append(array)
            setattr(record, name, array.ctypes.data)
        elif isinstance(value, tuple):
            getattr(record, name)[:] = value
        elif name != "kind":
            setattr(record, name, int(value))
    record.input_count = len(fields["inputs"])
    record.count = len(fields.get("counts", ()))
    return record


class Runner:
    """An integer network in the core's memory.

    Args:
        operators: of each operator the fields of sn_integer_operator that it has, by their name;
            `kind` is one of `KINDS`.
        shape: of the image, h w c.
        zero_point: of the image.
        inverted: True if a pixel p becomes 127 - p.
        threads: the number of threads; None for all.
        instructions: "tiles" for the best the processor has (AMX), "dots" to do without tiles,
            "plain" without its dot products of bytes, too. The integers are the same.

    Raises:
        CoreError: the operators don't go together, or there is too little memory.
    """

    def __init__(
        self,
        operators: Sequence[Mapping[str, Any]],
        shape: tuple[int, int, int],
        *,
        zero_point: int,
        inverted: bool,
        threads: int | None = None,
        instructions: Literal["tiles", "dots", "plain"] = "tiles",
    ) -> None:
        self._core = library()
        self._arrays: list[NDArray[Any]] = []
        records = [_record(fields, self._arrays) for fields in operators]
        self._operators = (_COperator * len(records))(*records)
        network = _CNetwork(
            self._operators,
            len(records),
            shape,
            zero_point,
            int(inverted),
            {"tiles": 0, "plain": 1, "dots": 2}[instructions],
        )
        count = threads or threads_to_use()
        self._pool = Pool.of(count)
        error = ctypes.create_string_buffer(ERROR_BYTES)
        needed = self._core.sn_integer_bytes(ctypes.byref(network), count, error)
        if needed < 0:
            raise CoreError(error.value.decode(), where="int8")
        self.memory_bytes = needed
        try:
            memory = np.empty(needed + 128, np.uint8)
        except MemoryError as missing:
            size = f"{needed / 2**20:,.0f} MiB"
            raise CoreError("not enough memory", where="int8", expected=size) from missing
        start = -memory.ctypes.data % 128
        self._memory = memory[start : start + needed]
        self._state = self._core.sn_integer_init(
            self._memory.ctypes.data, needed, ctypes.byref(network), count, error
        )
        self.shape = shape
        self.outputs = int(np.prod(records[-1].shape[:]))

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.int16]:
        """Returns the last operator's outputs, int16 (n, outputs), of uint8 images.

        Args:
            images: uint8, n images of the network's shape, contiguous.
        """
        count = len(images)
        if images.dtype != np.uint8 or images.size != count * int(np.prod(self.shape)):
            raise CoreError("the images don't fit", where="int8", got=f"{images.shape}")
        images = np.ascontiguousarray(images)
        outputs = np.empty((count, self.outputs), np.int16)
        chunk = 8192  # so that Ctrl-C is answered
        for first in range(0, count, chunk):
            part, out = images[first : first + chunk], outputs[first : first + chunk]
            with self._pool.lock:
                self._core.sn_integer_predict(
                    self._state, self._pool.handle, part.ctypes.data, len(part), out.ctypes.data
                )
        return outputs
