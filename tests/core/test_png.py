"""The encoder of plain PNGs writes what Pillow reads."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from spritenet.core.png import COLOUR_TYPES, encode_png


@pytest.mark.parametrize("channels", sorted(COLOUR_TYPES))
def test_pillow_reads_the_same_pixels(channels: int) -> None:
    """Grey, RGB and RGBA."""
    image = np.random.default_rng(channels).integers(0, 256, (5, 7, channels), np.uint8)
    with Image.open(io.BytesIO(encode_png(image))) as opened:
        pixels = np.asarray(opened).reshape(image.shape)
    assert pixels.tolist() == image.tolist()
