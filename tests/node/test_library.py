"""The JavaScript library computes what Python computes: orders, predictions, trainings, files."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import reference
import spritenet as sn
import tiny
from random_networks import parameters_of
from spritenet import initializers, load_model, networks, optimizers, schedules
from spritenet import layers as kinds
from spritenet.dataset import Split
from spritenet.export import SavedModel, load, save
from spritenet.layers import Graph, activations
from spritenet.model import Model, Sequential
from spritenet.permutation import permutation, step_indices

HERE = Path(__file__).parent
RELAXED = "--experimental-wasm-relaxed-simd"  # Node.js 20 knows it, behind this option

Job = Callable[..., Any]


@pytest.fixture
def job(node: str, tmp_path: Path) -> Job:
    """Runs one job of library.mjs: `job("order", orders=…)` is its result."""

    def run(name: str, *options: str, **values: object) -> object:
        given = json.dumps({"folder": str(tmp_path), **values})
        done = subprocess.run(
            [node, *options, HERE / "library.mjs", name],
            input=given,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def put(split: Split, folder: Path) -> None:
    """The images and labels as files."""
    (folder / "images.bin").write_bytes(np.ascontiguousarray(split.images).tobytes())
    (folder / "labels.bin").write_bytes(split.labels.astype("<i4").tobytes())


def floats(path: Path) -> NDArray[np.float32]:
    """A file of little-endian float32."""
    return np.fromfile(path, "<f4")


def test_the_order_is_pythons(job: Job) -> None:
    """For sizes around every power of two, any seed and epoch, and more images than 2^31."""
    random = np.random.default_rng(1)
    sizes = [1, 2, 3, 10, 255, 256, 257, 4096, 60_000, 2**20 + 1, 2**31 + 5, 2**32]
    seeds = [0, 1, -1, 2**64 - 1, 2**63 + 12345, -(2**70)]
    orders = []
    for size in sizes:
        for seed in seeds:
            epoch = int(random.integers(0, 2**40))
            places = [0, size - 1, *random.integers(0, size, 5).tolist()]
            orders.append((str(seed), epoch, size, places))
    expected = [
        [int(permutation(int(seed), epoch, size, k, k + 1)[0]) for k in places]
        for seed, epoch, size, places in orders
    ]
    assert job("order", orders=orders) == expected


def test_the_images_of_a_step_are_pythons(job: Job) -> None:
    """Through several epochs whose last batch is short."""
    steps = [(str(seed), step, 203, 16) for seed in (0, 7) for step in range(0, 40, 3)]
    expected = [step_indices(int(seed), *rest).tolist() for seed, *rest in steps]
    assert job("steps", steps=steps) == expected


def every_layer() -> Iterator[tuple[kinds.Layer, ...]]:
    """Every layer, and every activation in each place where it may stand."""
    conv = kinds.Conv2D(3, 3)
    yield (kinds.Rescaling(1 / 127.5, -1),)
    yield (kinds.Conv2D(4, (3, 2), strides=(2, 1), padding="same", use_bias=False),)
    yield (kinds.Conv2D(9, 3, strides=2, kernel_regularizer="l2"), conv)
    yield conv, kinds.MaxPooling2D((3, 2), strides=(2, 1), padding="same")
    yield conv, kinds.AveragePooling2D(3, strides=2, padding="same")
    yield conv, kinds.MaxPooling2D(2), kinds.GlobalAveragePooling2D(), kinds.Dense(4)
    yield kinds.Flatten(), kinds.Dropout(0.5), kinds.Dense(30), kinds.Dense(3, use_bias=False)
    yield conv, kinds.DepthwiseConv2D((3, 2), 2, "same", 2, "relu", depthwise_regularizer="l2")
    yield conv, kinds.DepthwiseConv2D(3, use_bias=False), kinds.GlobalMaxPooling2D()
    yield kinds.ZeroPadding2D(((1, 0), (2, 3))), conv, kinds.ZeroPadding2D(1)
    yield conv, kinds.BatchNormalization(epsilon=0.01), kinds.ReLU()
    yield conv, kinds.BatchNormalization(scale=False), kinds.BatchNormalization(center=False)
    yield conv, kinds.ReLU()
    yield conv, kinds.ReLU(6)
    yield conv, kinds.ReLU(negative_slope=0.3)
    yield conv, kinds.LeakyReLU(0.01)
    yield conv, kinds.ELU()
    yield kinds.Flatten(), kinds.Dense(5), kinds.Softmax()
    for name in activations.names():
        yield (kinds.Conv2D(3, 3, activation=name),)
        yield kinds.Flatten(), kinds.Dense(6, activation=name)
        yield conv, kinds.Activation(name)


@pytest.mark.filterwarnings("ignore:.*TensorFlow.js has no activation")
@pytest.mark.parametrize("relaxed", [False, True])
def test_predictions_are_within_1e_5_of_float64(job: Job, tmp_path: Path, relaxed: bool) -> None:
    """For every layer, of many images and of one; and saved again, Python reads the same model."""
    shape = (7, 8, 2)
    models = {}
    for number, layers in enumerate(every_layer()):
        whole = (
            layers
            if isinstance(layers[0], kinds.Rescaling)
            else (kinds.Rescaling(1 / 255), *layers)
        )
        named = tuple(layer.named(f"{layer.base_name()}_{i}") for i, layer in enumerate(whole))
        model = SavedModel(Graph.of(named), shape, parameters_of(named, shape, number))
        save(model, tmp_path / str(number))
        pixels = np.random.default_rng(number).integers(0, 256, (11, *shape), np.uint8)
        (tmp_path / str(number) / "pixels.bin").write_bytes(pixels.tobytes())
        models[str(number)] = model, pixels
    known = job("predict", *([RELAXED] if relaxed else []), models=list(models), relaxed=relaxed)
    assert known is relaxed
    for name, (model, pixels) in models.items():
        oracle = reference.Network(model.layers, shape).predict(model.parameters, pixels)
        expected = np.asarray(oracle, np.float64).reshape(11, -1)
        got = floats(tmp_path / name / "javascript.bin").reshape(11, -1)
        assert np.abs(got - expected).max() < 1e-5, model.layers
        for one in ("one.bin", "last.bin"):
            assert np.abs(floats(tmp_path / name / one) - expected[0]).max() < 1e-5, model.layers
        again = load(tmp_path / f"{name} again")
        assert again.weights_sha256 == model.weights_sha256
        assert (
            reference.Network(again.layers, shape).predict(again.parameters, pixels).tobytes()
            == np.asarray(oracle).tobytes()
        )


def trained(model: Model, data: Split, **how: Any) -> list[float]:
    """The loss of every update in Python."""
    return [e.loss for e in sn.train(model, data, **how) if isinstance(e, sn.StepEvent)]


def noise(count: int) -> Split:
    """Grey 28×28 noise with a bright bar, whose height (10 classes) is the label."""
    random = np.random.default_rng(3)
    pixels = random.integers(0, 120, (count, 28, 28, 1), np.uint8)
    labels = random.integers(0, 10, count).astype(np.int32)
    for image, label in zip(pixels, labels, strict=True):
        image[4 + 2 * label : 7 + 2 * label, 6:22] += 100
    return Split(pixels, labels, tuple("0123456789"))


def normalised() -> Sequential:
    """The same with the layers that came later, and without biases that normalisation undoes."""
    model = Sequential(
        [
            kinds.ZeroPadding2D(1),
            kinds.Conv2D(8, 5, strides=2, use_bias=False),
            kinds.BatchNormalization(momentum=0.9),
            kinds.Activation("tanh"),
            kinds.DepthwiseConv2D(3, depth_multiplier=2, activation="tanh"),
            kinds.AveragePooling2D(2),
            kinds.Flatten(),
            kinds.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizers.SGD(0.15), "sparse_categorical_crossentropy")
    return model


def smooth() -> Sequential:
    """The tutorial's sizes without ReLU and maxima.

    Rounding turns one of millions of their decisions now and then, and then losses part by 1e-2:
    in Python on two instruction sets no less than here.
    """
    model = Sequential(
        [
            kinds.Conv2D(8, 5, activation="tanh"),
            kinds.AveragePooling2D(2),
            kinds.Conv2D(16, 5, activation="tanh"),
            kinds.AveragePooling2D(2),
            kinds.Flatten(),
            kinds.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizers.SGD(0.15), "sparse_categorical_crossentropy")
    return model


@pytest.mark.parametrize("make", [smooth, normalised])
@pytest.mark.parametrize("relaxed", [False, True])
def test_the_first_100_losses_are_pythons(
    job: Job, tmp_path: Path, relaxed: bool, make: Callable[[], Sequential]
) -> None:
    """The same first weights, order and arithmetic: within 1e-5."""
    data = noise(6400)
    model = make()
    model.build((28, 28, 1))
    model.save(tmp_path / "model")
    put(data, tmp_path)
    losses = trained(model, data, steps=100, batch_size=64, seed=5)
    (result,) = job(
        "train",
        *([RELAXED] if relaxed else []),
        model="model",
        relaxed=relaxed,
        optimizer=["sgd", {"learningRate": 0.15}],
        fits=[{"steps": 100, "batchSize": 64, "seed": 5}],
    )
    assert len(losses) == 100
    assert losses[-1] < losses[0] / 2
    assert np.abs(np.array(result["losses"]) - losses).max() < 1e-5


def test_the_tutorials_losses_are_pythons_for_most_seeds(job: Job, tmp_path: Path) -> None:
    """Within 1e-5 for at least half of them, see `smooth`; and never a training of another kind."""
    data = noise(1024)
    model = networks.tutorial(data)
    model.build((28, 28, 1))
    model.save(tmp_path / "model")
    put(data, tmp_path)
    seeds = range(8)
    results = job(
        "train",
        model="model",
        relaxed=False,
        optimizer=["sgd", {"learningRate": 0.15}],
        fits=[{"steps": 15, "batchSize": 64, "seed": seed} for seed in seeds],
    )
    apart = []
    for seed, result in zip(seeds, results, strict=True):
        here = load_model(tmp_path / "model")
        here.compile(optimizers.SGD(0.15), "sparse_categorical_crossentropy")
        losses = trained(here, data, steps=15, batch_size=64, seed=seed)
        apart.append(np.abs(np.array(result["losses"]) - losses).max())
    assert np.median(apart) < 1e-5, apart
    assert max(apart) < 0.5


@pytest.mark.parametrize(
    ("name", "options", "optimizer"),
    [
        (
            "sgd",
            {"learningRate": 0.1, "momentum": 0.9, "nesterov": True},
            optimizers.SGD(0.1, 0.9, True),
        ),
        ("rmsprop", {"momentum": 0.5}, optimizers.RMSprop(momentum=0.5)),
        ("rmsprop", {"globalClipnorm": 0.5}, optimizers.RMSprop(global_clipnorm=0.5)),
        ("adam", {"beta1": 0.8}, optimizers.Adam(beta_1=0.8)),
        ("adamw", {"weightDecay": 0.1}, optimizers.AdamW(weight_decay=0.1)),
    ],
    ids=["sgd", "rmsprop", "clipped", "adam", "adamw"],
)
def test_a_training_goes_on_in_the_browser_as_it_would_in_python(
    job: Job,
    tmp_path: Path,
    name: str,
    options: dict[str, object],
    optimizer: optimizers.Optimizer,
) -> None:
    """With dropout, L2 and short last batches: an epoch here, two there, one here again."""
    data = tiny.images()
    model = Sequential(
        [
            kinds.Conv2D(4, 3, activation="leaky_relu", kernel_regularizer="l2"),
            kinds.MaxPooling2D(2),
            kinds.Flatten(),
            kinds.Dropout(0.3),
            kinds.Dense(4, activation="softmax"),
        ]
    )
    model.compile(optimizer, "sparse_categorical_crossentropy")
    trained(model, data, epochs=1, batch_size=16, seed=3)
    model.save(tmp_path / "model", include_optimizer=True)
    put(data, tmp_path)
    (result,) = job(
        "train",
        model="model",
        relaxed=False,
        optimizer=[None, options],
        fits=[{"epochs": 2, "batchSize": 16, "seed": 3}],
        validate=True,
    )
    here = load_model(tmp_path / "model")
    losses = trained(here, data, epochs=2, batch_size=16, seed=3)
    assert np.abs(np.array(result["losses"]) - losses).max() < 1e-4
    scores = here.evaluate(data, verbose=0)
    assert result["evaluated"]["loss"] == pytest.approx(scores[0], abs=1e-4)
    assert result["evaluated"]["accuracy"] == pytest.approx(scores[1], abs=0.02)
    assert result["epochs"][-1]["valLoss"] == result["evaluated"]["loss"]
    back = load_model(tmp_path / "trained")
    assert back.optimizer == optimizer
    assert back.state.now.step == here.state.now.step == 39
    assert np.abs(back.state.now.slots - here.state.now.slots).max() < 1e-3
    # What JavaScript calls these arguments makes the same optimizer.
    (fresh,) = job(
        "train",
        model="model",
        relaxed=False,
        optimizer=[name, options],
        fits=[{"steps": 1}],
    )
    assert load_model(tmp_path / "trained").optimizer == optimizer
    assert len(fresh["losses"]) == 1


def test_new_networks_begin_with_pythons_weights(job: Job) -> None:
    """Where a rule is uniform or constant, and the names of the layers always."""
    rows = [
        ["conv2d", {"filters": 4, "kernelSize": [3, 2], "activation": "relu"}],
        ["maxPooling2d", {}],
        ["conv2d", {"filters": 3, "kernelSize": 2, "kernelInitializer": "he_uniform"}],
        ["flatten", {}],
        ["dense", {"units": 5, "biasInitializer": "ones", "kernelInitializer": "random_uniform"}],
    ]
    seeds = [0, 1, 12345, 2**63 + 7]
    made = job(
        "create", networks=[{"seed": str(s), "shape": [9, 8, 2], "rows": rows} for s in seeds]
    )
    for seed, result in zip(seeds, made, strict=True):
        model = Sequential(
            [
                kinds.Conv2D(4, (3, 2), activation="relu"),
                kinds.MaxPooling2D(),
                kinds.Conv2D(3, 2, kernel_initializer="he_uniform"),
                kinds.Flatten(),
                kinds.Dense(
                    5,
                    bias_initializer="ones",
                    kernel_initializer=initializers.RandomUniform(-0.05, 0.05),
                ),
            ]
        )
        model.build((9, 8, 2), seed=seed)
        assert result["names"] == [layer.name for layer in model.layers]
        expected = model.state.now.parameters.astype(np.float64)
        assert result["parameters"] == expected.tolist()


def test_thousands_of_steps_take_no_memory(job: Job, tmp_path: Path) -> None:
    """The core's memory keeps its size to the byte, JavaScript's within the collector's noise."""
    data = tiny.images()
    model = tiny.built()
    model.save(tmp_path / "model")
    put(data, tmp_path)
    result = job("memory", "--expose-gc", model="model", steps=4000)
    arenas = [arena for arena, _ in result["sizes"]]
    heaps = [heap for _, heap in result["sizes"]]
    assert result["step"] == 4000
    assert len(set(arenas)) == 1
    assert arenas[0] < 2_000_000
    assert heaps[-1] - heaps[0] < 2_000_000  # 500 bytes a step; the noise alone reaches 1 MB


def test_a_training_stops_when_asked_and_keeps_its_weights(job: Job, tmp_path: Path) -> None:
    """Aborted from a callback: no further step, and the model counts those it did."""
    model = tiny.built()
    model.save(tmp_path / "model")
    put(tiny.images(), tmp_path)
    result = job("abort", model="model")
    assert result == {"aborted": True, "steps": 21, "step": 21, "epochs": 3}


SCHEDULES: list[tuple[str, dict[str, object], schedules.Schedule]] = [
    (
        "cosineDecay",
        {"initialLearningRate": 0.1, "decaySteps": 40, "alpha": 0.05},
        schedules.CosineDecay(0.1, 40, 0.05),
    ),
    (
        "cosineDecay",
        {"initialLearningRate": 0, "decaySteps": 30, "warmupTarget": 0.2, "warmupSteps": 7},
        schedules.CosineDecay(0, 30, warmup_target=0.2, warmup_steps=7),
    ),
    (
        "exponentialDecay",
        {"initialLearningRate": 0.1, "decaySteps": 9, "decayRate": 0.5},
        schedules.ExponentialDecay(0.1, 9, 0.5),
    ),
    (
        "exponentialDecay",
        {"initialLearningRate": 0.1, "decaySteps": 9, "decayRate": 0.5, "staircase": True},
        schedules.ExponentialDecay(0.1, 9, 0.5, staircase=True),
    ),
    (
        "piecewiseConstantDecay",
        {"boundaries": [5, 20], "values": [0.1, 0.01, 0.001]},
        schedules.PiecewiseConstantDecay([5, 20], [0.1, 0.01, 0.001]),
    ),
    ("oneCycle", {"maxLearningRate": 0.01, "totalSteps": 45}, schedules.OneCycle(0.01, 45)),
    (
        "oneCycle",
        {"maxLearningRate": 0.01, "totalSteps": 1, "rise": 0},
        schedules.OneCycle(0.01, 1, rise=0),
    ),
]


def test_learning_rates_are_pythons(job: Job) -> None:
    """Every schedule, before, within and after its length; and its mistakes in one line."""
    steps = list(range(60))
    wrong = [
        ["oneCycle", {"maxLearningRate": -1}, [0]],
        ["oneCycle", {"maxLearningRate": 0.1}, [0]],
        ["cosineDecay", {"initialLearningRate": 0.1, "decayStep": 3}, [0]],
        ["piecewiseConstantDecay", {"boundaries": [5, 5], "values": [1, 2, 3]}, [0]],
        ["piecewiseConstantDecay", {"boundaries": [5], "values": [1, -2]}, [0]],
        ["cosineDecay", {"initialLearningRate": 0.1, "decaySteps": 3, "alpha": -2}, [0]],
        ["cosineDecay", {"initialLearningRate": 0.1, "warmupTarget": -3}, [0]],
    ]
    found = job("rates", schedules=[[name, o, steps] for name, o, _ in SCHEDULES] + wrong)
    for (_, _, schedule), rates in zip(SCHEDULES, found, strict=False):
        assert rates == pytest.approx(schedule(steps).tolist(), rel=1e-12), schedule
    words = ["number ≥ 0, got -1", "no training to span", "argument decayStep", "must increase"]
    words += ["a list of numbers ≥ 0", "number ≥ 0, got -2", "number ≥ 0, got -3"]
    for message, word in zip(found[len(SCHEDULES) :], words, strict=True):
        assert word in message


def test_a_schedule_spans_the_training_as_in_python(job: Job, tmp_path: Path) -> None:
    """One-cycle without a length: the same losses, and the same schedule in the saved model."""
    data = tiny.images()
    model = tiny.model()
    model.compile(optimizers.SGD(schedules.OneCycle(0.3)), "sparse_categorical_crossentropy")
    model.build((8, 8, 1))
    model.save(tmp_path / "model", include_optimizer=True)
    put(data, tmp_path)
    [result] = job(
        "train",
        model="model",
        relaxed=False,
        optimizer=[None, {}],
        fits=[{"epochs": 2, "batchSize": 16, "seed": 3}],
    )
    here = load_model(tmp_path / "model")
    losses = trained(here, data, epochs=2, batch_size=16, seed=3)
    assert np.abs(np.array(result["losses"]) - losses).max() < 1e-4
    assert load_model(tmp_path / "trained").optimizer == model.optimizer


def test_a_model_elsewhere_does_what_one_here_does(job: Job, tmp_path: Path) -> None:
    """Every event, number, file and refusal, through the messages that a worker gets."""
    put(tiny.images(), tmp_path)
    found = job("remote")
    here, there = found["results"]
    assert not found["isWorker"]  # Node.js has no Worker of the browsers' kind
    assert there == here
    assert len(here["events"]) == 14 + 4 + 2 + 2
    assert here["aborted"] == [True, [0, 1, 2], 14 + 21]
    assert "DataError the images don't fit" in here["refused"]
    assert "ModelError conv2d: its window of " in here["missing"]
    assert found["closed"] == "CoreError the worker was closed."


def test_a_training_waits_while_paused_and_takes_another_rate(job: Job, tmp_path: Path) -> None:
    """No update while it is paused; the new rate from then on; an abort ends a pause."""
    model = tiny.built()
    model.save(tmp_path / "model")
    put(tiny.images(), tmp_path)
    found = job("control", model="model")
    assert found["during"] == 0
    assert found["updates"] == 52
    assert found["rates"] == [0.01] * 26 + [0.5] * 26
    assert found["aborted"] == [True, 0]


def test_misuse_is_one_clear_line(job: Job, tmp_path: Path) -> None:
    """Each mistake is refused by an error of ours that says what to give."""
    model = tiny.built()
    model.save(tmp_path / "model")
    put(tiny.images(), tmp_path)
    messages: dict[str, str] = job("misuse", model="model")
    words = {
        "floats": "expected a Uint8Array, got Float32Array",
        "half an image": "8×8×1 = 64 pixels, got 100",
        "no labels": "missing labels or targets",
        "too few labels": "expected 203 labels, got 202",
        "an unknown label": "expected 0 to 3, got 4",
        "no batch": "invalid batchSize",
        "no loss": "Call compile",
        "twice": "being trained already",
        "an unknown optimizer argument": "unknown argument momentun",
        "an unknown layer argument": "unknown argument unit",
        "a negative alpha": "invalid alpha",
        "a window too large": "conv2d: its window of ",
        "a loss after relu": "can't follow the activation relu",
        "files without weights": "weights.bin: the file is missing",
        "no address": "invalid address",
        "diverging": "kept: DivergedError training diverged",
    }
    assert messages.keys() == words.keys()
    for name, message in messages.items():
        assert words[name] in message, (name, message)
        assert "BUG" not in message, (name, message)
        assert "\n" not in message


def broken(content: dict[str, Any]) -> Iterator[tuple[str, object, str]]:
    """(name, what model.json holds instead, words of the message)."""
    text = json.dumps(content)

    def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        copy: dict[str, Any] = json.loads(text)
        change(copy)
        return copy

    def layer(index: int, **values: object) -> dict[str, Any]:
        return changed(
            lambda c: c["modelTopology"]["config"]["layers"][index]["config"].update(values)
        )

    def weight(**values: object) -> dict[str, Any]:
        return changed(lambda c: c["weightsManifest"][0]["weights"][0].update(values))

    def ours(**values: object) -> dict[str, Any]:
        return changed(lambda c: c["userDefinedMetadata"]["spritenet"].update(values))

    yield "half", text[: len(text) // 2], "not JSON"
    yield "html", "<!doctype html><p>Not found", "not JSON"
    yield "bytes", b"\xff\xfe\x00", "not JSON"
    yield "list", [], "not a JSON object"
    yield "empty", {}, "modelTopology is missing"
    yield "graph", changed(lambda c: c.update(modelTopology={"node": []})), "a graph model"
    yield (
        "lstm",
        changed(lambda c: c["modelTopology"]["config"]["layers"][1].update(class_name="LSTM")),
        "unsupported layer LSTM",
    )
    yield (
        "prototype",
        changed(
            lambda c: c["modelTopology"]["config"]["layers"][1].update(class_name="constructor")
        ),
        "unsupported layer constructor",
    )
    yield "shape", layer(0, batch_input_shape=[None, None, 8, 1]), "images of a known size"
    yield "filters", layer(1, filters=-3), "invalid filters"
    yield "huge", layer(1, filters=10**9), "invalid filters"
    yield "kernel", layer(1, kernel_size=[9, 9]), "larger than its input"
    yield "dilation", layer(1, dilation_rate=[2, 2]), "dense/kernel have the wrong shape"
    yield "activation", layer(1, activation="glu"), "invalid activation"
    yield "rate", layer(4, rate=1.5), "invalid rate"
    yield "name", layer(1, name="dense"), "two layers"
    yield "no manifest", changed(lambda c: c.pop("weightsManifest")), "not a list of groups"
    yield (
        "elsewhere",
        changed(lambda c: c["weightsManifest"][0].update(paths=["../secret"])),
        "file elsewhere",
    )
    yield (
        "missing file",
        changed(lambda c: c["weightsManifest"][0].update(paths=["none.bin"])),
        "can't be read",
    )
    yield "wrong shape", weight(shape=[3, 3, 1, 5]), "wrong shape"
    yield "many", weight(shape=[2**50]), "too large"
    yield "negative", weight(shape=[-1]), "invalid shape"
    yield "quantised", weight(quantization={"dtype": "uint8"}), "quantised"
    yield "renamed", weight(name="x/y"), "not in weightsManifest"
    yield "twice", weight(name="conv2d/bias"), "twice"
    yield "newer", ours(version=99), "newer Spritenet"
    yield "hash", ours(weights_sha256="0" * 64), "changed after they were saved"
    yield "classes", ours(class_names=["a", "b"]), "class names don't fit"
    yield "class type", ours(class_names="abcd"), "invalid class_names in its metadata"


def test_a_broken_model_is_one_clear_line(job: Job, tmp_path: Path) -> None:
    """Whatever is wrong with the files, a ModelError names the file and the fault."""
    model = tiny.built()
    model.save(tmp_path / "good")
    content = json.loads((tmp_path / "good" / "model.json").read_text())
    weights = (tmp_path / "good" / "weights.bin").read_bytes()
    cases = list(broken(content))
    for name, changed, _ in cases:
        (tmp_path / name).mkdir()
        raw = changed if isinstance(changed, str | bytes) else json.dumps(changed)
        data = raw.encode() if isinstance(raw, str) else raw
        (tmp_path / name / "model.json").write_bytes(data)
        (tmp_path / name / "weights.bin").write_bytes(weights)
    files = {
        "short": (weights[:-4], "too short"),
        "long": (weights + b"1234", "too long"),
        "nan": (b"\x00\x00\xc0\x7f" + weights[4:], "changed after they were saved"),
    }
    for name, (data, _) in files.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.json").write_text(json.dumps(content))
        (tmp_path / name / "weights.bin").write_bytes(data)
    expected = {**{n: words for n, _, words in cases}, **{n: w for n, (_, w) in files.items()}}
    messages = job("refuse", models=["good", "nothing", *expected])
    assert messages[:1] == ["loaded"]
    assert "can't be read" in messages[1]
    for name, message in zip(expected, messages[2:], strict=True):
        assert message.startswith("ModelError "), (name, message)
        assert expected[name] in message, (name, message)
        assert "\n" not in message
        assert len(message) < 1200
