"""Layers, with Keras's names, arguments, defaults and semantics.

    base         Layer, Weight, Tensor: the base of all layers
    activations  the activation functions by name
    input        Input: the shape of a network's images
    operator_layer, parametric   bases of layers that the core describes
    each other module            a layer, or a few related ones
    graph        Graph: the layers of a network and what each reads

A layer is a frozen description; engines read its fields and compute.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from spritenet.errors import ModelError
from spritenet.layers.activation import ELU, Activation, ActivationLayer, LeakyReLU, ReLU, Softmax
from spritenet.layers.activations import ActivationFunction
from spritenet.layers.base import Layer, Shape, Tensor, Weight
from spritenet.layers.batch_normalization import BatchNormalization
from spritenet.layers.conv2d import Conv2D
from spritenet.layers.conv2d_transpose import Conv2DTranspose
from spritenet.layers.cropping2d import Cropping2D
from spritenet.layers.dense import Dense
from spritenet.layers.depthwise_conv2d import DepthwiseConv2D
from spritenet.layers.dropout import Dropout
from spritenet.layers.flatten import Flatten
from spritenet.layers.graph import IMAGES, Graph, Node
from spritenet.layers.identity import Identity
from spritenet.layers.input import ImageShape, Input
from spritenet.layers.merging import Add, Average, Concatenate, Maximum, Minimum, Multiply, Subtract
from spritenet.layers.mixing import CutMix, MixUp
from spritenet.layers.noise import AlphaDropout, GaussianDropout, GaussianNoise, SpatialDropout2D
from spritenet.layers.normalization import Normalization
from spritenet.layers.normalizations import (
    GroupNormalization,
    LayerNormalization,
    RMSNormalization,
    UnitNormalization,
)
from spritenet.layers.permute import Permute
from spritenet.layers.pooling import (
    AveragePooling2D,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    MaxPooling2D,
)
from spritenet.layers.prelu import PReLU
from spritenet.layers.random_crop import RandomCrop
from spritenet.layers.random_elastic_transform import RandomElasticTransform
from spritenet.layers.random_geometry import (
    RandomFlip,
    RandomRotation,
    RandomShear,
    RandomTranslation,
    RandomZoom,
)
from spritenet.layers.random_values import RandomBrightness, RandomContrast, RandomErasing
from spritenet.layers.rescaling import Rescaling
from spritenet.layers.reshape import Reshape
from spritenet.layers.resizing import CenterCrop, Resizing
from spritenet.layers.separable_conv2d import SeparableConv2D
from spritenet.layers.up_sampling2d import UpSampling2D
from spritenet.layers.zero_padding2d import ZeroPadding2D
from spritenet.migration import module_name

__all__ = [
    "ELU",
    "IMAGES",
    "LAYERS",
    "Activation",
    "ActivationFunction",
    "ActivationLayer",
    "Add",
    "AlphaDropout",
    "Average",
    "AveragePooling2D",
    "BatchNormalization",
    "CenterCrop",
    "Concatenate",
    "Conv2D",
    "Conv2DTranspose",
    "Cropping2D",
    "CutMix",
    "Dense",
    "DepthwiseConv2D",
    "Dropout",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling2D",
    "Graph",
    "GroupNormalization",
    "Identity",
    "ImageShape",
    "Input",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "MaxPooling2D",
    "Maximum",
    "Minimum",
    "MixUp",
    "Multiply",
    "Node",
    "Normalization",
    "PReLU",
    "Permute",
    "RMSNormalization",
    "RandomBrightness",
    "RandomContrast",
    "RandomCrop",
    "RandomElasticTransform",
    "RandomErasing",
    "RandomFlip",
    "RandomRotation",
    "RandomShear",
    "RandomTranslation",
    "RandomZoom",
    "ReLU",
    "Rescaling",
    "Reshape",
    "Resizing",
    "SeparableConv2D",
    "Shape",
    "Softmax",
    "SpatialDropout2D",
    "Subtract",
    "Tensor",
    "UnitNormalization",
    "UpSampling2D",
    "Weight",
    "ZeroPadding2D",
    "from_config",
]

# Keras's aliases.
AvgPool2D = AveragePooling2D
Convolution2D = Conv2D
Convolution2DTranspose = Conv2DTranspose
GlobalAvgPool2D = GlobalAveragePooling2D
GlobalMaxPool2D = GlobalMaxPooling2D
MaxPool2D = MaxPooling2D
SeparableConvolution2D = SeparableConv2D

LAYERS: dict[str, type[Layer]] = {
    cls.class_name: cls
    for cls in (
        Activation,
        Add,
        AlphaDropout,
        Average,
        AveragePooling2D,
        BatchNormalization,
        CenterCrop,
        Concatenate,
        Conv2D,
        Conv2DTranspose,
        Cropping2D,
        CutMix,
        Dense,
        DepthwiseConv2D,
        Dropout,
        ELU,
        Flatten,
        GaussianDropout,
        GaussianNoise,
        GlobalAveragePooling2D,
        GlobalMaxPooling2D,
        GroupNormalization,
        Identity,
        LayerNormalization,
        LeakyReLU,
        Maximum,
        MaxPooling2D,
        Minimum,
        MixUp,
        Multiply,
        Normalization,
        Permute,
        PReLU,
        RandomBrightness,
        RandomContrast,
        RandomCrop,
        RandomElasticTransform,
        RandomErasing,
        RandomFlip,
        RandomRotation,
        RandomShear,
        RandomTranslation,
        RandomZoom,
        ReLU,
        Rescaling,
        Reshape,
        Resizing,
        RMSNormalization,
        SeparableConv2D,
        Softmax,
        SpatialDropout2D,
        Subtract,
        UnitNormalization,
        UpSampling2D,
        ZeroPadding2D,
    )
}
"""Every layer by the class name its config goes with."""


def from_config(class_name: str, config: Mapping[str, object]) -> Layer:
    """Makes a layer from a class name and a config, as `Layer.config` and TensorFlow.js write them.

    Raises:
        ModelError: the class, or an argument in its config, is unsupported.
    """
    cls = LAYERS.get(class_name)
    if cls is None:
        raise ModelError(
            f"unsupported layer {class_name!r}"[:100],
            where=config.get("name", ""),
            do=f"Supported: {', '.join(LAYERS)}.",
        )
    if "alpha" in config and cls is LeakyReLU:  # Keras 2's name of negative_slope
        rest = {key: value for key, value in config.items() if key != "alpha"}
        config = {**rest, "negative_slope": config["alpha"]}
    return cls.from_config(config)


if not TYPE_CHECKING:  # type checkers report missing attributes

    def __getattr__(name: str) -> object:
        """Refuses Keras's other layers by name."""
        raise module_name(name, __name__, LAYERS)
