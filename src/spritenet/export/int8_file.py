"""Integer networks in a file: a header in JSON, then the arrays. docs/reference/model-format.md.

Files may come from anyone: sizes and types are checked before anything is made of them.
"""

from __future__ import annotations

import json
from dataclasses import fields, replace
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from spritenet.atomic import write_file
from spritenet.errors import ModelError
from spritenet.export.error_location import quoted
from spritenet.export.metadata import Metadata
from spritenet.export.weights import read_file
from spritenet.quantization import IntegerNetwork
from spritenet.quantization import operators as ops
from spritenet.quantization.validation import check

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

__all__ = ["read_int8", "write_int8"]

FORMAT, VERSION = "spritenet int8", 1
MOST_BYTES = 2**30
MOST_HEADER = 2**24
MOST_OPERATORS = 4096
ALIGNMENT = 64

OPERATORS: dict[str, type[ops.Operator]] = {
    cls.__name__: cls
    for cls in (
        ops.AveragePooling,
        ops.Concatenation,
        ops.Convolution,
        ops.Cropping,
        ops.Dense,
        ops.Extremum,
        ops.Lookup,
        ops.MaxPooling,
        ops.Padding,
        ops.Product,
        ops.Reshaping,
        ops.Sum,
        ops.UpSampling,
    )
}
"""Each operator by the name that a file gives it."""

NETWORK = ("input_shape", "output_shape", "scale", "zero_point", "inverted", "activation")
TYPES: dict[str, np.dtype[Any]] = {"int8": np.dtype("<i1"), "int32": np.dtype("<i4")}


def write_int8(
    network: IntegerNetwork,
    metadata: Metadata,
    path: str | os.PathLike[str],
    temperature: float | None = None,
) -> None:
    """Writes an integer network, which appears whole or not at all.

    Args:
        network: the network.
        metadata: class names, preparation, what it was trained on, scores.
        path: the file; an older one is replaced.
        temperature: the divisor of the logits for calibrated probabilities; None if unknown.

    Raises:
        ModelError: the disk refuses.
    """
    data = bytearray()
    header: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "network": {name: getattr(network, name) for name in NETWORK},
        "operators": [_entry(operator, data) for operator in network.operators],
        "metadata": replace(metadata, rejection=None).to_json(network.input_shape, {}),
    }
    if temperature is not None:
        header["temperature"] = temperature
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(len(text) + 8) % ALIGNMENT)
    whole = len(text).to_bytes(8, "little") + text + bytes(data)
    write_file(Path(path), whole, error=ModelError)


def _entry(operator: ops.Operator, data: bytearray) -> dict[str, Any]:
    """Returns the JSON object of an operator; its arrays are appended to the data."""
    entry: dict[str, Any] = {"operator": type(operator).__name__}
    for field in fields(operator):
        value = getattr(operator, field.name)
        if isinstance(value, np.ndarray):
            kind = next(name for name, dtype in TYPES.items() if dtype == value.dtype)
            place = {"dtype": kind, "shape": list(value.shape), "offset": len(data)}
            data += np.ascontiguousarray(value, TYPES[kind]).tobytes()
            data += b"\0" * (-len(data) % ALIGNMENT)
            value = place
        entry[field.name] = value
    return entry


def _stored_bytes(operator: ops.Operator) -> int:
    """Returns the bytes of the operator's arrays in a file."""
    values = (getattr(operator, field.name) for field in fields(operator))
    sizes = (value.nbytes for value in values if isinstance(value, np.ndarray))
    return sum(size + -size % ALIGNMENT for size in sizes)


def read_int8(path: str | os.PathLike[str]) -> tuple[IntegerNetwork, Metadata, float | None]:
    """Returns the integer network of a file, its metadata, and its temperature if it has one.

    Raises:
        ModelError: it can't be read, is no such file, or its operators don't go together.
    """
    where = Path(path)
    data = read_file(where, MOST_BYTES)
    header = _header(data, where)
    arrays = data[8 + int.from_bytes(data[:8], "little") :]
    listed = header.get("operators")
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST_OPERATORS:
        raise _wrong("operators", f"a list of 1 to {MOST_OPERATORS}", listed, where)
    made = [_operator(entry, arrays, where) for entry in listed]
    if len(arrays) != (expected := sum(map(_stored_bytes, made))):
        raise ModelError(
            "the file is longer or shorter than its arrays",
            where=where,
            expected=f"{expected:,} bytes of them",
            got=f"{len(arrays):,}",
        )
    entry = header.get("network")
    if not isinstance(entry, dict) or set(entry) != set(NETWORK):
        raise _wrong("network", ", ".join(NETWORK), entry, where)
    network = IntegerNetwork(
        _whole_numbers(entry["input_shape"], "input_shape", where),
        _whole_numbers(entry["output_shape"], "output_shape", where),
        tuple(made),
        _number(entry["scale"], "scale", where),
        _whole_number(entry["zero_point"], "zero_point", where),
        entry["inverted"] is True,
        str(entry["activation"]),
    )
    check(network, where)
    metadata = header.get("metadata")
    if not isinstance(metadata, dict):
        raise _wrong("metadata", "an object", metadata, where)
    temperature = header.get("temperature")
    if temperature is not None:
        temperature = _number(temperature, "temperature", where)
    return network, Metadata.from_json(metadata, where), temperature


def _header(data: bytes, where: Path) -> Mapping[str, Any]:
    """Returns the JSON object at the beginning.

    Raises:
        ModelError: there is none, or it is another format's or a newer version's.
    """
    size = int.from_bytes(data[:8], "little")
    if len(data) < 8 or size > min(MOST_HEADER, len(data) - 8):
        raise ModelError("not an int8 model", where=where, got=f"{len(data):,} bytes")
    try:
        header = json.loads(data[8 : 8 + size])
    except (ValueError, RecursionError) as error:
        raise ModelError("not an int8 model", where=where, got=quoted(error)) from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ModelError("not an int8 model", where=where, expected=f"format {FORMAT!r}")
    if header.get("version") != VERSION:
        raise ModelError(
            "the model was saved by a newer Spritenet",
            where=where,
            expected=f"version {VERSION}",
            got=quoted(header.get("version")),
            do="Update Spritenet.",
        )
    return cast("Mapping[str, Any]", header)


def _operator(entry: object, data: bytes, where: Path) -> ops.Operator:
    """Returns the operator of a JSON object.

    Raises:
        ModelError: it is unknown, or a field is missing or of another type.
    """
    kind = OPERATORS.get(str(entry.get("operator"))) if isinstance(entry, dict) else None
    if kind is None or not isinstance(entry, dict):
        raise _wrong("operator", "one of " + ", ".join(OPERATORS), entry, where)
    names = {field.name: str(field.type) for field in fields(kind)}
    if set(entry) != {"operator", *names}:
        raise _wrong("operator", ", ".join(names), list(entry), where)
    values = {name: _value(entry[name], type_, data, name, where) for name, type_ in names.items()}
    return kind(**values)


def _value(value: object, kind: str, data: bytes, name: str, where: Path) -> Any:  # noqa: ANN401 - the field's own type
    """Returns a field's value, whose type is annotated so.

    Raises:
        ModelError: it has another.
    """
    if kind.startswith("NDArray"):
        return _array(value, "int8" if "int8" in kind else "int32", data, where)
    if kind == "str":
        if not isinstance(value, str) or len(value) > 1000:
            raise _wrong(name, "a name", value, where)
        return value
    if kind == "float":
        return _number(value, name, where)
    if kind == "bool":
        if not isinstance(value, bool):
            raise _wrong(name, "true or false", value, where)
        return value
    if kind == "int":
        return _whole_number(value, name, where)
    length = {"Pair": 2, "Sides": 4, "tuple[int, int, int]": 3}.get(kind)
    numbers = _whole_numbers(value, name, where)
    if length is not None and len(numbers) != length:
        raise _wrong(name, f"{length} whole numbers", value, where)
    return numbers


def _array(entry: object, kind: str, data: bytes, where: Path) -> Any:  # noqa: ANN401 - of either type
    """Returns an array of the file.

    Raises:
        ModelError: it lies outside, or has another type.
    """
    if not isinstance(entry, dict) or entry.get("dtype") != kind:
        raise _wrong("dtype of an array", kind, entry, where)
    shape = _whole_numbers(entry.get("shape"), "shape of an array", where)
    offset = _whole_number(entry.get("offset"), "offset of an array", where)
    size = prod(shape) * TYPES[kind].itemsize
    if min(shape, default=1) < 0 or offset < 0 or offset + size > len(data):
        raise ModelError(
            "an array lies outside the file",
            where=where,
            expected=f"within {len(data):,} bytes",
            got=f"{size:,} bytes from {offset:,} on",
        )
    found = np.frombuffer(data[offset : offset + size], TYPES[kind])
    return found.astype(kind).reshape(shape)


def _number(value: object, name: str, where: Path) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e300:
        raise _wrong(name, "a number above 0", value, where)
    return float(value)


def _whole_number(value: object, name: str, where: Path) -> int:
    if type(value) is not int or abs(value) >= 2**31:
        raise _wrong(name, "a whole number of 32 bits", value, where)
    return value


def _whole_numbers(value: object, name: str, where: Path) -> tuple[int, ...]:
    if not isinstance(value, list) or len(value) > 256:
        raise _wrong(name, "a list of whole numbers", value, where)
    return tuple(_whole_number(one, name, where) for one in value)


def _wrong(name: str, expected: str, got: object, where: Path) -> ModelError:
    """The error for an entry of the wrong type."""
    return ModelError(f"invalid {name}", where=where, expected=expected, got=quoted(got))
