"""Short runs of the model fuzzer: no content breaks a promise of the readers."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spritenet as sn
import tiny
from foreign_models import sequential, small, write
from foreign_topologies import CONV, END, FLAT, conv, functional, plain
from fuzz_models import changed_bytes, changed_json, one_model
from graph_models import GraphModel, integers, strings
from spritenet.errors import SpritenetError
from spritenet.export import read
from spritenet.model import load_model

Json = Any


def ours(folder: Path) -> Path:
    """A small model of ours, with optimizer state."""
    model = sn.Sequential([sn.Flatten(), sn.Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(np.zeros((6, 4, 4, 1), np.uint8), np.arange(6) % 3, epochs=1, verbose=0)
    model.save(folder, include_optimizer=True)
    return folder / "model.json"


def quantized(folder: Path) -> Path:
    """A convolution of another program, in uint8."""
    path = write(folder, sequential([conv(kernel_size=3), FLAT, END]), CONV)
    read_again = load_model(path, pixels="0..1")
    read_again.save(folder, precision="uint8")
    return path


def graph(folder: Path) -> Path:
    """A graph model."""
    g = GraphModel(8, 8, 2)
    x = g.op(
        "Mul", g.op("Pad", "x", g.const([[0, 0], [1, 1], [1, 1], [0, 0]], "int32")), g.const(2)
    )
    fused = strings("BiasAdd", "Relu")
    x = g.conv(x, 3, 3, 2, 4, op="_FusedConv2D", extra=[g.weights(4)], fused_ops=fused)
    x = g.conv(x, 3, 3, 4, 1, op="DepthwiseConv2dNative", strides=integers(1, 2, 2, 1))
    x = g.op("FusedBatchNormV3", x, *(g.weights(4) for _ in range(3)), g.const([1, 1, 1, 1]))
    x = g.pool("MaxPool", g.op("AddV2", x, x), 2, 2)
    sides = g.op("Shape", x)
    batch = g.op(
        "StridedSlice",
        sides,
        *(g.const([n], "int32") for n in (0, 1, 1)),
        shrink_axis_mask={"i": 1},
    )
    x = g.op("Transpose", x, g.const([0, 2, 1, 3], "int32"))
    x = g.op("Reshape", x, g.op("Pack", batch, g.const(16, "int32")))
    x = g.op("ConcatV2", x, g.op("Tanh", x), g.const(-1, "int32"))
    g.head(x, 32)
    return g.write(folder)


def branched(folder: Path) -> Path:
    """A Functional of another program."""
    return write(folder, functional(plain()), CONV)


def teachable(folder: Path) -> Path:
    """A model with a metadata.json beside it, which is what is changed."""
    small(folder)
    beside = {"labels": ["a", "b", "c"], "imageSize": 4, "packageName": "@teachablemachine/image"}
    (folder / "metadata.json").write_text(json.dumps(beside))
    return folder / "model.json"


@pytest.mark.parametrize("make", [ours, quantized, graph, branched, teachable])
def test_changed_json_keeps_all_promises(make: Callable[[Path], Path], tmp_path: Path) -> None:
    """Values of model.json, or of metadata.json, replaced, removed, doubled and moved."""
    path = make(tmp_path / "m")
    assert one_model(path)
    target = path.with_name("metadata.json") if make is teachable else path
    content = json.loads(target.read_text())
    chance = random.Random(7)  # noqa: S311 - the same inputs each time, no secrets
    read_ones = 0
    for _ in range(90):
        target.write_text(changed_json(content, chance))
        read_ones += one_model(path)
    assert 0 < read_ones < 90


def keras(folder: Path) -> Path:
    """A `.keras` archive."""
    folder.mkdir()
    tiny.trained(tiny.images(100, 1)).save(folder / "m.keras")
    return folder / "m.keras"


def h5(folder: Path) -> Path:
    """A `.h5` file."""
    folder.mkdir()
    tiny.trained(tiny.images(100, 1)).save(folder / "m.h5")
    return folder / "m.h5"


def zipped(folder: Path) -> Path:
    """A ZIP of a folder."""
    ours(folder / "m")
    with zipfile.ZipFile(folder / "m.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in (folder / "m").iterdir():
            archive.write(file, file.name)
    return folder / "m.zip"


def weights(folder: Path) -> Path:
    """A model whose weights are what is changed."""
    small(folder)
    return folder / "weights.bin"


def onnx(folder: Path) -> Path:
    """An ONNX file of ours."""
    folder.mkdir()
    tiny.trained(tiny.images(100, 1)).save(folder / "m.onnx")
    return folder / "m.onnx"


@pytest.mark.parametrize("make", [keras, h5, zipped, weights, onnx])
def test_changed_bytes_keep_all_promises(make: Callable[[Path], Path], tmp_path: Path) -> None:
    """Of archives, HDF5 files and weights."""
    path = make(tmp_path / "m")
    model = path.with_name("model.json") if make is weights else path
    assert one_model(model)
    whole = path.read_bytes()
    chance = random.Random(8)  # noqa: S311 - the same inputs each time, no secrets
    for _ in range(40):
        path.write_bytes(changed_bytes(whole, chance))
        one_model(model)


@pytest.mark.parametrize("name", ["config.json", "spritenet.json"])
def test_changed_json_of_an_archive_keeps_all_promises(name: str, tmp_path: Path) -> None:
    """Network and metadata of a `.keras` archive, its checksums right."""
    path = keras(tmp_path / "m")
    with zipfile.ZipFile(path) as archive:
        whole = {each: archive.read(each) for each in archive.namelist()}
    chance = random.Random(9)  # noqa: S311 - the same inputs each time, no secrets
    for _ in range(40):
        changed = changed_json(json.loads(whole[name]), chance)
        with zipfile.ZipFile(path, "w") as archive:
            for each, content in whole.items():
                archive.writestr(each, changed if each == name else content)
        one_model(path)


def test_changed_int8_files_keep_all_promises(tmp_path: Path) -> None:
    """They are refused in one line, or whole."""
    model = tiny.trained(tiny.images(100, 1))
    path = tmp_path / "m.int8"
    model.quantize(tiny.images(100, 1)).save(path)
    whole = path.read_bytes()
    chance = random.Random(10)  # noqa: S311 - the same inputs each time, no secrets
    read_ones = 0
    for _ in range(60):
        path.write_bytes(changed_bytes(whole, chance))
        try:
            sn.QuantizedModel.load(path)
        except SpritenetError as error:
            assert str(error).startswith(str(path))  # noqa: PT017 - some files are read
            assert "\n" not in str(error)  # noqa: PT017 - as above
        else:
            read_ones += 1
    assert read_ones < 60


def test_what_the_fuzzer_found_is_refused(tmp_path: Path) -> None:
    """A name that is a list, an archive whose file begins before it, a file without a name."""
    path = branched(tmp_path / "m")
    content = json.loads(path.read_text())
    content["modelTopology"]["config"]["layers"][1]["name"] = ["c"]
    path.write_text(json.dumps(content))
    refused(path, "invalid layer name")
    path = keras(tmp_path / "k")
    data = bytearray(path.read_bytes())
    for found in re.finditer(b"PK\x01\x02", bytes(data)):
        place = found.start() + 42  # where a file begins
        data[place : place + 4] = (2**32 - 2).to_bytes(4, "little")
    path.write_bytes(data)
    refused(path, "the archive is damaged")
    path = graph(tmp_path / "g")
    content = json.loads(path.read_text())
    nodes = content["modelTopology"]["node"]
    next(one for one in nodes if one["op"] == "_FusedConv2D")["attr"]["padding"]["s"] = "é"
    path.write_text(json.dumps(content))
    refused(path, "padding")
    path = zipped(tmp_path / "z")
    path.write_bytes(path.read_bytes().replace(b"weights.bin", b"\0eights.bin"))
    refused(path, "unsupported file in the ZIP")


def refused(path: Path, words: str) -> None:
    """A model is refused in one line, with those words, within the fuzzer's limits."""
    assert not one_model(path)
    with pytest.raises(SpritenetError, match=words):
        read(path)


def test_bombs_are_refused_before_they_burst(tmp_path: Path) -> None:
    """JSON without end, claims of more than the file holds, archives that inflate to gigabytes."""
    path = small(tmp_path / "m")
    good = path.read_text()
    for bomb in ("[" * 100_000, '{"a":' * 50_000, '{"modelTopology": ' + "[" * 50_000):
        path.write_text(bomb)
        refused(path, "not JSON")
    path.write_text(f'{{"modelTopology": {"9" * 5000}, "weightsManifest": []}}')
    refused(path, "modelTopology is missing or damaged")
    for shape in ([2**30, 2**30, 2**30], [2**39] * 8, [1 << 29]):
        content = json.loads(good)
        content["weightsManifest"][0]["weights"][0]["shape"] = shape
        path.write_text(json.dumps(content))
        refused(path, "wrong shape|too short")
    for units in (2**31 - 1, 2**24):
        content = json.loads(good)
        content["modelTopology"]["config"]["layers"][1]["config"]["units"] = units
        path.write_text(json.dumps(content))
        refused(path, r"wrong shape|too large|units")
    path.unlink()
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w") as archive:
        archive.writestr("model.json", good)
    data = bytearray((tmp_path / "bomb.zip").read_bytes())
    place = data.index(b"PK\1\2") + 24  # the size of the inflated file
    data[place : place + 4] = (2**31).to_bytes(4, "little")
    (tmp_path / "bomb.zip").write_bytes(data)
    refused(tmp_path / "bomb.zip", "the ZIP holds more than a model")


@pytest.mark.parametrize(
    "name", ["../weights.bin", "/etc/passwd", "a/../../x", "C:\\x", "..", "", "~/x\0", "http://a/b"]
)
def test_weights_elsewhere_are_refused(name: str, tmp_path: Path) -> None:
    """Whatever leads out of the folder."""
    path = small(tmp_path / "m")
    content = json.loads(path.read_text())
    content["weightsManifest"][0]["paths"] = [name]
    path.write_text(json.dumps(content))
    refused(path, "weightsManifest names a file elsewhere")


@pytest.mark.skipif(os.name == "nt", reason="not on this machine: Windows has no such files")
def test_devices_and_pipes_are_no_weights(tmp_path: Path) -> None:
    """They never end, or never begin."""
    path = small(tmp_path / "m")
    stored = path.with_name("weights.bin")
    size = stored.stat().st_size
    stored.unlink()
    stored.symlink_to("/dev/zero")
    refused(path, "it is not a file")
    stored.unlink()
    os.mkfifo(stored)
    refused(path, "it is not a file")
    stored.unlink()
    stored.write_bytes(np.full(size // 4, np.nan, "<f4").tobytes())
    refused(path, "a weight is not a finite number")
    stored.write_bytes(bytes(size - 1))
    refused(path, "the weights are too short")
    stored.write_bytes(bytes(size + 1))
    refused(path, "the weights are too long")
    shutil.rmtree(path.parent)
