"""The folder of a model in C: an Arduino library, with an example for any computer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import spritenet
from spritenet.atomic import new_folder
from spritenet.errors import ModelError
from spritenet.export.c.dialect import FLOAT32, integer_dialect
from spritenet.export.c.example_files import example_code, library_properties, readme, sketch
from spritenet.export.c.float_layers import lower
from spritenet.export.c.folding import fold
from spritenet.export.c.header import OutputScale
from spritenet.export.c.int_operators import lower_integers
from spritenet.export.c.naming import DEFAULT, checked_name, renamed
from spritenet.export.c.source import Source, write_source
from spritenet.export.saved_model import SavedModel
from spritenet.prepare import Preparation, preparation_of
from spritenet.quantization import IntegerNetwork

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray

__all__ = ["Example", "save_c", "source_of"]

OURS = r"library\.properties|README\.md|example\.c|src|examples"
"""The names in the folder, of which an older one may be replaced."""

HEADER = Path("src", "model.h")


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """An image for the example program, with the outputs that Python computes for it.

    Attributes:
        pixels: uint8, h × w × c.
        outputs: the network's: float32, or its integers.
    """

    pixels: NDArray[np.uint8]
    outputs: NDArray[Any]


def source_of(model: SavedModel, integers: IntegerNetwork | None = None) -> Source:
    """Returns the C code of a model.

    Args:
        model: the model.
        integers: its integer network, for int8; None for float32.

    Raises:
        ModelError: a layer is unsupported, or too large.
    """
    model.check()
    scale = None
    if integers is None:
        program, dialect = lower(model.layers, model.input_shape, model.parameters), FLOAT32
        fold(program)
    else:
        program, last = lower_integers(integers), integers.operators[-1]
        dialect = integer_dialect(program, is_wide=last.dtype == np.int16)
        scale = OutputScale(last.scale, last.zero_point, integers.activation)
    shape = model.image_shape
    names = _class_names(model)
    title = f"Written by Spritenet {spritenet.__version__}. Usage: README.md."
    limits = _thresholds(model, integers)
    return write_source(program, dialect, title, shape, names, _preparation(model), scale, limits)


def _thresholds(model: SavedModel, integers: IntegerNetwork | None) -> NDArray[Any] | None:
    """Returns the outputs from which on each class is present; None without thresholds.

    In int8, outputs are integers before the sigmoid; one beyond the type is never reached.
    """
    wanted = model.metadata.thresholds
    if wanted is None:
        return None
    if integers is None:
        near = wanted.astype(np.float32)
        return np.where(near < wanted, np.nextafter(near, np.float32(2)), near)
    last = integers.operators[-1]
    limits = np.iinfo(last.dtype)
    steps = np.arange(limits.min, limits.max + 1, dtype=last.dtype)
    real = integers.real_outputs(steps).astype(np.float64)
    return (limits.min + np.searchsorted(real, wanted)).astype(np.int32)


def _class_names(model: SavedModel) -> Sequence[str]:
    """The class names, if there are some."""
    return model.metadata.class_names


def _preparation(model: SavedModel) -> Preparation | None:
    """Returns the preparation of the model's images; None if it has another number of channels."""
    if model.metadata.preparation is None and model.image_shape[2] not in (1, 3, 4):
        return None
    return preparation_of(model.metadata.preparation, model.image_shape)


def save_c(
    model: SavedModel,
    folder: str | os.PathLike[str],
    example: Example,
    integers: IntegerNetwork | None = None,
    name: str = DEFAULT,
) -> Source:
    """Writes a model as a folder of C code, which appears whole or not at all.

    Args:
        model: the model.
        folder: a new or empty folder, or one that was written so before.
        example: the image of the example program.
        integers: its integer network, for int8; None for float32.
        name: the beginning of the names of files, functions and macros.

    Returns:
        The code, with its needs of memory.

    Raises:
        ModelError: a layer is unsupported, the name is invalid, the folder holds other files, or
            the disk refuses.
    """
    checked_name(name)
    source = source_of(model, integers)
    target = Path(folder)
    title = re.sub(r"\W+", "_", target.name, flags=re.ASCII).strip("_") or "model"
    ours = OURS if _is_ours(target) else ""
    files = {
        HEADER: source.header,
        Path("src", "model.c"): source.code,
        Path("example.c"): example_code(
            example.pixels,
            example.outputs,
            model.metadata.class_names,
            uses_math=source.uses_math,
        ),
        Path("README.md"): readme(title, source, model.image_shape),
        Path("library.properties"): library_properties(title, spritenet.__version__),
        Path("examples", "classify", "classify.ino"): sketch(
            example.pixels, model.metadata.class_names
        ),
    }
    with new_folder(target, ours, error=ModelError) as fresh:
        for path, text in renamed(files, name).items():
            (fresh / path).parent.mkdir(parents=True, exist_ok=True)
            (fresh / path).write_text(text, encoding="utf-8", newline="\n")
    return source


def _is_ours(folder: Path) -> bool:
    """Tells if a folder was written here before."""
    try:
        headers = list((folder / HEADER.parent).glob("*.h"))
        texts = [path.read_text(encoding="utf-8") for path in headers]
    except (OSError, UnicodeDecodeError):
        return False
    return bool(texts) and all(text.startswith("/* Written by Spritenet ") for text in texts)
