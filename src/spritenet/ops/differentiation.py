"""Back-propagation, gradients of functions, and a test of them by finite differences.

The loss of one weight on one example, (w x - y)², with w = 2, x = 3 and y = 1. On the way forward,
each operation notes its derivative:

    a = w x      6         by w:  x     3
    b = a - y    5         by a:  1     1
    c = b²      25         by b:  2 b  10

On the way back, each gradient is the one behind it times that derivative (the chain rule):

    by c    1
    by b    1 · 10 = 10
    by a   10 ·  1 = 10
    by w   10 ·  3 = 30    a larger w makes the loss larger: a step goes the other way

>>> w = Variable(2.0)
>>> gradients((w * 3.0 - 1.0) ** 2, [w])
[Tensor(30.)]

One walk back gives the gradients by all weights, however many, for about the cost of the way
forward. Moving each weight a little (`check_gradients`) needs two ways forward for every weight.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from spritenet.errors import ModelError
from spritenet.ops.tensor import (
    Array,
    Derivative,
    Tensor,
    TensorLike,
    Variable,
    result,
    tensor,
)

__all__ = ["check_gradients", "custom_gradient", "grad", "gradients", "value_and_grads"]


def gradients(loss: Tensor, variables: Sequence[Tensor]) -> list[Tensor]:
    """Returns the gradient of a number by each of the variables: back-propagation.

    Args:
        loss: one value.
        variables: what to differentiate by, usually of the class `Variable`.

    Returns:
        A tensor of each variable's shape; zeros where the loss doesn't depend on it.

    Raises:
        ModelError: the loss isn't one value.
    """
    if loss.size != 1:
        raise ModelError(
            "only one number has a gradient",
            expected="a loss of one value",
            got=f"the shape {loss.shape}",
            do="Take its mean or its sum.",
        )
    found = {id(loss): Tensor(np.ones(loss.shape))}  # the loss by itself
    for each in reversed(_in_order(loss)):
        gradient = found.get(id(each))
        if gradient is None:
            continue
        for source, derivative in each.inputs:
            part = derivative(gradient, each)
            before = found.get(id(source))
            # A tensor that was used several times changes the loss along several ways: their sum.
            found[id(source)] = part if before is None else before + part
    return [found.get(id(each), Tensor(np.zeros(each.shape))) for each in variables]


def _in_order(last: Tensor) -> list[Tensor]:
    """Everything that a tensor was computed from, each after all of its inputs."""
    order: list[Tensor] = []
    seen: set[int] = set()
    waiting: list[tuple[Tensor, bool]] = [(last, False)]
    while waiting:
        each, inputs_done = waiting.pop()
        if inputs_done:
            order.append(each)
        elif id(each) not in seen:
            seen.add(id(each))
            waiting.append((each, True))
            waiting.extend((source, False) for source, _ in each.inputs)
    return order


def grad(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Returns the function that computes the derivative by the first argument.

    The value may have any shape: its sum is differentiated. So `grad(grad(f))` is f''.

    >>> grad(lambda x: x**3)(2.0)
    Tensor(12.)
    >>> grad(grad(lambda x: x**3))(2.0)
    Tensor(12.)
    """

    def derivative(x: TensorLike, *others: TensorLike) -> Tensor:
        given = tensor(x)
        if given.is_tracked:  # an outer `grad` sees through this one
            point = result(given.values, (given, lambda g, _: g))
        else:
            point = Variable(given)
        return gradients(function(point, *others).sum(), [point])[0]

    return derivative


def value_and_grads(
    function: Callable[[], Tensor], variables: Sequence[Variable]
) -> tuple[Tensor, list[Tensor]]:
    """Returns what a function computes, and its gradient by each variable.

    Args:
        function: computes one number from the variables, usually a mean loss.
        variables: what to differentiate by.

    Raises:
        ModelError: the value isn't one number, or depends on none of the variables.
    """
    value = function()
    if not value.is_tracked:
        raise ModelError(
            "nothing to differentiate",
            expected="a function whose value depends on a variable",
            got=repr(value)[:60],
        )
    return value, gradients(value, variables)


def custom_gradient(
    function: Callable[[Array], Array], derivative: Derivative
) -> Callable[[TensorLike], Tensor]:
    """Returns an operation of your own, of one tensor.

    Args:
        function: computes the values from an array.
        derivative: the gradient by the result, and the result -> the gradient by the input.

    >>> double = custom_gradient(lambda x: 2 * x, lambda g, y: 2 * g)
    >>> grad(double)(1.0)
    Tensor(2.)
    """

    def operation(x: TensorLike) -> Tensor:
        x = tensor(x)
        return result(np.asarray(function(x.values), np.float64), (x, derivative))

    return operation


def check_gradients(
    function: Callable[..., Tensor], *arguments: TensorLike, step: float = 1e-5
) -> float:
    """Returns the largest difference between gradients and finite differences.

    Args:
        function: computes a tensor from as many tensors.
        arguments: where to differentiate.
        step: how far each value is moved to both sides.

    Returns:
        The largest absolute difference over all values of all arguments; about step² where the
        function is smooth and its gradients are right.
    """
    points = [Variable(each) for each in arguments]
    exact = gradients(function(*points).sum(), points)
    most = 0.0
    for point, gradient in zip(points, exact, strict=True):
        at = point.values
        for place in np.ndindex(at.shape):
            sides = []
            for way in (step, -step):
                moved = at.copy()
                moved[place] += way
                point.values = moved
                sides.append(float(function(*points).values.sum()))
            point.values = at
            slope = (sides[0] - sides[1]) / (2 * step)
            most = max(most, abs(slope - float(gradient.values[place])))
    return most
