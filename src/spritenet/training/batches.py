"""Batches: the images of the steps in one engine call.

The engine computes the permutation of (seed, epoch) itself as long as the number of batches equals
the number of steps. A second training, with other images or another batch size, starts a new first
pass, and the two numbers differ; then the indices are computed here, by the same arithmetic.
Examples that are not resident are read first and trained on in the order they were read;
augmentation knows each by its position in the epoch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from spritenet.engines.engine import Engine, Examples, Steps
from spritenet.losses import Loss
from spritenet.optimizers import Optimizer
from spritenet.permutation import permutation
from spritenet.training.batch_source import BatchSource
from spritenet.training.measurement import Measurement
from spritenet.training.plan import Plan
from spritenet.training.prefetched_batches import PrefetchedBatches
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
    if isinstance(source, PrefetchedBatches):  # a call lies in one of its blocks
        block = source.block_images // plan.batch_size
        steps = min(steps, block - now.place % now.parts % block)
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
    measure: Measurement | None = None,
) -> tuple[Steps, float]:
    """Makes len(rates) steps on the arrays of `work`, in place; `measure` gets their outputs.

    Returns them, and the seconds that they waited for their examples.

    Without the engine's own permutation, all batches must lie in one pass and have the same size;
    `permitted` ensures that.
    """
    waited = 0.0
    if _engine_shuffles(work, plan, source):
        examples, indices, size, epoch = source.all(), None, plan.batch_size, 0
    else:
        epoch, part = divmod(work.place, work.parts)
        size = batch_images(work.place, plan.batch_size, len(source))
        first = part * plan.batch_size
        seed = plan.seed if plan.shuffle else None
        last = first + len(rates) * size
        start = perf_counter()
        examples, indices = source.read(seed, epoch, first, last)
        waited = perf_counter() - start
        if not source.resident and examples.identities is None:
            examples = replace(examples, identities=np.arange(first, last, dtype=np.int64))
    wanted: dict[str, NDArray[np.float32]] = {}
    if measure is not None:
        wanted["outputs"] = measure.buffer(len(rates), size)
    done = engine.train(
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
        **wanted,
    )
    if measure is not None:
        parts = _batches(work, plan, examples, indices, size, len(done))
        for outputs, chosen in zip(wanted["outputs"], parts, strict=False):
            measure.add(outputs[: len(chosen)], examples, chosen)
    return done, waited


def _batches(
    work: TrainingState,
    plan: Plan,
    examples: Examples,
    indices: NDArray[np.int64] | None,
    size: int,
    steps: int,
) -> Iterator[NDArray[np.int64]]:
    """Yields the indices of the examples in each batch that was trained on.

    Args:
        work: the state before.
        plan: of the training.
        examples: those the engine got.
        indices: those the engine got; None if it took its own permutation.
        size: images in a batch.
        steps: the number of batches.
    """
    if indices is not None:
        yield from indices[: steps * size].reshape(steps, size)
        return
    left, place = steps, work.place
    while left:
        epoch, part = divmod(place, work.parts)
        here = min(left, work.parts - part)  # in this pass
        first, last = part * size, min((part + here) * size, len(examples))
        order = permutation(plan.seed, epoch, len(examples), first, last)
        yield from (order[at : at + size] for at in range(0, len(order), size))
        place, left = place + here, left - here


def _engine_shuffles(now: TrainingState, plan: Plan, source: BatchSource) -> bool:
    """Returns True if the engine's own permutation, counted from the first step, applies."""
    return source.resident and plan.shuffle and now.place == now.step
