"""TrainStep: one training step, the same function on every device."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from spritenet.engines.torch.augmentation import Augmenter
from spritenet.engines.torch.counters import Counter
from spritenet.engines.torch.examples import DeviceExamples
from spritenet.engines.torch.forward import Settings
from spritenet.engines.torch.gradient import Differentiation
from spritenet.engines.torch.ranks import Ranks
from spritenet.engines.torch.tables import StepTables
from spritenet.engines.torch.update import Flags, Penalty, Updater
from spritenet.layers import Layer

__all__ = ["TrainStep"]


class TrainStep:
    """A training step on tables, examples and parameters that stay in their places.

    Args:
        how: from a batch to the gradient.
        layers: of the network.
        examples: the images.
        penalty: of the weights.
        updater: the optimizer.
        slots: its arrays on the device.
        tables: what a step reads and leaves.
        random: the places of random layers, in the order of the tables' keys.
        augmenter: changes the images; None for not.
        ranks: that train together; None for one process.
        stops: True if this process wants to stop.

    Attributes:
        stopped: a rank wanted to stop at the last step.
    """

    def __init__(
        self,
        how: Differentiation,
        layers: Sequence[Layer],
        examples: DeviceExamples,
        penalty: Penalty,
        updater: Updater,
        slots: torch.Tensor,
        tables: StepTables,
        random: Sequence[int],
        augmenter: Augmenter | None = None,
        ranks: Ranks | None = None,
        stops: Callable[[], bool] = lambda: False,
    ) -> None:
        self._how = how
        self._layers = layers
        self._examples = examples
        self._penalty = penalty
        self._updater = updater
        self._slots = slots
        self._tables = tables
        self._random = random
        self._augmenter = augmenter
        self._ranks = ranks
        self._stops = stops
        self.stopped = False

    def __call__(self, count: int, flags: Flags, *, keep_outputs: bool) -> None:
        """Does the tables' next step, on `count` images."""
        tables, how = self._tables, self._how
        with torch.no_grad():
            whole = self._examples.take(tables.indices(count))
            if self._augmenter is not None:
                whole = self._augmenter(whole, tables.epoch_word())
            ranks = self._ranks
            places = slice(0, count) if ranks is None else ranks.places(count)
            settings = Settings(training=True, counters=self._counters(places))
            if ranks is not None and count >= ranks.size:
                settings.total = ranks.total
            part = whole if ranks is None else whole[places]
            made, numbers = how.gradient(part, whole, count, settings), tables.numbers()
            if ranks is not None:
                stops = self._stops()
                made, numbers, self.stopped = ranks.combined(made, numbers, count, stops=stops)
            w = how.parameters.weights
            loss = made.loss
            g = made.values
            if self._penalty:
                loss = loss + self._penalty.value(w)
                self._penalty.add_gradient(w, g)
            self._move_averages(settings)
            self._updater(g, self._slots, numbers, flags)
            outputs = None
            if keep_outputs:
                outputs = made.outputs
                if how.task.skips_final:
                    outputs = how.forward.finished(outputs)
                if ranks is not None:
                    outputs = ranks.outputs(outputs, count)
            tables.end_step(loss, made.correct, outputs)

    def _counters(self, places: slice) -> dict[int, Counter]:
        if not self._random:
            return {}
        keys, first, size = self._tables.keys(), places.start, places.stop - places.start
        return {place: Counter(keys[k], first, size) for k, place in enumerate(self._random)}

    def _move_averages(self, settings: Settings) -> None:
        """Moves the averages of batch normalizations."""
        for place, (mean, variance) in settings.statistics.items():
            keep = self._layers[place].momentum  # type: ignore[attr-defined]  # a normalization's
            views = self._how.parameters.views[place]
            for name, value in (("moving_mean", mean), ("moving_variance", variance)):
                views[name].mul_(keep).add_(value * (1 - keep))

    def state(self) -> list[torch.Tensor]:
        """Returns all that a step changes."""
        return [self._how.parameters.flat, self._slots, *self._tables.state()]
