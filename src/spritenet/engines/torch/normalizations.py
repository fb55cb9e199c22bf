"""Normalizations: of a batch, of the channels of a pixel, or of a group of channels."""

from __future__ import annotations

import torch
from torch.nn import functional

from spritenet.engines.torch.call import Call, Operator

__all__ = ["OPERATORS"]

LEAST_VARIANCE = 1e-14
"""Normalization's: Keras's deviation is at least 1e-7."""

LEAST_SQUARE = 1e-12
"""UnitNormalization's: the least squared length."""


def batch_normalization(call: Call, x: torch.Tensor) -> torch.Tensor:
    """BatchNormalization: by the batch in training; else, or if frozen, by the averages."""
    gamma, beta = call.weights.get("gamma"), call.weights.get("beta")
    epsilon = call.get("epsilon")
    turned = x.movedim(-1, 1)
    if not call.training or not call.layer.trainable:
        mean, variance = call.weights["moving_mean"], call.weights["moving_variance"]
        y = functional.batch_norm(turned, mean, variance, gamma, beta, eps=epsilon)
        return y.movedim(1, -1)
    if call.total is not None:
        return _across_ranks(call, x)
    axes = tuple(range(x.dim() - 1))
    if call.moments is not None:
        with torch.no_grad():
            variance, mean = torch.var_mean(x.float(), axes, correction=0)
            call.moments(mean, variance)
    y = functional.batch_norm(turned, None, None, gamma, beta, training=True, eps=epsilon)
    return y.movedim(1, -1)


def _across_ranks(call: Call, x: torch.Tensor) -> torch.Tensor:
    """Returns the normalization by the statistics of the whole batch, on all ranks."""
    assert call.total is not None  # noqa: S101 - by its caller
    flat = x.float().reshape(-1, x.shape[-1])
    count = call.total(flat.new_full((1,), float(len(flat))))
    mean = call.total(flat.sum(0)) / count
    apart = flat - mean
    variance = call.total((apart * apart).sum(0)) / count
    if call.moments is not None:
        call.moments(mean.detach(), variance.detach())
    y = apart * (variance + call.get("epsilon")).rsqrt()
    return _scaled(call, y.reshape(x.shape), "gamma")


def _scaled(call: Call, y: torch.Tensor, scale: str) -> torch.Tensor:
    factor, beta = call.weights.get(scale), call.weights.get("beta")
    y = y if factor is None else y * factor
    return y if beta is None else y + beta


def layer_normalization(call: Call, x: torch.Tensor) -> torch.Tensor:
    """LayerNormalization, over the channels of a pixel."""
    gamma, beta = call.weights.get("gamma"), call.weights.get("beta")
    return functional.layer_norm(x, x.shape[-1:], gamma, beta, call.get("epsilon"))


def group_normalization(call: Call, x: torch.Tensor) -> torch.Tensor:
    """GroupNormalization, over some channels of all pixels."""
    channels = x.shape[-1]
    groups = channels if call.get("groups") < 0 else call.get("groups")
    parts = x.reshape(len(x), -1, groups, channels // groups)
    variance, mean = torch.var_mean(parts, (1, 3), correction=0, keepdim=True)
    y = (parts - mean) * (variance + call.get("epsilon")).rsqrt()
    return _scaled(call, y.reshape(x.shape), "gamma")


def rms_normalization(call: Call, x: torch.Tensor) -> torch.Tensor:
    """RMSNormalization, over the channels of a pixel."""
    square = (x * x).mean(-1, keepdim=True)
    return _scaled(call, x * (square + call.get("epsilon")).rsqrt(), "scale")


def unit_normalization(_call: Call, x: torch.Tensor) -> torch.Tensor:
    """UnitNormalization: the channels of a pixel as a vector of length 1."""
    return x * (x * x).sum(-1, keepdim=True).clamp(min=LEAST_SQUARE).rsqrt()


def normalization(call: Call, x: torch.Tensor) -> torch.Tensor:
    """Normalization by a fixed mean and variance, or back."""
    mean, deviation = (
        call.weights["mean"],
        call.weights["variance"].clamp(min=LEAST_VARIANCE).sqrt(),
    )
    return x * deviation + mean if call.get("invert") else (x - mean) * (1 / deviation)


OPERATORS: dict[str, Operator] = {
    "BatchNormalization": batch_normalization,
    "GroupNormalization": group_normalization,
    "LayerNormalization": layer_normalization,
    "Normalization": normalization,
    "RMSNormalization": rms_normalization,
    "UnitNormalization": unit_normalization,
}
