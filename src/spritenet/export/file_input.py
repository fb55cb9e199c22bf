"""The input of a network in a file: its shape, and the images that a vector is taken for."""

from __future__ import annotations

from collections.abc import Sequence

from spritenet.errors import ModelError
from spritenet.export.error_location import quoted
from spritenet.export.layer_entries import Entry
from spritenet.layers import Shape
from spritenet.layers.input import image_shape

__all__ = ["given_shape", "square_note"]

MAXIMAL_SIDE = 65_535  # pixels
LONGEST = 1 << 20  # values of a vector


def given_shape(entries: Sequence[Entry], size: int | None = None) -> Shape:
    """Returns the shape of one input, from the config of the first layer.

    Args:
        entries: the layers.
        size: the height and width of images, where the config leaves them open.

    Raises:
        ModelError: there is none, or it isn't of known size.
    """
    config = entries[0].config
    shape = config.get("batch_input_shape", config.get("batch_shape"))
    if shape is None and isinstance(config.get("input_shape"), list):
        shape = [None, *config["input_shape"]]
    if shape is None and config.get("input_dim") is not None:
        shape = [None, config["input_dim"]]
    sides = shape[1:] if isinstance(shape, list) else []
    if len(sides) == 3:
        sides = [size if side is None else side for side in sides[:2]] + sides[2:]
    most = LONGEST if len(sides) == 1 else MAXIMAL_SIDE
    good = all(type(side) is int and 0 < side <= most for side in sides)
    if not 1 <= len(sides) <= 3 or not good:
        shown = str(shape).replace("None", "null") if isinstance(shape, list) else shape
        raise ModelError(
            "the network doesn't take images of a known size",
            expected="batch_input_shape [null, height, width, channels], or fewer sides",
            got=quoted(shown),
        )
    return tuple(sides)


def square_note(shape: Shape) -> str:
    """Returns the note on a vector that is taken for a square image; "" of other inputs."""
    height, width, channels = image_shape(shape)
    if len(shape) != 1 or height == 1:
        return ""
    kind = "grey images" if channels == 1 else "images of three channels"
    return f"it takes rows of {shape[0]} numbers: {kind} of {height}×{width} are assumed"
