"""accurate and mobile: networks of residual blocks, with batch normalization."""

from __future__ import annotations

from spritenet import layers as kinds
from spritenet.dataset.source import Source
from spritenet.layers import Input, Tensor
from spritenet.migration import accepts
from spritenet.model import Model
from spritenet.networks.recipe import MOMENTUM, ending
from spritenet.optimizers import Adam, Optimizer
from spritenet.schedules import OneCycle

__all__ = ["accurate", "mobile"]


def _convolution(
    x: Tensor,
    filters: int,
    size: int,
    *,
    strides: int = 1,
    pool: int = 1,
    padding: str = "same",
    activation: str = "relu",
) -> Tensor:
    """A convolution, max pooling, a batch normalization and an activation."""
    x = kinds.Conv2D(filters, size, strides=strides, padding=padding, use_bias=False)(x)
    if pool > 1:
        x = kinds.MaxPooling2D(pool)(x)
    x = kinds.BatchNormalization(momentum=MOMENTUM)(x)
    return kinds.Activation(activation)(x) if activation != "linear" else x


def _classifier(
    name: str, images: Tensor, features: Tensor, optimizer: Optimizer, data: Source
) -> Model:
    """Returns the network with an output for each class, compiled with label smoothing."""
    last, loss = ending(data, smoothing=0.05)
    model = Model(images, last(features), name)
    model.compile(optimizer, loss, metrics=["accuracy"])
    return model


@accepts
def accurate(data: Source) -> Model:
    """Residual blocks of normalized 3×3 convolutions, Adam with one cycle, label smoothing."""
    images = Input(data.image_shape)
    x = _convolution(images, 12, 5, pool=2, padding="valid")
    x = _convolution(x, 24, 3)
    x = kinds.Add()([x, _convolution(x, 24, 3)])
    x = _convolution(x, 48, 3, pool=2)
    x = kinds.Add()([x, _convolution(x, 48, 3)])
    x = kinds.GlobalMaxPooling2D()(x)
    optimizer = Adam(OneCycle(0.01), beta_2=0.99, weight_decay=0.05)
    return _classifier("accurate", images, x, optimizer, data)


def _inverted(x: Tensor, filters: int, *, strides: int = 1, expansion: int = 4) -> Tensor:
    """MobileNetV2's block: wider by 1×1, depthwise 3×3, narrower by 1×1, added to its input."""
    channels = x.shape[-1]
    y = _convolution(x, expansion * channels, 1, activation="relu6")
    y = kinds.DepthwiseConv2D(3, strides=strides, padding="same", use_bias=False)(y)
    y = kinds.BatchNormalization(momentum=MOMENTUM)(y)
    y = kinds.Activation("relu6")(y)
    y = _convolution(y, filters, 1, activation="linear")
    return kinds.Add()([x, y]) if strides == 1 and filters == channels else y


@accepts
def mobile(data: Source) -> Model:
    """MobileNetV2's blocks for small colour images, Adam with one cycle, label smoothing."""
    images = Input(data.image_shape)
    x = _convolution(images, 16, 3, strides=2, activation="relu6")
    x = _inverted(x, 16, expansion=1)
    for filters, strides in ((24, 2), (24, 1), (40, 2), (40, 1)):
        x = _inverted(x, filters, strides=strides)
    x = _convolution(x, 96, 1, activation="relu6")
    x = kinds.GlobalAveragePooling2D()(x)
    optimizer = Adam(OneCycle(0.01), beta_2=0.99, weight_decay=0.05)
    return _classifier("mobile", images, x, optimizer, data)
