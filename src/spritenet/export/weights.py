"""The weights of a model file: named arrays described in model.json, held in binary files.

Knows TensorFlow.js's `weightsManifest` and `weights.bin`; knows nothing of layers. Arrays are
little-endian, one after the other: float32, or quantized; int32 is TensorFlow.js's step counter.
Graph models also have int32 and bool.
"""

from __future__ import annotations

import math
import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.errors import ModelError
from spritenet.export.error_location import quoted
from spritenet.export.quantization import Quantization, parse_quantization
from spritenet.lfs_pointer import refuse_pointer, refuse_pointer_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "OF_LAYERS",
    "Array",
    "Group",
    "join",
    "manifest",
    "match",
    "parse_manifest",
    "read_file",
    "read_group",
]

MAXIMAL_ARRAYS = 10_000
MAXIMAL_RANK = 8
DTYPES = {"float32": np.dtype("<f4"), "int32": np.dtype("<i4"), "bool": np.dtype("?")}
OF_LAYERS = ("float32",)
OF_OPTIMIZERS = ("float32", "int32")


@dataclass(frozen=True, slots=True)
class Array:
    """One entry of the manifest.

    Attributes:
        name: like "conv2d/kernel".
        shape: its axes; () is a single number.
        dtype: "float32"; an optimizer's step counter may be "int32".
        group: "optimizer" for the optimizer's slots, else "".
        quantization: the form it is stored in; None for its own.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str = "float32"
    group: str = ""
    quantization: Quantization | None = None

    @property
    def size(self) -> int:
        """The number of values."""
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        """The number of stored bytes."""
        kind = self.quantization
        return self.size * (kind.item_size if kind else DTYPES[self.dtype].itemsize)

    def entry(self) -> dict[str, object]:
        """As in the manifest."""
        entry: dict[str, object] = {
            "name": self.name,
            "shape": list(self.shape),
            "dtype": self.dtype,
        }
        if self.quantization is not None:
            entry["quantization"] = self.quantization.entry()
        return {**entry, "group": self.group} if self.group else entry


@dataclass(frozen=True, slots=True)
class Group:
    """Arrays whose bytes, joined, are the joined bytes of some files."""

    paths: tuple[str, ...]
    arrays: tuple[Array, ...]

    @property
    def bytes(self) -> int:
        """The total size of the files in bytes."""
        return sum(array.bytes for array in self.arrays)


def manifest(arrays: Iterable[Array], path: str) -> list[dict[str, object]]:
    """The `weightsManifest` of one group in one file."""
    return [{"paths": [path], "weights": [array.entry() for array in arrays]}]


def parse_manifest(value: object, where: Path, dtypes: Sequence[str] = OF_LAYERS) -> list[Group]:
    """The groups of a `weightsManifest`, every entry checked, nothing read yet.

    Args:
        value: the JSON value.
        where: the file.
        dtypes: the types that arrays may have.

    Raises:
        ModelError: it isn't a manifest, is too large, names files outside the folder, the same
            array twice, or an unsupported type.
    """
    if not isinstance(value, list) or not all(isinstance(group, dict) for group in value):
        raise ModelError("weightsManifest is not a list of groups", where=where)
    groups = [_group(group, where, dtypes) for group in value]
    arrays = [array for group in groups for array in group.arrays]
    if len(arrays) > MAXIMAL_ARRAYS:
        raise ModelError(
            "weightsManifest is too long",
            where=where,
            expected=f"at most {MAXIMAL_ARRAYS} arrays",
            got=len(arrays),
        )
    seen: set[str] = set()
    for array in arrays:
        if array.name in seen:
            raise ModelError(f"weightsManifest names {array.name!r} twice", where=where)
        seen.add(array.name)
    return groups


def _group(value: Mapping[str, Any], where: Path, dtypes: Sequence[str]) -> Group:
    """One group of a manifest. See `parse_manifest`."""
    paths, entries = value.get("paths"), value.get("weights")
    if not isinstance(paths, list) or not isinstance(entries, list):
        raise ModelError("a group of weightsManifest lacks paths or weights", where=where)
    return Group(
        tuple(_path(path, where) for path in paths),
        tuple(_array(entry, where, dtypes) for entry in entries),
    )


def _path(value: object, where: Path) -> str:
    """The name of a file beside model.json; anything that leads elsewhere is refused.

    TensorFlow.js writes "./my-model.weights.bin" where a browser downloads or sends a model.
    """
    if isinstance(value, str):
        value = value.removeprefix("./")
    plain = (
        isinstance(value, str)
        and 0 < len(value) <= 255
        and value not in (".", "..")
        and not any(sign in value for sign in "/\\:\0")
        and value.isprintable()
    )
    if not isinstance(value, str) or not plain:
        raise ModelError(
            "weightsManifest names a file elsewhere",
            where=where,
            expected="the name of a file beside model.json",
            got=quoted(value),
        )
    return value


def _array(entry: object, where: Path, dtypes: Sequence[str]) -> Array:
    """One array of a manifest. See `parse_manifest`."""
    name = entry.get("name") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not isinstance(name, str):
        raise ModelError("an array of weightsManifest has no name", where=where)
    label = f"weightsManifest: {quoted(name)}"
    shape, dtype = entry.get("shape"), entry.get("dtype")
    axes: list[Any] = shape if isinstance(shape, list) else [None]
    if len(axes) > MAXIMAL_RANK or any(type(n) is not int or not 0 <= n < 2**40 for n in axes):
        raise ModelError(
            f"{label}: invalid shape",
            where=where,
            expected=f"up to {MAXIMAL_RANK} whole numbers",
            got=quoted(shape),
        )
    optimizer = entry.get("group") == "optimizer"
    allowed = OF_OPTIMIZERS if optimizer else dtypes
    if not isinstance(dtype, str) or dtype not in allowed:
        raise ModelError(
            f"{label}: unsupported type of weights",
            where=where,
            expected=" or ".join(allowed),
            got=quoted(dtype),
        )
    stored = None
    if "quantization" in entry:
        stored = parse_quantization(entry["quantization"], dtype, label, where)
    return Array(name, tuple(axes), dtype, "optimizer" if optimizer else "", stored)


def match(
    named: Sequence[tuple[str, tuple[int, ...]]], promised: Sequence[Array], where: Path
) -> list[str]:
    """The names in the manifest of weights of those names ("conv2d/kernel") and shapes.

    Keras's converter may put the model's name before and ":0" behind: "model/conv2d/kernel:0".

    Raises:
        ModelError: a weight is missing, is there twice, has another shape or belongs to no layer.
    """
    by_name: dict[str, list[Array]] = {}
    for array in promised:
        whole = array.name.removesuffix(":0")
        for name in {whole, "/".join(whole.split("/")[-2:])}:
            by_name.setdefault(name, []).append(array)
    names = []
    for name, shape in named:
        found = by_name.get(name, [])
        if len(found) != 1:
            word = "twice" if found else "not"
            raise ModelError(f"the weights {name} are {word} in weightsManifest", where=where)
        if found[0].shape != shape:
            raise ModelError(
                f"the weights {name} have the wrong shape",
                where=where,
                expected=list(shape),
                got=list(found[0].shape),
            )
        names.append(found[0].name)
    strangers = {array.name for array in promised} - set(names)
    if strangers:
        name = quoted(min(strangers))
        raise ModelError("weightsManifest has weights of no layer", where=where, got=name)
    return names


def read_file(path: Path, limit: int, *, exact: bool = False) -> bytes:
    """The content of a regular file of at most (or exactly) `limit` bytes.

    Raises:
        ModelError: it is missing, not a file, or of another size; nothing is read then.
    """
    try:
        with open(path, "rb", opener=_opener) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise ModelError("it is not a file", where=path)
            _check_size(path, status.st_size, limit, exact)
            data = file.read(min(limit, status.st_size) + 1)
    except OSError as error:
        raise ModelError(
            f"it can't be read: {error.strerror or error}",
            where=path,
            do="Is the model's folder complete?",
        ) from error
    _check_size(path, len(data), limit, exact)
    refuse_pointer(data, path, ModelError)
    return data


def _check_size(path: Path, size: int, limit: int, exact: bool) -> None:
    """Raise ModelError if the file is too large or, where that matters, too small."""
    if size > limit or (exact and size < limit):
        raise ModelError(
            "it is too short" if size < limit else "it is too long",
            where=path,
            expected=f"{'' if exact else 'at most '}{limit} bytes",
            got=size,
            do="Is the model's folder complete?" if size < limit else "",
        )


def read_group(folder: Path, group: Group) -> dict[str, NDArray[Any]]:
    """The arrays of a group by name, each in its shape.

    Raises:
        ModelError: a file is missing or their sizes aren't the manifest's; nothing is read then.
    """
    files = [folder / path for path in group.paths]
    sizes = [_size(file) for file in files]
    if sum(sizes) != group.bytes:
        where = files[0] if len(files) == 1 else folder
        word = "short" if sum(sizes) < group.bytes else "long"
        raise ModelError(
            f"the weights are too {word}",
            where=where,
            expected=f"{group.bytes} bytes",
            got=sum(sizes),
            do="Is the model's folder complete?",
        )
    data = b"".join(read_file(f, n, exact=True) for f, n in zip(files, sizes, strict=True))
    values = np.frombuffer(data, np.uint8)
    arrays, offset = {}, 0
    for array in group.arrays:
        part = values[offset : offset + array.bytes]
        offset += array.bytes
        kind = array.quantization
        found = kind.decoded(part, array.dtype) if kind else part.view(DTYPES[array.dtype])
        arrays[array.name] = found.reshape(array.shape)
    return arrays


def _opener(path: str, flags: int) -> int:
    """Open without blocking, so that a named pipe can't hold us (Windows has no such flag)."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _size(path: Path) -> int:
    """The size of a regular file in bytes. See `read_group`."""
    try:
        status = path.stat()
    except OSError as error:
        raise ModelError(
            f"the weights can't be read: {error.strerror or error}",
            where=path,
            do="Is the model's folder complete?",
        ) from error
    if not stat.S_ISREG(status.st_mode):
        raise ModelError("it is not a file", where=path)
    refuse_pointer_at(path, ModelError)
    return status.st_size


def join(arrays: Sequence[NDArray[Any]]) -> bytes:
    """The bytes of arrays one after the other, little-endian."""
    return b"".join(np.ascontiguousarray(a, DTYPES[a.dtype.name]).tobytes() for a in arrays)
