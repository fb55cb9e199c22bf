"""Batches: the images of the steps in one engine call.

The engine computes the permutation of (seed, epoch) itself as long as the number of batches equals
the number of steps. A second training, with other images or another batch size, starts a new first
pass, and the two numbers differ; then the indices are computed here, by the same arithmetic.
Examples that are not resident are read first and trained on in the order they were read;
augmentation knows each by its position in the epoch.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from spritenet.engines.engine import Engine, Steps
from spritenet.losses import Loss
from spritenet.optimizers import Optimizer
from spritenet.training.batch_source import BatchSource
from spritenet.training.plan import Plan
from spritenet.training.state import TrainingState

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["advance", "batch_images", "permitted"]


def batch_images(place: int, batch_size: int, count: int) -> int:
    """Returns the size of batch number `place`; the last one of a pass may be smaller."""
    part = place % -(-count // batch_size)
    return min(batch_size, count - part * batch_size)


def permitted(now: TrainingState, plan: Plan, steps: int, source: BatchSource) -> int:
    """Returns how many of the next `steps` steps one call can make; see `advance`."""
    steps = min(steps, max(1, source.max_images // plan.batch_size))
    if _engine_shuffles(now, plan, source):
        return steps
    whole, rest = divmod(len(source), plan.batch_size)
    left = whole - now.place % now.parts
    return min(steps, left) if left else int(bool(rest))


def advance(
    engine: Engine,
    work: TrainingState,
    source: BatchSource,
    plan: Plan,
    *,
    loss: Loss,
    optimizer: Optimizer,
    rates: NDArray[np.float32],
) -> Steps:
    """Makes len(rates) steps on the arrays of `work`, in place.

    Without the engine's own permutation, all batches must lie in one pass and have the same size;
    `permitted` ensures that.
    """
    if _engine_shuffles(work, plan, source):
        examples, indices, size, epoch = source.all(), None, plan.batch_size, 0
    else:
        epoch, part = divmod(work.place, work.parts)
        size = batch_images(work.place, plan.batch_size, len(source))
        first = part * plan.batch_size
        seed = plan.seed if plan.shuffle else None
        last = first + len(rates) * size
        examples, indices = source.read(seed, epoch, first, last)
        if not source.resident:
            examples = replace(examples, identities=np.arange(first, last, dtype=np.int64))
    return engine.train(
        work.parameters,
        work.slots,
        examples,
        loss=loss,
        optimizer=optimizer,
        learning_rates=rates,
        first_step=work.step,
        batch_size=size,
        seed=plan.seed,
        indices=indices,
        epoch=epoch,
    )


def _engine_shuffles(now: TrainingState, plan: Plan, source: BatchSource) -> bool:
    """Returns True if the engine's own permutation, counted from the first step, applies."""
    return source.resident and plan.shuffle and now.place == now.step
