"""The core of an exported page: core-page.wasm without the operators that it never runs.

Knows WebAssembly's sections. `tools/wasm_operators.py` writes one into the module that says which
functions and data each operator needs, beyond those that all networks need. Functions of operators
that a network lacks become `unreachable`, and their data zeros: every index and address stays.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator

__all__ = [
    "CODE",
    "DATA",
    "SECTION",
    "Reader",
    "operators_of",
    "section_bytes",
    "sections",
    "without_operators",
]

HEADER = 8  # bytes: the magic number and the version
CODE, DATA = 10, 11  # kinds of sections
SECTION = "spritenet.operators"
UNREACHABLE = b"\x03\x00\x00\x0b"
"""A function's size and body: no locals, `unreachable`, `end`."""


class Reader:
    """Numbers and bytes of a module, one after the other."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self._data = data
        self.at = at

    def __bool__(self) -> bool:
        """Returns True if there is more."""
        return self.at < len(self._data)

    def take(self, count: int) -> bytes:
        """The next bytes."""
        self.at += count
        return self._data[self.at - count : self.at]

    def number(self) -> int:
        """The next number, as LEB128."""
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:  # the last
                return value

    def signed(self) -> int:
        """The next number, as signed LEB128."""
        start = self.at
        value = self.number()
        bits = 7 * (self.at - start)
        return value - (1 << bits) if value >> (bits - 1) else value

    def skip_constant(self) -> None:
        """Passes over `i32.const` and `end`."""
        self.take(1)
        self.number()
        self.take(1)


def sections(module: bytes) -> Iterator[tuple[int, bytes]]:
    """The kind and the content of each section."""
    reader = Reader(module, HEADER)
    while reader:
        kind = reader.take(1)[0]
        yield kind, reader.take(reader.number())


def section_bytes(kind: int, content: bytes) -> bytes:
    """A section as it stands in a module."""
    return bytes([kind]) + _leb128(len(content)) + content


def without_operators(module: bytes, wanted: Collection[str]) -> bytes:
    """Returns the module without what only other operators need.

    Args:
        module: core-page.wasm.
        wanted: the names of the operators that will be run.

    Raises:
        KeyError: the module lacks an operator.
    """
    *parts, (kind, operators) = sections(module)
    name = bytes([len(SECTION)]) + SECTION.encode()
    if kind != 0 or not operators.startswith(name):
        raise ValueError("core-page.wasm doesn't say what its operators need")
    needed: dict[str, dict[str, list[list[int]]]] = json.loads(operators[len(name) :])

    def dropped(part: str) -> set[int]:
        kept = {i for operator in wanted for run in needed[operator][part] for i in range(*run)}
        return {i for each in needed.values() for run in each[part] for i in range(*run)} - kept

    functions, data = dropped("functions"), dropped("data")
    found = [module[:HEADER]]
    for kind, body in parts:
        cut = _without(body, functions) if kind == CODE else body
        found.append(section_bytes(kind, _cleared(body, data) if kind == DATA else cut))
    return b"".join(found)


def operators_of(module: bytes) -> frozenset[str]:
    """The names of the operators that a module has."""
    *_, (_, operators) = sections(module)
    return frozenset(json.loads(operators[1 + len(SECTION) :]))


def _without(code: bytes, dropped: Collection[int]) -> bytes:
    """Returns the code section with the bodies of some functions replaced."""
    reader = Reader(code)
    count = reader.number()
    bodies = []
    for index in range(count):
        start = reader.at
        size = reader.number()
        reader.take(size)
        bodies.append(UNREACHABLE if index in dropped else code[start : reader.at])
    return _leb128(count) + b"".join(bodies)


def _cleared(data: bytes, places: Collection[int]) -> bytes:
    """Returns the data section with zeros at some places."""
    found = bytearray(data)
    for place in places:
        found[place] = 0
    return bytes(found)


def _leb128(value: int) -> bytes:
    """A number as LEB128."""
    found = bytearray()
    while True:
        value, low = value >> 7, value & 127
        found.append(low | (128 if value else 0))
        if not value:
            return bytes(found)
