"""Axes of arrays of images: n h w c, or an error that names another order.

PyTorch has n c h w, MATLAB's files h w c n, some archives h w n. Reading these as n h w c would
silently give images of another shape.
"""

from __future__ import annotations

from itertools import permutations

from spritenet.errors import DataError

__all__ = ["check_axes", "fitting_axes", "meant_axes"]

MOST_CHANNELS = 4
"""Grey, grey and opacity, red green blue, and those with opacity."""

Axes = tuple[int, ...]


def meant_axes(shape: tuple[int, ...], labels: int | None = None) -> Axes | None:
    """Infers the transposition of an array to n h w (c); None if it seems to have that order.

    >>> meant_axes((20, 3, 32, 32)), meant_axes((28, 28, 1000), labels=1000)
    ((0, 2, 3, 1), (2, 0, 1))
    >>> meant_axes((20, 32, 32, 3)) is None
    True

    Args:
        shape: the array's.
        labels: the number of labels, if it is known.
    """
    if len(shape) not in {3, 4} or 0 in shape:
        return None
    if labels is not None and shape[0] != labels:
        return _counted(shape) if shape[-1] == labels else None
    if len(shape) == 3 or shape[3] <= MOST_CHANNELS:
        return None
    if shape[1] <= MOST_CHANNELS:
        return 0, 2, 3, 1
    return (3, 0, 1, 2) if shape[2] <= MOST_CHANNELS else None


def _counted(shape: tuple[int, ...]) -> Axes | None:
    """Returns the transposition of an array whose last axis counts images, as the labels do."""
    if len(shape) == 3:  # of other shapes, width and labels may agree by chance
        return (2, 0, 1) if shape[0] == shape[1] or shape[2] > max(shape[:2]) else None
    if shape[2] <= MOST_CHANNELS:
        return 3, 0, 1, 2
    return (3, 1, 2, 0) if shape[0] <= MOST_CHANNELS else None


def fitting_axes(shape: tuple[int, ...], image_shape: tuple[int, ...]) -> Axes | None:
    """Returns the transposition to images of a shape; None if there is none.

    >>> fitting_axes((10, 3, 32, 32), (32, 32, 3)), fitting_axes((3, 32, 32), (32, 32, 3))
    ((0, 2, 3, 1), (1, 2, 0))

    Args:
        shape: of the array, of one image or of many.
        image_shape: h w c, or h w.
    """
    if len(shape) not in {len(image_shape), len(image_shape) + 1}:
        return None
    for axes in permutations(range(len(shape))):
        if tuple(shape[axis] for axis in axes)[-len(image_shape) :] == image_shape:
            return axes
    return None


def check_axes(shape: tuple[int, ...], labels: int | None = None, where: str = "images") -> None:
    """Raises DataError for an array with another order of axes, with the call that corrects it.

    Args:
        shape: the array's.
        labels: the number of labels, if it is known.
        where: the array's name, for the error.
    """
    axes = meant_axes(shape, labels)
    if axes is None:
        return
    became = "×".join(str(shape[axis]) for axis in axes)
    order = "".join("nhwc"[axes.index(axis)] for axis in range(len(shape)))
    what = "channels come first here" if order == "nchw" else "images don't come first here"
    if order == "nchw":
        otherwise = "If these are no channels, Split(images, labels, class_names) takes them as is."
    else:
        otherwise = ""
    raise DataError(
        f"{what}: the axes seem to be {' '.join(order)}",
        where=where,
        expected="n h w c" if len(shape) == 4 else "n h w",
        got="×".join(map(str, shape)),
        do=f"Pass images.transpose{axes}, which is {became}. {otherwise}".rstrip(),
    )
