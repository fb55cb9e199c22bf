"""Dialects: what differs between C code in float32 and in int8."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from spritenet.export.c.blocks import dot_text
from spritenet.export.c.operation import Operation, Program

__all__ = ["FLOAT32", "Dialect", "integer_dialect"]


@dataclass(frozen=True, slots=True)
class Dialect:
    """Types and functions of a program.

    Attributes:
        name: "float32" or "int8", also the folder of its functions.
        value: the type of values.
        value_bytes: its size.
        output: the type of outputs.
        given: texts of functions that depend on the program, by the names of their files.
        definitions: macros.
    """

    name: str
    value: str
    value_bytes: int
    output: str
    given: Mapping[str, str] = field(default_factory=dict)
    definitions: str = ""

    def image_argument(self, operation: Operation) -> str:
        """Returns the image as an argument of an operation that reads it."""
        is_cast = self.name == "int8" and operation.function != "read_pixels"
        return "(const int8_t*)image" if is_cast else "image"


FLOAT32 = Dialect("float32", "float", 4, "float")


def integer_dialect(program: Program, *, is_wide: bool) -> Dialect:
    """Returns the dialect of a program in int8: only what its convolutions need.

    Args:
        program: the operations.
        is_wide: True if the outputs are int16.
    """
    found = [one for one in program.operations if one.function == "convolve"]
    anywhere = [one for one in found if not _is_inside(one)]
    lines = [one.fields["kernel_width"] * one.fields["depth"] for one in anywhere]
    place = "anywhere" if anywhere else "inside"
    blocks = {int(one.fields["block"]) for one in found}
    comment = "/* The inputs of the longest row of a window that may lie outside an image. */\n"
    return Dialect(
        "int8",
        "int8_t",
        1,
        "int16_t" if is_wide else "int8_t",
        {"window_sums": f'#include "window_{place}.c"\n', "dot": dot_text(blocks)} if found else {},
        f"{comment}#define LINE {max(lines)}\n" if lines else "",
    )


def _is_inside(one: Operation) -> bool:
    """Tells if the rows of all windows lie in the image, without gaps."""
    get = one.fields
    if (
        get["depth"] != get["channels"]
        or get["dilation_width"] != 1
        or get["pad_top"]
        or get["pad_left"]
    ):
        return False
    return all(
        (get[f"out_{side}"] * get[f"pool_{side}"] - 1) * get[f"stride_{side}"]
        + (get[f"kernel_{side}"] - 1) * get[f"dilation_{side}"]
        < get[side]
        for side in ("height", "width")
    )
