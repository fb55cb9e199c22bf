"""Handwriting style: the variation between writers and within one writer's digits."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DEFAULT_STYLE", "HandwritingStyle"]


@dataclass(frozen=True, slots=True)
class HandwritingStyle:
    """Ranges and deviations. Lengths are in units in which a digit is about 2 high.

    Args:
        beyond: how far past the poses a mixture may go; 1 stays between them.
        sloppy: least and most of a writer's own factor on jitter and bending.
        jitter: deviation of a control point.
        apart: deviation of a whole stroke after the first.
        reach: deviation of a stroke's end along itself, over its last span: gaps, overshoots.
        bend: deviation of each second and third degree coefficient of the paper's bending.
        width: middle and deviation of width over height, times the way's own.
        slant: middle and deviation of the slant (x over y), to the right.
        turn: deviation of the tangent of half the angle by which the digit is turned.
        corner: the most of a corner's sharpness; over 1 makes full sharpness common.
        trend: deviation of the pen's width at the first and last point.
        tremble: deviation of the pen's width at every point.
        thin: radius of the thinnest pen, in pixels of the box.
        thick: how much more the thickest has.
        fullest: the largest fraction of the lines' bounding box that the pen may cover.
        edge: least and most width of the ink's grey edge, in pixels.
        stray: how often, down and across, the image is one pixel off, as where specks on the
            paper moved the box or the centre of mass.
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
