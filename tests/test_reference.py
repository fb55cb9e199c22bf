"""The slow reference engine agrees with PyTorch in float64 and with finite differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import torch_oracle
from engine_cases import begin, networks, some
from reference import Array, Network, update
from spritenet import layers as kinds
from spritenet.layers import Layer
from spritenet.losses import CategoricalCrossentropy, Loss, MeanSquaredError
from spritenet.optimizers import SGD, Adam, AdamW, Optimizer, RMSprop
from spritenet.regularizers import L2
from torch_oracle import torch


@settings(max_examples=60, deadline=None)
@given(networks(), st.integers(1, 5), st.booleans())
def test_outputs_loss_and_gradient_are_pytorchs(
    drawn: tuple[list[Layer], tuple[int, int, int]], count: int, weighted: bool
) -> None:
    """Random networks of all layers and activations agree with PyTorch to float64's precision."""
    layers, shape = drawn
    network = Network(layers, shape)
    parameters = begin(network, layers, shape)
    examples = some(shape, count, 4, weighted=weighted)
    loss = CategoricalCrossentropy()
    expected = torch_oracle.slopes(network, parameters, examples, loss)
    outputs = network.forward(parameters, examples.images, training=True)[0][-1].values
    value, gradient, _ = network.slopes(parameters, examples, np.arange(count), loss)
    np.testing.assert_allclose(outputs, expected[0], atol=1e-12)
    np.testing.assert_allclose(value, expected[1], rtol=1e-10)
    np.testing.assert_allclose(gradient, expected[2], rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(
    ("loss", "last"),
    [
        (CategoricalCrossentropy(label_smoothing=0.2), "softmax"),
        (CategoricalCrossentropy(from_logits=True), "linear"),
        (CategoricalCrossentropy(from_logits=True, label_smoothing=0.1), "linear"),
        (MeanSquaredError(), "softmax"),
        (MeanSquaredError(), "sigmoid"),
        (MeanSquaredError(), "linear"),
    ],
)
def test_each_loss_is_pytorchs(loss: Loss, last: str) -> None:
    """Loss and gradient agree for every loss and the activations it goes with."""
    layers: list[Layer] = [kinds.Rescaling(1 / 255), kinds.Flatten(), kinds.Dense(5, last)]
    network = Network(layers, (3, 4, 2))
    parameters = begin(network, layers, (3, 4, 2))
    examples = some((3, 4, 2), 6, 5, weighted=True)
    _, value, gradient = torch_oracle.slopes(network, parameters, examples, loss)
    got = network.slopes(parameters, examples, np.arange(6), loss)
    np.testing.assert_allclose(got[0], value, rtol=1e-12)
    np.testing.assert_allclose(got[1], gradient, rtol=1e-9, atol=1e-12)


def test_gradient_is_the_slope_of_the_loss() -> None:
    """Central differences of the loss agree with the gradient, PyTorch aside."""
    layers: list[Layer] = [
        kinds.Rescaling(1 / 255),
        kinds.Conv2D(2, (3, 2), (2, 1), "same", "gelu", kernel_regularizer=L2(0.05)),
        kinds.AveragePooling2D(2, 1, "same"),
        kinds.Activation("elu"),
        kinds.Flatten(),
        kinds.Dense(3, "softmax", bias_regularizer=L2(0.1)),
    ]
    network = Network(layers, (5, 5, 2))
    parameters = begin(network, layers, (5, 5, 2))
    examples = some((5, 5, 2), 4, 3, weighted=True)
    loss, every = CategoricalCrossentropy(), np.arange(4)
    gradient = network.slopes(parameters, examples, every, loss)[1]
    for place in range(network.parameter_count):
        values = []
        for side in (1e-5, -1e-5):
            moved = parameters.copy()
            moved[place] += side
            values.append(network.slopes(moved, examples, every, loss)[0])
        assert gradient[place] == pytest.approx((values[0] - values[1]) / 2e-5, rel=1e-5, abs=1e-8)


@pytest.mark.parametrize(
    "optimizer",
    [
        SGD(0.1),
        SGD(0.1, momentum=0.9),
        SGD(0.1, momentum=0.9, nesterov=True),
        SGD(0.1, momentum=0.5, weight_decay=0.1),
        SGD(0.5, global_clipnorm=0.05),
    ],
    ids=repr,
)
def test_sgd_is_pytorchs(optimizer: SGD) -> None:
    """At a constant rate Keras's momentum is PyTorch's; decay is decoupled by hand."""
    w = torch.full((3,), 0.5, dtype=torch.float64, requires_grad=True)
    theirs = torch.optim.SGD(
        [w], optimizer.learning_rate, optimizer.momentum, nesterov=optimizer.nesterov
    )
    ours, slots = np.full(3, 0.5), np.zeros((1, 3))
    for step in range(6):
        w.grad = torch.tensor([1.0, -2.0, 0.25], dtype=torch.float64) * w.detach()
        gradient = w.grad.numpy().copy()
        if optimizer.global_clipnorm:
            torch.nn.utils.clip_grad_norm_([w], optimizer.global_clipnorm)
        if optimizer.weight_decay:
            with torch.no_grad():
                w *= 1 - 0.1 * optimizer.weight_decay
        theirs.step()
        _update(optimizer, ours, slots, gradient, step)
        np.testing.assert_allclose(ours, w.detach().numpy(), rtol=1e-5)


def _update(o: Optimizer, w: Array, slots: Array, gradient: Array, step: int) -> None:
    assert isinstance(o.learning_rate, float)
    update(o, w, slots, gradient, rate=o.learning_rate, step=step)


@pytest.mark.parametrize(
    "optimizer",
    [
        RMSprop(0.01, rho=0.9, epsilon=1e-12),
        RMSprop(0.01, rho=0.8, momentum=0.5, epsilon=1e-12),
        Adam(0.01, epsilon=1e-12),
        AdamW(0.01, weight_decay=0.1, epsilon=1e-12),
    ],
    ids=repr,
)
def test_adaptive_optimizers_are_pytorchs(optimizer: Optimizer) -> None:
    """With an epsilon too small to matter (its places differ), PyTorch's steps are ours."""
    w = torch.full((3,), 0.5, dtype=torch.float64, requires_grad=True)
    match optimizer:
        case RMSprop():
            o = optimizer
            theirs = torch.optim.RMSprop([w], 0.01, o.rho, 1e-12, momentum=o.momentum)
        case AdamW():
            theirs = torch.optim.AdamW([w], 0.01, eps=1e-12, weight_decay=0.1)
        case _:
            theirs = torch.optim.Adam([w], 0.01, eps=1e-12)
    ours, slots = np.full(3, 0.5), np.zeros((2, 3))
    for step in range(6):
        w.grad = torch.tensor([1.0, -2.0, 0.25], dtype=torch.float64) * w.detach()
        gradient = w.grad.numpy().copy()
        theirs.step()
        _update(optimizer, ours, slots, gradient, step)
        np.testing.assert_allclose(ours, w.detach().numpy(), rtol=1e-6)
