"""Weight files: the arrays of a network in NumPy's .npz."""

from __future__ import annotations

import io
import math
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.arguments import file_path
from spritenet.atomic import write_file
from spritenet.destination import local_only
from spritenet.errors import ModelError
from spritenet.migration import refuse_format

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["npz_path", "read_weights", "write_weights"]

ELSEWHERE = "Name a path on this machine; model.save takes addresses too."


def write_weights(filepath: str | Path, weights: Mapping[str, NDArray[np.float32]]) -> None:
    """Writes arrays by name.

    Raises:
        ModelError: the name ends as another format's does, or the disk refuses.
    """
    path, buffer = npz_path(filepath), io.BytesIO()
    np.savez(buffer, **weights)  # type: ignore[arg-type]  # names are not its arguments
    write_file(path, buffer.getvalue(), error=ModelError)


def read_weights(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> list[NDArray[np.float32]]:
    """Returns the arrays of a file.

    Args:
        path: the file, from `npz_path`.
        shapes: the name and shape of each array.

    Raises:
        ModelError: the file is missing or damaged, or has the weights of another model.
    """
    wanted = {f"{name}.npy": shape for name, shape in shapes.items()}
    try:
        with zipfile.ZipFile(path) as file:
            if sorted(file.namelist()) != sorted(wanted):
                raise ModelError(
                    "it holds weights of another model",
                    where=path,
                    expected=", ".join(wanted),
                    got=", ".join(file.namelist())[:200],
                )
            return [_array(file, name, shape, path) for name, shape in wanted.items()]
    except FileNotFoundError as error:
        raise ModelError("missing file", where=path) from error
    except (OSError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise ModelError(f"the file is damaged ({error})", where=path) from error


def npz_path(path: str | Path) -> Path:
    """The path of a weight file.

    Raises:
        ModelError: its name promises another format.
    """
    do = "Use a name that ends in .npz; model.save(folder) keeps the whole model."
    file_path(path, "weights")
    refuse_format(path, do)
    if Path(path).suffix.lower() != ".npz":
        raise ModelError("weights are saved as NumPy's .npz", where=path, do=do)
    return local_only(path, ELSEWHERE)


def _array(
    file: zipfile.ZipFile, name: str, shape: tuple[int, ...], where: Path
) -> NDArray[np.float32]:
    """One array, its header looked at before anything is allocated.

    Raises:
        ModelError: it is of another shape or type.
    """
    with file.open(name) as member:
        version = np.lib.format.read_magic(member)
        read = np.lib.format.read_array_header_1_0
        found, fortran, dtype = (read if version == (1, 0) else _no_header)(member)
        if (found, fortran, dtype) != (shape, False, np.dtype("<f4")):
            raise ModelError(
                "it holds weights of another model",
                where=where,
                expected=f"{name} of {shape}, float32",
                got=f"{found}, {dtype}",
            )
        data = member.read(4 * math.prod(shape))
    return np.frombuffer(data, np.dtype("<f4")).reshape(shape).astype(np.float32)


def _no_header(_file: object) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """No header that this reads.

    Raises:
        ValueError: always.
    """
    raise ValueError("its format is another version of NumPy's")
