"""Arrays that cross into the compiled core: addresses, alignment and checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.errors import CoreError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["address", "aligned", "check"]


def address(array: NDArray[Any] | None) -> int | None:
    """Returns the address of an array's data."""
    if array is None:
        return None
    address: int = array.__array_interface__["data"][0]  # half the time of array.ctypes.data
    return address


def aligned(bytes_: int) -> NDArray[np.uint8]:
    """Returns memory whose address is a multiple of 128."""
    memory = np.empty(bytes_ + 128, np.uint8)
    start = -memory.ctypes.data % 128
    return memory[start : start + bytes_]


def check(array: NDArray[Any] | None, dtype: type, shape: tuple[int, ...], name: str) -> None:
    """Refuses an array of another dtype or shape, or with gaps; None passes.

    Raises:
        CoreError: it is one.
    """
    if array is None:
        return
    if array.dtype != dtype or array.shape != shape or not array.flags.c_contiguous:
        raise CoreError(
            "an array has the wrong type or shape",
            where=name,
            expected=f"contiguous {np.dtype(dtype).name} {shape}",
            got=f"{array.dtype} {array.shape}",
        )
