"""Networks by name are made for the data, and come with a training of their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from spritenet import networks
from spritenet.dataset import Split
from spritenet.errors import ModelError
from spritenet.model import Sequential
from spritenet.model.model_file import load_model
from spritenet.sources.strokes import strokes
from spritenet.training.fit_options import FitOptions


def split(classes: int = 10, size: int = 28, channels: int = 1) -> Split:
    """A few images of noise."""
    images = np.random.default_rng(0).integers(0, 256, (20, size, size, channels), np.uint8)
    labels = (np.arange(20) % classes).astype(np.int32)
    return Split(images, labels, tuple(f"class {n}" for n in range(classes)))


# tutorial and mnist-node: as TensorFlow.js counts them in its examples.
SIZES = {
    "tutorial": 5_994,
    "convnet": 33_194,
    "mnist-node": 594_922,
    "dense": 50_890,
    "fast": 11_186,
    "tiny": 1_497,
    "accurate": 40_294,
    "mobile": 39_946,
    "few": 66_250,
}


@pytest.mark.parametrize("name", networks.NETWORKS)
def test_each_network_has_its_size(name: str) -> None:
    """The number of parameters for MNIST's shape."""
    model = networks.get(name, split())
    model.build((28, 28, 1))
    assert model.count_params() == SIZES[name]
    assert model.name == name


@pytest.mark.parametrize("name", networks.NETWORKS)
def test_classes_and_channels_come_from_the_data(name: str) -> None:
    """An output for each class; colours are taken as they are; it can be trained at once."""
    data = split(classes=7, size=32, channels=3)
    model = networks.get(name, data)
    model.fit(data, steps=1, batch_size=20, verbose=0)
    assert model.output_shape == (7,)
    assert model.class_names == data.class_names


@pytest.mark.parametrize("name", networks.NETWORKS)
def test_a_trained_network_is_written_and_read(name: str, tmp_path: Path) -> None:
    """As a TensorFlow.js model, with the same predictions."""
    data = split()
    model = networks.get(name, data)
    model.fit(data, steps=2, batch_size=20, verbose=0)
    model.save(tmp_path / "model")
    again = load_model(tmp_path / "model")
    assert np.array_equal(model.predict(data.images), again.predict(data.images))


@pytest.mark.parametrize("name", ["fast", "tiny", "accurate", "mobile", "few"])
def test_its_own_training_learns_digits(name: str) -> None:
    """With the options of `fit_options`, cut short: far better than the one in ten of a guess."""
    data = strokes(2_000, 500)
    model = networks.get(name, data.train)
    options = networks.fit_options(name) | {"steps": 150}
    if options.get("augment") == "photos":
        options["augment"] = "digits"  # the others flip
    options.pop("epochs", None)
    model.fit(data.train, verbose=0, **options)
    assert model.evaluate(data.test).accuracy > 0.85


@pytest.mark.parametrize("name", networks.NETWORKS)
def test_the_options_of_a_training_are_those_of_fit(name: str) -> None:
    """Each of them is accepted, and one says how long it is."""
    options = networks.fit_options(name)
    assert FitOptions.of(options).batch_size == options["batch_size"]
    assert {"epochs", "steps"} & set(options)


def test_ones_own_network_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """module:function, also from the current folder; what it returns must be a compiled model."""
    (tmp_path / "my_networks.py").write_text(
        "import spritenet as sn\n"
        "def small(data):\n"
        "    model = sn.Sequential([sn.Flatten(), sn.Dense(len(data.class_names), 'softmax')])\n"
        "    model.compile('adam', 'categorical_crossentropy')\n"
        "    return model\n"
        "def uncompiled(data):\n"
        "    return sn.Sequential([sn.Flatten(), sn.Dense(2)])\n"
        "def nothing(data):\n"
        "    return None\n"
    )
    monkeypatch.chdir(tmp_path)
    assert isinstance(networks.get("my_networks:small", split()), Sequential)
    assert networks.fit_options("my_networks:small") == {}
    for wrong in ("uncompiled", "nothing", "absent"):
        with pytest.raises(ModelError):
            networks.get(f"my_networks:{wrong}", split())


@pytest.mark.parametrize("name", ["resnet", "no_such_module:f", ":", "module:", ""])
def test_an_unknown_network_is_refused(name: str) -> None:
    """With one line that lists what there is."""
    with pytest.raises(ModelError):
        networks.get(name, split())
    if ":" not in name:
        with pytest.raises(ModelError, match="mnist-node, dense, fast"):
            networks.fit_options(name)


@pytest.mark.parametrize("name", networks.NETWORKS)
def test_networks_for_several_labels_end_in_a_sigmoid(name: str) -> None:
    """With the binary cross-entropy; they can be trained at once."""
    one = split(classes=3)
    rows = np.random.default_rng(1).integers(0, 2, (20, 3)).astype(np.uint8)
    data = Split(one.images, rows, one.class_names)
    model = networks.get(name, data)
    model.fit(data, steps=1, batch_size=20, verbose=0)
    assert model.is_multi_label
