"""Networks, optimizers and losses in the words of core/spritenet.h."""

from __future__ import annotations

from spritenet.core import structs
from spritenet.errors import ModelError
from spritenet.layers import Layer
from spritenet.losses import Loss, MeanSquaredError
from spritenet.optimizers import SGD, Adam, Optimizer, RMSprop

__all__ = ["describe_layer", "describe_optimizer", "loss_kind"]


def describe_layer(layer: Layer) -> structs.CLayer:
    """One layer in the header's words."""
    name = layer.class_name
    kind = structs.LAYERS.get(name)
    made = structs.CLayer()
    function = getattr(layer, "function", None)
    if function is not None:
        made.activation = structs.ACTIVATIONS[function.name]
        made.alpha = function.alpha
        kind = kind or structs.LAYERS["Activation"]
    if kind is None:
        raise ModelError("the core has no such layer", where=name)
    made.kind = kind
    window = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
    if window is not None:
        made.kernel_height, made.kernel_width = window
        made.stride_height, made.stride_width = layer.strides  # type: ignore[attr-defined]  # all windows have
        made.padding = int(layer.padding == "same")  # type: ignore[attr-defined]  # all windows have
    made.units = getattr(layer, "filters", None) or getattr(layer, "units", 0)
    made.use_bias = int(getattr(layer, "use_bias", False))
    made.scale = getattr(layer, "scale", 0.0)
    made.offset = getattr(layer, "offset", 0.0)
    made.rate = getattr(layer, "rate", 0.0)
    for field in ("kernel", "bias"):
        penalty = getattr(layer, f"{field}_regularizer", None)
        setattr(made, f"{field}_l2", penalty.l2 if penalty is not None else 0.0)
    return made


def describe_optimizer(optimizer: Optimizer) -> structs.COptimizer:
    """An optimizer in the header's words."""
    made = structs.COptimizer()
    made.weight_decay = getattr(optimizer, "weight_decay", None) or 0.0
    made.clip_norm = getattr(optimizer, "global_clipnorm", None) or 0.0
    if isinstance(optimizer, SGD):
        made.kind = 0
        made.momentum = optimizer.momentum
        made.nesterov = int(optimizer.nesterov)
    elif isinstance(optimizer, RMSprop):
        made.kind = 1
        made.rho = optimizer.rho
        made.momentum = optimizer.momentum
        made.epsilon = optimizer.epsilon
    elif isinstance(optimizer, Adam):
        made.kind = 2
        made.beta_1 = optimizer.beta_1
        made.beta_2 = optimizer.beta_2
        made.epsilon = optimizer.epsilon
    else:
        raise ModelError("the core has no such optimizer", where=type(optimizer).__name__)
    return made


def loss_kind(loss: Loss) -> int:
    """sn_loss: 0 for either cross-entropy, 1 for the mean squared error."""
    return int(isinstance(loss, MeanSquaredError))
