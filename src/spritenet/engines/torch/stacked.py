"""Stacked: the weights of several networks as one tensor, and their steps as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from spritenet.engines.engine import Steps
from spritenet.engines.torch.capture import Replays, can_capture
from spritenet.engines.torch.counters import Counter
from spritenet.engines.torch.forward import Settings
from spritenet.engines.torch.losses import LossTask
from spritenet.engines.torch.optimizers import RULES
from spritenet.engines.torch.preparation import Parts
from spritenet.engines.torch.tables import Order, StepTables
from spritenet.engines.torch.update import Updater
from spritenet.optimizers import Optimizer

if TYPE_CHECKING:
    from spritenet.engines.torch.group import Request
    from spritenet.engines.torch.network import TorchNetwork

__all__ = ["Stacked"]


class Stacked:
    """Networks of one kind, trained as one.

    Args:
        engines: the networks.
    """

    def __init__(self, engines: Sequence[TorchNetwork]) -> None:
        self._parts: list[Parts] = [engine.parts for engine in engines]
        self._passes, self._settings = engines[0].passes, engines[0].settings
        first = self._parts[0]
        self._device = first.parameters.flat.device
        self._flat = torch.zeros(len(engines), len(first.parameters.flat), device=self._device)
        self._views: list[dict[str, Tensor]] = [{} for _ in first.layers]
        self._leaves: list[Tensor] = []
        for weight, start, size in first.parameters.ordered:
            view = self._flat[:, start : start + size].view(len(engines), *weight.shape)
            self._views[weight.layer][weight.name] = view
            if weight.trainable:
                self._leaves.append(view)
        self._orders = [Order(self._device) for _ in engines]
        self._call: _Call | None = None

    @staticmethod
    def takes(engine: TorchNetwork, optimizer: Optimizer) -> bool:
        """Returns True if the steps of a network and an optimizer can be joined with others."""
        name, parts = type(optimizer).__name__, engine.parts
        o = optimizer
        by_weights = bool(o.clipnorm or o.global_clipnorm or o.no_weight_decay)
        special = bool(o.use_ema or o.gradient_accumulation_steps)
        mixes = parts.augmenter is not None and parts.augmenter.mixes
        constrained = Updater(optimizer, parts.parameters, parts.layers).constrained
        usable = RULES[name].update is not None and name != "Ftrl" and engine.device.type != "mps"
        return usable and not (by_weights or special or mixes or constrained or engine.has_ranks)

    def train(self, requests: Sequence[Request]) -> None:
        """Does the steps of requests of one kind, and sets their results."""
        steps = min(request.steps for request in requests)
        with torch.no_grad(), self._settings():
            call = self._prepared(requests, steps)
            for m, (request, parts) in enumerate(zip(requests, self._parts, strict=True)):
                parts.parameters.upload(request.parameters)
                self._flat[m].copy_(parts.parameters.flat)
                if len(request.optimizer.slots):
                    call.slots[:, m].copy_(parts.parameters.upload_slots(request.slots))
            done = call.run(requests, steps)
            losses = call.losses[:done].cpu().numpy()
            correct = call.correct[:done].cpu().numpy()
            for m, request in enumerate(requests):
                own = losses[:, m].copy()
                if not np.isfinite(own).all():
                    request.alone()
                    continue
                self._keep(call, m, request, done)
                each = call.task.decisions(labelled=request.examples.targets is None)
                found = correct[:, m]
                right = None if not each else found.astype(np.int32) if each == 1 else found / each
                request.result = Steps(own, right, stopped=request.engine.take_stop())

    def _keep(self, call: _Call, m: int, request: Request, done: int) -> None:
        """Copies a network's weights and slots to the host."""
        parameters, optimizer = self._parts[m].parameters, request.optimizer
        parameters.flat.copy_(self._flat[m])
        parameters.download(request.parameters)
        names = optimizer.slots
        arrays = [k for k, name in enumerate(names) if name not in optimizer.scalars]
        if arrays:
            parameters.download_slots(call.slots[:, m], request.slots, arrays)
        if "momentum_product" in names and done:
            request.slots[names.index("momentum_product"), 0] = call.products[m][done - 1]

    def _prepared(self, requests: Sequence[Request], steps: int) -> _Call:
        """Returns tables for such a call, filled: those of the one before, if they fit."""
        first = requests[0]
        self._parts[0].examples.hold(first.examples)
        call = self._call
        if call is None or not call.fits(first, steps, self._parts[0].examples.version):
            call = self._call = _Call(self, first, len(requests), steps)
        call.fill(requests, steps, self._orders)
        return call


class _Call:
    """Tables and step of training calls that are alike."""

    def __init__(self, stacked: Stacked, first: Request, members: int, steps: int) -> None:
        self._stacked, self._parts = stacked, stacked._parts[0]  # noqa: SLF001 - a part of it
        device, parameters = stacked._device, self._parts.parameters  # noqa: SLF001 - likewise
        optimizer = first.optimizer
        self._optimizer, self._members = optimizer, members
        self._version = self._parts.examples.version
        self._batch = first.named["batch_size"]
        self._updater = Updater(optimizer, parameters, self._parts.layers)
        width = self._updater.numbers(np.zeros(1, np.float32), 0, 0.0)[0].shape[1]
        self._capacity = max(64, 1 << (steps - 1).bit_length())
        nodes = [self._parts.first + place for place in self._parts.random]
        self._tables = StepTables(self._capacity, self._batch, width, nodes, 0, device)
        self._rows = [torch.stack([row] * members, 1) for row in self._tables.rows(self._capacity)]
        self._place = torch.zeros(1, dtype=torch.int64, device=device)
        self.losses = torch.zeros(self._capacity, members, device=device)
        self.correct = torch.zeros(self._capacity, members, dtype=torch.int64, device=device)
        self.slots = torch.zeros(len(optimizer.slots), members, parameters.trainable, device=device)
        self.products: list[list[float]] = []
        self._counts: list[int] = []
        self._decays = False
        self.task = LossTask(first.loss, self._parts.outputs, self._parts.forward.activation)
        self._replays: Replays | None = None
        if can_capture(device):
            state = [stacked._flat, self.slots, self._place, self.losses, self.correct]  # noqa: SLF001 - likewise
            self._replays = Replays(self._step, state)

    def fits(self, request: Request, steps: int, version: int) -> bool:
        """Returns True if it can be used for another call."""
        same = self._optimizer == request.optimizer and self._version == version
        return same and self._batch == request.named["batch_size"] and steps <= self._capacity

    def fill(self, requests: Sequence[Request], steps: int, orders: Sequence[Order]) -> None:
        """Fills in the tables: each network's images and numbers."""
        self.products = []
        self._decays = any(request.optimizer.weight_decay for request in requests)
        self._place.zero_()
        for m, request in enumerate(requests):
            seed, first = request.named["seed"] % 2**64, request.named["first_step"]
            names, product = request.optimizer.slots, 0.0
            if "momentum_product" in names:
                product = float(request.slots[names.index("momentum_product"), 0])
            updater = Updater(request.optimizer, self._parts.parameters, self._parts.layers)
            rates = request.named["learning_rates"][:steps]
            numbers, _, products = updater.numbers(rates, first, product)
            self.products.append(products)
            self._tables.begin(seed, first, numbers)
            self._tables.shuffle(orders[m], seed, first, steps, len(request.examples))
            for whole, row in zip(self._rows, self._tables.rows(steps), strict=True):
                whole[:steps, m].copy_(row)
        self._counts = self._tables.counts

    def run(self, requests: Sequence[Request], steps: int) -> int:
        """Does the steps, and returns how many; fewer where a training is to stop."""
        done = 0
        while done < steps and not any(request.engine.wants_stop for request in requests):
            if self._replays is None:
                self._step(self._counts[done])
                done += 1
                continue
            alike = done
            while alike < steps and self._counts[alike] == self._counts[done]:
                alike += 1
            done += self._replays.run(self._counts[done], alike - done)
        return done

    def _step(self, count: int) -> None:
        """Does one step of all networks."""
        with torch.no_grad():
            self._advance(count)

    def _advance(self, count: int) -> None:
        stacked, parts, members = self._stacked, self._parts, self._members
        indices, epochs, numbers, keys = (row.index_select(0, self._place)[0] for row in self._rows)
        batch = parts.examples.take(indices[:, :count].reshape(-1))
        if parts.augmenter is not None:
            batch = parts.augmenter(batch, epochs.repeat_interleave(count))
        labels = batch.labels
        if batch.targets is None:
            assert labels is not None  # noqa: S101 - one of both is there
            targets = self.task.one_hot(labels)
        else:
            targets, labels = batch.targets, torch.zeros_like(batch.identities, dtype=torch.int32)
        apart = (members, count)
        given = (
            tuple(stacked._leaves),  # noqa: SLF001 - a part of it
            self._frozen(),
            batch.images.view(*apart, *batch.images.shape[1:]),
            self.task.smoothed(targets).view(*apart, -1),
            labels.view(apart),
            keys,
        )
        how = torch.func.grad_and_value(self._loss, has_aux=True)
        labelled = batch.targets is None
        found, (_, (loss, correct, statistics)) = torch.func.vmap(
            lambda *values: how(*values, labelled)
        )(*given)
        g = torch.cat([one.reshape(members, -1) for one in found], 1)
        w = stacked._flat[:, : parts.parameters.trainable]  # noqa: SLF001 - likewise
        if parts.penalty:
            loss = loss + parts.penalty.value(w)
            parts.penalty.add_gradient(w, g)
        self._move_averages(statistics)
        keep, _, _, *own = (one.unsqueeze(1) for one in numbers.unbind(1))
        if self._optimizer.clipvalue:
            g.clamp_(-self._optimizer.clipvalue, self._optimizer.clipvalue)
        if self._decays:
            w.mul_(keep)
        update = RULES[type(self._optimizer).__name__].update
        assert update is not None  # noqa: S101 - by `Stacked.takes`
        update(self._optimizer, w, g, list(self.slots.unbind(0)), own)
        self.losses.index_copy_(0, self._place, loss.float().unsqueeze(0))
        self.correct.index_copy_(0, self._place, correct.unsqueeze(0))
        self._place.add_(1)

    def _frozen(self) -> tuple[Tensor, ...]:
        """Returns the weights that no optimizer changes."""
        views = self._stacked._views  # noqa: SLF001 - a part of it
        ordered = self._parts.parameters.ordered
        return tuple(views[w.layer][w.name] for w, _, _ in ordered if not w.trainable)

    def _loss(
        self,
        leaves: Sequence[Tensor],
        frozen: Sequence[Tensor],
        images: Tensor,
        targets: Tensor,
        labels: Tensor,
        keys: Tensor,
        labelled: bool,
    ) -> tuple[Tensor, tuple[Tensor, Tensor, tuple[Any, ...]]]:
        """Returns the mean loss of one network's batch, and what else is asked of it."""
        parts, count = self._parts, len(images)
        views: list[dict[str, Tensor]] = [{} for _ in parts.layers]
        values = iter((*leaves, *frozen))
        for weight, _, _ in parts.parameters.ordered:
            views[weight.layer][weight.name] = next(values)
        counters = {p: Counter(keys[k], 0, count) for k, p in enumerate(parts.random)}
        settings = Settings(training=True, counters=counters)
        with self._stacked._passes():  # noqa: SLF001 - a part of it
            forward = parts.forward.with_views(views)
            outputs = forward(images, settings, logits=self.task.skips_final)
        losses = self.task.of_images(outputs, targets)
        right = self.task.right(outputs, targets, labels if labelled else None)
        loss = losses.sum() * (1 / count)
        exact = losses.detach().sum(dtype=torch.float64) / count
        return loss, (exact, right, tuple(settings.statistics.values()))

    def _move_averages(self, statistics: Sequence[tuple[Tensor, Tensor]]) -> None:
        """Moves the averages of batch normalizations."""
        layers, views = self._parts.layers, self._stacked._views  # noqa: SLF001 - a part of it
        places = [
            k
            for k, layer in enumerate(layers)
            if layer.class_name == "BatchNormalization" and layer.trainable
        ]
        for place, (mean, variance) in zip(places, statistics, strict=True):
            keep = layers[place].momentum  # type: ignore[attr-defined]  # a normalization's
            for name, value in (("moving_mean", mean), ("moving_variance", variance)):
                views[place][name].mul_(keep).add_(value * (1 - keep))
