"""PyTorch modules as code: the outputs that PyTorch computes with it, and code as one reads it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import spritenet as sn
import tiny
from program import spritenet
from random_networks import parameters_of, saved_models
from spritenet import layers as kinds
from spritenet.errors import ModelError
from spritenet.export import Metadata, SavedModel, load, save
from spritenet.layers import Graph, Layer
from spritenet.layers import activations as functions

SHAPE = (9, 8, 4)
TRANSPOSED: list[list[Layer]] = [
    [kinds.Conv2DTranspose(3, size, strides=strides, padding=padding)]
    for size in (1, 2, 3, 5)
    for strides in (1, 2, 3)
    for padding in ("same", "valid")
]
CASES: dict[str, list[list[Layer]]] = {
    "convolutions": [
        [kinds.Conv2D(6, 3, groups=2, padding="same")],
        [kinds.Conv2D(6, (2, 3), strides=2, padding="same"), kinds.BatchNormalization()],
        [kinds.Conv2D(5, 3, dilation_rate=2, padding="same", use_bias=False)],
        [kinds.DepthwiseConv2D(3, strides=2, padding="same", depth_multiplier=2)],
        [kinds.SeparableConv2D(5, 3, strides=2, padding="same", activation="selu")],
    ],
    "transposed convolutions": [
        *TRANSPOSED,
        [kinds.Conv2DTranspose(3, 3, strides=2, padding="same", output_padding=1)],
        [kinds.Conv2DTranspose(3, 3, strides=2, padding="valid", output_padding=0)],
        [kinds.Conv2DTranspose(3, 3, dilation_rate=2, padding="same")],
    ],
    "normalizations": [
        [kinds.LayerNormalization()],
        [kinds.LayerNormalization(scale=False), kinds.PReLU()],
        [kinds.GroupNormalization(2), kinds.PReLU(shared_axes=[1, 2])],
        [kinds.GroupNormalization(-1, center=False, scale=False), kinds.PReLU(shared_axes=[1])],
        [kinds.RMSNormalization(), kinds.UnitNormalization()],
        [kinds.BatchNormalization(center=False, scale=False)],
    ],
    "arrangements": [
        [kinds.Resizing(5, 13), kinds.Cropping2D(((1, 2), (0, 3)))],
        [kinds.Resizing(14, 5, "nearest"), kinds.CenterCrop(4, 5)],
        [kinds.ZeroPadding2D(((1, 2), (0, 3))), kinds.UpSampling2D((2, 3))],
        [kinds.UpSampling2D(2, "bilinear"), kinds.Permute((2, 1, 3))],
        [kinds.Permute((3, 1, 2)), kinds.Conv2D(2, 1)],
        [kinds.Reshape((4, 9, 8)), kinds.Conv2D(2, 3), kinds.Flatten(), kinds.Dense(3)],
        [
            kinds.Reshape((72, 4)),
            kinds.Dense(3),
            kinds.BatchNormalization(),
            kinds.PReLU(),
            kinds.Permute((2, 1)),
            kinds.LayerNormalization(),
            kinds.GroupNormalization(1),
            kinds.Softmax(1),
        ],
    ],
    "pooling": [
        [kinds.AveragePooling2D((2, 3), 1, "same"), kinds.MaxPooling2D((2, 3), 1, "same")],
        [kinds.AveragePooling2D(3, 1, "same"), kinds.MaxPooling2D(3, 2, "same")],
        [kinds.GlobalAveragePooling2D(keepdims=True)],
        [kinds.GlobalMaxPooling2D(), kinds.Dense(3)],
    ],
    "other layers": [
        [kinds.Dense(3, activation="softmax"), kinds.Softmax(2)],
        [kinds.Softmax(1), kinds.Softmax(-2)],
        [kinds.ReLU(3.0, 0.1, 0.2), kinds.ReLU(2.5)],
        [kinds.ReLU(None, 0.0, 0.3), kinds.LeakyReLU(0.1), kinds.ELU(0.5)],
        [kinds.Normalization(), kinds.Normalization(invert=True), kinds.Flatten()],
        [kinds.Flatten(), kinds.Normalization(), kinds.Dense(2)],
        [kinds.Identity(), kinds.GaussianNoise(0.1), kinds.GaussianDropout(0.1)],
        [kinds.Dropout(0.2), kinds.AlphaDropout(0.1), kinds.SpatialDropout2D(0.1)],
    ],
    "activations": [
        [kinds.Activation(name), kinds.Conv2D(3, 1, activation=name), kinds.Flatten()]
        for name in functions.names()
    ],
}


def imported(path: Path) -> ModuleType:
    """The module of a file, compiled anew: kept bytecode may be of an equally long file before."""
    module = ModuleType("written")
    module.__file__ = str(path)
    exec(compile(path.read_text("utf-8"), path, "exec"), vars(module))  # noqa: S102 - the library wrote it
    return module


def compared(saved: SavedModel, path: Path, torch: ModuleType) -> ModuleType:
    """Writes a model, and compares PyTorch's outputs with ours; the module that was written."""
    save(saved, path)
    module = imported(path)
    network = module.load()
    images = np.random.default_rng(1).integers(0, 256, (3, *saved.input_shape), np.uint8)
    with torch.no_grad():
        theirs = network(torch.from_numpy(images)).numpy()
    ours = sn.Model.from_saved(saved).predict(images)
    assert theirs.shape == ours.shape
    assert np.abs(ours - theirs).max(initial=0) < 1e-5 * max(1.0, float(np.abs(ours).max()))
    return module


def model_of(layers: list[Layer]) -> SavedModel:
    """A chain of layers after a Rescaling, with random weights."""
    named: list[Layer] = [kinds.Rescaling(1 / 255, name="rescaling")]
    named += [layer.named(f"{layer.base_name()}_{i}") for i, layer in enumerate(layers)]
    return SavedModel(Graph.of(named), SHAPE, parameters_of(named, SHAPE, 3), Metadata())


@pytest.mark.parametrize("name", CASES)
def test_every_layer_computes_the_same_in_pytorch(
    name: str, tmp_path: Path, torch: ModuleType
) -> None:
    """Within 1e-5 of ours; and a linter finds nothing in the code."""
    for place, layers in enumerate(CASES[name]):
        compared(model_of(layers), tmp_path / f"m{place}.py", torch)
    rules = ["--isolated", "--select", "E,F,I,B,UP,RET,D1", "--ignore", "D107,RET504"]
    options = ["--target-version", "py311", "--line-length", "88", "--quiet"]
    ruff = [sys.executable, "-m", "ruff"]
    done = subprocess.run(
        [*ruff, "check", *rules, *options, tmp_path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[:2000]
    done = subprocess.run(
        [*ruff, "format", "--isolated", "--diff", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[:2000]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(saved=saved_models(optimizer=False), seed=st.integers(0, 9))
def test_any_network_computes_the_same_in_pytorch(
    saved: SavedModel,
    seed: int,
    tmp_path: Path,
    torch: ModuleType,
) -> None:
    """Random networks, within 1e-5."""
    compared(saved, tmp_path / f"m{seed}.py", torch)


def branched() -> sn.Model:
    """A network with branches that meet, and names that Python doesn't take."""
    images = sn.Input((8, 8, 3))
    first = sn.Conv2D(4, 3, padding="same", name="forward")(images)
    second = sn.Conv2D(4, 1, activation="leaky_relu", name="1/x")(first)
    added = sn.Add(name="class")([first, second])
    pooled = sn.GlobalAveragePooling2D(keepdims=True)(added)
    scaled = sn.Multiply()([added, pooled])
    joined = sn.Concatenate()([scaled, first, images])
    most = sn.Maximum()([scaled, added, second])
    mean = sn.Average()([most, sn.Minimum()([scaled, added])])
    less = sn.Subtract()([mean, first])
    whole = sn.Concatenate()([less, joined])
    return sn.Model(images, sn.Dense(3, activation="softmax")(sn.Flatten()(whole)))


@pytest.mark.filterwarnings("ignore:.*TensorFlow.js has no Subtract")
def test_a_graph_is_written_with_its_names(tmp_path: Path, torch: ModuleType) -> None:
    """Class names, preparation, frozen layers and the hash; weights are the same bits."""
    model = branched()
    model.class_names, model.preparation = ("a", "b'", 'ü"x'), {"box": 20, "invert": True}
    model.layers[1].trainable = False
    model.save(tmp_path / "folder")
    saved = load(tmp_path / "folder")
    module = compared(saved, tmp_path / "my digits.py", torch)
    assert model.class_names == module.CLASS_NAMES
    assert model.preparation == module.PREPARATION
    assert model.weights_sha256 == module.WEIGHTS_SHA256
    network = module.load()
    assert not network.forward_layer.weight.requires_grad
    kernel = model.get_layer("forward").name
    ours = model.weights[f"{kernel}/kernel"]
    theirs = network.forward_layer.weight.detach().numpy().transpose(2, 3, 1, 0)
    assert np.array_equal(ours, theirs)
    images = torch.zeros((2, 8, 8, 3), dtype=torch.uint8)
    assert set(module.classify(network, images)) <= set(model.class_names)


@pytest.mark.parametrize("shape", [(28, 28), (784,)])
def test_inputs_without_channels_are_taken(
    shape: tuple[int, ...],
    tmp_path: Path,
    torch: ModuleType,
) -> None:
    """Rows, and images of two axes."""
    model = sn.Sequential([sn.Input(shape), sn.Flatten(), sn.Dense(5)])
    model.save(tmp_path / "m")
    compared(load(tmp_path / "m"), tmp_path / "m.py", torch)


def test_the_command_writes_two_files(tmp_path: Path) -> None:
    """An older module is replaced; a file of other code never is; Python code isn't read."""
    tiny.trained(tiny.images(100, 1)).save(tmp_path / "m")
    for command in ("export", "convert"):
        done = spritenet(command, "m", "net.py", "--to", "torch", "--json", folder=tmp_path)
        assert done.returncode == 0, done.stderr
        size = sum((tmp_path / f"net{ending}").stat().st_size for ending in (".py", ".npz"))
        assert json.loads(done.stdout)["bytes"] == size
    (tmp_path / "own.py").write_text("print('mine')\n")
    done = spritenet("export", "m", "own.py", folder=tmp_path)
    assert done.returncode == 2
    assert "own.py: the file holds other code. Choose another name" in done.stderr
    assert (tmp_path / "own.py").read_text() == "print('mine')\n"
    assert not (tmp_path / "own.npz").exists()
    with pytest.raises(ModelError, match="it is Python code: models are written for PyTorch so"):
        sn.load_model(tmp_path / "net.py")
    done = spritenet("export", "m", "net", "--to", "torch", folder=tmp_path)
    assert "expected a name that ends in .py" in done.stderr
