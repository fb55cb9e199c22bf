"""The library for ONNX's files. Only this module imports onnx."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.errors import MissingExtraError, ModelError
from spritenet.export.error_location import quoted

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Onnx", "Proto"]

Proto = Any
"""A message of onnx.proto."""

OPSET, IR_VERSION = 21, 10
"""The versions of operators and file format that are written: those of onnx 1.16 of 2024."""

MOST_OPSET = 28
"""The newest version of operators that is read."""


class Onnx:
    """The package onnx.

    Raises:
        MissingExtraError: it is not installed.
    """

    def __init__(self) -> None:
        try:
            import onnx
            from onnx import helper, numpy_helper
        except ImportError:
            raise MissingExtraError("the ONNX format", "onnx") from None
        self._onnx: Any = onnx
        self._helper: Any = helper
        self._arrays: Any = numpy_helper
        # onnx brings protobuf.
        self._damaged: type[Exception] = import_module("google.protobuf.message").DecodeError

    def parse(self, data: bytes, where: Path) -> Proto:
        """Returns the ModelProto of a file.

        Raises:
            ModelError: it is none.
        """
        try:
            return self._onnx.ModelProto.FromString(data)
        except self._damaged as error:
            got = quoted(str(error))
            raise ModelError("not an ONNX model, or damaged", where=where, got=got) from None

    def tensor(self, name: str, values: NDArray[Any]) -> Proto:
        """Returns an array as a TensorProto."""
        contiguous = np.ascontiguousarray(values).reshape(
            values.shape
        )  # which adds an axis to none
        return self._arrays.from_array(contiguous, name)

    def node(
        self,
        operator: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        name: str,
        attributes: Mapping[str, object],
    ) -> Proto:
        """Returns a NodeProto."""
        return self._helper.make_node(operator, inputs, outputs, name, **attributes)

    def value(self, name: str, dtype: str, shape: Sequence[int | str]) -> Proto:
        """Returns the ValueInfoProto of an input or output."""
        kind = getattr(self._onnx.TensorProto, dtype)
        return self._helper.make_tensor_value_info(name, kind, shape)

    def graph(
        self,
        nodes: Sequence[Proto],
        inputs: Sequence[Proto],
        outputs: Sequence[Proto],
        tensors: Sequence[Proto],
    ) -> Proto:
        """Returns a GraphProto."""
        return self._helper.make_graph(nodes, "spritenet", inputs, outputs, tensors)

    def model(self, graph: Proto, producer: tuple[str, str], texts: Mapping[str, str]) -> bytes:
        """Returns the bytes of a file.

        Args:
            graph: the GraphProto.
            producer: the name and version of the program.
            texts: the metadata.
        """
        opset = self._helper.make_opsetid("", OPSET)
        model = self._helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION)
        model.producer_name, model.producer_version = producer
        for key, text in texts.items():
            model.metadata_props.add(key=key, value=text)
        data: bytes = model.SerializeToString(deterministic=True)
        return data
