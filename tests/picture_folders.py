"""Folders of pictures to read data sets from."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["encoded", "noise", "write_pictures"]


def noise(shape: tuple[int, ...] = (6, 5), seed: int = 0) -> NDArray[np.uint8]:
    """Random pixels, uint8."""
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def encoded(pixels: NDArray[Any], form: str = "PNG", **options: object) -> bytes:
    """Pixels (h w, or h w c) as a picture file, by Pillow."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, form, **options)
    return file.getvalue()


def write_pictures(folder: Path, *names: str, shape: tuple[int, ...] = (6, 5)) -> None:
    """A PNG of noise under each name, each another one."""
    for seed, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(noise(shape, seed)))
