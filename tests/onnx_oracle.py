"""onnxruntime, as an oracle: the outputs of a file that onnx's checker accepts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spritenet.export import SavedModel
from spritenet.model import model_of

onnx: Any = pytest.importorskip("onnx", reason="the extra onnx")
runtime: Any = pytest.importorskip("onnxruntime", reason="onnxruntime is the oracle here")

__all__ = ["check_outputs", "images_of", "onnx", "run", "session"]


def session(path: Path) -> Any:  # noqa: ANN401 - onnxruntime has no types
    """Onnxruntime's session of a file, on one thread."""
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    return runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def run(path: Path, images: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Every output by name, of inputs for the only input."""
    opened = session(path)
    (given,) = opened.get_inputs()
    names = [output.name for output in opened.get_outputs()]
    return dict(zip(names, opened.run(names, {given.name: images}), strict=True))


def images_of(model: SavedModel, count: int = 3) -> NDArray[np.uint8]:
    """Random images for a model."""
    shape = (count, *model.image_shape)
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def check_outputs(path: Path, model: SavedModel, tolerance: float = 1e-5) -> None:
    """Compares onnxruntime's first output of a file with the model's predictions."""
    onnx.checker.check_model(str(path), full_check=True)
    onnx.checker.check_model(str(path), full_check=True)
    images = images_of(model)
    expected = model_of(model).predict(images)
    found = next(iter(run(path, images).values()))
    scale = max(1.0, float(np.abs(expected).max(initial=0)))
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * scale)
