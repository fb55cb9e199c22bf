"""Which images the updates of one engine call learn from.

The engine itself knows the order of (seed, epoch) for as long as batches and updates are counted
alike. They no longer are when a second training, with other images or another batch size, begins
its own first pass; then the indices are made here, by the same arithmetic. Of examples that are not
in memory the next ones are put into memory, and taken one after the other.
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
from spritenet.training.state import Snapshot

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["advance", "batch_images", "permitted"]


def batch_images(place: int, batch_size: int, count: int) -> int:
    """How many images batch number `place` of the order has; the last of a pass may have fewer."""
    part = place % -(-count // batch_size)
    return min(batch_size, count - part * batch_size)


def permitted(now: Snapshot, plan: Plan, steps: int, examples: Examples | Feed) -> int:
    """How many of the next `steps` updates one call can do; see `advance`."""
    if isinstance(examples, Feed):
        steps = min(steps, max(1, examples.max_images // plan.batch_size))
    elif _engine_knows(now, plan):
        return steps
    whole, rest = divmod(len(examples), plan.batch_size)
    left = whole - now.place % now.parts
    return min(steps, left) if left else int(bool(rest))


def advance(
    engine: Engine,
    work: Snapshot,
    examples: Examples | Feed,
    plan: Plan,
    *,
    loss: Loss,
    optimizer: Optimizer,
    rates: NDArray[np.float32],
) -> Steps:
    """Do len(rates) updates on the arrays of `work`, in place.

    Without the engine's own order all of them must lie in one pass and have the same size; that is
    what `permitted` sees to.
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


def _engine_knows(now: Snapshot, plan: Plan) -> bool:
    """Whether the engine's order, counted from the first update, is the one that is meant."""
    return plan.shuffle and now.place == now.step
