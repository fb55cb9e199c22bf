"""Batches: the images of the steps in one engine call.

The engine computes the permutation of (seed, epoch) itself as long as the number of batches equals
the number of steps. A second training, with other images or another batch size, starts a new first
pass, and the two numbers differ; then the indices are computed here, by the same arithmetic.
Examples that are not in memory are read first and trained on in the order they were read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spritenet.engines.engine import Engine, Examples, Steps
from spritenet.losses import Loss
from spritenet.optimizers import Optimizer
from spritenet.permutation import permutation
from spritenet.training.feed import Feed
from spritenet.training.plan import Plan
from spritenet.training.state import TrainingState

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["advance", "batch_images", "permitted"]


def batch_images(place: int, batch_size: int, count: int) -> int:
    """Returns the size of batch number `place`; the last one of a pass may be smaller."""
    part = place % -(-count // batch_size)
    return min(batch_size, count - part * batch_size)


def permitted(now: TrainingState, plan: Plan, steps: int, examples: Examples | Feed) -> int:
    """Returns how many of the next `steps` steps one call can make; see `advance`."""
    if isinstance(examples, Feed):
        steps = min(steps, max(1, examples.max_images // plan.batch_size))
    elif _engine_knows(now, plan):
        return steps
    whole, rest = divmod(len(examples), plan.batch_size)
    left = whole - now.place % now.parts
    return min(steps, left) if left else int(bool(rest))


def advance(
    engine: Engine,
    work: TrainingState,
    examples: Examples | Feed,
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
    indices, size = None, plan.batch_size
    if isinstance(examples, Feed):
        epoch, part = divmod(work.place, work.parts)
        size = batch_images(work.place, plan.batch_size, len(examples))
        first = part * plan.batch_size
        last = first + len(rates) * size
        examples = examples.part(plan.seed if plan.shuffle else None, epoch, first, last)
        indices = np.arange(len(examples), dtype=np.int64)
    elif not _engine_knows(work, plan):
        epoch, part = divmod(work.place, work.parts)
        size = batch_images(work.place, plan.batch_size, len(examples))
        first = part * plan.batch_size
        last = first + len(rates) * size
        if plan.shuffle:
            indices = permutation(plan.seed, epoch, len(examples), first, last)
        else:
            indices = np.arange(first, last, dtype=np.int64)
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
    )


def _engine_knows(now: TrainingState, plan: Plan) -> bool:
    """Returns True if the engine's own permutation, counted from the first step, applies."""
    return plan.shuffle and now.place == now.step
