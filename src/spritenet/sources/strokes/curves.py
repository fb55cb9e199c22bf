"""Smooth curves through points: chordal Catmull-Rom splines with corners.

They use only + - × / and square roots, each rounded once, so the bits are the same on every
machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

__all__ = ["SAMPLES", "interpolate", "smooth_through"]

SAMPLES = 4
"""Pieces of straight line per span between two control points."""

_T = np.arange(SAMPLES, dtype=np.float32) / np.float32(SAMPLES)
# The Hermite basis at the samples (values and tangents at both ends).
_H00 = (2 * _T - 3) * _T * _T + 1
_H10 = ((_T - 2) * _T + 1) * _T
_H01 = (3 - 2 * _T) * _T * _T
_H11 = (_T - 1) * _T * _T


def smooth_through(x: Floats, y: Floats, corners: Floats) -> tuple[Floats, Floats]:
    """Returns n smooth strokes through m points each, as polylines.

    Args:
        x: n × m control points, m at least 2.
        y: the same, downwards.
        corners: n × m, from 0 (the pen glides through) to 1 (a sharp corner).

    Returns:
        x and y, n × ((m - 1) * SAMPLES + 1), through the control points.
    """
    dx, dy = x[:, 1:] - x[:, :-1], y[:, 1:] - y[:, :-1]
    chord = np.sqrt(dx * dx + dy * dy) + np.float32(1e-6)
    return _one_axis(x, dx, chord, corners), _one_axis(y, dy, chord, corners)


def _one_axis(p: Floats, d: Floats, chord: Floats, corners: Floats) -> Floats:
    """Interpolates one coordinate; p is at the points, d and the chord lengths between them."""
    slope = d / chord
    tangent = np.empty_like(p)
    before, after = chord[:, :-1], chord[:, 1:]
    # The derivative of the parabola through three neighbours, at the middle one.
    tangent[:, 1:-1] = (slope[:, :-1] * after + slope[:, 1:] * before) / (before + after)
    if p.shape[1] > 2:
        tangent[:, 0] = np.float32(1.5) * slope[:, 0] - np.float32(0.5) * tangent[:, 1]
        tangent[:, -1] = np.float32(1.5) * slope[:, -1] - np.float32(0.5) * tangent[:, -2]
    else:
        tangent[:] = slope
    leaving = (tangent[:, :-1] + corners[:, :-1] * (slope - tangent[:, :-1])) * chord
    arriving = (tangent[:, 1:] + corners[:, 1:] * (slope - tangent[:, 1:])) * chord
    line = np.empty((p.shape[0], (p.shape[1] - 1) * SAMPLES + 1), np.float32)
    for k in range(SAMPLES):
        line[:, k:-1:SAMPLES] = (
            p[:, :-1] * _H00[k] + leaving * _H10[k] + p[:, 1:] * _H01[k] + arriving * _H11[k]
        )
    line[:, -1] = p[:, -1]
    return line


def interpolate(values: Floats) -> Floats:
    """Interpolates values (n × m) at control points linearly, at the same samples."""
    line = np.empty((values.shape[0], (values.shape[1] - 1) * SAMPLES + 1), np.float32)
    step = values[:, 1:] - values[:, :-1]
    for k in range(SAMPLES):
        line[:, k:-1:SAMPLES] = values[:, :-1] + step * _T[k]
    line[:, -1] = values[:, -1]
    return line
