"""The content of an ONNX file, also of one that can't be read as a network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spritenet.export.error_location import quoted
from spritenet.export.onnx.graph_reader import unsupported
from spritenet.export.onnx.library import Onnx
from spritenet.export.onnx.nodes import operator_of
from spritenet.export.onnx.onnx_file import MAXIMAL_BYTES
from spritenet.export.onnx.wire_format import graph_bytes
from spritenet.export.weights import read_file

if TYPE_CHECKING:
    from spritenet.export.onnx.library import Proto

__all__ = ["summarize"]

MOST = 20
"""Inputs and outputs that are listed."""


@dataclass(frozen=True, slots=True)
class OnnxSummary:
    """The content of an ONNX file.

    Attributes:
        producer: the program that wrote it, with its version.
        opset: the version of ONNX's operators; 0 if there is none.
        inputs: the shapes of inputs that aren't weights, by name, like "n × 3 × 224 × 224".
        outputs: the same of outputs; "" for unknown shapes.
        operators: the number of nodes by operator.
        unsupported: those of them that aren't read.
    """

    producer: str
    opset: int
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    operators: Mapping[str, int]
    unsupported: Mapping[str, int]


def summarize(path: Path) -> OnnxSummary:
    """Returns what a file holds.

    Raises:
        ModelError: it is no ONNX file, is damaged, or holds more than any network does.
        MissingExtraError: onnx is not installed.
    """
    onnx = Onnx()
    data = read_file(path, MAXIMAL_BYTES)
    graph_bytes(data, path)
    model = onnx.parse(data, path)
    graph = model.graph
    weights = {tensor.name for tensor in graph.initializer}
    return OnnxSummary(
        quoted(f"{model.producer_name} {model.producer_version}".strip()),
        max((one.version for one in model.opset_import if not one.domain), default=0),
        _shapes([one for one in graph.input if one.name not in weights]),
        _shapes(graph.output),
        dict(Counter(operator_of(node) for node in graph.node).most_common()),
        unsupported(model),
    )


def _shapes(values: list[Proto]) -> dict[str, str]:
    """Returns the shapes of inputs or outputs by name."""
    found = {}
    for value in values[:MOST]:
        sides = value.type.tensor_type.shape.dim
        texts = [str(side.dim_value or side.dim_param or "?") for side in sides[:8]]
        found[quoted(value.name)] = quoted(" x ".join(texts)).replace(" x ", " × ")
    return found
