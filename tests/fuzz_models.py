"""Invariants of the readers of model files for arbitrary content, and changes that reach deep code.

A mutated JSON text rarely is JSON any more. So values of the parsed text are changed: replaced,
removed, doubled, moved; files of weights and archives are changed byte by byte.
"""

from __future__ import annotations

import copy
import json
import random
import tracemalloc
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from spritenet.errors import SpritenetError
from spritenet.export import read

__all__ = ["changed_bytes", "changed_json", "one_model"]

Json = Any
MOST_MEMORY = 64 << 20  # bytes that the reader may take for a file of some kB
DEEP: Json = []
for _ in range(200):
    DEEP = [DEEP]
BAD: list[Json] = [
    *(None, True, False, 0, 1, -1, 3, 2**31 - 1, 2**31, 2**32, 2**63, 10**30, -(2**40)),
    *(0.5, 1e308, -1e308, 1e-320, float("inf"), float("nan")),
    *("", "x", "a" * 300, "../x", "/etc/passwd", "\0", "\n", "é\u202e", "Lambda", "relu", "SAME"),
    *([], [[]], {}, {"a": {}}, [None, 2**30, 2**30, 3], [0], [-1], ["x"], DEEP),
    {"class_name": "Lambda", "config": {"function": "exit"}},
    {"dtype": "uint8", "min": 0, "scale": 1e300},
    {"list": {"i": ["99999999999"]}},
    {"s": "////"},
]
"""Values in place of others."""


def one_model(path: Path) -> bool:
    """Reads a model: it is refused in one line that names the file, or it is whole.

    Returns:
        True if it was read.

    Raises:
        AssertionError: it is neither, or took more memory than a file of that size can need.
    """
    tracemalloc.start()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = read(path)
    except SpritenetError as error:
        line = str(error)
        assert "\n" not in line, line
        assert len(line) < 1_200, line
        assert line.startswith(str(path.parent)), line
        return False
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < MOST_MEMORY, f"{peak:,} bytes for {path}"
    assert np.isfinite(model.parameters).all()
    assert model.output_shape
    return True


def _places(value: Json, found: list[tuple[Json, Json]]) -> None:
    """Collects each container of a JSON value with each of its keys or indices."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        keys = list(one) if isinstance(one, dict) else range(len(one))
        for key in keys:
            found.append((one, key))
            if isinstance(one[key], dict | list):
                waiting.append(one[key])


def changed_json(content: Json, chance: random.Random) -> str:
    """Returns the text of a JSON value with one to three changes."""
    content = copy.deepcopy(content)
    for _ in range(chance.choice([1, 1, 2, 3])):
        found: list[tuple[Json, Json]] = []
        _places(content, found)
        if not found:
            break
        container, key = chance.choice(found)
        other, other_key = chance.choice(found)
        kind = chance.randrange(5)
        if kind <= 1:
            container[key] = copy.deepcopy(chance.choice(BAD))
        elif kind == 2:
            del container[key]
        elif kind == 3:
            container[key] = copy.deepcopy(other[other_key])
        elif isinstance(container, list):
            container.insert(key, copy.deepcopy(container[key]))
        else:
            container[f"{key}_"] = container.pop(key)
    return json.dumps(content)


def changed_bytes(data: bytes, chance: random.Random) -> bytes:
    """Returns bytes with some changed, lost, doubled or added."""
    changed = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 4])):
        if not changed:
            break
        place = chance.randrange(len(changed))
        kind = chance.randrange(5)
        if kind == 0:
            changed[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            number = chance.choice([0, 1, 255, 65535, 2**31 - 1, 2**32 - 1])
            changed[place : place + 4] = number.to_bytes(4, "little")
        elif kind == 2:
            changed[place : place + 8] = (2**63 - 1).to_bytes(8, "little")
        elif kind == 3:
            del changed[place : place + chance.randrange(1, 65)]
        else:
            changed[place:place] = changed[place : place + chance.randrange(1, 65)]
    return bytes(changed)
