"""The C structures of core/spritenet.h for ctypes, field by field in the header's order.

Field names are the header's; what they mean stands there.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_double, c_float, c_int32, c_int64, c_uint64, c_void_p
from typing import ClassVar

__all__ = [
    "ACTIVATIONS",
    "LAYERS",
    "CEvaluation",
    "CExamples",
    "CLayer",
    "COptimizer",
    "CSpec",
    "CTraining",
]

LAYERS = {
    "Rescaling": 1,
    "Conv2D": 2,
    "MaxPooling2D": 3,
    "AveragePooling2D": 4,
    "GlobalAveragePooling2D": 5,
    "Flatten": 6,
    "Dense": 7,
    "Dropout": 8,
    "Activation": 9,
}
"""sn_layer_kind, by Keras's class names."""

ACTIVATIONS = {
    "linear": 0,
    "relu": 1,
    "relu6": 2,
    "leaky_relu": 3,
    "elu": 4,
    "gelu": 5,
    "sigmoid": 6,
    "tanh": 7,
    "softmax": 8,
}
"""sn_activation, by Keras's names."""


class CLayer(ctypes.Structure):
    """sn_layer."""

    _fields_: ClassVar = [
        ("kind", c_int32),
        ("activation", c_int32),
        ("units", c_int32),
        ("kernel_height", c_int32),
        ("kernel_width", c_int32),
        ("stride_height", c_int32),
        ("stride_width", c_int32),
        ("padding", c_int32),
        ("use_bias", c_int32),
        ("alpha", c_float),
        ("scale", c_float),
        ("offset", c_float),
        ("rate", c_float),
        ("kernel_l2", c_float),
        ("bias_l2", c_float),
    ]


class CSpec(ctypes.Structure):
    """sn_network_spec."""

    _fields_: ClassVar = [
        ("layers", POINTER(CLayer)),
        ("layer_count", c_int32),
        ("height", c_int32),
        ("width", c_int32),
        ("channels", c_int32),
        ("threads", c_int32),
        ("batch_size", c_int32),
    ]


class CExamples(ctypes.Structure):
    """sn_examples."""

    _fields_: ClassVar = [
        ("images", c_void_p),
        ("labels", c_void_p),
        ("targets", c_void_p),
        ("weights", c_void_p),
        ("count", c_int64),
    ]


class COptimizer(ctypes.Structure):
    """sn_optimizer."""

    _fields_: ClassVar = [
        ("kind", c_int32),
        ("nesterov", c_int32),
        ("momentum", c_float),
        ("rho", c_float),
        ("beta_1", c_float),
        ("beta_2", c_float),
        ("epsilon", c_float),
        ("weight_decay", c_float),
        ("clip_norm", c_float),
    ]


class CTraining(ctypes.Structure):
    """sn_training."""

    _fields_: ClassVar = [
        ("examples", CExamples),
        ("optimizer", COptimizer),
        ("parameters", c_void_p),
        ("slots", c_void_p),
        ("learning_rates", c_void_p),
        ("indices", c_void_p),
        ("seed", c_uint64),
        ("first_step", c_int64),
        ("steps", c_int32),
        ("batch_size", c_int32),
        ("loss", c_int32),
        ("label_smoothing", c_float),
        ("no_dropout", c_int32),
        ("stop", c_void_p),
        ("losses", c_void_p),
        ("correct", c_void_p),
        ("steps_done", c_int32),
    ]


class CEvaluation(ctypes.Structure):
    """sn_evaluation."""

    _fields_: ClassVar = [
        ("examples", CExamples),
        ("parameters", c_void_p),
        ("indices", c_void_p),
        ("first", c_int64),
        ("count", c_int64),
        ("loss", c_int32),
        ("label_smoothing", c_float),
        ("stop", c_void_p),
        ("loss_sum", c_double),
        ("l2", c_double),
        ("correct", c_int64),
    ]
