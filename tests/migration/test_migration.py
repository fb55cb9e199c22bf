"""Keras's and PyTorch's names and arguments work, or raise an error of one line with advice."""

from __future__ import annotations

import copy
import inspect
import pickle
import subprocess
import sys
import warnings
from dataclasses import FrozenInstanceError
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras_names
import spritenet as sn
import tiny
from keras_names import IGNORED, KERAS, MODULES, REFUSED
from spritenet.errors import (
    DataError,
    ModelError,
    SpritenetError,
    UnsupportedError,
    UnsupportedImportError,
)
from spritenet.migration import Refused, Renamed, advice
from spritenet.migration.arguments import ARGUMENTS

TABLE = list(keras_names.entries())
REQUIRED: dict[str, Any] = {
    "activation": "relu",
    "boundaries": [1],
    "decay_rate": 0.5,
    "decay_steps": 10,
    "dims": (2, 1, 3),
    "filepath": "model",
    "filters": 4,
    "height": 4,
    "initial_learning_rate": 0.1,
    "kernel_size": 3,
    "rate": 0.5,
    "scale": 1 / 255,
    "schedule": lambda _epoch, rate: rate,
    "shape": (8, 8, 1),
    "stddev": 0.5,
    "factor": 0.5,
    "height_factor": 0.5,
    "width_factor": 0.5,
    "target_shape": (-1,),
    "units": 3,
    "values": [0.1, 0.2],
    "width": 4,
}
OTHER_DEFAULTS = {
    ("Input", "shape"),  # required here, as every way of Keras's needs it in the end
    ("PReLU", "alpha_initializer"),  # "Zeros" there, "zeros" here: the same
    ("CosineDecay", "decay_steps"),  # here it may span the training
}
CLASSES = [
    (part, name)
    for part in MODULES
    for name, arguments in KERAS[part].items()
    if arguments is not None
    and inspect.isclass(getattr(import_module(f"spritenet.{part}"), name, 0))
    if name not in {"Layer", "Callback", "History", "Optimizer", "Loss", "Initializer"}
]


def kind(part: str, name: str) -> Any:  # noqa: ANN401 - a class
    """One of our classes."""
    return getattr(import_module(f"spritenet.{part}"), name)


def _hashable(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Lists as tuples, as a default is written in Python."""
    return tuple(map(_hashable, value)) if isinstance(value, list) else value


def needed(cls: Any) -> dict[str, Any]:  # noqa: ANN401 - a class
    """The arguments it can't be made without."""
    own = inspect.signature(cls).parameters.values()
    return {p.name: REQUIRED[p.name] for p in own if p.default is p.empty}


def test_every_name_of_kerass_works_or_is_refused_with_advice() -> None:
    """None ends in a bare AttributeError, and each refusal is a line that says what to do."""
    assert len(TABLE) > 900
    silent = [entry for entry in TABLE if entry.status != "works" and not entry.words]
    assert silent == []
    names = [entry for entry in TABLE if entry.status == REFUSED and not entry.owner]
    assert [e for e in names if "\n" in e.words or not e.words.partition(". ")[2]] == []
    assert [entry for entry in names if not entry.words.startswith("Unsupported ")] == []


def test_the_page_has_the_lists() -> None:
    """docs/reference/keras.md is what the script writes now."""
    assert keras_names.PAGE.read_text(encoding="utf-8") == keras_names.written(TABLE), (
        "Run: python tests/keras_names.py --write"
    )


def test_the_words_are_for_names_that_are_not_here() -> None:
    """Advice for what works would never be read."""
    for part, names in advice.NAMES.items():
        module = sn if not part else import_module(f"spritenet.{part}")
        assert [name for name in names if name in getattr(module, "__all__", ())] == [], part
    model = sn.Sequential()
    assert [name for name in advice.ATTRIBUTES["model"] if name in dir(model)] == []


@pytest.mark.parametrize(("part", "name"), CLASSES)
def test_kerass_defaults_are_taken_silently_and_are_ours(part: str, name: str) -> None:
    """Code that spells out Keras's defaults runs, and gives what it gives without them."""
    cls = kind(part, name)
    own = inspect.signature(cls).parameters
    for argument, default in KERAS[part][name].items():
        if default == "<required>" or (cls.__name__, argument) in OTHER_DEFAULTS:
            continue
        value = _hashable(default)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            made = cls(**{**needed(cls), argument: value})
        assert type(made) is cls
        if argument in own:
            assert own[argument].default == value, argument


@pytest.mark.parametrize(("part", "name"), CLASSES)
def test_what_is_not_taken_is_refused_in_a_line(part: str, name: str) -> None:
    """Another value of a refused argument, one nobody knows, one too many, one too few."""
    cls = kind(part, name)
    bad: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
        ((), {**needed(cls), "nonsense": 1}),
        (tuple(range(40)), {}),
    ]
    bad += [
        ((), {**needed(cls), entry.name: "another"})
        for entry in TABLE
        if (entry.part, entry.owner, entry.status) == (part, name, REFUSED)
    ]
    if needed(cls):
        bad.append(((), {}))
    for arguments, named in bad:
        with pytest.raises(UnsupportedError) as caught:
            cls(*arguments, **named)
        assert str(caught.value).startswith(f"{cls.__name__}: ")
        assert "\n" not in str(caught.value)


def test_what_is_ignored_and_could_be_missed_is_said() -> None:
    """A seed of an initializer, say; what changes nothing anyway is not."""
    with pytest.warns(UserWarning, match="GlorotUniform: seed is ignored: all randomness"):
        sn.initializers.GlorotUniform(seed=3)  # type: ignore[call-arg]  # Keras's
    with pytest.warns(UserWarning, match="Dropout: seed is ignored"):
        sn.Dropout(0.5, seed=3)  # type: ignore[call-arg]  # Keras's
    model = tiny.model()
    with pytest.warns(UserWarning, match="fit: workers is ignored: the core's own threads"):
        model.fit(tiny.images(), verbose=0, workers=4)  # type: ignore[call-arg]  # Keras's
    with pytest.warns(UserWarning, match="compile: jit_compile is ignored"):
        model.compile("adam", "mse", jit_compile=True)  # type: ignore[call-arg]  # Keras's
    assert any((e.owner, e.name, e.status) == ("Dropout", "seed", IGNORED) for e in TABLE)


def test_older_names_of_arguments_are_taken() -> None:
    """lr, alpha, batch_shape: what tutorials have."""
    keras: Any = sn
    assert keras.Adam(lr=0.1) == sn.Adam(0.1)
    assert keras.Adam(eps=1e-5) == sn.Adam(epsilon=1e-5)
    assert keras.LeakyReLU(alpha=0.1) == sn.LeakyReLU(0.1)
    assert keras.Input(batch_shape=(None, 8, 8, 1)).shape == (8, 8, 1)
    assert keras.EarlyStopping("val_acc").monitor.name == "val_accuracy"
    assert keras.EarlyStopping("val_acc").monitor.grows
    assert keras.layers.MaxPool2D is sn.MaxPooling2D
    assert keras.initializers.he_normal() == sn.initializers.HeNormal()
    assert keras.regularizers.l2(0.1) == sn.L2(0.1)
    assert keras.optimizers.schedules.CosineDecay is sn.CosineDecay
    with pytest.raises(UnsupportedError, match="learning_rate"):
        keras.Adam(0.1, lr=0.2)


def test_every_rule_says_something() -> None:
    """A refusal says what to do, and a new name is one that exists somewhere."""
    for name, rule in ARGUMENTS.items():
        if isinstance(rule, Refused):
            assert rule.advice.endswith("."), name
        if isinstance(rule, Renamed):
            assert rule.to.isidentifier()


def test_an_import_of_what_is_not_here_says_so_too() -> None:
    """Python hides an AttributeError there; this is an ImportError with the words."""
    with pytest.raises(UnsupportedImportError, match=r"layer 'LSTM'\. Supported: Activation"):
        from spritenet.layers import LSTM  # type: ignore[attr-defined]  # noqa: F401 - refused
    with pytest.raises(ImportError, match=r"sn\.Sequential.*sn\.Model"):
        from spritenet import Function  # type: ignore[attr-defined]  # noqa: F401 - refused
    script = "from spritenet import LSTM"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert "Unsupported layer 'LSTM'. Supported: Activation, " in done.stderr


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("LSTM", "Unsupported layer 'LSTM'. Supported: Activation, Add, AlphaDropout"),
        ("conv2d", "Did you mean Conv2D"),
        ("Conv2d", "Use Conv2D(filters, kernel_size)"),
        ("Linear", "Use Dense(units)"),
        ("ScheduleFreeAdamW", "Unsupported optimizer 'ScheduleFreeAdamW'. Use AdamW."),
        ("TensorBoard", "spritenet watch"),
        ("AUC", "Use sn.metrics.AUC"),
        ("GlorotUniform", "Use sn.initializers.GlorotUniform"),
        ("to_categorical", "Use sn.utils.to_categorical"),
        ("datasets", "sn.load('mnist')"),
        ("nonsense_name", "dir(spritenet)"),
    ],
)
def test_names_after_sn_are_answered_by_their_kind(name: str, words: str) -> None:
    """A layer with the layers, a function of another module with its place."""
    with pytest.raises(UnsupportedError) as caught:
        getattr(sn, name)
    assert words in str(caught.value)
    assert not hasattr(sn, name)


def test_what_python_asks_for_itself_is_answered_as_python_wants() -> None:
    """Copies, pickles and notebooks look for names that begin with an underscore."""
    things: tuple[Any, ...] = (
        sn,
        sn.layers,
        sn.Adam(),
        sn.Dense(3),
        sn.Sequential(),
        sn.Callback(),
    )
    for thing in things:
        with pytest.raises(AttributeError) as caught:
            thing.__no_such_thing__  # noqa: B018 - looked up
        assert not isinstance(caught.value, SpritenetError)
    layer = sn.Conv2D(8, 3, input_shape=(8, 8, 1))
    for again in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert again == layer
        assert again.input_shape == (8, 8, 1)
    error = UnsupportedError("Unsupported layer 'X'", do="Use Y.")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_layers_and_optimizers_can_not_be_changed_but_say_how() -> None:
    """But for `trainable`, which Keras sets after the fact."""
    layer: Any = sn.Dense(3)
    layer.trainable = False
    assert not layer.trainable
    with pytest.raises(FrozenInstanceError, match="Make another Dense"):
        layer.units = 4
    optimizer: Any = sn.Adam()
    with pytest.raises(UnsupportedError, match="LearningRateScheduler"):
        optimizer.learning_rate = 0.1
    model = tiny.model()
    model.trainable = True
    assert all(layer.trainable for layer in model.layers)
    model.trainable = False
    assert not any(layer.trainable for layer in model.layers)
    for name in ("kernel", "get_weights"):
        with pytest.raises(UnsupportedError, match=r"model\.weights"):
            getattr(layer, name)


def test_a_models_torch_words_name_our_way() -> None:
    """One line each."""
    model: Any = tiny.model()
    for name, words in (
        ("train", "model.fit"),
        ("eval", "switch dropout off"),
        ("to", "device="),
        ("state_dict", r"model\.weights"),
        ("zero_grad", "model.fit"),
        ("fitt", "Did you mean fit"),
    ):
        with pytest.raises(UnsupportedError, match=words):
            getattr(model, name)
    model.build((8, 8, 1))
    with pytest.raises(UnsupportedError, match="one array of all weights"):
        sn.Adam(model.parameters(), lr=0.1)  # type: ignore[call-arg]  # PyTorch's
    assert (model.parameters * 2).sum() == 2 * model.parameters.sum()
    with pytest.raises(UnsupportedError, match="fit trains"):
        model(tiny.images(3), training=True)


@pytest.mark.parametrize("name", ["m.pb", "best.{epoch}.tflite", "w.pt"])
def test_files_of_other_libraries_are_not_folders(name: str, tmp_path: Path) -> None:
    """A folder called m.pb would be opened by nobody."""
    model = tiny.model()
    model.build((8, 8, 1))
    writers: list[Any] = [
        model.save_weights,
        model.load_weights,
        lambda path: sn.ModelCheckpoint(path, save_weights_only=True),
    ]
    if not name.endswith(".onnx"):  # for whole models
        writers += [model.save, sn.ModelCheckpoint]
    for write in writers:
        with pytest.raises(UnsupportedError, match=r"Unsupported: .* format"):
            write(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_to_categorical_is_kerass() -> None:
    """Checked against its documented results."""
    one_hot = sn.utils.to_categorical
    np.testing.assert_array_equal(one_hot([0, 1, 2, 3], 4), np.eye(4))
    np.testing.assert_array_equal(one_hot(np.array([[1], [0]])), [[0, 1], [1, 0]])
    assert one_hot(np.zeros((2, 3), int), 5).shape == (2, 3, 5)
    assert one_hot([1.0, 0.0]).tolist() == [[0, 1], [1, 0]]
    cases: tuple[tuple[Any, int | None], ...] = (
        ([-1], 3),
        ([3], 3),
        ([0.5], None),
        (["a"], None),
        ([None], 2),
    )
    for wrong, classes in cases:
        with pytest.raises(DataError):
            one_hot(wrong, classes)
    with pytest.raises(ModelError):
        one_hot([0], 0)
