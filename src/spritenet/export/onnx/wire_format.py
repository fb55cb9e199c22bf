"""The size of an ONNX file's content, known from its bytes before anything is parsed.

A message of two bytes takes a hundred in memory once it is parsed; here messages are only counted.
What Spritenet can't read anyway, such as functions and loops, is refused here, so that nothing is
nested deeper than a tensor in an attribute of a node.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from spritenet.errors import ModelError

__all__ = ["graph_bytes"]

MOST_ITEMS = 300_000
"""Messages, texts and numbers outside arrays; a network of 500 layers has 20,000."""

MOST_PACKED = 64 << 20
"""Bytes of arrays in which a number takes as little as one byte, and eight in memory."""

MESSAGES: dict[str, dict[int, str]] = {
    "model": {7: "graph", 8: "opset", 14: "entry"},
    "graph": {1: "node", 5: "tensor", 11: "value", 12: "value", 13: "value", 16: "entry"},
    "node": {5: "attribute", 9: "entry"},
    "attribute": {5: "tensor", 10: "tensor"},
    "tensor": {3: "segment", 13: "entry", 16: "entry"},
    "value": {2: "type", 4: "entry"},
    "type": {1: "tensor type"},
    "tensor type": {2: "shape"},
    "shape": {1: "dimension"},
}
"""The messages in each message, by field number: onnx.proto."""

REFUSED: dict[tuple[str, int], str] = {
    ("model", 20): "training information",
    ("model", 25): "functions of its own",
    ("graph", 14): "quantization annotations",
    ("graph", 15): "sparse tensors",
    ("attribute", 6): "graphs in nodes, as of If and Loop,",
    ("attribute", 11): "graphs in nodes, as of If and Loop,",
    ("attribute", 14): "types in nodes",
    ("attribute", 15): "types in nodes",
    ("attribute", 22): "sparse tensors",
    ("attribute", 23): "sparse tensors",
    ("type", 4): "inputs or outputs other than tensors",
    ("type", 5): "inputs or outputs other than tensors",
    ("type", 7): "inputs or outputs other than tensors",
    ("type", 8): "inputs or outputs other than tensors",
    ("type", 9): "inputs or outputs other than tensors",
}
"""Fields that are refused."""

PACKED = {("tensor", 5), ("tensor", 7), ("tensor", 11), ("attribute", 8)}
"""Lists of integers of any length."""

GRAPH = 7
NOTHING = memoryview(b"")


def graph_bytes(data: bytes, where: Path) -> memoryview:
    """Returns the bytes of a model's graph, after counting the content of the file.

    Raises:
        ModelError: the file is damaged, holds too much, or what is refused.
    """
    view = memoryview(data)
    found = NOTHING
    items = packed = 0
    waiting = [("model", view)]
    while waiting:
        kind, message = waiting.pop()
        inside = MESSAGES.get(kind, {})
        for field, content in _fields(message, where):
            items += 1
            if items > MOST_ITEMS:
                raise ModelError("too much content", where=where, expected=f"≤ {MOST_ITEMS} items")
            if (kind, field) in REFUSED:
                raise ModelError(f"{REFUSED[kind, field]} are unsupported", where=where)
            if (kind, field) == ("model", GRAPH) and found:
                raise ModelError("it has two graphs", where=where)
            if (kind, field) in PACKED:
                packed += len(content)
                _check_packed(packed, where)
            elif field in inside:
                waiting.append((inside[field], content))
                found = content if inside[field] == "graph" else found
    if not found:
        raise ModelError("not an ONNX model: it has no graph", where=where)
    return found


def _check_packed(packed: int, where: Path) -> None:
    """Raise ModelError if lists of integers are longer than they may be."""
    if packed > MOST_PACKED:
        raise ModelError(
            "its lists of integers are too long",
            where=where,
            expected=f"at most {MOST_PACKED:,} bytes",
        )


def _fields(message: memoryview, where: Path) -> Iterator[tuple[int, memoryview]]:
    """Yields the number and content of each field; none for numbers.

    Raises:
        ModelError: the message is damaged.
    """
    place, size = 0, len(message)
    while place < size:
        key, place = _varint(message, place, where)
        field, wire = key >> 3, key & 7
        if wire == 0:
            _, place = _varint(message, place, where)
            yield field, NOTHING
        elif wire == 2:
            length, place = _varint(message, place, where)
            if length > size - place:
                raise _damaged(where)
            yield field, message[place : place + length]
            place += length
        elif wire in (1, 5):
            place += 8 if wire == 1 else 4
            yield field, NOTHING
        else:
            raise _damaged(where)
    if place > size:
        raise _damaged(where)


def _varint(message: memoryview, place: int, where: Path) -> tuple[int, int]:
    """Returns an integer and the place after it."""
    value = 0
    for shift in range(0, 70, 7):
        if place >= len(message):
            raise _damaged(where)
        byte = message[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
    raise _damaged(where)


def _damaged(where: Path) -> ModelError:
    """The error for bytes that are no message."""
    return ModelError("not an ONNX model, or damaged", where=where)
