"""The C structures of core/spritenet.h for ctypes, field by field in the header's order.

Field names are the header's; what they mean stands there.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_char_p, c_double, c_float, c_int32, c_int64, c_uint64, c_void_p
from typing import ClassVar

__all__ = [
    "CActivationInfo",
    "CAttribute",
    "CAttributeInfo",
    "CEvaluation",
    "CExamples",
    "CLoss",
    "CLossInfo",
    "CNode",
    "COperatorInfo",
    "COptimizer",
    "COptimizerInfo",
    "CShape",
    "CSlotInfo",
    "CSpec",
    "CTraining",
    "CWeight",
]


class CAttribute(ctypes.Structure):
    """sn_attribute."""

    _fields_: ClassVar = [
        ("name", c_char_p),
        ("text", c_char_p),
        ("numbers", POINTER(c_double)),
        ("count", c_int32),
    ]


class CNode(ctypes.Structure):
    """sn_node."""

    _fields_: ClassVar = [
        ("operation", c_char_p),
        ("inputs", POINTER(c_int32)),
        ("attributes", POINTER(CAttribute)),
        ("input_count", c_int32),
        ("attribute_count", c_int32),
        ("trainable", c_int32),
    ]


class CAttributeInfo(ctypes.Structure):
    """sn_attribute_info."""

    _fields_: ClassVar = [
        ("name", c_char_p),
        ("choices", c_char_p),
        ("least", c_double),
        ("most", c_double),
        ("value", c_double),
        ("kind", c_int32),
        ("count", c_int32),
        ("required", c_int32),
    ]


class COperatorInfo(ctypes.Structure):
    """sn_operator_info."""

    _fields_: ClassVar = [
        ("name", c_char_p),
        ("attributes", POINTER(CAttributeInfo)),
        ("attribute_count", c_int32),
        ("least_inputs", c_int32),
        ("most_inputs", c_int32),
    ]


class CActivationInfo(ctypes.Structure):
    """sn_activation_info."""

    _fields_: ClassVar = [("name", c_char_p), ("also", c_char_p), ("alpha", c_float)]


class CShape(ctypes.Structure):
    """sn_shape."""

    _fields_: ClassVar = [("rank", c_int32), ("sides", c_int32 * 3)]


class CWeight(ctypes.Structure):
    """sn_weight."""

    _fields_: ClassVar = [
        ("name", c_char_p),
        ("offset", c_int64),
        ("node", c_int32),
        ("trainable", c_int32),
        ("rank", c_int32),
        ("shape", c_int32 * 4),
    ]


class CSpec(ctypes.Structure):
    """sn_network_spec."""

    _fields_: ClassVar = [
        ("nodes", POINTER(CNode)),
        ("node_count", c_int32),
        ("rank", c_int32),
        ("sides", c_int32 * 3),
        ("threads", c_int32),
        ("batch_size", c_int32),
        ("reuses_memory", c_int32),
    ]


class CExamples(ctypes.Structure):
    """sn_examples."""

    _fields_: ClassVar = [
        ("images", c_void_p),
        ("labels", c_void_p),
        ("targets", c_void_p),
        ("weights", c_void_p),
        ("identities", c_void_p),
        ("output_weights", c_void_p),
        ("count", c_int64),
    ]


class CLoss(ctypes.Structure):
    """sn_loss."""

    _fields_: ClassVar = [
        ("name", c_char_p),
        ("attributes", POINTER(CAttribute)),
        ("attribute_count", c_int32),
    ]


class CLossInfo(ctypes.Structure):
    """sn_loss_info."""

    _fields_: ClassVar = [
        ("name", c_char_p),
        ("words", c_char_p),
        ("attributes", POINTER(CAttributeInfo)),
        ("attribute_count", c_int32),
        ("activation", c_int32),
        ("accuracy", c_int32),
        ("targets", c_int32),
        ("by_output", c_int32),
    ]


class COptimizer(ctypes.Structure):
    """sn_optimizer."""

    _fields_: ClassVar = [
        ("name", c_char_p),
        ("attributes", POINTER(CAttribute)),
        ("attribute_count", c_int32),
    ]


class CSlotInfo(ctypes.Structure):
    """sn_slot_info."""

    _fields_: ClassVar = [
        ("name", c_char_p),
        ("when", c_char_p),
        ("initial", c_char_p),
        ("value", c_double),
        ("scalar", c_int32),
    ]


class COptimizerInfo(ctypes.Structure):
    """sn_optimizer_info."""

    _fields_: ClassVar = [
        ("name", c_char_p),
        ("attributes", POINTER(CAttributeInfo)),
        ("slots", POINTER(CSlotInfo)),
        ("learning_rate", c_double),
        ("attribute_count", c_int32),
        ("slot_count", c_int32),
        ("scratch", c_int32),
    ]


class CTraining(ctypes.Structure):
    """sn_training."""

    _fields_: ClassVar = [
        ("examples", CExamples),
        ("optimizer", COptimizer),
        ("parameters", c_void_p),
        ("slots", c_void_p),
        ("scratch", c_void_p),
        ("excluded", c_void_p),
        ("learning_rates", c_void_p),
        ("indices", c_void_p),
        ("epoch", c_int64),
        ("seed", c_uint64),
        ("first_step", c_int64),
        ("steps", c_int32),
        ("batch_size", c_int32),
        ("loss", CLoss),
        ("no_dropout", c_int32),
        ("stop", c_void_p),
        ("losses", c_void_p),
        ("correct", c_void_p),
        ("outputs", c_void_p),
        ("steps_done", c_int32),
        ("decisions", c_int32),
    ]


class CEvaluation(ctypes.Structure):
    """sn_evaluation."""

    _fields_: ClassVar = [
        ("examples", CExamples),
        ("parameters", c_void_p),
        ("indices", c_void_p),
        ("first", c_int64),
        ("count", c_int64),
        ("loss", CLoss),
        ("stop", c_void_p),
        ("outputs", c_void_p),
        ("loss_sum", c_double),
        ("l2", c_double),
        ("correct", c_int64),
        ("decisions", c_int32),
    ]
