"""A person's image file → pixels: any common format, upright, 8 bits, and never without end.

It knows Pillow and files; what a picture is used for is the caller's affair.
"""

from __future__ import annotations

import io
import os
import warnings
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from spritenet.errors import DataError
from spritenet.lfs_pointer import refuse_pointer, refuse_pointer_at

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

__all__ = ["LARGEST_PICTURE", "read_first", "read_picture"]

LARGEST_PICTURE = 80_000_000
"""Pixels; more are refused before anything is decoded. Cameras have up to 60 million."""

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "PPM", "WEBP", "TIFF", "AVIF", "JPEG2000", "ICO")
"""Pillow's names. Others it knows start programs (EPS), or hold no picture of their own."""


def read_picture(
    source: str | os.PathLike[str] | bytes | BinaryIO,
    *,
    upright: bool = False,
    largest: int = LARGEST_PICTURE,
) -> NDArray[np.uint8]:
    """Read an image file.

    The first picture of an animation or of several pages; 16 bits and floating point from 0 to 1
    reduced to 8 bits, rounded; palettes and other colour spaces made red, green, blue.

    Args:
        source: a path, the file's bytes, or an open file.
        upright: whether a photograph is turned as its camera noted (EXIF's Orientation).
        largest: pixels, beyond which a picture is refused.

    Returns:
        uint8, h × w × c: c is 1 (grey), 3 (red, green, blue) or 4 (and opacity).

    Raises:
        DataError: it can't be read, is no picture, is damaged or is too large.
    """
    return read_first(source, upright=upright, largest=largest)[0]


def read_first(
    source: str | os.PathLike[str] | bytes | BinaryIO,
    *,
    upright: bool = False,
    largest: int = LARGEST_PICTURE,
    name: str = "",
) -> tuple[NDArray[np.uint8], bool]:
    """The same; and whether other pictures follow the first: an animation, or pages.

    Args:
        source: as above.
        upright: as above.
        largest: as above.
        name: what to call it in errors.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    where = name or _name(source)
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # sizes are judged here; damaged notes don't matter
            with Image.open(file, formats=_formats()) as picture:
                many = bool(getattr(picture, "is_animated", False))
                first = _first(picture, where, largest)
                upright_one = ImageOps.exif_transpose(first) if upright else first
                return _pixels(upright_one, where), many
    except DataError:
        raise
    except Image.DecompressionBombError:
        raise _too_large(where, "far more", largest) from None
    except UnidentifiedImageError:
        _refuse_pointer(source, where)
        raise DataError(
            "this is no picture that can be read",
            where=where,
            expected="a PNG, JPEG, GIF, BMP, WebP, TIFF or the like",
        ) from None
    except OSError as error:
        if error.errno is not None:
            raise DataError("can't be read", where=where, got=error.strerror) from None
        raise _damaged(where, error) from None
    except Exception as error:  # noqa: BLE001  # Pillow's readers raise anything on damaged files
        raise _damaged(where, error) from None


def _refuse_pointer(source: str | os.PathLike[str] | bytes | BinaryIO, where: str) -> None:
    """Raises DataError if what is no picture is a Git LFS pointer."""
    if isinstance(source, bytes):
        refuse_pointer(source, where)
    elif isinstance(source, str | os.PathLike):
        refuse_pointer_at(Path(source))


def _first(picture: Image.Image, where: str, largest: int) -> Image.Image:
    """The first picture of an open file, decoded if it isn't too large."""
    width, height = picture.size
    if width * height > largest:
        raise _too_large(where, f"{width:,}×{height:,}", largest)
    picture.seek(0)
    picture.load()
    return picture


def _name(source: str | os.PathLike[str] | bytes | BinaryIO) -> str:
    """What to call it in a message."""
    if isinstance(source, str | os.PathLike):
        return str(Path(source))
    return str(getattr(source, "name", "picture"))


def _too_large(where: str, got: str, largest: int) -> DataError:
    return DataError(
        "the picture is too large",
        where=where,
        expected=f"at most {largest:,} pixels",
        got=got,
        do="Make it smaller first.",
    )


def _damaged(where: str, error: Exception) -> DataError:
    return DataError("the picture is damaged", where=where, got=str(error) or type(error).__name__)


@cache
def _formats() -> list[str]:
    """Those of `FORMATS` that this Pillow has. What Pillow logs of damaged files is not shown."""
    import logging

    from PIL import Image

    logging.getLogger("PIL").addHandler(logging.NullHandler())
    Image.init()
    return [name for name in FORMATS if name in Image.OPEN]


def _pixels(picture: Image.Image, where: str) -> NDArray[np.uint8]:
    """Pillow's modes as uint8, h × w × 1, 3 or 4."""
    mode = picture.mode
    if mode.startswith("I"):
        # 16 bits, or 32 that hold 16: 65535 becomes 255, rounded.
        wide = np.clip(np.asarray(picture).astype(np.int64), 0, 65535)
        eight: NDArray[np.int64] = (wide * 255 + 32767) // 65535
        return eight.astype(np.uint8)[:, :, None]
    if mode == "F":
        values = np.asarray(picture)
        if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1):
            raise DataError(
                "floating-point pixels have no common scale", where=where, expected="0 to 1"
            )
        scaled: NDArray[np.float32] = np.rint(values * 255)
        return scaled.astype(np.uint8)[:, :, None]
    if mode in {"LA", "La", "RGBa", "PA"} or "transparency" in picture.info:
        picture = picture.convert("RGBA")
    elif mode == "1":
        picture = picture.convert("L")
    elif mode not in {"L", "RGB", "RGBA"}:
        picture = picture.convert("RGB")
    pixels = np.array(picture, np.uint8)
    return pixels[:, :, None] if pixels.ndim == 2 else pixels
