"""Networks and losses in PyTorch, in float64: the outside oracle of gradients."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import pytest

from reference import Array, Network
from spritenet import layers as kinds
from spritenet.engines.engine import Examples
from spritenet.layers import Layer
from spritenet.losses import Loss, MeanSquaredError
from torch_activations import OVER_AXIS, POINTWISE

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here")
functional = torch.nn.functional

Tensor: TypeAlias = Any
"""A torch.Tensor: PyTorch is optional, and mypy doesn't look into it."""


def _fixed(function: Callable[..., Tensor], *axis: int) -> Callable[[Tensor, float], Tensor]:
    """An activation whose parameter is Keras's."""
    return lambda x, _: function(x, *axis)


TORCH_ACTIVATIONS: dict[str, Callable[[Tensor, float], Tensor]] = {
    **{name: _fixed(function) for name, function in POINTWISE.items()},
    **{name: _fixed(function, 1) for name, function in OVER_AXIS.items()},
    "leaky_relu": functional.leaky_relu,
    "elu": functional.elu,
}


def same(x: Tensor, window: tuple[int, int], strides: tuple[int, int], value: float) -> Tensor:
    """The n c h w tensor with TensorFlow's "same" padding around it."""
    sides = []
    for axis in (1, 0):
        size = x.shape[2 + axis]
        total = max((math.ceil(size / strides[axis]) - 1) * strides[axis] + window[axis] - size, 0)
        sides += [total // 2, total - total // 2]
    return functional.pad(x, sides, value=value)


def apply(  # noqa: C901, PLR0911, PLR0912 - one case a kind of layer
    layer: Layer, x: Tensor, weights: Sequence[Tensor]
) -> Tensor:
    """One layer in PyTorch, n c h w or n k."""
    if isinstance(layer, kinds.Rescaling):
        return x * layer.scale + layer.offset
    if isinstance(layer, kinds.Flatten):
        return x.permute(0, 2, 3, 1).flatten(1) if x.dim() == 4 else x
    if isinstance(layer, kinds.GlobalAveragePooling2D):
        return x.mean(dim=(2, 3))
    if isinstance(layer, kinds.ActivationLayer):
        return TORCH_ACTIVATIONS[layer.function.name](x, layer.function.alpha)
    if isinstance(layer, kinds.Dense):
        y = x @ weights[0] + (weights[1] if layer.use_bias else 0)
        return TORCH_ACTIVATIONS[layer.function.name](y, layer.function.alpha)
    if isinstance(layer, kinds.GlobalMaxPooling2D):
        return x.flatten(2).max(dim=2).values  # of equal maxima one gets the gradient
    if isinstance(layer, kinds.ZeroPadding2D):
        (top, bottom), (left, right) = layer.padding
        return functional.pad(x, (left, right, top, bottom))
    if isinstance(layer, kinds.BatchNormalization):
        gamma = weights[0] if layer.scale else None
        beta = weights[-3] if layer.center else None
        axes = (0, 2, 3) if x.dim() == 4 else (0,)
        deviation = (x.var(axes, unbiased=False, keepdim=True) + layer.epsilon).sqrt()
        y = (x - x.mean(axes, keepdim=True)) / deviation
        sides = (1, -1, 1, 1)[: x.dim()]
        y = y if gamma is None else y * gamma.reshape(sides)
        return y if beta is None else y + beta.reshape(sides)
    if isinstance(layer, kinds.DepthwiseConv2D):
        if layer.padding == "same":
            x = same(x, layer.kernel_size, layer.strides, 0.0)
        bias = weights[1] if layer.use_bias else None
        kernel = weights[0].permute(2, 3, 0, 1).reshape(-1, 1, *layer.kernel_size)
        y = functional.conv2d(x, kernel, bias, stride=layer.strides, groups=x.shape[1])
        return TORCH_ACTIVATIONS[layer.function.name](y, layer.function.alpha)
    if isinstance(layer, kinds.Conv2D):
        if layer.padding == "same":
            x = same(x, layer.kernel_size, layer.strides, 0.0)
        bias = weights[1] if layer.use_bias else None
        y = functional.conv2d(
            x, weights[0].permute(3, 2, 0, 1).contiguous(), bias, stride=layer.strides
        )
        return TORCH_ACTIVATIONS[layer.function.name](y, layer.function.alpha)
    assert isinstance(layer, kinds.MaxPooling2D | kinds.AveragePooling2D)
    size, strides = layer.pool_size, layer.strides
    if isinstance(layer, kinds.MaxPooling2D):
        if layer.padding == "same":
            x = same(x, size, strides, -math.inf)
        return functional.max_pool2d(x, size, strides)
    ones = torch.ones_like(x)
    if layer.padding == "same":
        x, ones = same(x, size, strides, 0.0), same(ones, size, strides, 0.0)
    return functional.avg_pool2d(x, size, strides) / functional.avg_pool2d(ones, size, strides)


def slopes(
    network: Network, parameters: Array, examples: Examples, loss: Loss
) -> tuple[Array, float, Array]:
    """Outputs (n, k), mean loss with L2 and gradient, all from PyTorch in float64."""
    flat = torch.tensor(parameters, dtype=torch.float64, requires_grad=True)
    x = torch.tensor(examples.images.transpose(0, 3, 1, 2).astype(np.float64))
    penalty = torch.zeros((), dtype=torch.float64)
    for number, layer in enumerate(network.layers):
        own = []
        for n, place, shape, l2 in network.weights:
            if n == number:
                own.append(flat[place].reshape(shape))
                penalty = penalty + l2 * (own[-1] ** 2).sum()
        x = apply(layer, x, own)
    weights = torch.tensor(np.ones(len(examples)) if examples.weights is None else examples.weights)
    assert examples.labels is not None
    labels = torch.tensor(examples.labels.astype(np.int64))
    if isinstance(loss, MeanSquaredError):
        targets = functional.one_hot(labels, x.shape[1]).double()
        each = ((x - targets) ** 2).mean(dim=1)
    else:
        smooth = getattr(loss, "label_smoothing", 0.0)
        logarithms = (
            functional.log_softmax(x, 1) if getattr(loss, "from_logits", False) else x.log()
        )
        targets = (
            functional.one_hot(labels, x.shape[1]).double() * (1 - smooth) + smooth / x.shape[1]
        )
        each = -(targets * logarithms).sum(dim=1)
    value = (weights.double() * each).mean() + penalty
    value.backward()
    return x.detach().numpy(), float(value.detach()), flat.grad.numpy()
