"""Every ordinary PNG decoder shows the pixels that we read: Pillow, OpenCV and libpng."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import spritenet as sn
from sprite_data import data_set
from spritenet.sprites import Sprite

Decoder = Callable[[Path], NDArray[np.uint8]]


def by_pillow(path: Path) -> NDArray[np.uint8]:
    """Its warnings of large or odd images are errors here."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with Image.open(path) as picture:
            picture.verify()
        with Image.open(path) as picture:
            return np.asarray(picture)


def by_opencv(path: Path) -> NDArray[np.uint8]:
    """Its colours are in reverse order."""
    cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed")
    pixels: NDArray[np.uint8] = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if pixels.ndim == 3:
        pixels[..., :3] = pixels[..., 2::-1].copy()
    return pixels


def by_libpng(path: Path) -> NDArray[np.uint8]:
    """Through imagecodecs."""
    imagecodecs = pytest.importorskip("imagecodecs", reason="imagecodecs is not installed")
    pixels: NDArray[np.uint8] = imagecodecs.png_decode(path.read_bytes())
    return pixels


@pytest.mark.parametrize("decode", [by_pillow, by_opencv, by_libpng])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("layout", ["rows", "grid"])
@pytest.mark.parametrize("smooth", [False, True])
def test_all_see_the_same_picture(
    tmp_path: Path, decode: Decoder, channels: int, layout: str, smooth: bool
) -> None:
    """Both layouts, all colour types, both filters, many segments."""
    data = data_set(103, (6, 5, channels), smooth=smooth)
    path = sn.pack(
        data, tmp_path / "a.png", layout="rows" if layout == "rows" else "grid", segment_rows=18
    )
    with Sprite(path) as sprite:
        assert len(sprite.header.segments) > 2
        tiling = sprite.header.tiling
        rows = tiling.arrange(sprite.images())
    pixels = decode(path)
    assert pixels.shape[:2] == (tiling.png_height, tiling.png_width)
    assert pixels.tobytes() == rows.tobytes()


@pytest.mark.parametrize("decode", [by_pillow, by_opencv, by_libpng])
def test_the_largest_number_of_rows_is_no_problem(tmp_path: Path, decode: Decoder) -> None:
    """65,000 rows, as in the tutorials."""
    data = data_set(65_000, (2, 2, 1))
    path = sn.pack(data, tmp_path / "a.png")
    assert decode(path).tobytes() == data.train.images.tobytes()
