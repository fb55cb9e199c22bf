"""Outputs of an ONNX file: probabilities or logits, and the label of classifiers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spritenet.export.onnx.graph_builder import GraphBuilder, Value

if TYPE_CHECKING:
    from spritenet.export.onnx.library import Onnx, Proto
    from spritenet.layers import Shape

__all__ = ["Ending"]

NAMES = {
    "softmax": "probabilities",
    "sigmoid": "probabilities",
    "log_softmax": "log_probabilities",
}
"""Names of the output by the last activation; "logits" after none."""


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a network.

    Attributes:
        shape: of the output of one image.
        function: the name of the last activation.
        is_named: True if the classes have names.
    """

    shape: Shape
    function: str
    is_named: bool

    @property
    def name(self) -> str:
        """The name of the output."""
        if len(self.shape) > 1:
            return "output"
        if self.function == "linear" and self.is_named:
            return "logits"
        return NAMES.get(self.function, "output")

    @property
    def has_label(self) -> bool:
        """True if one of the classes is right."""
        return self.name in ("probabilities", "logits") and self.function != "sigmoid"

    def add(self, b: GraphBuilder, onnx: Onnx, result: Value) -> list[Proto]:
        """Adds the label, names a node's output, and returns the graph's outputs."""
        if self.has_label:
            b.layer = "output"
            b.add("ArgMax", result.name, axis=1, keepdims=0)
            b.rename("output/ArgMax", "label")
        b.rename(result.name, self.name)
        outputs = [onnx.value(self.name, "FLOAT", ["n", *result.shape])]
        if self.has_label:
            outputs.append(onnx.value("label", "INT64", ["n"]))
        return outputs
