"""Shapes: the control points of a variant, parsed from its text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from spritenet.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.sources.strokes.glyphs import GlyphVariant

__all__ = ["Shapes", "shapes_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Shapes:
    """k poses of p control points, about 2 high and centred on 0.

    Args:
        x, y: float32, k × p; y downwards.
        corners: float32, p: 1 at a corner, 0 where the pen glides.
        strokes: the range of the p points that each stroke has.
    """

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    corners: NDArray[np.float32]
    strokes: tuple[slice, ...]


@cache
def shapes_of(variant: GlyphVariant) -> Shapes:
    """Parses the poses of a variant.

    Raises:
        DataError: its poses have different numbers of strokes or points.
    """
    poses = [[stroke.split() for stroke in pose.split("|")] for pose in variant.poses]
    lengths = [len(stroke) for stroke in poses[0]]
    for text, pose in zip(variant.poses, poses, strict=True):
        if [len(stroke) for stroke in pose] != lengths:
            raise DataError(
                "the poses have different numbers of points",
                where=f"a way to write {variant.digit}",
                expected=lengths,
                got=text,
            )
    first = [point for stroke in poses[0] for point in stroke]
    places = np.array(
        [[point.rstrip("!").split(",") for stroke in pose for point in stroke] for pose in poses],
        np.float32,
    )
    ends = np.cumsum(lengths).tolist()
    return Shapes(
        x=(places[:, :, 0] / np.float32(50) - 1) * np.float32(variant.width),
        y=places[:, :, 1] / np.float32(50) - 1,
        corners=np.array([point.endswith("!") for point in first], np.float32),
        strokes=tuple(slice(end - n, end) for n, end in zip(lengths, ends, strict=True)),
    )
