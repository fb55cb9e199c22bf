"""The routes that make other files of a page's model: those that a browser can't make alone.

    POST /PAGE/c       a ZIP of model.json, weights.bin, images.png; the answer is a ZIP of C code
    POST /PAGE/int8    the same; the answer is an .int8 file

The images, a sprite, calibrate int8; as C code, a network that int8 can't hold becomes float32.
Everything lies in a temporary folder while the request lasts.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from spritenet import sprites
from spritenet.errors import DataError, ModelError, SpritenetError
from spritenet.export import SavedModel, load
from spritenet.export.c import Example, save_c
from spritenet.migration import INT8_ENDING
from spritenet.model import QuantizedModel, model_of
from spritenet.quantization import IntegerNetwork, quantize, reference

__all__ = ["LARGEST_MODEL", "model_routes"]

LARGEST_MODEL = 32 << 20
"""Bytes of a request: a model and some images."""

LARGEST_FILES = 2 * LARGEST_MODEL
"""Bytes of its files together, inflated."""

FILES = ("model.json", "weights.bin", "images.png")


Images = NDArray[np.uint8]


def model_routes(page: str) -> list[Route]:
    """Returns the routes of a page.

    Args:
        page: its address, such as "/lab/".
    """
    makers = {"c": _c_code, "int8": _int8}
    return [
        Route(f"{page}{name}", partial(_answer, make), methods=["POST"])
        for name, make in makers.items()
    ]


async def _answer(make: Callable[[SavedModel, Images, Path], bytes], request: Request) -> Response:
    """The answer: a file, or what is wrong in a line."""
    body = await request.body()
    try:
        made = await run_in_threadpool(_made, make, body)
    except SpritenetError as error:
        return PlainTextResponse(f"{error}\n", 400)
    return Response(made, media_type="application/octet-stream")


def _made(make: Callable[[SavedModel, Images, Path], bytes], body: bytes) -> bytes:
    """Returns the file.

    Raises:
        SpritenetError: the request's files are damaged, or a layer is unsupported.
    """
    with TemporaryDirectory(prefix="spritenet-") as name:
        folder = Path(name)
        _unpack(body, folder)
        model = load(folder)
        with sprites.Sprite(folder / FILES[2]) as sprite:
            images = sprite.images(0, len(sprite)).reshape(-1, *model.input_shape)
        return make(model, images, folder)


def _int8(model: SavedModel, images: Images, folder: Path) -> bytes:
    """Returns the .int8 file."""
    path = folder / f"model{INT8_ENDING}"
    QuantizedModel.of(model, images).save(path)
    return path.read_bytes()


def _c_code(model: SavedModel, images: Images, folder: Path) -> bytes:
    """Returns the folder of C code as a ZIP."""
    integers, outputs = _integers(model, images)
    example = Example(images[0].reshape(model.image_shape), outputs)
    save_c(model, folder / "c", example, integers)
    return _packed(folder / "c")


def _integers(
    model: SavedModel, images: Images
) -> tuple[IntegerNetwork | None, NDArray[np.generic]]:
    """Returns the int8 network and its outputs for the first image.

    A network with a layer that int8 has not, such as Resizing, stays in float32: None.
    """
    try:
        integers = quantize(model.layers, model.input_shape, model.parameters, images)
    except ModelError:
        return None, model_of(model).predict(images[:1])[0]
    return integers, reference.predict(integers, images[:1])[0]


def _unpack(body: bytes, folder: Path) -> None:
    """Writes the three files of a request.

    Raises:
        DataError: they are no ZIP, too large, or other files.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            sizes = {info.filename: info.file_size for info in archive.infolist()}
            if set(sizes) != set(FILES) or sum(sizes.values()) > LARGEST_FILES:
                raise DataError("not a model with images", got=", ".join(sorted(sizes)[:4]))
            for file in FILES:
                (folder / file).write_bytes(archive.read(file))
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        raise DataError("damaged ZIP", got=error) from error


def _packed(folder: Path) -> bytes:
    """Returns the files of a folder as a ZIP."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder).as_posix())
    return made.getvalue()
