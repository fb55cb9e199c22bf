"""Draw: a sheet to draw on, and what a model predicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets

from spritenet.errors import DataError, ModelError
from spritenet.prepare import preparation_of, prepare
from spritenet.widgets.widget import Widget, png_address, script

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.model import Classified, Model

__all__ = ["Draw"]

SIDE = 280
"""Pixels of the sheet's sides: ten times MNIST's, as its preparation halves and averages."""

MOST_BARS = 10


class Draw(Widget):
    """A sheet on which one draws; the model predicts after each stroke, in Python.

        sheet = sn.widgets.Draw(model)
        sheet                             # the last line of a cell shows it
        sheet.image, sheet.answer         # in a later cell: what the model saw, and its answer

    Args:
        model: classifies images of any size; it has weights.

    Attributes:
        image: uint8 h w c, the drawing as the model's input; None before the first stroke.
        answer: its `Classified`; None before the first stroke.

    Raises:
        ModelError: the model has no weights yet, or doesn't classify.
        MissingExtraError: anywidget is not installed.
    """

    _esm = script("draw.js")
    side = traitlets.Int(SIDE).tag(sync=True)
    pixels: Any = traitlets.Any(b"").tag(sync=True)  # a notebook sends a memoryview
    seen = traitlets.Unicode("").tag(sync=True)
    verdict = traitlets.Unicode("").tag(sync=True)
    bars: Any = traitlets.List().tag(sync=True)

    def __init__(self, model: Model) -> None:
        shape = model.image_shape
        if shape is None or not model.parameters.size:
            raise ModelError("it has no weights yet", where="widgets.Draw", do="Train it first.")
        self._model, self._preparation = model, preparation_of(model.preparation, shape)
        self.image: NDArray[np.uint8] | None = None
        self.answer: Classified | None = None
        super().__init__()
        self.observe(self._predict, "pixels")

    def html(self) -> str:
        """Returns what the sheet can't do here."""
        return "<p>Drawing needs a running notebook. A page to draw on: <code>spritenet draw</code>"

    def _predict(self, change: dict[str, Any]) -> None:
        """Predicts the drawing: side · side bytes, 0 where there is no ink."""
        if len(change["new"]) != self.side**2:  # the sheet was cleared
            self.image = self.answer = None
            self.seen, self.verdict, self.bars = "", "", []
            return
        sheet = np.frombuffer(change["new"], np.uint8).reshape(self.side, self.side, 1)
        try:
            self.image = prepare(sheet, self._preparation)
        except DataError:  # a dot too small to be ink
            return
        answer = self.answer = self._model.classify(self.image)
        names = self._model.class_names
        named = names or tuple(map(str, range(answer.probabilities.size)))
        best = np.argsort(-answer.probabilities, kind="stable")[:MOST_BARS]
        self.bars = [[named[k], float(answer.probabilities[k])] for k in best]
        self.seen = png_address(self.image)
        sure = bool(answer.sure) or not self._model.calibrated
        self.verdict = named[int(answer.label)] if sure else "not sure"
