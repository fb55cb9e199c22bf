"""Numbers, strings and arrays as C writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["array", "identifier", "literal", "string", "wrapped"]

WIDTH = 100

_TYPES = {"f": "float", "i1": "int8_t", "u1": "uint8_t", "i2": "int16_t", "i4": "int32_t"}


def literal(value: float | np.generic) -> str:
    """Returns a number; floats are float32, in the fewest digits that give the same bits."""
    if isinstance(value, int | np.integer):
        return str(int(value)) if value > -(2**31) else "(-2147483647 - 1)"
    text = str(np.float32(value)).replace("e+", "e")
    return f"{text}f" if "." in text or "e" in text else f"{text}.0f"


def identifier(name: str) -> str:
    """Returns a name of letters, digits and underscores that doesn't begin with a digit."""
    plain = re.sub(r"\W", "_", name, flags=re.ASCII)
    return f"_{plain}" if plain[:1].isdigit() or not plain else plain


def string(text: str) -> str:
    """Returns a text as a string of UTF-8 in quotes; bytes beyond ASCII are escaped in octal."""
    plain = {ord('"'): '\\"', ord("\\"): "\\\\", ord("?"): "\\?"}
    parts = [
        plain.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}")
        for byte in text.encode()
    ]
    return f'"{"".join(parts)}"'


def array(name: str, values: NDArray[Any]) -> str:
    """Returns the definition of a constant array of one axis."""
    kind = values.dtype.kind if values.dtype.kind == "f" else values.dtype.str[1:]
    flat = values.ravel()
    items = (literal(value) for value in flat)
    return f"static const {_TYPES[kind]} {name}[{flat.size}] = {{\n{wrapped(items)}}};\n"


def wrapped(items: Iterable[str]) -> str:
    """Returns items separated by commas, in indented lines."""
    return "".join(f"{line}\n" for line in _lines(items))


def _lines(items: Iterable[str]) -> Iterator[str]:
    line = "   "
    for item in items:
        if len(line) + len(item) + 2 > WIDTH:
            yield line
            line = "   "
        line += f" {item},"
    if line.strip():
        yield line
