"""NotebookFigure: a matplotlib figure in this project's style, without matplotlib's global state.

Colours that carry meaning are those of `spritenet.charts`.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from spritenet.errors import DataError, MissingExtraError

try:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure
except ImportError as error:
    raise MissingExtraError("drawing a plot", "plot") from error

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colorbar import Colorbar
    from matplotlib.figure import FigureBase
    from matplotlib.image import AxesImage

__all__ = [
    "FAINT",
    "FRACTIONS",
    "INK",
    "LINE",
    "MAP",
    "MISTAKES",
    "RIGHT",
    "WRONG",
    "NotebookFigure",
    "checked_names",
    "color_scale",
    "label_axes",
    "legend",
    "new_figure",
    "shortened",
]

PAPER, INK, FAINT, LINE = "#ffffff", "#1c1d20", "#5c6068", "#dcdad4"
RIGHT, WRONG = "#00795a", "#b84a00"
DOTS_PER_INCH = 144

FRACTIONS = LinearSegmentedColormap.from_list("fractions", [PAPER, "#8fc1e3", "#0072b2", "#003a5c"])
"""From 0 to 1: lightness falls all the way, so that it reads in grey as well."""

MISTAKES = LinearSegmentedColormap.from_list("mistakes", [PAPER, "#f6c9a4", "#d55e00"])
"""From 0 to the most frequent mistake."""

MAP = LinearSegmentedColormap.from_list("map", ["#a04000", "#f7f6f3", "#00507e"])
"""Below zero, zero, above zero."""


class NotebookFigure(Figure):
    """A figure that a notebook shows as a PNG even if nobody imported pyplot."""

    def _repr_png_(self) -> bytes:
        file = io.BytesIO()
        self.savefig(file, format="png")
        return file.getvalue()


def new_figure(width: float, height: float, title: str = "") -> NotebookFigure:
    """Makes an empty figure, sizes in inches."""
    figure = NotebookFigure(
        figsize=(width, height), dpi=DOTS_PER_INCH, layout="constrained", facecolor=PAPER
    )
    FigureCanvasAgg(figure)
    if title:
        figure.suptitle(title, color=INK, fontsize=11, fontweight="bold")
    return figure


def label_axes(axes: Axes, x_label: str, y_label: str, title: str = "") -> None:
    """Labels and styles axes: a light grid behind, no box."""
    axes.set_xlabel(x_label, color=INK)
    axes.set_ylabel(y_label, color=INK)
    if title:
        axes.set_title(title, color=INK, fontsize=10, loc="left")
    axes.set_axisbelow(True)
    axes.grid(visible=True, color=LINE, linewidth=0.8)
    axes.tick_params(colors=FAINT, labelcolor=INK, labelsize=8.5)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(FAINT)


def legend(axes: Axes) -> None:
    """Adds a legend, on a background so that it reads over points."""
    axes.legend(facecolor=PAPER, edgecolor="none", framealpha=0.85, fontsize=8.5, labelcolor=INK)


def color_scale(figure: FigureBase, image: AxesImage, axes: object, label: str) -> Colorbar:
    """Adds the scale of an image's colours beside its axes."""
    bar = figure.colorbar(image, ax=axes, shrink=0.85, pad=0.02)  # type: ignore[arg-type]  # one or many
    bar.set_label(label, color=INK, fontsize=8.5)
    bar.ax.tick_params(labelsize=8, color=FAINT, labelcolor=INK)
    bar.outline.set_visible(False)
    return bar


def shortened(text: str, length: int = 18) -> str:
    """Returns a name that fits, and whose dollar signs are no formulas."""
    text = " ".join(text.split())
    text = text if len(text) <= length else text[: length - 1] + "…"
    return text.replace("$", r"\$")


def checked_names(names: Sequence[str] | None, count: int, what: str) -> list[str]:
    """Returns the names, "0", "1", … by default.

    Raises:
        DataError: their number isn't `count`.
    """
    words = [str(i) for i in range(count)] if names is None or not len(names) else list(names)
    if len(words) != count:
        raise DataError(f"wrong number of names for the {what}", expected=count, got=len(words))
    return words
