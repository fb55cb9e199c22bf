"""Training with augmentation: the same for any threads, batch and order, and after a resume."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import spritenet as sn
from spritenet.augmentation import augmented, find_steps
from spritenet.dataset import Split
from spritenet.engines import native
from spritenet.engines.engine import Examples
from spritenet.errors import DataWarning, ModelError
from spritenet.layers import Layer
from spritenet.losses import MeanSquaredError
from spritenet.optimizers import SGD

AUGMENT = "photos,erasing=0.5,elastic=0.5,mixup=0.4,cutmix=1"


def images(count: int = 70) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Images and labels of three classes."""
    random = np.random.default_rng(1)
    labels = random.integers(0, 3, count)
    return random.integers(0, 256, (count, 9, 9, 1), dtype=np.uint8), labels


def network(*random: Layer, threads: int = 1, whole_batch: bool = False) -> sn.Model:
    """A small network, with stages if it normalizes batches."""
    normal = [sn.BatchNormalization()] if whole_batch else []
    layers = [*random, sn.Conv2D(4, 3), *normal, sn.ReLU(), sn.Flatten(), sn.Dense(3, "softmax")]
    model = sn.Sequential(layers, threads=threads)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def trained(model: sn.Model, **how: Any) -> bytes:
    """The weights after two epochs."""
    model.fit(*images(), epochs=2, batch_size=16, verbose=0, **{"augment": AUGMENT, **how})
    return b"".join(array.tobytes() for array in model.get_weights())


@pytest.mark.parametrize("whole_batch", [False, True])
def test_threads_change_nothing(whole_batch: bool) -> None:
    """Bit for bit, also in stages."""
    made = {trained(network(threads=n, whole_batch=whole_batch)) for n in (1, 2, 5)}
    assert len(made) == 1
    assert trained(network(whole_batch=whole_batch), augment=None) not in made


def test_layers_of_the_network_and_options_are_the_same() -> None:
    """`augment` puts its layers before the network's."""
    layers = [sn.RandomFlip(), sn.RandomRotation(0.1)]
    assert trained(network(*layers), augment=None) == trained(network(), augment=layers)
    halves = trained(network(layers[1]), augment=layers[:1])
    assert halves == trained(network(), augment=layers)


def test_layers_behind_rescaling_see_its_values() -> None:
    """`fill_value` and `value_range` are then those of rescaled pixels."""
    before = [
        sn.RandomTranslation(0.4, 0.4, "constant", fill_value=51.0),
        sn.RandomBrightness(0.2, (0, 255)),
        sn.Rescaling(1 / 255),
    ]
    behind = [
        sn.Rescaling(1 / 255),
        sn.RandomTranslation(0.4, 0.4, "constant", fill_value=0.2),
        sn.RandomBrightness(0.2, (0, 1)),
    ]
    assert trained(network(*before), augment=None) == trained(network(*behind), augment=None)


def test_order_and_batches_change_no_image() -> None:
    """The gradient of one image is the same wherever it comes in a batch, by its number."""
    layers = [sn.Rescaling(1 / 255), sn.Flatten(), sn.Dense(1)]
    found = find_steps([sn.RandomTranslation(0.3, 0.3), sn.RandomRotation(0.2)])
    engine = native.Network(layers, (9, 9, 1), batch_size=4, augmentation=found)
    pixels, _ = images()
    parameters = np.zeros(engine.parameter_count, np.float32)
    parameters[:-1] = np.random.default_rng(0).normal(0, 1, engine.parameter_count - 1)
    for epoch, order in ((0, [3, 1, 2, 60]), (7, [60])):
        index = np.array(order)
        targets = Examples(pixels, targets=np.zeros((len(pixels), 1), np.float32))
        done = engine.train(
            parameters.copy(),
            np.zeros((0, engine.parameter_count), np.float32),
            targets,
            loss=MeanSquaredError(),
            optimizer=SGD(0.0),
            learning_rates=np.zeros(1, np.float32),
            first_step=0,
            batch_size=len(order),
            seed=5,
            indices=index,
            epoch=epoch,
        )
        seen = augmented(pixels[index], found, seed=5, epoch=epoch, identities=index)
        outputs = seen.reshape(len(order), -1) / 255 @ parameters[:-1].astype(float)
        assert float(done.losses[0]) == pytest.approx(float((outputs**2).mean()), rel=1e-5)


@pytest.mark.parametrize("how", [{"mixup": 0.5}, {"cutmix": 0.7}, {"mixup": 0.5, "cutmix": 0.7}])
def test_targets_are_mixed_as_images_are(how: dict[str, float]) -> None:
    """White is 1 and black is 0, so the mean of a mixed image is its target."""
    layers = [sn.Rescaling(1 / 255), sn.GlobalAveragePooling2D(), sn.Dense(1)]
    model = sn.Sequential(layers)
    model.compile(SGD(0.0), "mean_squared_error")
    model.build((8, 8, 1))
    model.set_weights([np.ones((1, 1), np.float32), np.zeros(1, np.float32)])
    pixels = np.zeros((40, 8, 8, 1), np.uint8)
    pixels[::2] = 255
    targets = np.repeat([[1.0, 0.0]], 20, axis=0).reshape(40, 1).astype(np.float32)
    history = model.fit(pixels, targets, epochs=3, batch_size=10, verbose=0, **how)  # type: ignore[arg-type]  # numbers
    assert max(history.history["loss"]) < (1 / 255) ** 2
    model.set_weights([np.zeros((1, 1), np.float32), np.zeros(1, np.float32)])
    history = model.fit(pixels, targets, epochs=20, verbose=0, **how)  # type: ignore[arg-type]  # numbers
    assert np.mean(history.history["loss"]) < 0.47  # unmixed it is 0.5


def test_mixup_draws_from_a_beta_distribution() -> None:
    """The mean of the squared targets tells the variance: 1 / (4 (2 alpha + 1))."""
    for alpha in (0.2, 1.0, 4.0):
        model = sn.Sequential([sn.GlobalAveragePooling2D(), sn.Dense(1, use_bias=False)])
        model.compile(SGD(0.0), "mean_squared_error")
        model.build((2, 2, 1))
        model.set_weights([np.zeros((1, 1), np.float32)])
        pixels = np.zeros((2, 2, 2, 1), np.uint8)
        targets = np.array([[1.0], [0.0]], np.float32)
        history = model.fit(pixels, targets, epochs=3000, batch_size=2, verbose=0, mixup=alpha)
        expected = 1 / 4 + 1 / (4 * (2 * alpha + 1))
        assert np.mean(history.history["loss"]) == pytest.approx(expected, rel=0.03)


RESUMED = """
import os, sys
import numpy as np
sys.path.insert(0, {tests!r})
import spritenet as sn
from augmentation.test_training import AUGMENT, images, network
model = network(sn.RandomFlip())
split = sn.Split.from_arrays(*images())
def stop(event):
    if isinstance(event, sn.StepEvent) and event.step == {step}:
        os.kill(os.getpid(), 9)
model.fit(split, epochs=3, batch_size=16, verbose=0, augment=AUGMENT, run={run!r},
          checkpoint_every=2, callbacks=[stop], resume={resume})
"""


def test_a_killed_run_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    """SIGKILL within an epoch, then resumed: the same weights, bit for bit."""
    tests = str(Path(__file__).parents[1])
    for name, steps in (("whole", [99]), ("killed", [7, 99])):
        for place, step in enumerate(steps):
            run = str(tmp_path / name)
            code = RESUMED.format(tests=tests, step=step, run=run, resume=place > 0)
            done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
            assert (done.returncode == 0) == (step == 99), done.stderr.decode()
    whole, killed = (sn.load_model(tmp_path / name) for name in ("whole", "killed"))
    for one, other in zip(whole.get_weights(), killed.get_weights(), strict=True):
        assert one.tobytes() == other.tobytes()


def test_a_run_is_resumed_with_its_own_augmentation_alone(tmp_path: Path) -> None:
    """Another one would train on other images."""
    split = Split.from_arrays(*images())
    network().fit(split, epochs=1, verbose=0, run=tmp_path, augment="digits")
    with pytest.raises(sn.RunError, match="augmentation"):
        network().fit(split, epochs=2, verbose=0, run=tmp_path, resume=True)


def test_predictions_have_no_random_layers(tmp_path: Path) -> None:
    """A RandomCrop takes the middle, also of a model that was saved."""
    pixels, _ = images()
    model = network(sn.RandomCrop(7, 6), sn.RandomFlip(), sn.RandomContrast(0.5), sn.CutMix())
    model.build((9, 9, 1))
    plain = network()
    plain.build((7, 6, 1))
    plain.set_weights(model.get_weights())
    middle = np.ascontiguousarray(pixels[:, 1:8, 1:7])
    np.testing.assert_array_equal(model.predict(pixels), plain.predict(middle))
    np.testing.assert_array_equal(model.predict(pixels[0]), plain.predict(middle[0]))
    model.save(tmp_path)
    again = sn.load_model(tmp_path)
    kinds = [layer.class_name for layer in again.layers[:5]]
    assert kinds == ["RandomCrop", "RandomFlip", "RandomContrast", "CutMix", "Rescaling"]
    np.testing.assert_array_equal(again.predict(pixels), model.predict(pixels))
    seen = model.activations(pixels[0])
    np.testing.assert_array_equal(seen["random_flip"], middle[0])


def test_streams_are_augmented_by_position() -> None:
    """Images without an index are known by their place in the epoch; batches change nothing."""
    pixels, labels = images(32)

    def batches(size: int) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.int64]]]:
        while True:
            for first in range(0, 32, size):
                yield pixels[first : first + size], labels[first : first + size]

    made = set()
    for size in (8, 16):
        model = network()
        model.fit(
            batches(size), steps_per_epoch=4, batch_size=8, epochs=2, verbose=0, augment="photos"
        )
        made.add(b"".join(array.tobytes() for array in model.get_weights()))
    assert len(made) == 1
    model = network()
    model.fit(pixels, labels, epochs=2, batch_size=8, shuffle=False, verbose=0, augment="photos")
    assert b"".join(array.tobytes() for array in model.get_weights()) in made


def test_flipped_digits_are_noted() -> None:
    """And done."""
    pixels, labels = images()
    split = Split.from_arrays(pixels, labels, ("3", "7", "E"))
    with pytest.warns(DataWarning, match="flipped letters and digits"):
        network().fit(split, epochs=1, verbose=0, augment="flip=horizontal")


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ([sn.Conv2D(2, 3), sn.RandomFlip()], "it comes before all layers but Rescaling"),
        ([sn.RandomCrop(10, 3)], "it crops 10x3 out of images of 9x9, which are smaller"),
        ([sn.Rescaling(1 / 255), sn.RandomCrop(3, 3)], "it comes before Rescaling"),
        ([sn.RandomBrightness(0.1, (0, 1))], "value_range is not that of the images"),
        ([sn.MixUp(), sn.MixUp()], "a network has one of these"),
        ([sn.Flatten(), sn.RandomFlip()], "it needs an image"),
    ],
)
def test_random_layers_elsewhere_are_refused(layers: list[Layer], words: str) -> None:
    """One line names the layer."""
    model = sn.Sequential([*layers, sn.Flatten(), sn.Dense(3, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    with pytest.raises(ModelError, match=words):
        model.fit(*images(), verbose=0)


@pytest.mark.parametrize(
    "make",
    [
        lambda: sn.RandomRotation((0.2, 0.1)),
        lambda: sn.RandomTranslation(0.1, 2),
        lambda: sn.RandomZoom("far"),  # type: ignore[arg-type]  # that is the point
        lambda: sn.RandomShear((-0.1, 0.1)),
        lambda: sn.RandomCrop(0, 3),
        lambda: sn.RandomFlip("diagonal"),
        lambda: sn.RandomErasing(1.5),
        lambda: sn.RandomContrast((0.1, 0.2, 0.3)),  # type: ignore[arg-type]  # the same
        lambda: sn.MixUp(-1),
    ],
)
def test_wrong_arguments_are_refused(make: Callable[[], Layer]) -> None:
    """When the layer is made."""
    with pytest.raises(ModelError):
        make()
