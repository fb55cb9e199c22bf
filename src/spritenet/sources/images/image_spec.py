"""Image specs: the size and channels that image files are converted to.

The conversion is that of `spritenet.prepare`, so training and prediction see the same images.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spritenet.dataset.value_range import ValueRange
from spritenet.errors import DataError, InputError
from spritenet.prepare import Preparation, prepare, with_channels
from spritenet.sources.image_size import ImageSize, parse_image_size

__all__ = ["ImageSpec"]

FITS = ("fit", "crop", "stretch", "pad")
COLORS = {"grey": 1, "rgb": 3, "rgba": 4}
LARGEST_SIDE = 1024  # of a `Preparation`


@dataclass(frozen=True, slots=True)
class ImageSpec:
    """The size, channels and bit depth of images.

    Args:
        size: height and width; None for no resizing.
        fit: the method of resizing: "fit" keeps the whole image and adds black bars, "crop" keeps
            its center, "stretch" changes its proportions, "pad" keeps its pixels and adds black.
        color: "grey", "rgb" or "rgba"; None for the fewest channels that lose nothing.
        bits: the bit depth of values in 16-bit images; None to infer it.

    Raises:
        InputError: an argument is unsupported.
    """

    size: tuple[int, int] | None = None
    fit: str = "fit"
    color: str | None = None
    bits: int | None = None

    def __post_init__(self) -> None:
        for what, value, known in (("fit", self.fit, FITS), ("color", self.color, tuple(COLORS))):
            if value is not None and value not in known:
                raise InputError(
                    f"unsupported {what}", where=what, expected=", ".join(known), got=value
                )
        if self.size is not None and max(self.size) > LARGEST_SIDE:
            raise InputError(
                "the size is too large",
                where="size",
                expected=f"sides of at most {LARGEST_SIDE}",
                got="x".join(map(str, self.size)),
            )

        if self.bits is not None:
            ValueRange.of_bits(self.bits)

    @classmethod
    def of(
        cls, size: ImageSize | None, fit: str | None, color: str | None, bits: int | None = None
    ) -> ImageSpec:
        """Makes a spec of options, of which None is the default."""
        if fit is not None and size is None:
            raise InputError("missing size", where="fit", do="Pass size (--size 28x28) too.")
        wanted = None if size is None else parse_image_size(size, "size")
        return cls(wanted, fit or "fit", "grey" if color == "gray" else color, bits)

    def channels_of(self, image: NDArray[np.uint8]) -> int:
        """Returns the number of channels wanted, or the fewest that lose nothing of an image."""
        return least_channels(image) if self.color is None else COLORS[self.color]

    def convert(self, image: NDArray[np.uint8], channels: int, where: str) -> NDArray[np.uint8]:
        """Converts an image (h w c) to the size, with this many channels.

        Raises:
            DataError: the image is larger than the size to pad to.
        """
        if self.size is None or image.shape[:2] == self.size:
            return with_channels(image, channels)
        height, width = self.size
        if self.fit != "pad":
            return prepare(image, Preparation(self.fit, height, width, channels))
        h, w, _ = image.shape
        if h > height or w > width:
            raise DataError(
                "the image is larger than the size to pad to",
                where=where,
                expected=f"at most {height}×{width}",
                got=f"{h}×{w}",
                do="Choose fit, crop or stretch, or a larger size.",
            )
        made = np.zeros((height, width, channels), np.uint8)
        made[:, :, 3:] = 255
        top, left = (height - h) // 2, (width - w) // 2
        made[top : top + h, left : left + w] = with_channels(image, channels)
        return made


def least_channels(image: NDArray[np.uint8]) -> int:
    """Returns the fewest channels without loss: 1 for grey, 3 for opaque colours, else 4."""
    if image.shape[2] == 1:
        return 1
    if image.shape[2] == 4 and (image[:, :, 3] != 255).any():
        return 4
    return 1 if (image[:, :, 1:3] == image[:, :, :1]).all() else 3
