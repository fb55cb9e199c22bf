"""Reads what a WebAssembly module imports and exports, for the checks of a release."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Interface", "interface"]

MAGIC = b"\0asm\1\0\0\0"
IMPORTS, EXPORTS = 2, 7
FUNCTION, TABLE, GLOBAL = 0, 1, 3
HAS_MAXIMUM = 1


@dataclass(frozen=True, slots=True)
class Interface:
    """The functions at a module's border.

    Attributes:
        imports: functions that it needs, as "module.name".
        exports: functions that it offers.
    """

    imports: frozenset[str]
    exports: frozenset[str]


class Reader:
    """Reads the binary format (https://webassembly.github.io/spec/core/binary/) from a place on."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def byte(self) -> int:
        """The next byte."""
        self.at += 1
        return self.data[self.at - 1]

    def number(self) -> int:
        """The next LEB128 number."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def text(self) -> str:
        """The next name."""
        return self.bytes(self.number()).decode()

    def bytes(self, count: int) -> bytes:
        """The next bytes."""
        self.at += count
        return self.data[self.at - count : self.at]


def interface(data: bytes) -> Interface:
    """Returns the functions that a module imports and exports.

    Raises:
        ValueError: it is no WebAssembly module.
    """
    if not data.startswith(MAGIC):
        raise ValueError("it is no WebAssembly module")
    sections = dict(_sections(data[len(MAGIC) :]))
    return Interface(
        frozenset(_imports(sections.get(IMPORTS, b"\0"))),
        frozenset(_exports(sections.get(EXPORTS, b"\0"))),
    )


def _sections(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The sections by number."""
    reader = Reader(data)
    while reader.at < len(data):
        kind = reader.byte()
        yield kind, reader.bytes(reader.number())


def _imports(section: bytes) -> Iterator[str]:
    """The imported functions; tables, memories and globals are skipped."""
    reader = Reader(section)
    for _ in range(reader.number()):
        name = f"{reader.text()}.{reader.text()}"
        kind = reader.byte()
        if kind == FUNCTION:
            reader.number()
            yield name
            continue
        flags = reader.byte()  # a memory's limits; a table's or a global's type
        if kind == TABLE:
            flags = reader.byte()
        reader.number()  # the least size, or whether a global changes
        if kind != GLOBAL and flags & HAS_MAXIMUM:
            reader.number()


def _exports(section: bytes) -> Iterator[str]:
    """The exported functions."""
    reader = Reader(section)
    for _ in range(reader.number()):
        name, kind = reader.text(), reader.byte()
        reader.number()
        if kind == FUNCTION:
            yield name
