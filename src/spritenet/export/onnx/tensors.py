"""Arrays of an ONNX file, each checked against the bytes that are there before it is made."""

from __future__ import annotations

import math
import stat
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.errors import ModelError
from spritenet.export.error_location import quoted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.export.onnx.library import Proto

__all__ = ["Tensors"]

MAXIMAL_RANK = 8
MOST_BYTES = 1 << 30
"""Bytes of all arrays in other files."""

MOST_COMPUTED = 1 << 28
"""Numbers of all constants that are computed from others."""

DTYPES: dict[int, tuple[str, str]] = {
    1: ("<f4", "float_data"),
    2: ("u1", "int32_data"),
    3: ("i1", "int32_data"),
    6: ("<i4", "int32_data"),
    7: ("<i8", "int64_data"),
    9: ("?", "int32_data"),
    10: ("<f2", "int32_data"),
    11: ("<f8", "double_data"),
    16: ("<u2", "int32_data"),
}
"""TensorProto's types: NumPy's, and the field of numbers that aren't raw. 16 is bfloat16."""

FLOAT16, BFLOAT16, EXTERNAL = 10, 16, 1


@dataclass(slots=True)
class Tensors:
    """The arrays of a file, and of files beside it.

    Attributes:
        path: the ONNX file.
        external: bytes read from other files so far.
        computed: numbers of constants computed so far.
    """

    path: Path
    external: int = 0
    computed: int = 0

    def array(self, tensor: Proto) -> NDArray[Any]:
        """Returns a tensor as an array; bfloat16 as float32.

        Raises:
            ModelError: its type is unsupported, it claims other sizes than it has, or is in a file
                outside the model's folder.
        """
        where = quoted(tensor.name) or "a tensor"
        if tensor.data_type not in DTYPES:
            raise ModelError("unsupported type of a tensor", where=where, got=tensor.data_type)
        dtype, field = DTYPES[tensor.data_type]
        shape = tuple(tensor.dims)
        if len(shape) > MAXIMAL_RANK or any(not 0 <= side < 2**40 for side in shape):
            expected = f"up to {MAXIMAL_RANK} axes"
            raise ModelError(
                "invalid shape", where=where, expected=expected, got=quoted(list(shape))
            )
        size = math.prod(shape) * np.dtype(dtype).itemsize
        if tensor.data_location == EXTERNAL:
            values = np.frombuffer(self._external(tensor, size, where), dtype)
        elif tensor.HasField("raw_data"):
            _check(len(tensor.raw_data), size, where, "bytes")
            values = np.frombuffer(tensor.raw_data, dtype)
        else:
            numbers = getattr(tensor, field)
            _check(len(numbers), math.prod(shape), where, "numbers")
            values = _of_numbers(numbers, tensor.data_type, dtype, where)
        if tensor.data_type == BFLOAT16:
            values = (values.astype(np.uint32) << 16).view(np.float32)
        return values.reshape(shape)

    def count(self, values: NDArray[Any]) -> NDArray[Any]:
        """Returns computed constants, of which there may be so many.

        Raises:
            ModelError: there are more.
        """
        self.computed += values.size
        if self.computed > MOST_COMPUTED:
            raise ModelError(
                "its constants are too large",
                expected=f"at most {MOST_COMPUTED:,} numbers",
            )
        return values

    def _external(self, tensor: Proto, size: int, where: str) -> bytes:
        """Returns the bytes of a tensor in another file of the folder.

        Raises:
            ModelError: see `array`.
        """
        entries = {entry.key: entry.value for entry in tensor.external_data}
        location = entries.get("location", "")
        pure, folder = PurePosixPath(location), self.path.parent.resolve()
        plain = location.isprintable() and not any(sign in location for sign in "\\:\0")
        path = folder / pure
        inside = plain and pure.name and ".." not in pure.parts and not pure.is_absolute()
        if not inside or not path.resolve().is_relative_to(folder):
            raise ModelError(
                "its values are in a file outside the model's folder",
                where=where,
                expected="a file beside the model",
                got=quoted(location),
            )
        offset = _whole(entries.get("offset", "0"), where)
        length = _whole(entries.get("length", str(size)), where)
        _check(length, size, where, "bytes")
        self.external += size
        if self.external > MOST_BYTES:
            raise ModelError(
                "its weights are too large",
                expected=f"at most {MOST_BYTES:,} bytes",
            )
        try:
            status = path.stat()
            if not stat.S_ISREG(status.st_mode) or status.st_size < offset + length:
                raise ModelError(
                    "the file of its values is too short",
                    where=where,
                    expected=f"{location} of {offset + length:,} bytes",
                    got=f"{status.st_size:,}",
                    do="Copy all files of the model.",
                )
            with path.open("rb") as file:
                file.seek(offset)
                data = file.read(length)
        except OSError as error:
            raise ModelError(
                "the file of its values can't be read",
                where=where,
                got=f"{quoted(location)}: {error.strerror or error}",
                do="Copy all files of the model.",
            ) from error
        _check(len(data), size, where, "bytes")
        return data


def _of_numbers(numbers: Any, kind: int, dtype: str, where: str) -> NDArray[Any]:  # noqa: ANN401 - a list of protobuf's
    """Returns numbers that aren't raw.

    Raises:
        ModelError: one is out of the type's range.
    """
    if kind in (FLOAT16, BFLOAT16):
        bits = np.array(numbers, np.int64)
        if bits.size and not 0 <= bits.min() <= bits.max() < 1 << 16:
            raise ModelError("a number is out of range", where=where)
        return bits.astype("<u2").view(dtype)
    values = np.array(numbers, np.float64 if kind == 11 else np.float32 if kind == 1 else np.int64)
    limits = np.iinfo(dtype) if np.dtype(dtype).kind in "iu" else None
    if limits and values.size and not limits.min <= values.min() <= values.max() <= limits.max:
        raise ModelError("a number is out of range", where=where)
    return values.astype(dtype)


def _check(got: int, expected: int, where: str, unit: str) -> None:
    """Raise ModelError if a tensor has another size than its shape."""
    if got != expected:
        raise ModelError(
            "a tensor's size doesn't fit its shape",
            where=where,
            expected=f"{expected:,} {unit}",
            got=f"{got:,}",
        )


def _whole(text: str, where: str) -> int:
    """A whole number of at most 18 digits."""
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise ModelError("invalid place of its values", where=where, got=quoted(text))
    return int(text)
