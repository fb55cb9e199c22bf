"""The engine on PyTorch: a network on a device.

Parameters and slots stay the host's between calls, so that a training can go on in another engine.
A call copies them to the device, does its steps there without waiting, and copies them back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING

import numpy as np
import torch

from spritenet.augmentation import Step
from spritenet.engines import native
from spritenet.engines.arrays import check
from spritenet.engines.engine import Evaluation, Examples, Steps
from spritenet.engines.torch.augmentation import Augmenter
from spritenet.engines.torch.changes import find_changes
from spritenet.engines.torch.examples import DeviceExamples, tensor_of
from spritenet.engines.torch.forward import Forward, Settings
from spritenet.engines.torch.gradient import Differentiation
from spritenet.engines.torch.losses import LossTask
from spritenet.engines.torch.noise import RANDOM
from spritenet.engines.torch.parameters import Parameters
from spritenet.engines.torch.preparation import Parts, Preparation, too_large
from spritenet.engines.torch.ranks import Ranks
from spritenet.engines.torch.tables import Order
from spritenet.engines.torch.update import Flags, Penalty
from spritenet.layers import Graph, Layer, Shape
from spritenet.layers.input import fits
from spritenet.losses import Loss
from spritenet.optimizers import Optimizer

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["TorchNetwork"]

CHUNK = 1024
"""Images of one pass that evaluates or predicts."""

PREPARED = 2
"""Kinds of calls whose steps are kept: whole batches, and the smaller one at an epoch's end."""


class TorchNetwork:
    """A network on a device of PyTorch. See `Engine`.

    Args:
        layers: a `Graph`, or layers first to last.
        input_shape: of the uint8 images.
        inputs: for each layer the indices of those it reads, -1 for the images; None for the
            graph's.
        batch_size: accepted for the native engine's sake.
        threads: the number of threads on a CPU; None for all.
        augmentation: what is done to its images while it trains, before its own random layers.
        device: "cuda", "cuda:1", "mps" or "cpu".
        precision: of multiplications: "float32", "tf32" or "bf16".

    Raises:
        ModelError: the layers don't fit each other or the images.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        input_shape: Shape,
        *,
        inputs: Sequence[Sequence[int]] | None = None,
        batch_size: int = 0,
        threads: int | None = None,
        augmentation: Sequence[Step] = (),
        device: str = "cpu",
        precision: str = "float32",
    ) -> None:
        plan = native.Network(
            layers, input_shape, inputs=inputs, threads=1, augmentation=augmentation
        )
        graph = Graph.of(layers)
        if inputs is not None:
            graph = Graph(tuple(layers), tuple(map(tuple, inputs)))
        self.device = torch.device(device)
        self.precision = precision
        self.input_shape = input_shape
        self.batch_size = batch_size
        self.parameter_count = plan.parameter_count
        self.output_shapes = plan.output_shapes
        self.outputs = plan.outputs
        self._threads = threads
        self._layers = list(graph)
        self._parameters = Parameters(plan.weights, len(graph), self.device)
        self._penalty = Penalty(self._parameters, self._layers)
        self._forward = Forward(graph, input_shape, self._parameters.views)
        self._first = len(augmentation)
        self._random = [k for k, layer in enumerate(graph) if layer.class_name in RANDOM]
        changes = find_changes(augmentation, graph)
        self._augmenter = Augmenter(changes, tuple(input_shape)) if changes else None
        self._order = Order(self.device)
        self._training = DeviceExamples(self.device)
        self._evaluating = DeviceExamples(self.device)
        self._ranks = Ranks.of_environment(self.device) if batch_size else None
        self._prepared: list[tuple[tuple[object, ...], Preparation]] = []
        self._stopped = False

    @contextmanager
    def settings(self) -> Iterator[None]:
        """Sets what PyTorch knows of all computations: device, precision and threads."""
        if self.device.type == "cuda":
            fast = self.precision == "tf32"
            torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = fast
        if self._threads and self.device.type == "cpu":
            torch.set_num_threads(self._threads)
        with torch.cuda.device(self.device) if self.device.type == "cuda" else nullcontext():
            yield

    def passes(self) -> torch.autocast:
        """Returns the context of a forward pass."""
        return torch.autocast(
            self.device.type,
            torch.bfloat16,
            enabled=self.precision == "bf16",
            cache_enabled=False,
        )

    def _check(self, parameters: NDArray[np.float32], examples: Examples) -> None:
        check(parameters, np.float32, (self.parameter_count,), "parameters")
        n = len(examples.images)
        self._check_images(examples.images)
        check(examples.labels, np.int32, (n,), "labels")
        check(examples.targets, np.float32, (n, self.outputs), "targets")
        check(examples.weights, np.float32, (n,), "weights")
        check(examples.identities, np.int64, (n,), "identities")

    def _check_images(self, images: NDArray[np.uint8]) -> None:
        shape = images.shape[1:] if fits(images.shape[1:], self.input_shape) else self.input_shape
        check(images, np.uint8, (len(images), *shape), "images")

    def predict(
        self, parameters: NDArray[np.float32], images: NDArray[np.uint8]
    ) -> NDArray[np.float32]:
        """Returns the last layer's outputs, (n, k). See `Engine.predict`."""
        check(parameters, np.float32, (self.parameter_count,), "parameters")
        self._check_images(images)
        outputs = np.empty((len(images), self.outputs), np.float32)
        with torch.inference_mode(), self.settings():
            self._parameters.upload(parameters)
            for first in range(0, len(images), CHUNK):
                part = tensor_of(images[first : first + CHUNK]).to(self.device)
                with self.passes():
                    made = self._forward(part, Settings())
                outputs[first : first + len(part)] = made.cpu().numpy()
        return outputs

    def activations(
        self, parameters: NDArray[np.float32], image: NDArray[np.uint8]
    ) -> list[NDArray[np.float32]]:
        """Returns every layer's outputs for one image. See `Engine.activations`."""
        check(parameters, np.float32, (self.parameter_count,), "parameters")
        self._check_images(image[np.newaxis])
        values: list[torch.Tensor] = []
        with torch.inference_mode(), self.settings(), self.passes():
            self._parameters.upload(parameters)
            self._forward(tensor_of(image[np.newaxis]).to(self.device), Settings(), keep=values)
        return [
            made.float().cpu().numpy().reshape(shape)
            for made, shape in zip(values, self.output_shapes, strict=True)
        ]

    def _task(self, loss: Loss, examples: DeviceExamples) -> LossTask:
        return LossTask(loss, self.outputs, self._forward.activation, examples.output_weights)

    def _differentiation(self, loss: Loss, examples: DeviceExamples) -> Differentiation:
        task = self._task(loss, examples)
        return Differentiation(self._forward, self._parameters, task, self.passes)

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
        """Returns loss and accuracy of some examples. See `Engine.evaluate`."""
        self._check(parameters, examples)
        total = len(examples) - first if count is None else count
        check(outputs, np.float32, (total, self.outputs), "outputs")
        with torch.no_grad(), self.settings():
            self._parameters.upload(parameters)
            self._evaluating.hold(examples)
            how = self._differentiation(loss, self._evaluating)
            sums, right = [], []
            for start in range(first, first + total, CHUNK):
                batch = self._evaluating.stored(start, min(start + CHUNK, first + total))
                losses, made, correct = how.losses(batch, batch, Settings())
                sums.append(losses.sum())
                right.append(correct)
                if outputs is not None:
                    done = self._forward.finished(made) if how.task.skips_final else made
                    outputs[start - first : start - first + len(done)] = done.cpu().numpy()
            loss_sum = sum(float(value) for value in sums)
            correct_sum = sum(int(value) for value in right)
            penalty = float(self._penalty.value(self._parameters.weights))
        each = how.task.decisions(labelled=examples.targets is None)
        accuracy = None if not each else correct_sum if each == 1 else correct_sum / each
        return Evaluation(loss_sum, penalty, accuracy, total)

    def gradient(
        self,
        parameters: NDArray[np.float32],
        examples: Examples,
        indices: NDArray[np.int64],
        loss: Loss,
    ) -> tuple[float, NDArray[np.float32]]:
        """Returns the loss of one batch and its gradient. See `Engine.gradient`."""
        self._check(parameters, examples)
        check(indices, np.int64, (len(indices),), "indices")
        gradient = np.zeros(self.parameter_count, np.float32)
        with torch.no_grad(), self.settings():
            self._parameters.upload(parameters)
            self._evaluating.hold(examples)
            batch = self._evaluating.take(torch.from_numpy(indices).to(self.device))
            how = self._differentiation(loss, self._evaluating)
            made = how.gradient(batch, batch, len(indices), Settings(training=True))
            w = self._parameters.weights
            self._penalty.add_gradient(w, made.values)
            value = float(made.loss) + float(self._penalty.value(w))
            self._parameters.flat.zero_()
            w.copy_(made.values)
            self._parameters.download(gradient)
        return value, gradient

    @property
    def parts(self) -> Parts:
        """Its parts, for steps of several networks as one."""
        return Parts(
            self._layers,
            self._parameters,
            self._forward,
            self._penalty,
            self._training,
            self._augmenter,
            self._random,
            self._first,
            self.outputs,
        )

    @property
    def has_ranks(self) -> bool:
        """True if several processes train it."""
        return self._ranks is not None

    @property
    def wants_stop(self) -> bool:
        """True if `interrupt` was called."""
        return self._stopped

    def take_stop(self) -> bool:
        """Returns True if `interrupt` was called, and forgets it."""
        stopped, self._stopped = self._stopped, False
        return stopped

    def stage(self, examples: Examples) -> None:
        """Brings the examples of a later call of `train` to the device. See `StagingEngine`."""
        self._training.stage(examples)

    def interrupt(self) -> None:
        """Ends the current training call after a whole step. See `Engine.interrupt`."""
        self._stopped = True

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
        """Does steps, changing parameters and slots in place. See `Engine.train`."""
        self._check(parameters, examples)
        steps, seed = len(learning_rates), seed % 2**64
        check(indices, np.int64, (steps * batch_size,), "indices")
        if self._ranks is not None:
            self._ranks.check_batch(min(batch_size, len(examples)))
        with torch.no_grad(), self.settings():
            self._training.hold(examples)
            made = self._prepare(loss, optimizer, batch_size, steps, keeps=outputs is not None)
            tables, count = made.tables, len(examples)
            scalar = "momentum_product" in optimizer.slots
            product = float(slots[optimizer.slots.index("momentum_product"), 0]) if scalar else 0.0
            numbers, flags, products = made.updater.numbers(learning_rates, first_step, product)

            def begin() -> None:
                self._parameters.upload(parameters)
                if len(optimizer.slots):
                    made.slots.copy_(self._parameters.upload_slots(slots))
                tables.begin(seed, first_step, numbers)
                if indices is None:
                    tables.shuffle(self._order, seed, first_step, steps, count)
                else:
                    tables.choose(indices, steps, seed, epoch)

            losses, correct, diverged, stopped = self._losses(made, begin, flags, batch_size)
            done = len(losses)
            if outputs is not None:
                for k in range(done):
                    outputs[k, : tables.counts[k]] = tables.outputs(k)
            self._parameters.download(parameters)
            arrays = [k for k, n in enumerate(optimizer.slots) if n not in optimizer.scalars]
            if arrays:
                self._parameters.download_slots(made.slots, slots, arrays)
            if scalar and done:
                slots[optimizer.slots.index("momentum_product"), 0] = products[done - 1]
        each = made.task.decisions(labelled=examples.targets is None)
        right = None if not each else correct.astype(np.int32) if each == 1 else correct / each
        return Steps(losses, right, diverged, stopped)

    def _losses(
        self,
        made: Preparation,
        begin: Callable[[], None],
        flags: Sequence[Flags],
        batch_size: int,
    ) -> tuple[NDArray[np.float32], NDArray[np.int64], bool, bool]:
        """Returns losses and right decisions of the steps that are done, and why they ended.

        `begin` brings parameters and tables to the first step; it is called again to repeat them.
        """
        begin()
        done = -1
        with suppress(torch.OutOfMemoryError):  # its frames hold the memory: let go of them first
            done = self._run(made, flags)
        if done < 0:
            self._prepared.clear()
            if made.replays is not None:
                made.replays.clear()
            raise too_large(made.how, self._training, batch_size)
        stopped, self._stopped = done < len(flags), False
        losses, correct = made.tables.results(done)
        finite = np.isfinite(losses)
        if finite.all():
            return losses, correct, False, stopped
        begin()  # again, up to the step that failed
        done = self._run(made, flags[: int(finite.argmin())])
        return losses[:done], correct[:done], True, False

    def _run(self, made: Preparation, flags: Sequence[Flags]) -> int:
        """Does the steps of the tables, and returns how many."""
        done, counts = 0, made.tables.counts
        while done < len(flags) and (self._ranks is not None or not self._stopped):
            if made.replays is None:
                made.step(counts[done], flags[done], keep_outputs=made.keeps)
                done += 1
                if made.step.stopped:  # which all ranks know of at the same step
                    break
                continue
            alike = done
            while alike < len(flags) and counts[alike] == counts[done]:
                alike += 1
            done += made.replays.run(counts[done], alike - done)
        return done

    def _prepare(
        self, loss: Loss, optimizer: Optimizer, batch_size: int, steps: int, *, keeps: bool
    ) -> Preparation:
        """Returns tables and step for such a call: those of one before, if they fit."""
        key = (loss, optimizer, batch_size, keeps, self._training.version)
        for known, made in self._prepared:
            if known == key and made.tables.capacity >= steps:
                return made
        made = Preparation(
            self._differentiation(loss, self._training),
            self._layers,
            self._training,
            self._penalty,
            optimizer,
            batch_size,
            steps,
            self._random,
            self._first,
            self._augmenter,
            self.outputs if keeps else 0,
            self._ranks,
            lambda: self._stopped,
        )
        self._prepared = [(key, made), *self._prepared[: PREPARED - 1]]
        return made
