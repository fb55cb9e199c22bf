"""Networks, optimizers and losses in the words of core/spritenet.h."""

from __future__ import annotations

from collections.abc import Sequence

from spritenet.core import nodes, structs
from spritenet.layers import Layer
from spritenet.layers.attributes import attributes_of
from spritenet.losses import Loss
from spritenet.optimizers import Optimizer

__all__ = ["attributes_of", "describe_loss", "describe_node", "describe_optimizer"]


def describe_node(layer: Layer, inputs: Sequence[int]) -> structs.CNode:
    """A layer on its inputs in the header's words: nodes before it, or -1 for the images."""
    return nodes.node(layer.class_name, attributes_of(layer), inputs, trainable=layer.trainable)


def describe_optimizer(optimizer: Optimizer) -> structs.COptimizer:
    """An optimizer in the header's words."""
    attributes = optimizer.attributes
    made = nodes.attribute_array(attributes)
    return structs.COptimizer(type(optimizer).__name__.encode(), made, len(attributes))


def describe_loss(loss: Loss) -> structs.CLoss:
    """A loss in the header's words."""
    attributes = loss.attributes
    made = nodes.attribute_array(attributes)
    return structs.CLoss(type(loss).__name__.encode(), made, len(attributes))
