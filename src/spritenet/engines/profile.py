"""Profile: where the time of training goes, by layer, phase and thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.engines.native import OPERATION_TIMES, STEP_TIMES, Network

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LAYER_PHASES", "STEP_PHASES", "Profile", "profiled"]

STEP_PHASES = ("data", "loss", "packing", "optimizer", "between phases", "waiting")
"""The parts of a step beside the layers': SN_TIME_DATA … SN_TIME_WAIT of core/profile.h."""

LAYER_PHASES = ("forward", "backward (weights)", "backward (inputs)")
"""The parts of a layer: SN_TIME_FORWARD … SN_TIME_INPUTS."""


@dataclass(slots=True)
class Profile:
    """The time that threads spent while a network was trained, in seconds.

    Attributes:
        layers: the names of the layers.
        layer_seconds: (threads, layers, 3): forward, gradients of the weights, gradients of the
            inputs. Activations count to the layer that they follow.
        step_seconds: (threads, 6): the data (augmented, and gathered into lanes), the loss, packing
            of kernels, the optimizer with the sums over the batch, what one thread does between
            phases, and waiting for the other threads.
        seconds: of the clock, in all. What is in no thread's sums was spent outside the core.
    """

    layers: tuple[str, ...]
    layer_seconds: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0, 3)))
    step_seconds: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 6)))
    seconds: float = 0.0

    @property
    def threads(self) -> int:
        """The number of threads."""
        return len(self.step_seconds)

    @property
    def outside(self) -> float:
        """The seconds that the first thread spent outside the core: in Python."""
        inside = self.layer_seconds[0].sum() + self.step_seconds[0].sum()
        return max(0.0, self.seconds - float(inside))

    def to_json(self) -> dict[str, Any]:
        """Returns the seconds by thread, layer and phase."""
        return {
            "seconds": self.seconds,
            "outside_core": self.outside,
            "threads": [
                {
                    **dict(zip(STEP_PHASES, steps.tolist(), strict=True)),
                    "layers": [
                        {"layer": name, **dict(zip(LAYER_PHASES, parts.tolist(), strict=True))}
                        for name, parts in zip(self.layers, layers, strict=True)
                    ],
                }
                for steps, layers in zip(self.step_seconds, self.layer_seconds, strict=True)
            ],
        }


@contextmanager
def profiled(network: Network, layers: tuple[str, ...]) -> Iterator[Profile]:
    """Times what a network trains meanwhile; the profile is filled at the end.

        with profiled(model.engine(64), names) as profile:
            model.fit(data.train, epochs=1, batch_size=64)

    Args:
        network: of the compiled core.
        layers: the name of each of its layers.
    """
    places = network.operation_layers()
    times = np.zeros((network.threads, STEP_TIMES + len(places) * OPERATION_TIMES), np.int64)
    found = Profile(layers)
    network.time_into(times)
    began = perf_counter()
    try:
        yield found
    finally:
        found.seconds = perf_counter() - began
        network.time_into(None)
    seconds = times.astype(np.float64) / 1e9
    found.step_seconds = seconds[:, 1:STEP_TIMES]  # the first number is the clock
    each = seconds[:, STEP_TIMES:].reshape(len(times), len(places), len(LAYER_PHASES))
    found.layer_seconds = np.zeros((len(times), len(layers), len(LAYER_PHASES)))
    for operation, layer in enumerate(places):
        found.layer_seconds[:, max(0, layer)] += each[:, operation]
