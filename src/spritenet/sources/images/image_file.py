"""Image files: decoding of any common format to 8-bit pixels, with bounded size.

Only this module reads images with Pillow.
"""

from __future__ import annotations

import io
import os
import warnings
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from spritenet.dataset.load_warnings import warn
from spritenet.errors import DataError
from spritenet.lfs_pointer import refuse_pointer, refuse_pointer_at
from spritenet.sources.file_names import can_read_heic
from spritenet.sources.images.bit_depth import (
    ALL_BITS,
    likely_bits,
    reduce_to_8_bits,
    too_many_bits,
)
from spritenet.sources.images.fast_png import read_png16

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

__all__ = ["MAX_PIXELS", "DecodedImage", "decode_first", "read_image"]

MAX_PIXELS = 80_000_000
"""Pixels; more are refused before anything is decoded. Cameras have up to 60 million."""


@dataclass(frozen=True, slots=True, eq=False)
class DecodedImage:
    """The first image of a file, decoded.

    Args:
        pixels: uint8, h w c.
        several: true if there are more, as in an animation.
        highest: the highest value in a 16-bit file; 0 for others.
    """

    pixels: NDArray[np.uint8]
    several: bool = False
    highest: int = 0


HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
"""Brands of ISO 23008-12 files."""

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "PPM", "WEBP", "TIFF", "AVIF", "JPEG2000", "ICO")
"""Pillow's names. Others that it knows start programs (EPS) or hold no image."""


def read_image(
    source: str | os.PathLike[str] | bytes | BinaryIO,
    *,
    upright: bool = False,
    largest: int = MAX_PIXELS,
    bits: int | None = None,
) -> NDArray[np.uint8]:
    """Reads an image file.

    Of an animation or several pages the first image is read. 16 bits and floats from 0 to 1 are
    rounded to 8 bits; palettes and other colour spaces are converted to RGB.

    Args:
        source: a path, the file's bytes, or an open file.
        upright: rotate a photograph by its EXIF orientation.
        largest: the most pixels of an image.
        bits: the bit depth of values in a 16-bit file, such as 12; by default 16, with a
            `DataWarning` if the highest values leave bits unused.

    Returns:
        uint8, h × w × c: c is 1 (grey), 3 (red, green, blue) or 4 (and opacity).

    Raises:
        DataError: the file can't be read, is no image, is damaged or is too large.
    """
    image = decode_first(source, upright=upright, largest=largest, bits=bits)
    likely = likely_bits(image.highest)
    if bits is not None and image.highest >= 2**bits:
        raise too_many_bits(_name(source), image.highest, bits)
    if bits is None and image.highest and likely < ALL_BITS:
        warn(
            f"{_name(source)}: its 16 bits reach {image.highest:,} of 65,535 only, so it is "
            f"dark: read_image takes bits={likely} if these are {likely} bits"
        )
    return image.pixels


def decode_first(
    source: str | os.PathLike[str] | bytes | BinaryIO,
    *,
    upright: bool = False,
    largest: int = MAX_PIXELS,
    name: str = "",
    bits: int | None = None,
) -> DecodedImage:
    """Reads an image file as `read_image` does, with more facts and without warnings.

    Args:
        source: as for `read_image`.
        upright: likewise.
        largest: likewise.
        name: the file's name for errors.
        bits: likewise; higher values become white.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    where = name or _name(source)
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # sizes are judged here; damaged notes don't matter
            with Image.open(file, formats=_formats()) as image:
                many = bool(getattr(image, "is_animated", False))
                wide = _is_wide(image)
                _check_size(image, where, largest)
                if wide and image.format == "PNG":
                    values = read_png16(_content(source))
                    if values is not None:
                        return replace(_of_wide(values, bits), several=many)
                image.seek(0)
                image.load()
                upright_one = ImageOps.exif_transpose(image) if upright else image
                return replace(
                    _pixels(upright_one, where, bits or ALL_BITS, wide=wide), several=many
                )
    except DataError:
        raise
    except Image.DecompressionBombError:
        raise _too_large(where, "far more", largest) from None
    except UnidentifiedImageError:
        _refuse_pointer(source, where)
        if not _start_of(source):
            raise DataError("the file is empty", where=where) from None
        heic = _is_heic(source)
        raise DataError(
            "unsupported image file" if heic else "damaged or unsupported image file",
            where=where,
            expected="a PNG, JPEG, GIF, BMP, WebP, TIFF or the like",
            got="HEIC" if heic else "",
            do="Type: pip install pillow-heif" if heic else "",
        ) from None
    except OSError as error:
        if error.errno is not None:
            raise DataError("can't be read", where=where, got=error.strerror) from None
        raise _damaged(where, error) from None
    except Exception as error:  # noqa: BLE001  # Pillow's readers raise anything on damaged files
        raise _damaged(where, error) from None


def _refuse_pointer(source: str | os.PathLike[str] | bytes | BinaryIO, where: str) -> None:
    """Raises DataError if the file is a Git LFS pointer."""
    if isinstance(source, bytes):
        refuse_pointer(source, where)
    elif isinstance(source, str | os.PathLike):
        refuse_pointer_at(Path(source))


def _check_size(image: Image.Image, where: str, largest: int) -> None:
    """Raises DataError for an open file whose image is too large to be decoded."""
    width, height = image.size
    if width * height > largest:
        raise _too_large(where, f"{width:,}×{height:,}", largest)


def _content(source: str | os.PathLike[str] | bytes | BinaryIO) -> bytes:
    """Reads all bytes of a file that Pillow has opened."""
    if isinstance(source, bytes):
        return source
    if isinstance(source, str | os.PathLike):
        return Path(source).read_bytes()
    source.seek(0)
    return source.read()


def _name(source: str | os.PathLike[str] | bytes | BinaryIO) -> str:
    """Returns the file's name for messages."""
    if isinstance(source, str | os.PathLike):
        return str(Path(source))
    return str(getattr(source, "name", "image"))


def _too_large(where: str, got: str, largest: int) -> DataError:
    return DataError(
        "the image is too large",
        where=where,
        expected=f"at most {largest:,} pixels",
        got=got,
        do="Make it smaller first.",
    )


def _damaged(where: str, error: Exception) -> DataError:
    return DataError("the image is damaged", where=where, got=str(error) or type(error).__name__)


@cache
def _formats() -> list[str]:
    """Returns the supported formats of this Pillow, and silences its log of damaged files."""
    import logging

    from PIL import Image

    logging.getLogger("PIL").addHandler(logging.NullHandler())
    Image.init()
    names = (*FORMATS, "HEIF") if can_read_heic() else FORMATS
    return [name for name in names if name in Image.OPEN]


def _start_of(source: str | os.PathLike[str] | bytes | BinaryIO) -> bytes:
    """Returns the first bytes of an image file."""
    if isinstance(source, str | os.PathLike):
        with Path(source).open("rb") as file:
            return file.read(12)
    if isinstance(source, bytes):
        return source[:12]
    source.seek(0)
    return source.read(12)


def _is_heic(source: str | os.PathLike[str] | bytes | BinaryIO) -> bool:
    """True for HEIC files, by their first bytes."""
    start = _start_of(source)
    return start[4:8] == b"ftyp" and start[8:12] in HEIC_BRANDS


def _is_wide(image: Image.Image) -> bool:
    """True if the colours of an opened file have 16 bits."""
    return image.mode.startswith(("RGB", "LA")) and ";16" in str(getattr(image, "tile", ""))


def _pixels(image: Image.Image, where: str, bits: int, *, wide: bool) -> DecodedImage:
    """Converts Pillow's modes to uint8, h × w × 1, 3 or 4.

    Args:
        image: decoded.
        where: the file's name for errors.
        bits: the bit depth of values in 16-bit files.
        wide: true if its colours had 16 bits, of which Pillow keeps the high 8.
    """
    mode = image.mode
    if mode.startswith("I"):
        values = np.asarray(image).astype(np.int64)
        low, high = int(values.min(initial=0)), int(values.max(initial=0))
        if low < 0 or high > 65535:
            raise DataError(
                "pixels of 32 bits have no common scale",
                where=where,
                expected="0 to 65,535",
                got=f"{low if low < 0 else high:,}",
            )
        return DecodedImage(reduce_to_8_bits(values, bits)[:, :, None], highest=high)
    if mode == "F":
        floats = np.asarray(image)
        if not (np.isfinite(floats).all() and floats.min() >= 0 and floats.max() <= 1):
            raise DataError(
                "floating-point pixels have no common scale", where=where, expected="0 to 1"
            )
        scaled: NDArray[np.float32] = np.rint(floats * 255)
        return DecodedImage(scaled.astype(np.uint8)[:, :, None])
    if mode in {"LA", "La", "RGBa", "PA"} or "transparency" in image.info:
        image = image.convert("RGBA")
    elif mode == "1":
        image = image.convert("L")
    elif mode not in {"L", "RGB", "RGBA"}:
        image = image.convert("RGB")
    pixels = np.array(image, np.uint8)
    pixels = pixels[:, :, None] if pixels.ndim == 2 else pixels
    if not wide:
        return DecodedImage(pixels)
    if bits < ALL_BITS:
        raise DataError(
            "colours of 16 bits in such a file are read by their high 8 bits only",
            where=where,
            expected=f"{bits} bits",
            do="Save it as a PNG that is not interlaced.",
        )
    return DecodedImage(pixels, highest=int(pixels[:, :, :3].max(initial=0)) * 257)


def _of_wide(values: NDArray[np.uint16], bits: int | None) -> DecodedImage:
    """Converts a 16-bit image (h w c, 1 to 4 channels) that was read without Pillow."""
    channels = values.shape[2]
    pixels = reduce_to_8_bits(values, bits or ALL_BITS)
    if channels in {2, 4}:  # opacity has all bits, whatever the colours have
        opacity = reduce_to_8_bits(values[:, :, -1:], ALL_BITS)
        grey = [pixels[:, :, :1]] * 3 if channels == 2 else [pixels[:, :, :3]]
        pixels = np.concatenate([*grey, opacity], axis=2)
        values = values[:, :, :-1]
    return DecodedImage(pixels, highest=int(values.max(initial=0)))
