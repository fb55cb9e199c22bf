"""Pictures through Pillow, the one door to it for reading: any PNG as 8-bit grey, RGB or RGBA."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spritenet.errors import DataError

__all__ = ["MOST_PIXELS", "read_picture"]

MOST_PIXELS = 89_478_485  # beyond it Pillow warns of a decompression bomb


def read_picture(path: Path, *, upright: bool = False) -> NDArray[np.uint8]:
    """Reads a picture whose size has been found possible.

    Palettes become the colours they stand for; 16-bit values are divided by 257 and rounded.

    Args:
        path: the file.
        upright: whether a photograph is turned as its camera noted (EXIF's Orientation).

    Returns:
        uint8 h w c, with 1, 3 or 4 channels.

    Raises:
        DataError: damaged, or too large.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # refused below
            opened = Image.open(path)
        with opened:
            if opened.width * opened.height > MOST_PIXELS:
                got = f"{opened.width:,}×{opened.height:,}"
                expected = f"at most {MOST_PIXELS:,} pixels"
                raise DataError("is too large a picture", where=path, expected=expected, got=got)
            picture = ImageOps.exif_transpose(opened) if upright else opened
            if picture.mode.startswith("I"):  # 16-bit grey
                values = np.asarray(picture).astype(np.uint32)
                pixels = ((values * 255 + 32767) // 65535).astype(np.uint8)
            else:
                pixels = np.array(picture.convert(_mode(picture.mode, picture.info)))
    except Image.DecompressionBombError as error:
        raise DataError("is too large a picture", where=path, got=error) from None
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError) as error:
        raise DataError("is damaged or no picture", where=path, got=error) from None
    return pixels[..., np.newaxis] if pixels.ndim == 2 else pixels


def _mode(mode: str, info: dict[str | tuple[int, int], object]) -> str:
    """The plainest of Pillow's modes that loses nothing of this one."""
    if mode in {"RGBA", "LA", "PA"} or "transparency" in info:
        return "RGBA"
    return "L" if mode in {"1", "L"} else "RGB"
