"""Models of other programs in JavaScript: what Python reads and refuses, and in the same words."""

from __future__ import annotations

import json
import random
import re
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foreign_models import sequential, small, write
from foreign_topologies import CONV, REFUSED, STACKS, functional, plain
from fuzz_models import changed_json
from graph_models import GraphModel
from program import spritenet
from spritenet import Sequential
from spritenet.errors import ModelError
from spritenet.export import RANGES, load, read

HERE = Path(__file__).parent


def loaded(node: str, folder: Path, *models: dict[str, Any]) -> list[Any]:
    """The job `foreign` of library.mjs."""
    done = subprocess.run(
        [node, HERE / "library.mjs", "foreign"],
        input=json.dumps({"folder": str(folder), "models": models}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


@pytest.mark.filterwarnings("ignore:.* acts only in training")
def test_it_reads_what_python_reads(node: str, tmp_path: Path) -> None:
    """Every topology, with the same outputs and the same notes."""
    topologies = {
        **{name: (sequential(layers), weights) for name, (layers, weights) in STACKS.items()},
        "a functional that is a stack": (functional(plain()), CONV),
    }
    pixels = np.random.default_rng(3).integers(0, 256, (5, 9, 9, 1), np.uint8)
    (tmp_path / "pixels").write_bytes(pixels.tobytes())
    for name, (topology, weights) in topologies.items():
        write(tmp_path / name, topology, weights)
    jobs = [{"names": name, "pixels": "pixels", "out": f"{name}/out"} for name in topologies]
    for name, got in zip(topologies, loaded(node, tmp_path, *jobs), strict=True):
        assert isinstance(got, dict), (name, got)
        saved = read(tmp_path / name)
        expected = Sequential.from_saved(saved).predict(pixels)
        outputs = np.fromfile(tmp_path / name / "out", "<f4").reshape(5, -1)
        assert np.abs(outputs - expected).max() < 1e-5, name
        assert len(got["notes"]) == len(saved.notes), name
        for ours, theirs in zip(got["notes"], saved.notes, strict=True):
            assert ours.partition(". If it")[0] in theirs


@pytest.mark.filterwarnings("ignore:.* acts only in training")
def test_a_rescaling_after_layers_that_arrange_pixels_is_the_only_one(
    node: str, tmp_path: Path
) -> None:
    """Random layers, Resizing and others before it: as in Python, and nothing is assumed."""
    input_shape = {"batch_input_shape": [None, 9, 9, 1]}
    layers: list[tuple[str, dict[str, Any]]] = [
        ("RandomFlip", {"name": "flip", "mode": "horizontal", **input_shape}),
        ("Resizing", {"name": "resize", "height": 6, "width": 6, "interpolation": "nearest"}),
        ("Rescaling", {"name": "scale", "scale": 1 / 127.5, "offset": -1.0}),
        ("Flatten", {"name": "flat"}),
        ("Dense", {"name": "d", "units": 3, "activation": "softmax"}),
    ]
    weights = {"d/kernel": (36, 3), "d/bias": (3,)}
    write(tmp_path / "m", sequential(layers), weights, generatedBy="keras v2.15.0")
    pixels = np.random.default_rng(3).integers(0, 256, (5, 9, 9, 1), np.uint8)
    (tmp_path / "pixels").write_bytes(pixels.tobytes())
    (got,) = loaded(node, tmp_path, {"names": "m", "pixels": "pixels", "out": "m/out"})
    assert isinstance(got, dict), got
    assert got["notes"] == []
    saved = read(tmp_path / "m")
    assert saved.notes == ()
    outputs = np.fromfile(tmp_path / "m" / "out", "<f4").reshape(5, -1)
    assert np.abs(outputs - Sequential.from_saved(saved).predict(pixels)).max() < 1e-5
    with pytest.raises(ModelError, match="the model itself says what its pixels are"):
        read(tmp_path / "m", pixels="0..1")


def test_it_refuses_what_python_refuses(node: str, tmp_path: Path) -> None:
    """In one line that begins alike."""
    for name, (layers, _) in REFUSED.items():
        write(tmp_path / name, sequential(layers), {})
    jobs = [{"names": name} for name in REFUSED]
    for name, got in zip(REFUSED, loaded(node, tmp_path, *jobs), strict=True):
        with pytest.raises(ModelError) as caught:
            load(tmp_path / name)
        assert isinstance(got, str), name
        assert got.startswith("ModelError "), (name, got)
        assert caught.value.what.replace("'", "") in got.replace("'", ""), (name, got)
        place = caught.value.where.rpartition("model.json")[2].removeprefix(": ")
        assert f"{place}: " in got
        assert "\n" not in got


def test_changed_files_are_read_or_refused_in_a_line(node: str, tmp_path: Path) -> None:
    """Values of model.json and metadata.json replaced, removed, doubled and moved."""
    chance = random.Random(9)  # noqa: S311 - the same inputs each time, no secrets
    beside = {"tmVersion": "2.4.7", "labels": ["a", "b", "c"], "imageSize": 4}
    jobs = []
    for place in range(120):
        folder = tmp_path / str(place)
        path = small(folder) if place % 2 else write(folder, functional(plain()), CONV)
        (folder / "metadata.json").write_text(json.dumps(beside))
        target = folder / "metadata.json" if place % 5 == 1 else path
        target.write_text(changed_json(json.loads(target.read_text()), chance))
        files = ("model.json", "weights.bin", "metadata.json")
        jobs.append({"names": [f"{place}/{name}" for name in files]})
    answers = loaded(node, tmp_path, *jobs)
    refused = [answer for answer in answers if isinstance(answer, str)]
    assert 0 < len(refused) < len(jobs)
    for line in refused:
        assert line.startswith("ModelError "), line
        assert "\n" not in line


def test_a_range_and_class_names_can_be_said(node: str, tmp_path: Path) -> None:
    """As in Python; and what can't be is refused."""
    small(tmp_path / "m")
    pixels = np.random.default_rng(1).integers(0, 256, (6, 4, 4, 1), np.uint8)
    (tmp_path / "pixels").write_bytes(pixels.tobytes())
    names = ["a", "b", "c"]
    jobs = [
        {
            "names": "m",
            "pixels": "pixels",
            "out": f"out {name}",
            "options": {"pixels": name, "classNames": names},
        }
        for name in RANGES
    ]
    for name, got in zip(RANGES, loaded(node, tmp_path, *jobs), strict=True):
        assert (got["notes"], got["classNames"]) == ([], names)
        model = Sequential.from_saved(load(tmp_path / "m", pixels=name))
        outputs = np.fromfile(tmp_path / f"out {name}", "<f4").reshape(6, 3)
        assert np.abs(outputs - model.predict(pixels)).max() < 1e-5, name
        assert got["label"] == model.predict_classes(pixels)[0]
    model.save(tmp_path / "ours")
    refused = loaded(
        node,
        tmp_path,
        {"names": "m", "options": {"pixels": "0-1"}},
        {"names": "ours", "options": {"pixels": "0..1"}},
        {"names": "m", "options": {"classNames": ["a"]}},
    )
    assert "invalid pixels: expected 0..1 or 0..255" in refused[0]
    assert "the model itself says what its pixels are" in refused[1]
    assert "the class names don't fit the outputs" in refused[2]


def test_files_of_any_name_and_zips_are_read(node: str, tmp_path: Path) -> None:
    """As a browser leaves them, chosen together or zipped; and what else was chosen is named."""
    path = small(tmp_path / "dl", name="my-model.json", bin_path="./my-model.weights.bin")
    for name, method in (("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED)):
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w", method) as archive:
            for file in path.parent.iterdir():
                archive.write(file, f"dl/{file.name}")
                archive.writestr(f"__MACOSX/dl/._{file.name}", "x")
    whole = (tmp_path / "deflated.zip").read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "broken.zip").write_bytes(whole[:60] + bytes(30) + whole[90:])
    (tmp_path / "m.h5").write_bytes(b"\x89HDF")
    (tmp_path / "metadata.json").write_text("{}")
    both = ["dl/my-model.json", "dl/my-model.weights.bin"]
    good = [["dl/my-model.json", "metadata.json", both[1]], both, ["stored.zip"], ["deflated.zip"]]
    bad = [["m.h5"], ["cut.zip"], ["broken.zip"], ["dl/my-model.json"], ["metadata.json"]]
    options = {"pixels": "0..1"}
    jobs = [{"names": names, "options": options} for names in [*good, *bad]]
    jobs.append({"names": "dl/my-model.json", "options": options})
    got = loaded(node, tmp_path, *jobs)
    assert all(isinstance(answer, dict) for answer in [*got[: len(good)], got[-1]]), got
    words = [
        "m.h5: it is an HDF5 file",
        "cut.zip: the ZIP is damaged",
        "broken.zip/dl/my-model.json: the ZIP is damaged",
        "my-model.weights.bin: the file is missing",
        "model.json: the file is missing",
    ]
    for word, message in zip(words, got[len(good) :], strict=False):
        assert message.startswith(f"ModelError {word}"), message


def test_a_graph_model_is_refused_with_the_command_for_it(node: str, tmp_path: Path) -> None:
    """The files that the command writes predict here as in Python."""
    g = GraphModel(8, 8, 2)
    x = g.pool("MaxPool", g.op("Relu", g.conv("x", 3, 3, 2, 4)), 2, 2)
    g.head(g.op("Reshape", x, g.const([-1, 64], "int32")), 64)
    g.write(tmp_path / "g")
    pixels = np.random.default_rng(1).integers(0, 256, (6, 8, 8, 2), np.uint8)
    (tmp_path / "pixels").write_bytes(pixels.tobytes())
    [refused] = loaded(node, tmp_path, {"names": "g"})
    assert "it is a graph model" in refused
    command = re.search(r"spritenet (convert) MODEL FOLDER", refused)
    assert command
    done = spritenet(command[1], "g", "m", "--pixels", "0..1", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    [got] = loaded(node, tmp_path, {"names": "m", "pixels": "pixels", "out": "out"})
    assert isinstance(got, dict), got
    expected = Sequential.from_saved(read(tmp_path / "g", pixels="0..1")).predict(pixels)
    outputs = np.fromfile(tmp_path / "out", "<f4").reshape(expected.shape)
    assert np.abs(outputs - expected).max() < 1e-5


def test_teachable_machine_s_files_say_pixels_and_labels(node: str, tmp_path: Path) -> None:
    """Its ZIP, or its files chosen together: as in Python."""
    path = small(tmp_path / "m")
    beside = {"tmVersion": "2.4.7", "labels": ["a", "b", "c"], "imageSize": 4}
    path.with_name("metadata.json").write_text(json.dumps(beside))
    pixels = np.random.default_rng(1).integers(0, 256, (6, 4, 4, 1), np.uint8)
    (tmp_path / "pixels").write_bytes(pixels.tobytes())
    names = [f"m/{file.name}" for file in sorted(path.parent.iterdir())]
    [got] = loaded(node, tmp_path, {"names": names, "pixels": "pixels", "out": "out"})
    assert got["classNames"] == ["a", "b", "c"]
    assert [note.partition(",")[0] for note in got["notes"]] == [
        "its metadata.json is Teachable Machine's"
    ]
    saved = read(path)
    outputs = np.fromfile(tmp_path / "out", "<f4").reshape(6, 3)
    assert np.abs(outputs - Sequential.from_saved(saved).predict(pixels)).max() < 1e-5


def test_a_model_of_ours_that_tensorflow_js_trained_on_is_read(
    node: str, tfjs_folder: Path, tmp_path: Path
) -> None:
    """Its class names stay; what was true of other weights is dropped, with a note."""
    model = Sequential.from_saved(load(small(tmp_path / "m"), pixels="0..1"))
    model.class_names, model.scores = ("a", "b", "c"), {"test_accuracy": 0.5}
    model.compile("adam", "categorical_crossentropy")
    model.save(tmp_path / "ours", include_optimizer=True)
    subprocess.run(
        [node, "downloads.mjs", tmp_path / "theirs", tmp_path / "ours"], cwd=tfjs_folder, check=True
    )
    [got] = loaded(node, tmp_path, {"names": "theirs/my-model.json"})
    assert got["classNames"] == ["a", "b", "c"]
    assert [note.partition(":")[0] for note in got["notes"]] == [
        "TensorFlow.js has changed its weights since Spritenet saved them"
    ]


def test_classify_refuses_what_is_no_class(node: str, tmp_path: Path) -> None:
    """Numbers of other functions, and whole images: in words, not a RangeError."""
    heads = {"one": (1, "linear"), "two": (2, "tanh")}
    for name, (outputs, ending) in heads.items():
        small(tmp_path / name, outputs, ending)
    config = {"filters": 3, "kernel_size": 1, "batch_input_shape": [None, 300, 300, 1]}
    weights = {"conv2d/kernel": (1, 1, 1, 3), "conv2d/bias": (3,)}
    write(tmp_path / "image", sequential([("Conv2D", config)]), weights)
    (tmp_path / "pixels").write_bytes(bytes(90_000))
    jobs = [{"names": name, "pixels": "pixels"} for name in [*heads, "image"]]
    ends = [
        "1 through linear",
        "2 through tanh",
        "300 × 300 × 3 through linear",
    ]
    for end, got in zip(ends, loaded(node, tmp_path, *jobs), strict=True):
        assert got["label"] == (
            "ModelError the network isn't a classifier: expected two or more outputs "
            f"with softmax or linear, or a sigmoid, got {end}."
        )
