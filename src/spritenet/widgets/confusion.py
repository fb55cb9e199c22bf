"""Confusion: the confusion matrix; a click shows a cell's images."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets

from spritenet.model.predictions import Predictions
from spritenet.widgets.widget import Widget, png_address, script

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.model import Scores

__all__ = ["Confusion"]

MOST_IMAGES = 60
"""Images that a cell shows, the most confident first."""


class Confusion(Widget):
    """The confusion matrix: rows are true classes, columns predicted ones.

        found = sn.widgets.Confusion(model.evaluate(data.test))
        found                             # click a cell: its images appear below
        found.selected                    # in a later cell: their indices in the test set

    Args:
        scores: of `model.evaluate`; or `Predictions`.

    Attributes:
        selected: indices of the images of the chosen cell, the most confident first, (n,).

    Raises:
        ModelError: the scores are a copy, or the images have no classes or several.
        MissingExtraError: anywidget is not installed.
    """

    _esm = script("confusion.js")
    names: Any = traitlets.List().tag(sync=True)
    counts: Any = traitlets.List().tag(sync=True)
    cell: Any = traitlets.List().tag(sync=True)
    images: Any = traitlets.List().tag(sync=True)
    caption = traitlets.Unicode("").tag(sync=True)

    def __init__(self, scores: Scores | Predictions) -> None:
        found = scores if isinstance(scores, Predictions) else scores.predictions
        self._predictions = found
        self.selected: NDArray[np.int64] = np.zeros(0, np.int64)
        super().__init__(names=list(found.class_names), counts=found.confusion.tolist())
        self.observe(self._select, "cell")

    def select(self, true: str, predicted: str) -> None:
        """Chooses a cell by the names of its classes, as a click does."""
        names = self._predictions.class_names
        self.cell = [names.index(true), names.index(predicted)]

    def html(self) -> str:
        """Returns the matrix as a table."""
        heads = "".join(f"<th>{escape(name)}</th>" for name in self.names)
        rows = "".join(
            f"<tr><th>{escape(name)}</th>" + "".join(f"<td>{n or ''}</td>" for n in row) + "</tr>"
            for name, row in zip(self.names, self.counts, strict=True)
        )
        return f"<table><tr><th>is \\ predicted as</th>{heads}</tr>{rows}</table>"

    def _select(self, change: dict[str, Any]) -> None:
        """Shows the images of a cell."""
        row, column = change["new"]
        found = self._predictions
        among = np.flatnonzero((found.labels == row) & (found.predicted == column))
        self.selected = among[np.argsort(-found.confidence[among], kind="stable")]
        shown = self.selected[:MOST_IMAGES]
        channels = found.images.shape[3]
        pixels = found.images if channels in {1, 3, 4} else found.images[..., :1]
        self.images = [
            {"address": png_address(np.ascontiguousarray(pixels[i])), "index": int(i)}
            for i in shown
        ]
        more = f", {len(shown)} of them shown" if len(shown) < len(among) else ""
        self.caption = f"{self.names[row]} predicted as {self.names[column]}: {len(among)}{more}"
