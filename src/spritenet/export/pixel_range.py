"""Ranges that pixels are brought into before a network sees them.

A network of somebody else's was fed with pixels divided by 255, or with raw ones, or with ones from
-1 to 1, or with any of these turned over, dark on light; and its file says nothing of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from spritenet.errors import ModelError
from spritenet.layers import Rescaling

__all__ = ["RANGES", "UNIT", "PixelRange"]


@dataclass(frozen=True, slots=True)
class PixelRange:
    """What became of pixels 0 and 255.

    Attributes:
        name: as people write it, like "-1..1".
        black: what 0 became.
        white: what 255 became.
    """

    name: str
    black: float
    white: float

    def rescaling(self, name: str) -> Rescaling:
        """The layer that makes such values of raw pixels."""
        return Rescaling((self.white - self.black) / 255, self.black, name=name)

    @classmethod
    def of(cls, name: object) -> PixelRange:
        """The range of that name.

        Raises:
            ModelError: there is none.
        """
        if name not in RANGES:
            raise ModelError(
                "pixels is wrong", expected=" or ".join(f'"{n}"' for n in RANGES), got=repr(name)
            )
        return RANGES[str(name)]


UNIT = PixelRange("0..1", 0.0, 1.0)

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
"""Every range by its name; the later ones turn light and dark."""
