"""Paper: scales pen lines into MNIST's box, in units of 1/256 pixel, and chooses the pen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spritenet.core.lines import UNIT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.sources.strokes.noise import Noise
    from spritenet.sources.strokes.style import HandwritingStyle
    from spritenet.sources.strokes.writer import PenLines

    Floats = NDArray[np.float32]

__all__ = ["fit_to_box"]

ROUNDS = 2
"""Of finding the scale: the outermost ink is known only once the scale is, but soon settles."""


def fit_to_box(
    lines: PenLines, noise: Noise, style: HandwritingStyle, box: int
) -> tuple[NDArray[np.int16], NDArray[np.int32]]:
    """Scales n drawings so that their ink just fits the box, and chooses each one's pen.

    Returns:
        Points (int16, n × t × 3: x, y, radius in 1/256 pixel) and gains (int32, n), as
        `spritenet.core.lines.draw_lines` takes them.
    """
    u = noise.uniform(3)
    pen = np.float32(style.thin) + np.float32(style.thick) * u[:, 0] * (
        np.float32(0.4) + np.float32(0.6) * u[:, 1] * u[:, 1]
    )
    wide, high = np.ptp(lines.x, axis=1), np.ptp(lines.y, axis=1)
    longest = np.maximum(np.maximum(wide, high), np.float32(1e-3))
    pen = np.minimum(pen, _fullest(lines, wide, high, style, box))
    radius = np.maximum(lines.pressure, np.float32(0.4)) * pen[:, None]
    radius = np.minimum(radius, np.float32(box / 5))
    scale = (box - 2 * pen) / longest
    for _ in range(ROUNDS):
        x, y = lines.x * scale[:, None], lines.y * scale[:, None]
        extent = np.maximum(_extent(x, radius), _extent(y, radius))
        scale = scale + (box - extent) / longest
    x = _middled(lines.x * scale[:, None], radius, box)
    y = _middled(lines.y * scale[:, None], radius, box)
    places = np.rint(np.stack([x, y, radius], axis=2) * np.float32(UNIT))
    least, most = style.edge
    edge = np.float32(least) + np.float32(most - least) * u[:, 2]
    return (
        np.clip(places, 0, box * UNIT).astype(np.int16),
        (np.float32(UNIT) / edge).astype(np.int32),
    )


def _fullest(
    lines: PenLines, wide: Floats, high: Floats, style: HandwritingStyle, box: int
) -> Floats:
    """Returns the largest radius, in pixels, at which n long lines don't merge into a blot."""
    dx, dy = np.diff(lines.x, axis=1), np.diff(lines.y, axis=1)
    pieces = np.sqrt(dx * dx + dy * dy) * np.float32(4096)
    # Summed as integers: a sum of floats depends on the order.
    drawn = pieces.astype(np.int64)[:, ~lines.lifts[1:]].sum(axis=1)
    length = drawn.astype(np.float32) / np.float32(4096)
    # Of the bounding box, assumed at least 0.42 as wide as high, so that a 1 may be thick.
    narrow = np.maximum(np.minimum(wide, high), np.float32(0.42) * np.maximum(wide, high))
    radius: Floats = np.float32(style.fullest * box / 2) * narrow / length
    return radius


def _extent(places: Floats, radius: Floats) -> Floats:
    """Returns the extent of n lines along one axis, including ink."""
    extent: Floats = (places + radius).max(axis=1) - (places - radius).min(axis=1)
    return extent


def _middled(places: Floats, radius: Floats, box: int) -> Floats:
    """Centres one coordinate of the ink in the box."""
    outermost = (places + radius).max(axis=1) + (places - radius).min(axis=1)
    moved: Floats = places + ((box - outermost) * np.float32(0.5))[:, None]
    return moved
