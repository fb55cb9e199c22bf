"""TrainingChart: curves of a training while it runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import traitlets

from spritenet.model.live_chart import LiveChart
from spritenet.training.events import Event
from spritenet.widgets.widget import Widget, script

__all__ = ["TrainingChart"]


class TrainingChart(Widget):
    """Loss and accuracy while a model is trained: a callback, or a filter of events.

        chart = sn.widgets.TrainingChart()
        display(chart)
        model.fit(data.train, epochs=5, callbacks=chart, verbose=0)

        for event in chart.follow(sn.train(model, data.train, epochs=5)):
            ...

    The chart stays where it was displayed, also when a later cell trains on, and in each cell that
    displays it.

    Args:
        every: least seconds between two drawings.

    Raises:
        MissingExtraError: anywidget is not installed.
    """

    _esm = script("chart.js")
    content = traitlets.Unicode("").tag(sync=True)

    def __init__(self, *, every: float = 0.25) -> None:
        super().__init__()
        self._chart = LiveChart(self._show, every=every)

    def __call__(self, event: Event) -> None:
        """Takes an event of a training."""
        self._chart(event)

    def follow(self, events: Iterable[Event]) -> Iterator[Event]:
        """Yields the events of a training, and draws them."""
        for event in events:
            self(event)
            yield event

    def html(self) -> str:
        """Returns the curves so far."""
        return str(self.content) or "<p>No training yet.</p>"

    def _show(self, content: str) -> None:
        """Sends the curves to the notebook."""
        self.content = content
