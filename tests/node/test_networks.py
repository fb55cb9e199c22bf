"""JavaScript's networks by name are Python's: layers, first weights, optimizer, loss, training."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

import spritenet as sn
from spritenet.dataset import Split
from spritenet.networks import NETWORKS

HERE = Path(__file__).parent


RECIPES = {name: recipe for name, recipe in NETWORKS.items() if not recipe.pretrained}


def camel(name: str) -> str:
    """A name in JavaScript."""
    return re.sub(r"[-_]([a-z])", lambda match: match[1].upper(), name)


def data(shape: tuple[int, ...], classes: int) -> Split:
    """A few images of a size."""
    images = np.random.default_rng(1).integers(0, 256, (3 * classes, *shape), np.uint8)
    labels = np.arange(len(images), dtype=np.int32) % classes
    return Split(images, labels, tuple(f"c{k}" for k in range(classes)))


@pytest.mark.parametrize(("shape", "classes"), [((28, 28, 1), 10), ((32, 32, 3), 3)])
def test_networks_are_pythons(
    node: str, tmp_path: Path, shape: tuple[int, int, int], classes: int
) -> None:
    """Saved by JavaScript with their optimizers, Python reads what it makes itself."""
    split = data(shape, classes)
    (tmp_path / "images.bin").write_bytes(split.images.tobytes())
    form = {"imageShape": shape, "classNames": split.class_names}
    given = {
        "folder": str(tmp_path),
        "forms": {camel(name): form for name in RECIPES},
        "train": ["tutorial", "fast", "accurate"],
    }
    done = subprocess.run(
        [node, HERE / "networks.mjs"],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    got = json.loads(done.stdout)
    assert got["names"] == [camel(name) for name in RECIPES]
    for name, recipe in RECIPES.items():
        model = recipe(split)
        if model.input_shape is None:
            model.build(shape)
        saved = sn.load_model(tmp_path / camel(name))
        kinds = [(layer.class_name, layer.config()) for layer in saved.graph]
        expected = [(layer.class_name, layer.config()) for layer in model.graph]
        for each in (*kinds, *expected):
            each[1].pop("name")
        assert kinds == expected, name
        assert saved.graph.inputs == model.graph.inputs
        assert saved.compiled() == model.compiled() or name in {"fast", "accurate", "mobile"}
        assert saved.compiled()[0] == model.compiled()[0]
        fit = {camel(key): value for key, value in recipe.fit_options().items()}
        assert got["made"][camel(name)]["fit"] == fit
        losses = got["made"][camel(name)]["losses"]
        assert np.isfinite(losses).all()
        if not losses:
            for ours, theirs in zip(saved.get_weights(), model.get_weights(), strict=True):
                assert np.allclose(ours, theirs, rtol=1e-6, atol=1e-9), name


def test_networks_of_several_labels_end_in_a_sigmoid(node: str, tmp_path: Path) -> None:
    """And minimize the binary cross-entropy."""
    form = {"imageShape": [28, 28, 1], "classNames": ["a", "b"], "isMultiLabel": True}
    given = {"folder": str(tmp_path), "forms": {"tutorial": form, "fast": form}, "train": []}
    subprocess.run(
        [node, HERE / "networks.mjs"], input=json.dumps(given), text=True, timeout=60, check=True
    )
    for name in ("tutorial", "fast"):
        saved = sn.load_model(tmp_path / name)
        assert saved.graph[-1].config()["activation"] == "sigmoid"
        assert type(saved.compiled()[1]).__name__ == "BinaryCrossentropy"
