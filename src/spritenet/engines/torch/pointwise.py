"""Layers that work value by value: activations, rescaling, and merges of several inputs."""

from __future__ import annotations

from functools import reduce

import torch
from torch.nn import functional

from spritenet.engines.torch.call import Call, Operator

__all__ = ["OPERATORS"]


def activation(_call: Call, x: torch.Tensor) -> torch.Tensor:
    """Activation: its function follows, as after every layer that has one."""
    return x


def relu(call: Call, x: torch.Tensor) -> torch.Tensor:
    """ReLU with a threshold, a largest value and a slope below."""
    most, slope, threshold = (call.get(n) for n in ("max_value", "negative_slope", "threshold"))
    if threshold == 0 and most is None:
        return functional.leaky_relu(x, slope) if slope else functional.relu(x)
    if threshold == 0 and most == 6 and not slope:
        return functional.relu6(x)
    above = x if most is None else x.clamp(max=most)
    return torch.where(x < threshold, (x - threshold) * slope, above)


def leaky_relu(call: Call, x: torch.Tensor) -> torch.Tensor:
    """LeakyReLU."""
    return functional.leaky_relu(x, call.get("negative_slope"))


def elu(call: Call, x: torch.Tensor) -> torch.Tensor:
    """ELU."""
    return functional.elu(x, call.get("alpha"))


def prelu(call: Call, x: torch.Tensor) -> torch.Tensor:
    """PReLU, with a slope of its own for each value, or shared along axes."""
    return torch.where(x > 0, x, x * call.weights["alpha"])


def softmax(call: Call, x: torch.Tensor) -> torch.Tensor:
    """Softmax; axes are counted from 1, or backwards."""
    return functional.softmax(x, call.get("axis"))


def rescaling(call: Call, x: torch.Tensor) -> torch.Tensor:
    """Rescaling."""
    offset = call.get("offset")
    x = x * call.get("scale")
    return x + offset if offset else x


def add(_call: Call, *inputs: torch.Tensor) -> torch.Tensor:
    """Add."""
    return reduce(torch.add, inputs)


def subtract(_call: Call, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Subtract."""
    return first - second


def multiply(_call: Call, *inputs: torch.Tensor) -> torch.Tensor:
    """Multiply."""
    return reduce(torch.mul, inputs)


def average(_call: Call, *inputs: torch.Tensor) -> torch.Tensor:
    """Average."""
    return reduce(torch.add, inputs) * (1 / len(inputs))


def maximum(_call: Call, *inputs: torch.Tensor) -> torch.Tensor:
    """Maximum. Of equal values the first gets the gradient."""
    return reduce(lambda a, b: torch.where(a >= b, a, b), inputs)


def minimum(_call: Call, *inputs: torch.Tensor) -> torch.Tensor:
    """Minimum. Of equal values the first gets the gradient."""
    return reduce(lambda a, b: torch.where(a <= b, a, b), inputs)


def fake_quantization(call: Call, x: torch.Tensor) -> torch.Tensor:
    """FakeQuantization: the gradient passes where the rounded value isn't cut."""
    scale, low, high = (call.get(name) for name in ("scale", "low", "high"))
    rounded = (x / scale).clamp(low, high).round() * scale
    inside = (x >= (low - 0.5) * scale) & (x <= (high + 0.5) * scale)
    passed = torch.where(inside, x, x.detach())
    return rounded.detach() + (passed - passed.detach())


OPERATORS: dict[str, Operator] = {
    "Activation": activation,
    "Add": add,
    "Average": average,
    "ELU": elu,
    "FakeQuantization": fake_quantization,
    "LeakyReLU": leaky_relu,
    "Maximum": maximum,
    "Minimum": minimum,
    "Multiply": multiply,
    "PReLU": prelu,
    "ReLU": relu,
    "Rescaling": rescaling,
    "Softmax": softmax,
    "Subtract": subtract,
}
