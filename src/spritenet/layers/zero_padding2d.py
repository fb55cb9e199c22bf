"""ZeroPadding2D: zeros around an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from spritenet.arguments import count
from spritenet.errors import ModelError
from spritenet.layers.base import Layer, Shape
from spritenet.migration import accepts

__all__ = ["ZeroPadding2D"]

Sides = tuple[tuple[int, int], tuple[int, int]]


def _sides(value: object, where: str) -> Sides:
    """Rows above and below, columns left and right."""
    both = [value, value] if isinstance(value, int) else value
    if not isinstance(both, Sequence) or isinstance(both, str) or len(both) != 2:
        raise ModelError(
            "padding is wrong",
            where=where,
            expected="a whole number, (rows, columns) or ((top, bottom), (left, right))",
            got=repr(value),
        )
    made = []
    for side in both:
        ends = side if isinstance(side, Sequence) and len(side) == 2 else (side, side)
        made.append(tuple(count(end, "padding", where, least=0) for end in ends))
    (top, bottom), (left, right) = made
    return (top, bottom), (left, right)


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class ZeroPadding2D(Layer):
    """Rows and columns of zeros around an image.

    Args:
        padding: one number for all sides, (rows, columns), or ((top, bottom), (left, right)).
        name: its name in messages, summaries and files.
        input_shape: of its images, where it is the first layer; see `sn.Input`.

    Raises:
        ModelError: the padding is wrong.
    """

    padding: Sides
    class_name: ClassVar[str] = "ZeroPadding2D"

    def __init__(
        self,
        padding: int | Sequence[int] | Sequence[Sequence[int]] = (1, 1),
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set(name, input_shape, padding=_sides(padding, name or self.class_name))

    def output_shape(self, input_shape: Shape) -> Shape:
        """(height, width, channels), larger by the padding."""
        height, width, channels = self._image(input_shape)
        return height + sum(self.padding[0]), width + sum(self.padding[1]), channels

    def _default(self, _name: str, default: object, /) -> object:
        """Returns the default of the argument as a field."""
        return _sides(default, self.label) if _name == "padding" else default

    def config(self) -> dict[str, object]:
        """See `Layer.config`."""
        return {
            **super(ZeroPadding2D, self).config(),
            "padding": [list(ends) for ends in self.padding],
            "data_format": "channels_last",
        }
