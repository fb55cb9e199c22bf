"""Pixel ranges: the values that a network expects for black and white.

Networks of other programs expect pixels divided by 255, raw pixels, or pixels from -1 to 1, and
any of these inverted, dark on light. Their files don't record it.
"""

from __future__ import annotations

from dataclasses import dataclass

from spritenet.errors import ModelError
from spritenet.layers import Rescaling

__all__ = ["RANGES", "TEACHABLE_MACHINE", "UNIT", "PixelRange"]


@dataclass(frozen=True, slots=True)
class PixelRange:
    """The values of pixels 0 and 255 at a network's input.

    Attributes:
        name: like "-1..1".
        black: the value of pixel 0.
        white: the value of pixel 255.
    """

    name: str
    black: float
    white: float

    def rescaling(self, name: str) -> Rescaling:
        """Returns the layer that maps raw pixels to this range."""
        return Rescaling((self.white - self.black) / 255, self.black, name=name)

    @classmethod
    def of(cls, name: object) -> PixelRange:
        """The range of that name.

        Raises:
            ModelError: there is none.
        """
        if name not in RANGES:
            raise ModelError(
                "invalid pixels", expected=" or ".join(f'"{n}"' for n in RANGES), got=repr(name)
            )
        return RANGES[str(name)]


UNIT = PixelRange("0..1", 0.0, 1.0)

TEACHABLE_MACHINE = PixelRange("-1..1", -1.0, 255 / 127 - 1)
"""Pixels of Teachable Machine: divided by 127, minus 1."""

RANGES: dict[str, PixelRange] = {
    found.name: found
    for found in (
        UNIT,
        PixelRange("0..255", 0.0, 255.0),
        PixelRange("-1..1", -1.0, 1.0),
        PixelRange("1..0", 1.0, 0.0),
        PixelRange("255..0", 255.0, 0.0),
        PixelRange("1..-1", 1.0, -1.0),
    )
}
"""All ranges by name; the last three are inverted."""
