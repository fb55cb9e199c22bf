"""Activation functions by Keras's names, with the core's derivatives at bends."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.nn import functional

from spritenet.layers import activations

__all__ = ["FUNCTIONS", "activated"]


def sparsemax(x: torch.Tensor, axis: int = -1) -> torch.Tensor:
    """Returns the projection onto the simplex, by sorting (Martins and Astudillo, 2016)."""
    ordered = x.sort(dim=axis, descending=True).values.transpose(axis, -1)
    sums = ordered.cumsum(-1) - 1
    places = torch.arange(1, ordered.shape[-1] + 1, dtype=x.dtype, device=x.device)
    count = (ordered * places > sums).sum(-1, keepdim=True)
    threshold = (sums.gather(-1, count - 1) / count).transpose(axis, -1)
    return functional.relu(x - threshold)


def _sparse_plus(x: torch.Tensor) -> torch.Tensor:
    middle = x * 0.5 + 0.5
    return torch.where(x > 1, x, torch.where(x < -1, 0.0, middle * middle))


def _alpha(name: str) -> float:
    return activations.names()[name]


FUNCTIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "linear": lambda x: x,
    "relu": functional.relu,
    "relu6": functional.relu6,
    "leaky_relu": lambda x: functional.leaky_relu(x, _alpha("leaky_relu")),
    "elu": lambda x: functional.elu(x, _alpha("elu")),
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "selu": functional.selu,
    "softplus": functional.softplus,
    "softsign": functional.softsign,
    "exponential": torch.exp,
    "hard_sigmoid": functional.hardsigmoid,
    "hard_tanh": functional.hardtanh,
    "hard_shrink": lambda x: functional.hardshrink(x, _alpha("hard_shrink")),
    "soft_shrink": lambda x: functional.softshrink(x, _alpha("soft_shrink")),
    "sparse_sigmoid": lambda x: functional.hardtanh(x * 0.5 + 0.5, 0.0, 1.0),
    "squareplus": lambda x: (x + (x * x + 4).sqrt()) / 2,
    "log_sigmoid": functional.logsigmoid,
    "gelu": functional.gelu,
    "gelu_new": lambda x: functional.gelu(x, approximate="tanh"),
    "silu": functional.silu,
    "hard_silu": functional.hardswish,
    "mish": functional.mish,
    "tanh_shrink": functional.tanhshrink,
    "sparse_plus": _sparse_plus,
    "softmax": lambda x: functional.softmax(x, -1),
    "log_softmax": lambda x: functional.log_softmax(x, -1),
    "sparsemax": sparsemax,
}
"""Every activation of the core's table."""


def activated(x: torch.Tensor, name: str) -> torch.Tensor:
    """Returns the activation of values, over the last axis where it is over one."""
    return FUNCTIONS[name](x)
