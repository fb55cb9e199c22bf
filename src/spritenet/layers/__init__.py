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
from spritenet.layers.base import Layer, Shape, Tensor, Weight
from spritenet.layers.graph import IMAGES, Graph, Node
from spritenet.layers.input import ImageShape, Input
from spritenet.lazy_names import LazyNames
from spritenet.migration import module_name

if TYPE_CHECKING:
    from spritenet.layers.activation import (
        ELU,
        Activation,
        ActivationLayer,
        LeakyReLU,
        ReLU,
        Softmax,
    )
    from spritenet.layers.activations import ActivationFunction
    from spritenet.layers.batch_normalization import BatchNormalization
    from spritenet.layers.conv2d import Conv2D
    from spritenet.layers.conv2d_transpose import Conv2DTranspose
    from spritenet.layers.cropping2d import Cropping2D
    from spritenet.layers.dense import Dense
    from spritenet.layers.depthwise_conv2d import DepthwiseConv2D
    from spritenet.layers.dropout import Dropout
    from spritenet.layers.flatten import Flatten
    from spritenet.layers.identity import Identity
    from spritenet.layers.merging import (
        Add,
        Average,
        Concatenate,
        Maximum,
        Minimum,
        Multiply,
        Subtract,
    )
    from spritenet.layers.mixing import CutMix, MixUp
    from spritenet.layers.noise import (
        AlphaDropout,
        GaussianDropout,
        GaussianNoise,
        SpatialDropout2D,
    )
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

    LAYERS: dict[str, type[Layer]]
    """Every layer by the class name its config goes with."""

    AvgPool2D = AveragePooling2D
    Convolution2D = Conv2D
    Convolution2DTranspose = Conv2DTranspose
    GlobalAvgPool2D = GlobalAveragePooling2D
    GlobalMaxPool2D = GlobalMaxPooling2D
    MaxPool2D = MaxPooling2D
    SeparableConvolution2D = SeparableConv2D


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

MODULES = {
    "activation": (
        "Activation",
        "ELU",
        "LeakyReLU",
        "ReLU",
        "Softmax",
    ),
    "batch_normalization": ("BatchNormalization",),
    "conv2d": ("Conv2D",),
    "conv2d_transpose": ("Conv2DTranspose",),
    "cropping2d": ("Cropping2D",),
    "dense": ("Dense",),
    "depthwise_conv2d": ("DepthwiseConv2D",),
    "dropout": ("Dropout",),
    "flatten": ("Flatten",),
    "identity": ("Identity",),
    "merging": (
        "Add",
        "Average",
        "Concatenate",
        "Maximum",
        "Minimum",
        "Multiply",
        "Subtract",
    ),
    "mixing": (
        "CutMix",
        "MixUp",
    ),
    "noise": (
        "AlphaDropout",
        "GaussianDropout",
        "GaussianNoise",
        "SpatialDropout2D",
    ),
    "normalization": ("Normalization",),
    "normalizations": (
        "GroupNormalization",
        "LayerNormalization",
        "RMSNormalization",
        "UnitNormalization",
    ),
    "permute": ("Permute",),
    "pooling": (
        "AveragePooling2D",
        "GlobalAveragePooling2D",
        "GlobalMaxPooling2D",
        "MaxPooling2D",
    ),
    "prelu": ("PReLU",),
    "random_crop": ("RandomCrop",),
    "random_elastic_transform": ("RandomElasticTransform",),
    "random_geometry": (
        "RandomFlip",
        "RandomRotation",
        "RandomShear",
        "RandomTranslation",
        "RandomZoom",
    ),
    "random_values": (
        "RandomBrightness",
        "RandomContrast",
        "RandomErasing",
    ),
    "rescaling": ("Rescaling",),
    "reshape": ("Reshape",),
    "resizing": (
        "CenterCrop",
        "Resizing",
    ),
    "separable_conv2d": ("SeparableConv2D",),
    "up_sampling2d": ("UpSampling2D",),
    "zero_padding2d": ("ZeroPadding2D",),
}
"""Layers by module."""

OTHERS = {
    "activation": ("ActivationLayer",),
    "activations": ("ActivationFunction",),
}

# Keras's aliases.
ALIASES = {
    "AvgPool2D": "AveragePooling2D",
    "Convolution2D": "Conv2D",
    "Convolution2DTranspose": "Conv2DTranspose",
    "GlobalAvgPool2D": "GlobalAveragePooling2D",
    "GlobalMaxPool2D": "GlobalMaxPooling2D",
    "MaxPool2D": "MaxPooling2D",
    "SeparableConvolution2D": "SeparableConv2D",
}

_LAZY = LazyNames(__name__, MODULES, registry="LAYERS", others=OTHERS, aliases=ALIASES)
NAMES = _LAZY.names
"""The class name of every layer, as its config has it."""


OF_CODE = "It holds code, which is never run. Replace it by layers, such as Rescaling or Resizing."


def from_config(class_name: str, config: Mapping[str, object]) -> Layer:
    """Makes a layer from a class name and a config, as `Layer.config` and TensorFlow.js write them.

    Raises:
        ModelError: the class, or an argument in its config, is unsupported.
    """
    if class_name not in NAMES:
        do = OF_CODE if class_name.endswith("Lambda") else f"Supported: {', '.join(NAMES)}."
        what = f"unsupported layer {class_name!r}"[:100]
        raise ModelError(what, where=config.get("name", ""), do=do)
    if "alpha" in config and class_name == "LeakyReLU":  # Keras 2's name of negative_slope
        rest = {key: value for key, value in config.items() if key != "alpha"}
        config = {**rest, "negative_slope": config["alpha"]}
    cls: type[Layer] = _LAZY.fetch(class_name)
    return cls.from_config(config)


if not TYPE_CHECKING:  # type checkers shall know what is missing

    def __getattr__(name: str) -> object:
        """Fetches a name from its module; refuses Keras's other layers by name."""
        if name in _LAZY:
            return _LAZY.fetch(name)
        raise module_name(name, __name__, NAMES)


def __dir__() -> list[str]:
    """All public names."""
    return [*__all__]
