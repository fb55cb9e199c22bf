"""Model files as other programs write them, made of a list of layers, with random weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

Json = Any
Layer = tuple[str, dict[str, Json]]


def sequential(layers: list[Layer]) -> Json:
    """The `modelTopology` of a stack."""
    listed = [{"class_name": name, "config": config} for name, config in layers]
    return {"class_name": "Sequential", "config": {"name": "theirs", "layers": listed}}


def write(
    folder: Path,
    topology: Json,
    weights: dict[str, tuple[int, ...]],
    *,
    name: str = "model.json",
    bin_path: str = "weights.bin",
    **more: Json,
) -> Path:
    """Write a model into a new folder; the path of its JSON file.

    Args:
        folder: made, with its parents.
        topology: the `modelTopology`.
        weights: shapes by name; the values are random.
        name: of the JSON file.
        bin_path: what the manifest calls the weights' file.
        more: other entries of the JSON.
    """
    folder.mkdir(parents=True)
    random = np.random.default_rng(7)
    arrays = [random.normal(0, 0.2, shape).astype("<f4") for shape in weights.values()]
    (folder / bin_path.removeprefix("./")).write_bytes(b"".join(a.tobytes() for a in arrays))
    entries = [{"name": n, "shape": list(s), "dtype": "float32"} for n, s in weights.items()]
    content = {
        "format": "layers-model",
        "generatedBy": "TensorFlow.js tfjs-layers v4.22.0",
        "convertedBy": None,
        "modelTopology": topology,
        "weightsManifest": [{"paths": [bin_path], "weights": entries}],
        **more,
    }
    (folder / name).write_text(json.dumps(content))
    return folder / name


def small(folder: Path, outputs: int = 3, ending: str = "softmax", **how: Json) -> Path:
    """A model of 4×4 grey images, written; the path of its JSON file."""
    layers: list[Layer] = [
        ("Flatten", {"name": "f", "batch_input_shape": [None, 4, 4, 1]}),
        ("Dense", {"name": "d", "units": outputs, "activation": ending}),
    ]
    return write(
        folder, sequential(layers), {"d/kernel": (16, outputs), "d/bias": (outputs,)}, **how
    )
