"""Quantized weights of TensorFlow.js: `quantization` in an entry of `weightsManifest`.

An array is stored as uint8 or uint16, value = integer · scale + min, or as float16.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from spritenet.errors import ModelError
from spritenet.export.error_location import quoted

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Quantization", "parse_quantization", "quantized"]

QUANTIZED: dict[str, np.dtype[Any]] = {
    "uint8": np.dtype("u1"),
    "uint16": np.dtype("<u2"),
    "float16": np.dtype("<f2"),
}
"""Types that weights are stored as, by name."""


@dataclass(frozen=True, slots=True)
class Quantization:
    """The stored form of an array.

    Attributes:
        dtype: a key of `QUANTIZED`.
        scale: the value of a step of an integer.
        minimum: the value of the integer 0.
    """

    dtype: str
    scale: float = 1.0
    minimum: float = 0.0

    @property
    def item_size(self) -> int:
        """Bytes of a stored value."""
        return QUANTIZED[self.dtype].itemsize

    def entry(self) -> dict[str, object]:
        """Returns the JSON object, as TensorFlow.js's converter writes it."""
        entry: dict[str, object] = {"dtype": self.dtype, "original_dtype": "float32"}
        if self.dtype != "float16":
            entry |= {"min": self.minimum, "scale": self.scale}
        return entry

    def decoded(self, data: NDArray[np.uint8], dtype: str) -> NDArray[Any]:
        """Returns the values of stored bytes as float32 or int32, as TensorFlow.js computes them.

        Args:
            data: the bytes.
            dtype: "float32" or "int32".
        """
        stored = data.view(QUANTIZED[self.dtype])
        if self.dtype == "float16":
            return stored.astype(np.float32)
        values = stored.astype(np.float64) * self.scale + self.minimum
        if dtype == "int32":
            return np.floor(values + 0.5).astype(np.int32)
        return values.astype(np.float32)


def parse_quantization(value: object, dtype: str, label: str, where: object) -> Quantization:
    """Returns the quantization of an array of a manifest.

    Args:
        value: the entry.
        dtype: the array's own type.
        label: what messages call the array.
        where: the file.

    Raises:
        ModelError: it is unknown, or its numbers aren't finite.
    """
    entry = value if isinstance(value, dict) else {}
    name = str(entry.get("dtype"))
    if name not in QUANTIZED or (name == "float16" and dtype != "float32"):
        raise ModelError(
            f"{label}: unsupported quantization",
            where=where,
            expected="uint8, uint16 or float16",
            got=quoted(value),
        )
    if name == "float16":
        return Quantization(name)
    scale, minimum = entry.get("scale"), entry.get("min")
    if not _is_number(scale) or not _is_number(minimum):
        raise ModelError(
            f"{label}: its quantization lacks min or scale",
            where=where,
            expected="two finite numbers",
            got=quoted(value),
        )
    return Quantization(name, scale, minimum)


def _is_number(value: object) -> TypeGuard[float]:
    """Returns True for a finite number."""
    return type(value) in (int, float) and math.isfinite(float(str(value)))


def quantized(values: NDArray[np.float32], name: str) -> tuple[Quantization, bytes]:
    """Returns the quantization of an array, and its bytes.

    Where the values are on both sides of 0, 0 is stored exactly, as by TensorFlow.js's converter.

    Args:
        values: float32, finite.
        name: a key of `QUANTIZED`.

    Raises:
        ModelError: a value is beyond what float16 holds.
    """
    kind = QUANTIZED[name]
    if name == "float16":
        with np.errstate(over="ignore"):
            halves = values.astype(kind)
        if not np.isfinite(halves).all():
            largest = float(np.abs(values).max())
            raise ModelError("a weight doesn't fit float16", expected="at most 65,504", got=largest)
        return Quantization(name), halves.tobytes()
    steps = 256**kind.itemsize - 1
    low, high = float(values.min(initial=0)), float(values.max(initial=0))
    if values.size and (values.min() > 0 or values.max() < 0):
        low, high = float(values.min()), float(values.max())
    scale = (high - low) / steps or 1.0
    if low < 0 < high:
        low = -scale * round(-low / scale)
    integers = np.rint((values.astype(np.float64) - low) / scale).clip(0, steps)
    return Quantization(name, scale, low), integers.astype(kind).tobytes()
