"""Models that Keras's converter wrote: its names and topologies are a little different."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import reference
from spritenet import layers as kinds
from spritenet.constraints import NonNeg
from spritenet.errors import DataWarning, ModelError
from spritenet.export import load, save
from spritenet.regularizers import L1

Json = Any
KERAS_3 = Path(__file__).parent / "keras3"


def test_a_model_of_keras_3_predicts_the_same_here(tmp_path: Path) -> None:
    """Whatever Keras 3 calls things; also what only concerns its training."""
    model = load(KERAS_3)
    (limited,) = [layer for layer in model.layers if layer.name == "dense_1"]
    assert isinstance(limited, kinds.Dense)
    assert limited.kernel_constraint == NonNeg()
    assert isinstance(limited.kernel_regularizer, L1)
    assert limited.kernel_regularizer.l1 == pytest.approx(0.01)
    with np.load(KERAS_3 / "expected.npz") as expected:
        network = reference.Network(model.layers, model.input_shape)
        outputs = network.predict(model.parameters, expected["pixels"])
        assert np.abs(outputs - expected["outputs"]).max() < 1e-6
    save(model, tmp_path / "m")
    assert load(tmp_path / "m").layers == model.layers


@pytest.fixture
def keras(tmp_path: Path) -> Path:
    """A copy of that model, to be changed."""
    return Path(shutil.copytree(KERAS_3, tmp_path / "keras"))


def edit(folder: Path, change: Callable[..., object]) -> None:
    """Rewrite model.json after `change(content, layers)`."""
    content = json.loads((folder / "model.json").read_text())
    config = content["modelTopology"]["model_config"]["config"]
    change(content, [layer["config"] for layer in config["layers"]])
    (folder / "model.json").write_text(json.dumps(content))


@pytest.mark.filterwarnings("ignore:dense_1")
def test_a_network_without_rescaling_takes_raw_pixels(keras: Path) -> None:
    """As its examples feed it pixels divided by 255, the division is put first."""
    edit(keras, lambda c, _: c["modelTopology"]["model_config"]["config"]["layers"].pop(1))
    with pytest.warns(DataWarning, match=r"doesn't state the pixel range: 0\.\.1 is assumed"):
        model = load(keras)
    assert model.layers[0] == kinds.Rescaling(1 / 255, name="rescaling")
    assert model.input_shape == (9, 8, 3)


@pytest.mark.filterwarnings("ignore:dense_1")
def test_keras_2_s_names_are_understood(keras: Path) -> None:
    """Weights without the model's name and with TensorFlow's ":0"; Keras's list of layers."""

    def change(content: Json, _: Json) -> None:
        for weight in content["weightsManifest"][0]["weights"]:
            weight["name"] = weight["name"].removeprefix("sequential/") + ":0"
        config = content["modelTopology"]["model_config"]
        config["config"] = config["config"]["layers"]

    before = load(keras)
    edit(keras, change)
    assert load(keras).weights_sha256 == before.weights_sha256


@pytest.mark.filterwarnings("ignore:dense_1")
@pytest.mark.parametrize(
    ("layer", "change", "message"),
    [
        (2, {"data_format": "channels_first"}, "conv2d: unsupported data_format"),
        (
            2,
            {"dilation_rate": [2, 2]},
            "conv2d: strides and dilation_rate can't both be more than 1",
        ),
        (2, {"groups": 3}, "conv2d: its 3 channels and 4 filters can't be in 3 groups"),
        (2, {"dtype": "float16"}, "conv2d: unsupported dtype"),
        (2, {"activation": "glu"}, "conv2d: unknown activation"),
        (2, {"filters": None}, "conv2d: invalid filters"),
        (5, {"max_value": -3}, "re_lu: invalid max_value"),
        (14, {"axis": 0}, "softmax: invalid axis"),
        (0, {"batch_shape": [None, None, None, 3]}, "images of a known size"),
        (0, {"batch_shape": [None, 784]}, "conv2d: it needs an image: got (784,)"),
    ],
)
def test_what_does_not_exist_here_is_refused_by_name(
    keras: Path, layer: int, change: dict[str, object], message: str
) -> None:
    """Rather than computed in another way."""
    edit(keras, lambda _, layers: layers[layer].update(change))
    with pytest.raises(ModelError) as caught:
        load(keras)
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{keras / 'model.json'}: ")


@pytest.mark.filterwarnings("ignore:dense_1")
def test_an_unknown_initializer_is_left_out(keras: Path) -> None:
    """It is past."""
    edit(keras, lambda _, layers: layers[2].update(kernel_initializer={"class_name": "Mine"}))
    with pytest.warns(UserWarning, match="conv2d: kernel_initializer is unsupported and ignored"):
        load(keras)
