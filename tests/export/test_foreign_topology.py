"""Topologies of other programs: the same outputs as TensorFlow.js gives, or one clear line."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from foreign_models import Json, sequential, write
from foreign_topologies import CONV, END, FLAT, GRAPHS, REFUSED, STACKS, conv, functional, plain
from spritenet import Sequential
from spritenet import layers as kinds
from spritenet.errors import ModelError
from spritenet.export import load, read


def predicted(tfjs_folder: Path, folder: Path, shape: tuple[int, ...]) -> tuple[Json, Json]:
    """Random pixels, and what TensorFlow.js makes of them divided by 255."""
    pixels = np.random.default_rng(3).integers(0, 256, (5, *shape), np.uint8)
    (folder / "pixels.bin").write_bytes((pixels / np.float32(255)).astype("<f4").tobytes())
    done = subprocess.run(
        ["node", "predict.mjs", folder],
        cwd=tfjs_folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return pixels, np.fromfile(folder / "outputs.bin", "<f4").reshape(5, -1)


@pytest.mark.filterwarnings("ignore:.* acts only in training")
@pytest.mark.parametrize("name", [*STACKS, "a functional that is a stack"])
def test_it_predicts_what_tensorflow_js_does(tfjs_folder: Path, tmp_path: Path, name: str) -> None:
    """Within 1e-5, with pixels that were divided by 255."""
    if name in STACKS:
        layers, weights = STACKS[name]
        write(tmp_path / "m", sequential(layers), weights)
    else:
        write(tmp_path / "m", functional(plain()), CONV)
    pixels, theirs = predicted(tfjs_folder, tmp_path / "m", (9, 9, 1))
    saved = read(tmp_path / "m", pixels="0..1")
    ours = Sequential.from_saved(saved).predict(pixels)
    assert np.abs(ours - theirs).max() < 1e-5
    assert bool(saved.notes) == (name in {"rows", "rows after an input"}), saved.notes


def test_an_activation_with_a_slope_becomes_a_layer(tmp_path: Path) -> None:
    """As the string has Keras's slope only."""
    leaky = {"class_name": "LeakyReLU", "config": {"alpha": 0.05}}
    layers = [conv(kernel_size=3, activation=leaky), FLAT, END]
    write(tmp_path / "m", sequential(layers), CONV)
    found = load(tmp_path / "m", pixels="0..1").layers
    assert found[2] == kinds.LeakyReLU(0.05, name="c_activation")


def test_keras_3_s_functional_that_is_a_stack_is_read(tmp_path: Path) -> None:
    """Its nodes name tensors by their history."""
    layers = plain()
    for layer in layers[1:]:
        history = layer["inbound_nodes"][0][0][:3]
        tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": history}}
        layer["inbound_nodes"] = [{"args": [tensor], "kwargs": {"training": False}}]
    write(tmp_path / "m", functional(layers, ["i", 0, 0], ["d", 0, 0]), CONV)
    write(tmp_path / "n", functional(plain()), CONV)
    first, second = (load(tmp_path / name, pixels="0..1") for name in "mn")
    assert first.layers == second.layers


@pytest.mark.parametrize("name", GRAPHS)
def test_graphs_are_refused_at_the_layer_that_makes_them_so(tmp_path: Path, name: str) -> None:
    """Rather than read as a stack that they are not."""
    layers, message = GRAPHS[name]
    write(tmp_path / "m", functional(layers), CONV)
    with pytest.raises(ModelError, match=message):
        load(tmp_path / "m")


@pytest.mark.parametrize("name", REFUSED)
def test_the_rest_is_refused_in_one_line(tmp_path: Path, name: str) -> None:
    """The error names the layer."""
    layers, message = REFUSED[name]
    write(tmp_path / "m", sequential(layers), {})
    with pytest.raises(ModelError, match=message):
        load(tmp_path / "m")


def test_models_nested_without_end_are_refused(tmp_path: Path) -> None:
    """Before Python's stack is at its end."""
    inner = sequential([FLAT])
    for _ in range(60):
        inner = {"class_name": "Sequential", "config": {"layers": [inner]}}
    write(tmp_path / "m", inner, {})
    with pytest.raises(ModelError, match="nested too deep"):
        load(tmp_path / "m")
