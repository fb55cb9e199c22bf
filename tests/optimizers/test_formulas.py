"""Every optimizer of the core against Keras's formulas in float64, and against PyTorch's."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import spritenet as sn
from optimizer_formulas import Trained
from spritenet import layers as kinds
from spritenet.core.optimizers import optimizer_rows
from spritenet.engines import native
from spritenet.engines.engine import Examples
from spritenet.losses import CategoricalCrossentropy
from spritenet.model import building
from spritenet.optimizers import Optimizer

SHAPE = (6, 6, 2)
LAYERS = [
    kinds.Conv2D(3, 3, activation="tanh", name="conv2d"),
    kinds.BatchNormalization(name="norm"),
    kinds.Flatten(name="flatten"),
    kinds.Dense(7, "tanh", name="wide"),
    kinds.Dense(9, "tanh", name="tall"),
    kinds.Dense(4, "softmax", name="last"),
]
STEPS, BATCH = 24, 40

CASES: list[Optimizer] = [
    sn.SGD(0.1),
    sn.SGD(0.1, momentum=0.9, nesterov=True, weight_decay=0.1),
    sn.SGD(0.1, momentum=0.9, clipnorm=0.05),
    sn.SGD(0.1, momentum=0.9, clipvalue=0.01),
    sn.SGD(0.1, momentum=0.5, weight_decay=0.3, no_weight_decay=["bias", "norm/"]),
    sn.SGD(0.1, momentum=0.9, use_ema=True, ema_momentum=0.7, ema_overwrite_frequency=5),
    sn.SGD(0.1, momentum=0.9, gradient_accumulation_steps=3, global_clipnorm=0.1),
    sn.RMSprop(0.01, momentum=0.5, centered=True),
    sn.RMSprop(0.01, centered=True, global_clipnorm=0.05),
    sn.Adam(0.01, amsgrad=True, beta_2=0.9),
    sn.Adam(0.01, amsgrad=True, use_ema=True, gradient_accumulation_steps=2),
    sn.AdamW(0.01, weight_decay=0.1, clipnorm=0.02),
    sn.Adagrad(0.1),
    sn.Adagrad(0.1, initial_accumulator_value=0.0, epsilon=1e-3, weight_decay=0.1),
    sn.Adadelta(1.0),
    sn.Adadelta(1.0, rho=0.8, epsilon=1e-4),
    sn.Adamax(0.01),
    sn.Nadam(0.01),
    sn.Nadam(0.01, beta_1=0.5, gradient_accumulation_steps=2),
    sn.Ftrl(0.1),
    sn.Ftrl(
        0.1,
        learning_rate_power=-0.7,
        l1_regularization_strength=0.01,
        l2_regularization_strength=0.02,
        l2_shrinkage_regularization_strength=0.03,
        beta=0.1,
    ),
    sn.Lion(0.001, weight_decay=0.1),
    sn.Lamb(0.01),
    sn.Lamb(0.01, clipnorm=0.1, weight_decay=0.1),
    sn.Adafactor(0.1),
    sn.Adafactor(0.1, beta_2_decay=-0.5, clip_threshold=0.3, epsilon_2=0.1),
    sn.Muon(0.01),
    sn.Muon(0.01, exclude_layers=["last"], nesterov=False, momentum=0.5, ns_steps=3),
    sn.Muon(0.01, rms_rate=None, adam_weight_decay=None, weight_decay=0.2, adam_lr_ratio=0.1),
]


class Course:
    """A small network of the core, its batches, and its weights by name."""

    def __init__(self, threads: int = 1) -> None:
        self.engine = native.Network(LAYERS, SHAPE, batch_size=BATCH, threads=threads)
        random = np.random.default_rng(3)
        images = random.integers(0, 256, (90, *SHAPE), dtype=np.uint8)
        self.examples = Examples(images, random.integers(0, 4, 90).astype(np.int32))
        self.batches = random.integers(0, 90, (STEPS, BATCH)).astype(np.int64)
        self.parameters = building.initial(building.places(LAYERS, SHAPE), 1)
        self.parameters += random.normal(0, 0.02, self.parameters.shape).astype(np.float32)

    def split(self, values: NDArray[Any]) -> dict[str, NDArray[np.float64]]:
        """Values as long as the parameters, by the names of the trainable weights."""
        found = {}
        for w in self.engine.weights:
            if w.trainable:
                part = values[w.offset : w.offset + int(np.prod(w.shape))]
                name = f"{LAYERS[w.layer].label}/{w.name}"
                found[name] = part.astype(np.float64).reshape(w.shape)
        return found

    def gradient(self, step: int) -> dict[str, NDArray[np.float64]]:
        """Of a step's batch, by weight."""
        loss = CategoricalCrossentropy()
        _, values = self.engine.gradient(self.parameters, self.examples, self.batches[step], loss)
        return self.split(values)

    def train(
        self, optimizer: Optimizer, slots: NDArray[np.float32], step: int, *, falls: bool = True
    ) -> float:
        """One step in place; returns its learning rate."""
        factor = 1 - step / (2 * STEPS) if falls else 1.0
        rate = np.float32(optimizer.schedule(step) * factor)
        self.engine.train(
            self.parameters,
            slots,
            self.examples,
            loss=CategoricalCrossentropy(),
            optimizer=optimizer,
            learning_rates=np.array([rate], np.float32),
            first_step=step,
            batch_size=BATCH,
            seed=0,
            indices=self.batches[step],
        )
        return float(rate)


@pytest.mark.parametrize("optimizer", CASES, ids=repr)
def test_it_is_kerass_over_24_steps(optimizer: Optimizer) -> None:
    """Both take the same gradients, of the core's own weights."""
    course = Course()
    slots = optimizer.initial_slots(course.parameters.size)
    theirs = Trained(optimizer, course.split(course.parameters))
    for step in range(STEPS):
        gradient = course.gradient(step)
        rate = course.train(optimizer, slots, step)
        theirs.apply(gradient, rate)
    start = Course().parameters
    for name, got in course.split(course.parameters).items():
        moved = float(np.abs(got - course.split(start)[name]).max())
        assert moved > 1e-5, f"{name} was not trained"
        np.testing.assert_allclose(
            got, theirs.weights[name], rtol=0, atol=2e-3 * moved + 1e-6, err_msg=name
        )


@pytest.mark.parametrize("optimizer", CASES, ids=repr)
def test_any_number_of_threads_gives_the_same_bits(optimizer: Optimizer) -> None:
    """Also the optimizers that need whole weights, and their sums."""
    ends = []
    for threads in (1, 3):
        course = Course(threads)
        slots = optimizer.initial_slots(course.parameters.size)
        for step in range(6):
            course.train(optimizer, slots, step)
        ends.append(course.parameters.tobytes() + slots.tobytes())
    assert ends[0] == ends[1]


def test_every_row_is_a_case() -> None:
    """A new optimizer needs one."""
    assert {type(case).__name__ for case in CASES} >= set(optimizer_rows()) - {"SGD"}


def torch_cases() -> dict[str, tuple[Optimizer, Callable[[ModuleType, list[Any]], Any]]]:
    """Ours with PyTorch's of the same formula; its epsilons stand elsewhere, so they are tiny."""
    e = 1e-12
    return {
        "Adagrad": (
            sn.Adagrad(0.1, epsilon=e),
            lambda t, w: t.optim.Adagrad(w, 0.1, initial_accumulator_value=0.1, eps=e),
        ),
        "Adadelta": (
            sn.Adadelta(1.0, epsilon=1e-6),
            lambda t, w: t.optim.Adadelta(w, 1.0, 0.95, 1e-6),
        ),
        "Adamax": (sn.Adamax(0.01, epsilon=e), lambda t, w: t.optim.Adamax(w, 0.01, eps=e)),
        "RMSprop": (
            sn.RMSprop(0.01, centered=True, epsilon=e, momentum=0.5),
            lambda t, w: t.optim.RMSprop(w, 0.01, 0.9, e, centered=True, momentum=0.5),
        ),
    }


@pytest.mark.parametrize("name", torch_cases())
def test_it_is_pytorchs_over_24_steps(torch: ModuleType, name: str) -> None:
    """At a constant rate, with the core's gradients."""
    optimizer, make = torch_cases()[name]
    course = Course()
    slots = optimizer.initial_slots(course.parameters.size)
    weights = {
        n: torch.tensor(w, requires_grad=True) for n, w in course.split(course.parameters).items()
    }
    theirs = make(torch, list(weights.values()))
    for step in range(STEPS):
        gradients = course.gradient(step)
        course.train(optimizer, slots, step, falls=False)
        for name_, w in weights.items():
            w.grad = torch.tensor(gradients[name_])
        theirs.step()
    for name_, got in course.split(course.parameters).items():
        np.testing.assert_allclose(got, weights[name_].detach().numpy(), rtol=0, atol=1e-3)
