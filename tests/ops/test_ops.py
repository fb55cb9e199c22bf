"""Operations and their gradients agree with PyTorch in float64, and with finite differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spritenet import ops
from spritenet.errors import ModelError
from spritenet.ops import Tensor

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here")
functional = torch.nn.functional

Operation = Callable[..., Any]
Value: TypeAlias = Any
"""A torch.Tensor: PyTorch is optional, and mypy doesn't look into it."""

POINTWISE: dict[str, tuple[Operation, Operation]] = {
    "absolute": (ops.absolute, torch.abs),
    "exp": (ops.exp, torch.exp),
    "log": (lambda x: ops.log(ops.square(x) + 0.1), lambda x: torch.log(x**2 + 0.1)),
    "sqrt": (lambda x: ops.sqrt(ops.square(x) + 0.1), lambda x: torch.sqrt(x**2 + 0.1)),
    "negative": (lambda x: -x, lambda x: -x),
    "power": (lambda x: x**3, lambda x: x**3),
    "sigmoid": (ops.sigmoid, torch.sigmoid),
    "tanh": (ops.tanh, torch.tanh),
    "softplus": (ops.softplus, functional.softplus),
    "relu": (ops.relu, torch.relu),
    "leaky_relu": (ops.leaky_relu, lambda x: functional.leaky_relu(x, 0.2)),
    "elu": (ops.elu, functional.elu),
    "clip": (lambda x: ops.clip(x, -0.5, 0.7), lambda x: torch.clamp(x, -0.5, 0.7)),
    "softmax": (ops.softmax, lambda x: torch.softmax(x, -1)),
    "log_softmax": (ops.log_softmax, lambda x: torch.log_softmax(x, -1)),
    "variance": (
        lambda x: ops.variance(x, 0, keepdims=True),
        lambda x: x.var(0, unbiased=False, keepdim=True),
    ),
    "max": (lambda x: ops.max(x, 1), lambda x: x.max(1).values),
    "mean": (lambda x: ops.mean(x, (0, 1)), lambda x: x.mean((0, 1))),
    "sum": (lambda x: x.sum(-1), lambda x: x.sum(-1)),
    "transpose": (lambda x: ops.transpose(x, (1, 0)), lambda x: x.permute(1, 0)),
    "broadcast": (lambda x: ops.broadcast_to(x, (3, *x.shape)), lambda x: x.expand(3, *x.shape)),
    "gather": (
        lambda x: ops.gather(x, (slice(None), np.array([0, 0, 1]))),
        lambda x: x[:, [0, 0, 1]],
    ),
    "slice": (lambda x: x[1:, 0], lambda x: x[1:, 0]),
    "concat": (lambda x: ops.concat([x, x * 2], 0), lambda x: torch.cat([x, x * 2], 0)),
}


def agree(ours: Operation, theirs: Operation, *arrays: np.ndarray[Any, Any]) -> None:
    """Values, gradients, and gradients of gradients are those of PyTorch."""
    variables = [ops.Variable(each) for each in arrays]
    tensors = [torch.tensor(each, dtype=torch.float64, requires_grad=True) for each in arrays]
    y, expected = ours(*variables), theirs(*tensors)
    np.testing.assert_allclose(y.values, expected.detach().numpy(), rtol=1e-10, atol=1e-12)
    first = ops.gradients((y * y).sum(), variables)
    wanted = torch.autograd.grad((expected * expected).sum(), tensors, create_graph=True)
    for got, right in zip(first, wanted, strict=True):
        np.testing.assert_allclose(got.values, right.detach().numpy(), rtol=1e-8, atol=1e-10)
    penalty = sum(((each * each).sum() for each in first), Tensor(0.0))
    squares = sum((each**2).sum() for each in wanted)
    second = torch.autograd.grad(squares, tensors, allow_unused=True, materialize_grads=True)
    for got, right in zip(ops.gradients(penalty, variables), second, strict=True):
        np.testing.assert_allclose(got.values, right.numpy(), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("name", POINTWISE)
def test_values_and_gradients_are_pytorchs(name: str) -> None:
    """Of every function of one tensor, twice."""
    ours, theirs = POINTWISE[name]
    agree(ours, theirs, np.random.default_rng(0).normal(size=(4, 5)))


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_arithmetic_broadcasts_as_numpy_does(data: st.DataObject) -> None:
    """Sums, products and quotients of any two shapes that fit."""
    shape = data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    other = [data.draw(st.sampled_from([1, side])) for side in shape]
    other = other[data.draw(st.integers(0, len(shape))) :]
    random = np.random.default_rng(data.draw(st.integers(0, 99)))
    a, b = random.normal(size=shape), random.uniform(1, 2, other)
    for operation in (
        lambda x, y: x + y,
        lambda x, y: x - y,
        lambda x, y: x * y,
        lambda x, y: x / y,
        lambda x, y: 1 - x / (y + 2) + 3 * (1 / y),
    ):
        agree(operation, operation, a, b)
    agree(ops.maximum, torch.maximum, a, b)
    agree(ops.minimum, torch.minimum, a, b)


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_convolution_and_pooling_are_pytorchs(data: st.DataObject) -> None:
    """Any sizes, strides, dilations; padding `same` by hand, as PyTorch pads evenly."""
    sides = st.integers(1, 3)
    window, strides, dilation = (data.draw(st.tuples(sides, sides)) for _ in range(3))
    reach = [(w - 1) * d + 1 for w, d in zip(window, dilation, strict=True)]
    height, width = (r + data.draw(st.integers(0, 4)) for r in reach)
    channels, filters = data.draw(sides), data.draw(sides)
    random = np.random.default_rng(data.draw(st.integers(0, 99)))
    x = random.normal(size=(2, height, width, channels))
    kernel = random.normal(size=(*window, channels, filters))

    def theirs(x: Value, kernel: Value, groups: int = 1) -> Value:
        if groups == 1:
            turned = kernel.permute(3, 2, 0, 1).contiguous()
        else:
            turned = kernel.permute(2, 3, 0, 1).reshape(-1, 1, *window)
        y = functional.conv2d(
            x.permute(0, 3, 1, 2), turned, None, strides, 0, dilation, groups=groups
        )
        return y.permute(0, 2, 3, 1)

    agree(lambda x, k: ops.conv2d(x, k, strides, "valid", dilation), theirs, x, kernel)
    agree(
        lambda x, k: ops.depthwise_conv2d(x, k, strides, "valid", dilation),
        lambda x, k: theirs(x, k, channels),
        x,
        kernel,
    )
    for mine, other in (
        (ops.max_pool, functional.max_pool2d),
        (ops.avg_pool, functional.avg_pool2d),
    ):
        if height >= window[0] and width >= window[1]:
            agree(
                lambda x, mine=mine: mine(x, window, strides),
                lambda x, other=other: other(x.permute(0, 3, 1, 2), window, strides).permute(
                    0, 2, 3, 1
                ),
                x,
            )


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 3), st.integers(1, 2), st.integers(1, 5))
def test_same_padding_has_right_gradients(window: int, strides: int, side: int) -> None:
    """Finite differences agree where windows reach beyond the image."""
    random = np.random.default_rng(side)
    x, kernel = random.normal(size=(1, side, 4, 2)), random.normal(size=(window, 2, 2, 2))
    for operation in (
        lambda x, k: ops.conv2d(x, k, strides, "same"),
        lambda x, k: ops.depthwise_conv2d(x, k, strides, "same"),
        lambda x, k: ops.max_pool(x, window, strides, "same") * k.sum(),
        lambda x, k: ops.avg_pool(x, window, strides, "same") * k.sum(),
        lambda x, k: ops.pad(x, (1, 0), (0, 2)) * k.sum(),
    ):
        assert ops.check_gradients(operation, x, kernel) < 1e-7


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (ops.softmax_cross_entropy, lambda y, x: -(y * torch.log_softmax(x, -1)).sum(-1)),
        (
            ops.sigmoid_cross_entropy,
            lambda y, x: functional.binary_cross_entropy_with_logits(x, y, reduction="none").mean(
                -1
            ),
        ),
        (ops.mean_squared_error, lambda y, x: ((x - y) ** 2).mean(-1)),
    ],
)
def test_losses_are_pytorchs(ours: Operation, theirs: Operation) -> None:
    """One for each example, exact for large scores too."""
    random = np.random.default_rng(0)
    labels = random.uniform(size=(6, 4))
    labels /= labels.sum(-1, keepdims=True)
    agree(ours, theirs, labels, random.normal(size=(6, 4)) * 30)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda: ops.SGD(0.01), lambda w: torch.optim.SGD(w, 0.01)),
        (lambda: ops.SGD(0.01, 0.9), lambda w: torch.optim.SGD(w, 0.01, 0.9)),
        (
            lambda: ops.SGD(0.01, 0.9, nesterov=True),
            lambda w: torch.optim.SGD(w, 0.01, 0.9, nesterov=True),
        ),
        (
            lambda: ops.RMSprop(0.01, 0.8, 0.5, 1e-12),
            lambda w: torch.optim.RMSprop(w, 0.01, 0.8, 1e-12, momentum=0.5),
        ),
        (lambda: ops.Adam(0.01, epsilon=1e-12), lambda w: torch.optim.Adam(w, 0.01, eps=1e-12)),
    ],
)
def test_optimizers_are_pytorchs(ours: Operation, theirs: Operation) -> None:
    """Twenty steps down a curved valley, two variables at once."""
    a, b = ops.Variable([1.0, -2.0, 0.5], "a"), ops.Variable([[0.3]], "b")
    x = [torch.tensor(each.values, requires_grad=True) for each in (a, b)]
    mine, other = ours(), theirs(x)
    for _ in range(20):
        value = mine.minimize(lambda: ((a * a - 1) ** 2).sum() + (ops.exp(b) * a[0]).sum(), [a, b])
        other.zero_grad()
        loss = ((x[0] * x[0] - 1) ** 2).sum() + (torch.exp(x[1]) * x[0][0]).sum()
        loss.backward()
        other.step()
        assert float(value) == pytest.approx(loss.item(), rel=1e-6)
    np.testing.assert_allclose(a.values, x[0].detach().numpy(), rtol=1e-6)
    np.testing.assert_allclose(b.values, x[1].detach().numpy(), rtol=1e-6)


def test_a_gradient_can_be_differentiated_again() -> None:
    """As often as one likes, and by functions of other tensors."""
    third = ops.grad(ops.grad(ops.grad(lambda x: x**4)))
    assert float(third(2.0)) == 48
    assert float(ops.grad(lambda x, y: x * y)(2.0, 5.0)) == 5
    slope = ops.custom_gradient(np.cos, lambda g, _: g * 7)
    assert float(ops.grad(slope)(0.0)) == 7


def test_a_variable_that_is_used_twice_gets_both_gradients() -> None:
    """And one that isn't used gets zeros; constants have no memory."""
    w, unused = ops.Variable(3.0), ops.Variable([1.0, 2.0])
    value, (slope, nothing) = ops.value_and_grads(lambda: w * w + w, [w, unused])
    assert (float(value), float(slope), nothing.values.tolist()) == (12, 7, [0, 0])
    assert (ops.tensor([1.0]) * 2).inputs == ()
    assert (ops.stop_gradient(w) * 2).inputs == ()


def test_random_numbers_follow_from_their_seed() -> None:
    """And have the moments asked for."""
    first = ops.random_normal((2000,), 1, 0.5, seed=3)
    np.testing.assert_array_equal(first.values, ops.random_normal((2000,), 1, 0.5, seed=3).values)
    assert first.values.mean() == pytest.approx(1, abs=0.05)
    assert first.values.std() == pytest.approx(0.5, abs=0.05)
    assert np.abs(ops.truncated_normal((2000,), seed=1).values).max() <= 2
    assert 0 <= ops.random_uniform((100,), seed=1).values.min() <= 0.2


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "add": (lambda: ops.add([1, 2], [1, 2, 3]), "add: shapes don't fit"),
    "mat_mul": (lambda: ops.mat_mul([[1.0]], [[1.0], [2.0]]), "expected shapes (…, m, k)"),
    "reshape": (lambda: ops.reshape([1, 2, 3], (2, -1)), "expected 3 values"),
    "transpose": (lambda: ops.transpose([[1]], (0, 0)), "each of 0 to 1 once"),
    "ragged": (lambda: ops.tensor([[1], [1, 2]]), "can't make a tensor"),
    "text": (lambda: ops.tensor("cat"), "can't make a tensor"),
    "one_hot": (lambda: ops.one_hot([0, 3], 3), "expected integers from 0 to 2, got 0 to 3"),
    "half": (lambda: ops.one_hot([0.5], 3), "integers from 0 to 2"),
    "concat": (lambda: ops.concat([[[1]], [[1, 2]]], 0), "concat: the tensors can't be joined"),
    "labels": (lambda: ops.softmax_cross_entropy([1, 2], [[1, 2], [1, 2]]), "with one_hot"),
    "images": (lambda: ops.max_pool([[1.0]], 2), "needs images"),
    "kernel": (
        lambda: ops.conv2d(np.ones((1, 4, 4, 2)), np.ones((3, 3, 1, 4))),
        "(height, width, 2, filters)",
    ),
    "window": (lambda: ops.max_pool(np.ones((1, 2, 2, 1)), 3), "larger than the image"),
    "empty": (lambda: ops.max_pool(np.ones((1, 2, 2, 1)), 0), "at least 1"),
    "padding": (lambda: ops.avg_pool(np.ones((1, 2, 2, 1)), 1, 1, "full"), "'same' or 'valid'"),
    "assign": (lambda: ops.Variable([1, 2], "w").assign([1]), "variable w: another shape"),
    "vector": (lambda: ops.gradients(ops.Variable([1, 2]) * 2, []), "Take its mean or its sum"),
    "constant": (
        lambda: ops.SGD(0.1).minimize(lambda: ops.tensor(1.0), []),
        "depends on a variable",
    ),
    "rate": (lambda: ops.SGD(0), "bad learning rate"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_doesnt_fit_is_refused_in_one_line(name: str) -> None:
    """With what was expected and what was got."""
    call, message = REFUSED[name]
    with pytest.raises(ModelError) as refused:
        call()
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)
