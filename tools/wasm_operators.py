"""Finds the functions and data of a WebAssembly module that only some operators of the core need.

`build_wasm.py` links core-page.wasm once more with relocations, which say what each function and
each piece of data refers to; from there it is a search in a graph. What is found goes into a custom
section of the module, which engines skip, and by which `spritenet.web.page_core` cuts the module.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from spritenet.web.page_core import CODE, DATA, SECTION, Reader, section_bytes, sections

__all__ = ["with_operators"]

SYMBOL_TABLE = 8  # subsection of "linking"
FUNCTION, VARIABLE = 0, 1  # kinds of symbols
UNDEFINED, EXPLICIT_NAME = 0x10, 0x40  # flags
TO_FUNCTION = {0, 1, 2, 8, 12, 18}
TO_DATA = {3, 4, 5, 11, 14, 15, 16}
WITH_ADDEND = {*TO_DATA, 8, 9, 22, 23}
"""Types of relocations. https://github.com/WebAssembly/tool-conventions/blob/main/Linking.md"""

Node = tuple[str, int]


@dataclass
class _Linked:
    """A module with relocations: its functions and data, and what each refers to."""

    symbols: list[tuple[str, Node] | None] = field(default_factory=list)
    places: list[tuple[int, int, Node]] = field(default_factory=list)
    """First and last byte of the data section's content, of each variable."""
    edges: dict[Node, set[Node]] = field(default_factory=dict)


def with_operators(module: bytes, linked: bytes, names: Mapping[str, str]) -> bytes:
    """Returns the module with the section that says which functions each operator needs.

    Args:
        module: as it is to be; its functions are those of `linked`.
        linked: the same objects, linked with relocations.
        names: each operator's name by that of its variable in core/ops.
    """
    if dict(sections(module))[DATA] != dict(sections(linked))[DATA]:
        raise ValueError("the two modules have different data")
    graph = _read(linked)
    symbols = {f"_ZN2sn{len(variable)}{variable}E": name for variable, name in names.items()}
    defined = [found for found in graph.symbols if found and found[0] in symbols]
    operators = {symbols[symbol]: node for symbol, node in defined}
    (table,) = (node for node, to in graph.edges.items() if to.issuperset(operators.values()))
    exported = [("function", index) for index in _exported_functions(module)]
    base = _described(_reached(graph, exported, without=table), graph)
    needed = {
        name: {part: _runs(own - base[part]) for part, own in _described(found, graph).items()}
        for name, found in (
            (name, _reached(graph, [node], without=table)) for name, node in operators.items()
        )
    }
    text = json.dumps(needed, separators=(",", ":")).encode()
    return module + section_bytes(0, bytes([len(SECTION)]) + SECTION.encode() + text)


def _reached(graph: _Linked, start: Iterable[Node], *, without: Node) -> set[Node]:
    """Everything that can be reached, but through one node."""
    found = set(start)
    waiting = list(found)
    while waiting:
        for node in graph.edges.get(waiting.pop(), ()):
            if node != without and node not in found:
                found.add(node)
                waiting.append(node)
    return found


def _described(nodes: set[Node], graph: _Linked) -> dict[str, set[int]]:
    """The indices of functions, and the places of data in the section: ends of texts are shared."""
    ranges = [range(start, end) for start, end, node in graph.places if node in nodes]
    return {
        "functions": {index for kind, index in nodes if kind == "function"},
        "data": set(chain.from_iterable(ranges)),
    }


def _runs(numbers: set[int]) -> list[list[int]]:
    """First and end of each run of numbers."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1]:
            found[-1][1] += 1
        else:
            found.append([number, number + 1])
    return found


def _exported_functions(module: bytes) -> Iterator[int]:
    """The indices of a module's exported functions."""
    reader = Reader(next(body for kind, body in sections(module) if kind == 7))
    for _ in range(reader.number()):
        reader.take(reader.number())
        kind = reader.take(1)[0]
        index = reader.number()
        if kind == FUNCTION:
            yield index


def _read(linked: bytes) -> _Linked:
    """Reads symbols and relocations."""
    graph = _Linked()
    bodies = list(sections(linked))
    content = dict(bodies)
    custom = {_name(body): body for kind, body in bodies if kind == 0}
    segments = _segments(content[DATA])
    _read_symbols(graph, Reader(custom["linking"], len("linking") + 1), segments)
    functions = _function_places(content[CODE])
    _read_relocations(graph, custom["reloc.CODE"], functions)
    _read_relocations(graph, custom["reloc.DATA"], graph.places)
    return graph


def _name(body: bytes) -> str:
    """A custom section's name."""
    reader = Reader(body)
    return reader.take(reader.number()).decode()


def _segments(data: bytes) -> list[int]:
    """Returns the place in the data section at which each segment's content begins."""
    reader = Reader(data)
    starts = []
    for _ in range(reader.number()):
        if reader.number() != 0:
            raise ValueError("unknown kind of data segment")
        reader.skip_constant()
        size = reader.number()
        starts.append(reader.at)
        reader.take(size)
    return starts


def _function_places(code: bytes) -> list[tuple[int, int, Node]]:
    """First and last byte of each function in the code section."""
    reader = Reader(code)
    places = []
    for index in range(reader.number()):
        size = reader.number()
        places.append((reader.at, reader.at + size, ("function", index)))
        reader.take(size)
    return places


def _read_symbols(graph: _Linked, reader: Reader, segments: list[int]) -> None:
    """Reads the symbol table out of the section "linking"."""
    reader.number()  # the version
    while reader:
        kind, size = reader.number(), reader.number()
        end = reader.at + size
        if kind == SYMBOL_TABLE:
            for _ in range(reader.number()):
                graph.symbols.append(_symbol(graph, reader, segments))
        reader.at = end


def _symbol(graph: _Linked, reader: Reader, segments: list[int]) -> tuple[str, Node] | None:
    """A symbol's name and node; None unless it is a function or data."""
    kind, flags = reader.number(), reader.number()
    if kind == VARIABLE:
        name = reader.take(reader.number()).decode()
        if flags & UNDEFINED:
            return None
        segment, offset, size = reader.number(), reader.number(), reader.number()
        start = segments[segment] + offset
        node = ("data", start)
        graph.places.append((start, start + size, node))
        return name, node
    index = reader.number()
    named = kind != 3 and (not flags & UNDEFINED or flags & EXPLICIT_NAME)
    name = reader.take(reader.number()).decode() if named else ""
    return (name, ("function", index)) if kind == FUNCTION else None


def _read_relocations(graph: _Linked, body: bytes, places: list[tuple[int, int, Node]]) -> None:
    """Adds what a section's relocations refer to."""
    reader = Reader(body)
    reader.take(reader.number())  # the name
    reader.number()  # the section
    for _ in range(reader.number()):
        kind, offset, index = reader.take(1)[0], reader.number(), reader.number()
        if kind in WITH_ADDEND:
            reader.signed()
        if kind not in TO_FUNCTION | TO_DATA:
            continue
        symbol = graph.symbols[index]
        if symbol is None:
            continue
        owners = [node for start, end, node in places if start <= offset < end]
        if not owners:
            raise ValueError(f"a relocation at {offset} lies in no symbol")
        for owner in owners:
            graph.edges.setdefault(owner, set()).add(symbol[1])
