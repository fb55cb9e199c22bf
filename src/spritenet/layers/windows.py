"""Windows that slide over an image: the sizes of convolution and pooling, as in TensorFlow."""

from __future__ import annotations

from spritenet.errors import ModelError

__all__ = ["output_size", "slide"]


def output_size(size: int, window: int, stride: int, padding: str) -> int:
    """The number of places of a window along an axis; 0 if it doesn't fit.

    >>> output_size(28, 5, 1, "valid"), output_size(28, 5, 2, "same")
    (24, 14)
    """
    if padding == "same":
        return -(-size // stride)
    return (size - window) // stride + 1 if size >= window else 0


def slide(
    image: tuple[int, int],
    window: tuple[int, int],
    strides: tuple[int, int],
    *,
    padding: str,
    where: str,
) -> tuple[int, int]:
    """The height and width of the places a window takes in an image of that height and width.

    Raises:
        ModelError: the window is larger than the image.
    """
    height = output_size(image[0], window[0], strides[0], padding)
    width = output_size(image[1], window[1], strides[1], padding)
    if height < 1 or width < 1:
        raise ModelError(
            f"{where} is larger than its input",
            expected=f"an input of at least {window[0]}×{window[1]}",
            got=f"{image[0]}×{image[1]}",
            do="Use larger images, a smaller window, fewer layers or padding='same'.",
        )
    return height, width
