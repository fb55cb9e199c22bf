"""Metadata of ONNX files as texts: entries for other programs, and Spritenet's own as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spritenet.export.metadata import Metadata

__all__ = ["OURS", "to_texts"]

OURS = "spritenet"
"""The key of Spritenet's own metadata."""


def to_texts(
    entry: Mapping[str, Any], metadata: Metadata, temperature: float | None
) -> dict[str, str]:
    """Returns the metadata of a file.

    Args:
        entry: Spritenet's own.
        metadata: of the model.
        temperature: the divisor of the logits for calibrated probabilities; None if unknown.
    """
    texts = {"pixel_range": "0..255"}
    if metadata.class_names:
        texts["class_names"] = json.dumps(list(metadata.class_names), ensure_ascii=False)
    if temperature is not None:
        texts["temperature"] = repr(temperature)
    if metadata.thresholds is not None:
        texts["thresholds"] = json.dumps(list(map(float, metadata.thresholds)))
    return {**texts, OURS: json.dumps(entry, ensure_ascii=False, allow_nan=False)}
