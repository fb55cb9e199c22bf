"""Weights of several filters side by side, so that an input is loaded once for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["block_of", "blocked", "dot_text"]

BLOCKS = (4, 2, 1)
"""The filters in a block, for each of which there is a function `dot_…`."""

INPUTS = 4
"""Inputs whose weights of a filter lie together: the bytes of a word."""


def block_of(filters: int) -> int:
    """Returns the largest block that divides the filters of a group."""
    return next(block for block in BLOCKS if filters % block == 0)


def blocked(kernel: NDArray[np.int8], block: int) -> NDArray[np.int8]:
    """Returns weights in the order in which the functions `dot_…` read them.

    Block after block, row after row: of each four inputs four weights of each filter; of each of
    the last inputs one weight of each filter.

    Args:
        kernel: filters, rows, inputs of a row.
        block: filters of a block.
    """
    filters, rows, inputs = kernel.shape
    whole = inputs // INPUTS * INPUTS
    blocks = kernel.reshape(filters // block, block, rows, inputs).transpose(0, 2, 1, 3)
    words = blocks[..., :whole].reshape(filters // block, rows, block, -1, INPUTS)
    words = words.transpose(0, 1, 3, 2, 4).reshape(filters // block, rows, -1)
    rest = blocks[..., whole:].transpose(0, 1, 3, 2).reshape(filters // block, rows, -1)
    return np.concatenate([words, rest], axis=2).reshape(-1)


def dot_text(blocks: set[int]) -> str:
    """Returns the function `dot`, which calls the one for a block."""
    ordered = [block for block in BLOCKS if block in blocks]
    includes = "".join(f'#include "dot_{block}.c"\n' for block in ordered)
    lines = "".join(
        f"  if (block == {block}) return dot_{block}(from, kernel, sums);\n"
        for block in ordered[:-1]
    )
    last = f"  return dot_{ordered[-1]}(from, kernel, sums);\n"
    unused = "" if lines else "  (void)block;\n"
    return (
        f"{includes}\n"
        "static const int8_t* dot(int32_t block, struct rows from, const int8_t* kernel,\n"
        "                         int32_t* sums) {\n"
        f"{unused}{lines}{last}}}\n"
    )
