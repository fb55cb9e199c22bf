"""The activations in PyTorch, by Keras's names with the parameters that Keras gives them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here")
functional = torch.nn.functional

Tensor = Any
"""A torch.Tensor: PyTorch is optional, and mypy doesn't look into it."""

POINTWISE: dict[str, Callable[[Tensor], Tensor]] = {
    "linear": lambda x: x,
    "relu": functional.relu,
    "relu6": functional.relu6,
    "leaky_relu": lambda x: functional.leaky_relu(x, 0.2),
    "elu": functional.elu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "selu": functional.selu,
    "softplus": functional.softplus,
    "softsign": functional.softsign,
    "exponential": torch.exp,
    "hard_sigmoid": functional.hardsigmoid,
    "hard_tanh": functional.hardtanh,
    "hard_shrink": functional.hardshrink,
    "soft_shrink": functional.softshrink,
    "sparse_sigmoid": lambda x: ((x + 1) / 2).clamp(0, 1),
    "squareplus": lambda x: (x + (x * x + 4).sqrt()) / 2,
    "log_sigmoid": functional.logsigmoid,
    "gelu": functional.gelu,
    "gelu_new": lambda x: functional.gelu(x, approximate="tanh"),
    "silu": functional.silu,
    "hard_silu": functional.hardswish,
    "mish": functional.mish,
    "tanh_shrink": functional.tanhshrink,
    "sparse_plus": lambda x: torch.where(
        x <= -1, torch.zeros_like(x), torch.where(x >= 1, x, (x + 1) ** 2 / 4)
    ),
}


def sparsemax(x: Tensor, dim: int = -1) -> Tensor:
    """The projection onto the simplex, by sorting (Martins and Astudillo, 2016)."""
    ordered = x.sort(dim=dim, descending=True).values.transpose(dim, -1)
    sums = ordered.cumsum(-1) - 1
    places = torch.arange(1, ordered.shape[-1] + 1, dtype=x.dtype)
    count = (ordered * places > sums).sum(-1, keepdim=True)
    threshold = sums.gather(-1, count - 1) / count
    return (x - threshold.transpose(dim, -1)).clamp(min=0)


OVER_AXIS: dict[str, Callable[[Tensor, int], Tensor]] = {
    "softmax": functional.softmax,
    "log_softmax": functional.log_softmax,
    "sparsemax": sparsemax,
}


def activated(name: str, x: Tensor, axis: int = -1) -> Tensor:
    """The activation of that name."""
    return POINTWISE[name](x) if name in POINTWISE else OVER_AXIS[name](x, axis)
