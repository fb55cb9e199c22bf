"""The part of `spritenet info` for ONNX files: their operators, and the reason for a refusal."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from spritenet.cli import terminal
from spritenet.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["describe_onnx"]


def describe_onnx(path: Path, *, json: bool) -> bool:
    """Prints what a file holds, and whether it is refused as a network.

    Args:
        path: the file.
        json: True prints one JSON object of a file that is refused, and nothing of others.

    Returns:
        True if it is refused.

    Raises:
        ModelError: it is no ONNX file, or damaged.
    """
    from spritenet import export
    from spritenet.export.onnx import summarize

    summary = summarize(path)
    reason = ""
    try:
        export.read(path)
    except ModelError as error:
        reason = str(error)
    if json:
        if reason:
            terminal.print_json({"model": str(path), **asdict(summary), "refused": reason})
        return bool(reason)
    print(f"ONNX of {summary.producer or 'an unknown program'}, opset {summary.opset}")
    for word, values in (("input", summary.inputs), ("output", summary.outputs)):
        for name, shape in values.items():
            print(f"{word} {name}: {shape or 'of unknown shape'}")
    print("operators:", _counted(summary.operators))
    if summary.unsupported:
        print("unsupported operators:", _counted(summary.unsupported))
    if reason:
        print(f"refused as a network: {reason}")
    return bool(reason)


def _counted(operators: Mapping[str, int]) -> str:
    """Returns operators with the number of their nodes."""
    return ", ".join(f"{name} {count}" for name, count in operators.items())
