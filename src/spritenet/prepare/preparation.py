"""Preparations: the conversion of images to a model's input, saved in the model's file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from spritenet.errors import ModelError

__all__ = ["MODES", "Preparation", "preparation_of"]

MODES = ("digit", "fit", "crop", "stretch")

_LARGEST_SIDE = 1024


@dataclass(frozen=True, slots=True)
class Preparation:
    """The conversion of an image of any size to a model's input: docs/reference/prepare.md.

    Args:
        mode: "digit" finds the ink of one drawn character, makes it light on black and puts it
            where MNIST has it; "fit" shows the whole image with bars beside it; "crop" fills the
            input with the middle of the image; "stretch" fills it with the whole image.
        height: of the model's input, in pixels.
        width: likewise.
        channels: 1 (grey), 3 (red, green, blue) or 4 (and opacity); 1 for "digit".
        background: 0 to 255, the level beside the image with "fit", and behind transparent pixels
            for a model without an opacity channel; unused by "digit".

    Raises:
        ModelError: a value is out of range.
    """

    mode: str = "digit"
    height: int = 28
    width: int = 28
    channels: int = 1
    background: int = 0

    def __post_init__(self) -> None:
        def refuse(name: str, expected: object, got: object) -> ModelError:
            return ModelError(
                "invalid value", where=f"preparation, {name}", expected=expected, got=repr(got)
            )

        if self.mode not in MODES:
            raise refuse("mode", " or ".join(MODES), self.mode)
        for name, least, most in (
            ("height", 1, _LARGEST_SIDE),
            ("width", 1, _LARGEST_SIDE),
            ("background", 0, 255),
        ):
            value = getattr(self, name)
            if type(value) is not int or not least <= value <= most:
                raise refuse(name, f"a whole number from {least} to {most}", value)
        channels = (1,) if self.mode == "digit" else (1, 3, 4)
        if type(self.channels) is not int or self.channels not in channels:
            raise refuse("channels", " or ".join(map(str, channels)), self.channels)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the result."""
        return (self.height, self.width, self.channels)

    def to_json(self) -> dict[str, Any]:
        """Returns plain values, for the model's metadata."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: object, *, where: object = "preparation") -> Preparation:
        """Reads the values of `to_json`.

        Raises:
            ModelError: a value is missing, unknown or out of range.
        """
        known = set(cls.__dataclass_fields__)
        if not isinstance(values, Mapping) or set(values) != known:
            got: object = sorted(values) if isinstance(values, Mapping) else type(values).__name__
            raise ModelError(
                "the preparation has other values than those known here",
                where=where,
                expected=sorted(known),
                got=got,
                do="Was the model saved by a newer version?",
            )
        return cls(**values)


def preparation_of(
    values: Mapping[str, Any] | None, image_shape: tuple[int, int, int]
) -> Preparation:
    """Returns the preparation of a model's inputs.

    A model without one gets "digit" if its inputs are 28×28 grey pixels, as MNIST's, else "fit".

    Args:
        values: as `to_json` gives them; None if the model has none.
        image_shape: height, width and channels of the model's inputs.

    Raises:
        ModelError: it is unsupported, or doesn't fit the inputs.
    """
    if values is None:
        return Preparation("digit" if image_shape == (28, 28, 1) else "fit", *image_shape)
    found = Preparation.from_json(values)
    if found.shape != image_shape:
        raise ModelError(
            "the model's preparation doesn't fit its input",
            expected=f"{image_shape}",
            got=f"{found.shape}",
        )
    return found
