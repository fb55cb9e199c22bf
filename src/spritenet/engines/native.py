"""The compiled core as an engine.

Everything is checked here before it crosses, since the other side can only answer with one line.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Sequence
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from spritenet.augmentation import Step
from spritenet.core import nodes, structs
from spritenet.core.library import ERROR_BYTES, library
from spritenet.core.pool import Pool, instruction_set, lanes
from spritenet.core.pool import threads as threads_to_use
from spritenet.engines.arrays import address, aligned, check
from spritenet.engines.description import describe_loss, describe_node, describe_optimizer
from spritenet.engines.engine import Evaluation, Examples, Steps
from spritenet.engines.interruptible_call import waiting_for
from spritenet.errors import CoreError, ModelError
from spritenet.layers import Graph, Layer, Shape
from spritenet.layers.input import fits
from spritenet.losses import Loss
from spritenet.optimizers import Optimizer

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["OPERATION_TIMES", "STEP_TIMES", "Network", "PlacedWeight", "instruction_set", "lanes"]

STEP_TIMES, OPERATION_TIMES = 7, 3
"""Numbers of a profile for a thread, and for each operation: core/profile.h."""

_OK, _INVALID, _DIVERGED, _STOPPED = range(4)

SLOW_SECONDS = 0.05
"""A step that takes longer is worth a thread, so that Ctrl-C is answered while it works."""


class PlacedWeight(NamedTuple):
    """One of a network's weights, and its offset among the parameters."""

    layer: int
    name: str
    shape: tuple[int, ...]
    offset: int
    trainable: bool


class Network:
    """A network compiled for one input shape and a largest batch size.

    Args:
        layers: a `Graph`, or layers first to last.
        input_shape: of the uint8 images: (height, width, channels), (height, width) or (values,).
        inputs: for each layer the indices of those it reads, -1 for the images; None for the
            graph's.
        batch_size: the largest batch it will train on; 0 if it never trains.
        threads: the number of threads; None for `threads()`.
        keep_outputs: keep every layer's outputs apart, as `activations` needs them; for a network
            that never trains. Without it, `activations` makes another network when first called.
        augmentation: what is done to its images while it trains, before its own random layers.

    Attributes:
        memory_bytes: the memory that it works in.

    Raises:
        ModelError: the layers don't fit each other or the images, or there is too little memory.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        input_shape: Shape,
        *,
        inputs: Sequence[Sequence[int]] | None = None,
        batch_size: int = 0,
        threads: int | None = None,
        keep_outputs: bool = False,
        augmentation: Sequence[Step] = (),
    ) -> None:
        self._core = library()
        count = threads or threads_to_use()
        sources = inputs or Graph.of(layers).inputs
        steps = [nodes.node(s.operator, s.attributes, (k - 1,)) for k, s in enumerate(augmentation)]
        self._first = first = len(steps)  # the place of the first layer's node
        moved = [[place + first for place in places] for places in sources]
        own = (*steps, *map(describe_node, layers, moved))
        self._nodes = (structs.CNode * len(own))(*own)
        reuses_memory = int(batch_size == 0 and not keep_outputs)
        self._spec = structs.CSpec(
            self._nodes,
            len(own),
            len(input_shape),
            (ctypes.c_int32 * 3)(*input_shape),
            count,
            batch_size,
            reuses_memory,
        )
        self.input_shape = input_shape
        self.batch_size = batch_size
        self._pool = Pool.of(count)
        self._count = count
        error = ctypes.create_string_buffer(ERROR_BYTES)
        needed = self._core.sn_network_bytes(ctypes.byref(self._spec), error)
        if needed < 0:
            raise ModelError(error.value.decode(), where="network")
        self.memory_bytes = needed
        try:
            self._memory = aligned(needed)
        except MemoryError as missing:
            raise ModelError(
                f"not enough memory: it needs {needed / 2**20:,.0f} MiB"
                + (f" for batches of {batch_size}; try smaller ones" if batch_size else ""),
                where="network",
            ) from missing
        self._handle = self._core.sn_network_init(
            address(self._memory), needed, ctypes.byref(self._spec), error
        )
        self.parameter_count = int(self._core.sn_parameter_count(self._handle))
        self.weights = [self._weight(i) for i in range(self._core.sn_weight_count(self._handle))]
        self._weight_names = [f"{layers[w.layer].label}/{w.name}" for w in self.weights]
        self._scratch = np.empty((0, self.parameter_count), np.float32)
        self.output_shapes = [self._output_shape(i) for i in range(len(layers))]
        self.outputs = int(np.prod(self.output_shapes[-1]))
        # One call at a time may use the memory; the pool's own lock keeps calls of others out.
        self._error = error
        self._stop = ctypes.c_int32(0)
        self._slow = False
        self._viewer: Network | None = None
        self._make_viewer = (
            partial(Network, layers, input_shape, inputs=inputs, threads=1, keep_outputs=True)
            if reuses_memory or augmentation
            else None
        )

    @property
    def threads(self) -> int:
        """The number of threads."""
        return self._count

    def operation_layers(self) -> list[int]:
        """Returns the layer that each of the core's operations comes from, -1 for augmentation."""
        count = self._core.sn_profile_operations(self._handle)
        nodes = [self._core.sn_profile_node(self._handle, i) for i in range(count)]
        return [max(-1, node - self._first) for node in nodes]

    def time_into(self, times: NDArray[np.int64] | None) -> None:
        """Adds the time of training to an array, in nanoseconds; None ends it.

        Args:
            times: (threads, STEP_TIMES + OPERATION_TIMES · operations), zeros at first.
        """
        shape = (self._count, STEP_TIMES + OPERATION_TIMES * len(self.operation_layers()))
        check(times, np.int64, shape, "times")
        self._times = times  # the core writes to it
        self._core.sn_profile(self._handle, address(times))

    def _weight(self, index: int) -> PlacedWeight:
        weight = structs.CWeight()
        self._core.sn_network_weight(self._handle, index, ctypes.byref(weight))
        shape = tuple(weight.shape[: weight.rank])
        name = weight.name.decode()
        return PlacedWeight(
            weight.node - self._first, name, shape, weight.offset, bool(weight.trainable)
        )

    def _output_shape(self, index: int) -> tuple[int, int, int]:
        shape = (ctypes.c_int32 * 3)()
        self._core.sn_output_shape(self._handle, self._first + index, shape)
        return (shape[0], shape[1], shape[2])

    def _call(self, function: Callable[..., int], *arguments: object) -> int:
        """Call the core; a refusal becomes a CoreError, since everything was checked before."""
        if self._pool.process != os.getpid():
            self._pool = Pool.of(self._count)
        with self._pool.lock:
            status = function(*arguments, self._error)
            if status == _INVALID:
                raise CoreError(self._error.value.decode(), where="core")
        return status

    def _check_images(self, images: NDArray[np.uint8]) -> None:
        """Refuses all but contiguous uint8 arrays of images that fit."""
        shape = images.shape[1:] if fits(images.shape[1:], self.input_shape) else self.input_shape
        check(images, np.uint8, (len(images), *shape), "images")

    def _examples(self, examples: Examples) -> structs.CExamples:
        n = len(examples.images)
        self._check_images(examples.images)
        check(examples.labels, np.int32, (n,), "labels")
        check(examples.targets, np.float32, (n, self.outputs), "targets")
        check(examples.weights, np.float32, (n,), "weights")
        check(examples.identities, np.int64, (n,), "identities")
        check(examples.output_weights, np.float32, (self.outputs,), "output_weights")
        return structs.CExamples(
            address(examples.images),
            address(examples.labels),
            address(examples.targets),
            address(examples.weights),
            address(examples.identities),
            address(examples.output_weights),
            n,
        )

    def predict(
        self, parameters: NDArray[np.float32], images: NDArray[np.uint8]
    ) -> NDArray[np.float32]:
        """The last layer's outputs, float32 (n, outputs), of n h w c uint8 images."""
        n = len(images)
        outputs = np.empty((n, self.outputs), np.float32)
        check(parameters, np.float32, (self.parameter_count,), "parameters")
        self._check_images(images)
        chunk = 4096  # so that Ctrl-C is answered
        for first in range(0, n, chunk):
            part = images[first : first + chunk]
            self._call(
                self._core.sn_predict,
                self._handle,
                self._pool.handle,
                address(parameters),
                address(part),
                len(part),
                address(outputs[first:]),
            )
        return outputs

    def activations(
        self, parameters: NDArray[np.float32], image: NDArray[np.uint8]
    ) -> list[NDArray[np.float32]]:
        """Every layer's outputs for one uint8 image h w c: float32 arrays h w c."""
        check(parameters, np.float32, (self.parameter_count,), "parameters")
        self._check_images(image[np.newaxis])
        if self._make_viewer:
            self._viewer = self._viewer or self._make_viewer()
            return self._viewer.activations(parameters, image)
        sizes = [int(np.prod(shape)) for shape in self.output_shapes]
        outputs = np.empty(sum(sizes), np.float32)
        self._call(
            self._core.sn_activations,
            self._handle,
            address(parameters),
            address(image),
            address(outputs),
        )
        parts = np.split(outputs, np.cumsum(sizes)[:-1])
        return [part.reshape(shape) for part, shape in zip(parts, self.output_shapes, strict=True)]

    def evaluate(
        self,
        parameters: NDArray[np.float32],
        examples: Examples,
        loss: Loss,
        *,
        first: int = 0,
        count: int | None = None,
        outputs: NDArray[np.float32] | None = None,
    ) -> Evaluation:
        """Returns loss and accuracy of the examples first … first + count, by default of all."""
        check(parameters, np.float32, (self.parameter_count,), "parameters")
        total = len(examples.images) - first if count is None else count
        check(outputs, np.float32, (total, self.outputs), "outputs")
        task = structs.CEvaluation(
            examples=self._examples(examples),
            parameters=address(parameters),
            loss=describe_loss(loss),
        )
        loss_sum, correct = 0.0, 0
        chunk = 4096  # so that Ctrl-C is answered
        for start in range(first, first + total, chunk):
            task.first = start
            task.count = min(chunk, first + total - start)
            task.outputs = None if outputs is None else address(outputs[start - first :])
            self._call(self._core.sn_evaluate, self._handle, self._pool.handle, ctypes.byref(task))
            loss_sum += task.loss_sum
            correct += task.correct
        each = task.decisions
        right = None if not each else correct if each == 1 else correct / each
        return Evaluation(loss_sum, task.l2, right, total)

    def gradient(
        self,
        parameters: NDArray[np.float32],
        examples: Examples,
        indices: NDArray[np.int64],
        loss: Loss,
        *,
        dropout_seed: int | None = None,
    ) -> tuple[float, NDArray[np.float32]]:
        """Returns the loss of the batch `indices` and its gradient; dropout only with a seed."""
        check(parameters, np.float32, (self.parameter_count,), "parameters")
        check(indices, np.int64, (len(indices),), "indices")
        gradient = np.empty(self.parameter_count, np.float32)
        losses, correct = np.empty(1, np.float32), np.empty(1, np.int32)
        task = structs.CTraining(
            examples=self._examples(examples),
            parameters=address(parameters),
            indices=address(indices),
            seed=dropout_seed or 0,
            steps=1,
            batch_size=len(indices),
            loss=describe_loss(loss),
            no_dropout=int(dropout_seed is None),
            losses=address(losses),
            correct=address(correct),
        )
        self._call(
            self._core.sn_gradient,
            self._handle,
            self._pool.handle,
            ctypes.byref(task),
            address(gradient),
        )
        return float(losses[0]), gradient

    def interrupt(self) -> None:
        """End the training call under way within a slab of images, or else the next one at once.

        The step it is at is not done.
        """
        self._stop.value = 1

    def train(
        self,
        parameters: NDArray[np.float32],
        slots: NDArray[np.float32],
        examples: Examples,
        *,
        loss: Loss,
        optimizer: Optimizer,
        learning_rates: NDArray[np.float32],
        first_step: int,
        batch_size: int,
        seed: int,
        indices: NDArray[np.int64] | None = None,
        epoch: int = 0,
        outputs: NDArray[np.float32] | None = None,
    ) -> Steps:
        """Do len(learning_rates) steps, changing parameters and slots in place.

        Step s (from 0) takes part s mod p of epoch s // p in the order of (seed, epoch), where
        p = ceil(n / batch_size); or `indices`, batch_size of them a step, in one epoch. Keep a
        call short: Ctrl-C is answered after it, or, once steps have proved to be slow, while it
        works.
        """
        steps = len(learning_rates)
        slot_count = len(optimizer.slots)
        check(parameters, np.float32, (self.parameter_count,), "parameters")
        check(learning_rates, np.float32, (steps,), "learning_rates")
        check(indices, np.int64, (steps * batch_size,), "indices")
        check(outputs, np.float32, (steps, batch_size, self.outputs), "outputs")
        if slot_count:
            check(slots, np.float32, (slot_count, self.parameter_count), "slots")
        if len(self._scratch) < optimizer.scratch:
            self._scratch = np.empty((optimizer.scratch, self.parameter_count), np.float32)
        excluded = optimizer.excluded(self._weight_names)
        losses, correct = np.empty(steps, np.float32), np.empty(steps, np.int32)
        task = structs.CTraining(
            examples=self._examples(examples),
            optimizer=describe_optimizer(optimizer),
            parameters=address(parameters),
            slots=address(slots) if slot_count else None,
            scratch=address(self._scratch),
            excluded=address(excluded),
            learning_rates=address(learning_rates),
            indices=address(indices),
            epoch=epoch,
            seed=seed % 2**64,
            first_step=first_step,
            steps=steps,
            batch_size=batch_size,
            loss=describe_loss(loss),
            stop=ctypes.addressof(self._stop),
            losses=address(losses),
            correct=address(correct),
            outputs=address(outputs),
        )

        def work() -> int:
            return self._call(
                self._core.sn_train, self._handle, self._pool.handle, ctypes.byref(task)
            )

        began = perf_counter()
        status = waiting_for(work, self.interrupt) if self._slow else work()
        self._slow = steps == 1 and perf_counter() - began > SLOW_SECONDS
        if status == _STOPPED:
            self._stop.value = 0
        done = task.steps_done
        right: NDArray[np.int32] | NDArray[np.float64] | None = correct[:done]
        if task.decisions != 1:
            right = correct[:done] / task.decisions if task.decisions else None
        return Steps(losses[:done], right, status == _DIVERGED, status == _STOPPED)
