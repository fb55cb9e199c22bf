"""Dropout and noise, from the core's random numbers."""

from __future__ import annotations

import math

import numpy as np
import torch

from spritenet.engines.torch.call import Call, Operator

__all__ = ["OPERATORS", "RANDOM"]

ALPHA_LOW = -1.75809934
"""Selu's limit on the left."""

float32 = np.float32


def _places(x: torch.Tensor) -> torch.Tensor:
    """Returns the place of each value in its image, int32."""
    return torch.arange(math.prod(x.shape[1:]), dtype=torch.int32, device=x.device)


def _dropped(call: Call, x: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """Returns True where values are dropped."""
    assert call.counter is not None  # noqa: S101 - by its callers
    threshold = int(float32(call.get("rate")) * float32(2**24))
    return call.counter.is_below(places, threshold).reshape(len(x), *x.shape[1:])


def dropout(call: Call, x: torch.Tensor) -> torch.Tensor:
    """Dropout."""
    if call.counter is None:
        return x
    scale = float(float32(1) / (float32(1) - float32(call.get("rate"))))
    return torch.where(_dropped(call, x, _places(x)), 0.0, x * scale)


def spatial_dropout(call: Call, x: torch.Tensor) -> torch.Tensor:
    """SpatialDropout2D: all pixels of a channel are kept or dropped."""
    if call.counter is None:
        return x
    scale = float(float32(1) / (float32(1) - float32(call.get("rate"))))
    channels = torch.arange(x.shape[-1], dtype=torch.int32, device=x.device)
    threshold = int(float32(call.get("rate")) * float32(2**24))
    dropped = call.counter.is_below(channels, threshold).reshape(len(x), 1, 1, -1)
    return torch.where(dropped, 0.0, x * scale)


def alpha_dropout(call: Call, x: torch.Tensor) -> torch.Tensor:
    """AlphaDropout: mean and variance stay as they are."""
    if call.counter is None:
        return x
    rate, low, one = float32(call.get("rate")), float32(ALPHA_LOW), float32(1)
    scale = one / np.sqrt((one - rate) * (rate * low * low + one))
    offset = -scale * low * rate
    kept = x * float(scale) + float(offset)
    return torch.where(_dropped(call, x, _places(x)), float(offset + scale * low), kept)


def _normal(call: Call, x: torch.Tensor) -> torch.Tensor:
    assert call.counter is not None  # noqa: S101 - by its callers
    return call.counter.normal(_places(x)).reshape(x.shape)


def gaussian_dropout(call: Call, x: torch.Tensor) -> torch.Tensor:
    """GaussianDropout."""
    if call.counter is None:
        return x
    rate = float32(call.get("rate"))
    deviation = float(np.sqrt(rate / (float32(1) - rate)))
    return x * (_normal(call, x) * deviation + 1.0)


def gaussian_noise(call: Call, x: torch.Tensor) -> torch.Tensor:
    """GaussianNoise."""
    if call.counter is None:
        return x
    return x + _normal(call, x) * float(float32(call.get("stddev")))


OPERATORS: dict[str, Operator] = {
    "AlphaDropout": alpha_dropout,
    "Dropout": dropout,
    "GaussianDropout": gaussian_dropout,
    "GaussianNoise": gaussian_noise,
    "SpatialDropout2D": spatial_dropout,
}

RANDOM = frozenset(OPERATORS)
"""Layers that read random numbers."""
