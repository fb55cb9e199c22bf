"""Networks, optimizers and losses in the words of core/spritenet.h."""

from __future__ import annotations

from collections.abc import Sequence

from spritenet.core import nodes, structs
from spritenet.errors import ModelError
from spritenet.layers import Layer
from spritenet.layers.attributes import attributes_of
from spritenet.losses import Loss, MeanSquaredError
from spritenet.optimizers import SGD, Adam, Optimizer, RMSprop

__all__ = ["attributes_of", "describe_node", "describe_optimizer", "loss_kind"]


def describe_node(layer: Layer, inputs: Sequence[int]) -> structs.CNode:
    """A layer on its inputs in the header's words: nodes before it, or -1 for the images."""
    return nodes.node(layer.class_name, attributes_of(layer), inputs, trainable=layer.trainable)


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
        raise ModelError("unsupported optimizer", where=type(optimizer).__name__)
    return made


def loss_kind(loss: Loss) -> int:
    """sn_loss: 0 for either cross-entropy, 1 for the mean squared error."""
    return int(isinstance(loss, MeanSquaredError))
