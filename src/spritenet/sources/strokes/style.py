"""Handwriting style: the variation between writers and within one writer's digits."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DEFAULT_STYLE", "HandwritingStyle"]


@dataclass(frozen=True, slots=True)
class HandwritingStyle:
    """Ranges and deviations. Lengths are in units in which a digit is about 2 high.

    Args:
        beyond: the limit of extrapolation beyond the poses; 1 only interpolates.
        sloppy: the range of a writer's factor on jitter and bending.
        jitter: the deviation of a control point.
        apart: the deviation of each whole stroke after the first.
        reach: the deviation of a stroke's end along the stroke, relative to its last span: gaps and
            overshoots.
        bend: the deviation of each second and third degree coefficient of the distortion.
        width: mean and deviation of the factor on the variant's width over height.
        slant: mean and deviation of the slant (x over y), to the right.
        turn: the deviation of the tangent of half the angle of rotation.
        corner: the upper limit of a corner's sharpness; above 1, full sharpness is common.
        trend: the deviation of the pen's width at the first and last point.
        tremble: the deviation of the pen's width at every point.
        thin: the radius of the thinnest pen, in pixels of the box.
        thick: the additional radius of the thickest pen.
        fullest: the largest fraction of the bounding box that ink may cover.
        edge: the range of the width of the ink's grey edge, in pixels.
        stray: the fractions of images shifted by one pixel down or across, as if specks on the
            paper had moved the bounding box or the centre of mass.
    """

    beyond: float = 1.2
    sloppy: tuple[float, float] = (0.35, 1.4)
    jitter: float = 0.075
    apart: float = 0.06
    reach: float = 0.14
    bend: float = 0.075
    width: tuple[float, float] = (1.05, 0.24)
    slant: tuple[float, float] = (0.13, 0.27)
    turn: float = 0.05
    corner: float = 1.15
    trend: float = 0.2
    tremble: float = 0.14
    thin: float = 0.75
    thick: float = 2.2
    fullest: float = 0.7
    edge: tuple[float, float] = (0.7, 1.3)
    stray: float = 0.3


DEFAULT_STYLE = HandwritingStyle()
