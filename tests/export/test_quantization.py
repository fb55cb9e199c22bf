"""Quantized weights: written, read, and loaded by TensorFlow.js to the same numbers."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiny
from foreign_models import sequential, write
from foreign_topologies import CONV, END, FLAT, conv
from program import spritenet
from spritenet import load_model
from spritenet.errors import ModelError
from spritenet.export import load
from spritenet.export.quantization import quantized

KINDS = ["uint8", "uint16", "float16"]
HERE = Path(__file__).parent
STEPS = {"uint8": 1 / 255, "uint16": 1 / 65535, "float16": 2**-11}


@pytest.mark.parametrize("kind", KINDS)
def test_tensorflow_js_and_the_library_load_what_is_written(
    kind: str, tfjs_folder: Path, node: str, tmp_path: Path
) -> None:
    """The same outputs as here; weights within half a step; a second save changes nothing."""
    model = tiny.trained(tiny.images(100, 1))
    model.save(tmp_path / "whole")
    model.save(tmp_path / "small", precision=kind)
    small = load_model(tmp_path / "small")
    for name, values in model.weights.items():
        error = np.abs(values - small.weights[name]).max()
        span = np.abs(values).max() if kind == "float16" else np.ptp(np.append(values, 0))
        assert error <= (span * STEPS[kind] * 1.01 if values.ndim > 1 else 0), name
    sizes = [(tmp_path / name / "weights.bin").stat().st_size for name in ("whole", "small")]
    assert sizes[1] < sizes[0] * {"uint8": 0.4, "uint16": 0.6, "float16": 0.6}[kind]
    assert (small.scores, small.calibrated) == ({}, model.calibrated)
    images = np.random.default_rng(3).integers(0, 256, (5, *(model.input_shape or ())), np.uint8)
    (tmp_path / "small" / "pixels.bin").write_bytes(images.astype("<f4").tobytes())
    subprocess.run(
        ["node", "predict.mjs", tmp_path / "small"],
        cwd=tfjs_folder,
        capture_output=True,
        check=True,
    )
    ours = small.predict(images)
    theirs = np.fromfile(tmp_path / "small" / "outputs.bin", "<f4").reshape(5, -1)
    assert np.abs(ours - theirs).max() < 1e-5
    (tmp_path / "bytes").write_bytes(images.tobytes())
    job = {"folder": str(tmp_path), "models": [{"names": "small", "pixels": "bytes", "out": "o"}]}
    done = subprocess.run(
        [node, HERE.parent / "node" / "library.mjs", "foreign"],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        check=True,
    )
    assert isinstance(json.loads(done.stdout)[0], dict), done.stdout
    assert np.abs(np.fromfile(tmp_path / "o", "<f4").reshape(5, -1) - ours).max() < 1e-6
    small.save(tmp_path / "again", precision=kind)
    again = load_model(tmp_path / "again")
    assert np.abs(again.predict(images) - ours).max() < 1e-4


def test_the_command_writes_them(tmp_path: Path) -> None:
    """And refuses them in other formats, with an optimizer, and of unknown types."""
    model = tiny.trained(tiny.images(100, 1))
    model.save(tmp_path / "m")
    for kind in KINDS:
        done = spritenet("export", "m", kind, "--quantize", kind, folder=tmp_path)
        assert done.returncode == 0, done.stderr
        entries = json.loads((tmp_path / kind / "model.json").read_text())["weightsManifest"][0]
        stored = {e["name"]: e.get("quantization", {}).get("dtype") for e in entries["weights"]}
        assert set(stored.values()) == {None, kind}
    done = spritenet("export", "m", "m.html", "--quantize", "uint8", folder=tmp_path)
    assert (
        done.returncode,
        "--precision: invalid precision: expected float32 for html" in done.stderr,
    ) == (2, True)
    with pytest.raises(ModelError, match=r"TensorFlow\.js: invalid precision: .* got int4"):
        model.save(tmp_path / "x", precision="int4")
    with pytest.raises(ModelError, match="Keras: invalid precision: expected float32"):
        model.save(tmp_path / "x.keras", precision="uint8")
    model.compile("adam", "categorical_crossentropy")
    with pytest.raises(ModelError, match="precision 'uint8' and the optimizer state are mutually"):
        model.save(tmp_path / "x", precision="uint8", include_optimizer=True)
    assert not (tmp_path / "x").exists()


def test_shards_groups_and_types_are_mixed(tfjs_folder: Path, tmp_path: Path) -> None:
    """Two groups, each in shards that cut through its arrays; as TensorFlow.js loads it."""
    path = write(tmp_path / "m", sequential([conv(kernel_size=3), FLAT, END]), CONV)
    content = json.loads(path.read_text())
    whole = np.fromfile(tmp_path / "m" / "weights.bin", "<f4")
    kinds = ["uint8", None, "float16", "uint16"]
    groups: list[dict[str, Any]] = [{"paths": [], "weights": []} for _ in range(2)]
    data, offset = [b"", b""], 0
    for place, (entry, kind) in enumerate(
        zip(content["weightsManifest"][0]["weights"], kinds, strict=True)
    ):
        size = int(np.prod(entry["shape"]))
        values = whole[offset : offset + size]
        offset += size
        if kind is not None:
            form, stored = quantized(values, kind)
            entry["quantization"] = form.entry()
        groups[place // 2]["weights"].append(entry)
        data[place // 2] += values.tobytes() if kind is None else stored
    for place, (group, stored) in enumerate(zip(groups, data, strict=True)):
        for shard in range(3):
            name = f"group{place + 1}-shard{shard + 1}of3.bin"
            third = -(-len(stored) // 3)
            (tmp_path / "m" / name).write_bytes(stored[shard * third : (shard + 1) * third])
            group["paths"].append(name)
    content["weightsManifest"] = groups
    path.write_text(json.dumps(content))
    pixels = np.random.default_rng(3).integers(0, 256, (5, 9, 9, 1), np.uint8)
    (tmp_path / "m" / "pixels.bin").write_bytes((pixels / np.float32(255)).tobytes())
    subprocess.run(
        ["node", "predict.mjs", tmp_path / "m"], cwd=tfjs_folder, capture_output=True, check=True
    )
    theirs = np.fromfile(tmp_path / "m" / "outputs.bin", "<f4").reshape(5, -1)
    assert np.abs(load_model(path, pixels="0..1").predict(pixels) - theirs).max() < 1e-5


BAD: dict[str, tuple[Any, str]] = {
    "unknown": ({"dtype": "int4"}, "d/kernel: unsupported quantization: expected uint8"),
    "no object": ("uint8", "d/kernel: unsupported quantization"),
    "no scale": ({"dtype": "uint8", "min": 0}, "d/kernel: its quantization lacks min or scale"),
    "infinite": ({"dtype": "uint8", "min": 0, "scale": 1e999}, "lacks min or scale"),
    "a text": ({"dtype": "uint16", "min": "0", "scale": 1}, "lacks min or scale"),
    "short": ({"dtype": "uint8", "min": 0, "scale": 1}, "the weights are too long: expected 100 "),
}


@pytest.mark.parametrize("name", BAD)
def test_a_damaged_quantization_is_one_line(name: str, tmp_path: Path) -> None:
    """It names the array."""
    value, words = BAD[name]
    topology = sequential([(END[0], {**END[1], "batch_input_shape": [None, 21]})])
    path = write(tmp_path / "m", topology, {"d/kernel": (21, 4), "d/bias": (4,)})
    content = json.loads(path.read_text())
    content["weightsManifest"][0]["weights"][0]["quantization"] = value
    path.write_text(json.dumps(content))
    with pytest.raises(ModelError, match=words):
        load(path)


@given(
    st.lists(
        st.floats(-(2.0**99), 2.0**99, width=32, allow_subnormal=False), min_size=1, max_size=20
    ),
    st.sampled_from(["uint8", "uint16"]),
)
def test_any_numbers_come_back_within_a_step(values: list[float], kind: str) -> None:
    """0 exactly, where the values are on both sides of it."""
    array = np.array([*values], np.float32)
    form, stored = quantized(array, kind)
    back = form.decoded(np.frombuffer(stored, np.uint8), "float32")
    span = float(array.max()) - float(array.min())
    assert np.abs(back.astype(np.float64) - array).max() <= span * STEPS[kind] * 1.01 + 1e-37
    if array.min() < 0 < array.max():
        assert 0 in form.decoded(
            np.arange(256**form.item_size).astype(f"<u{form.item_size}").view(np.uint8), "float32"
        )


def test_weights_beyond_float16_are_refused(tmp_path: Path) -> None:
    """By the name of the weight."""
    model = tiny.trained(tiny.images(100, 1))
    weights = model.get_weights()
    weights[0][:] = 1e6
    model.set_weights(weights)
    with pytest.raises(ModelError, match=r"kernel: a weight doesn't fit float16: expected at most"):
        model.save(tmp_path / "m", precision="float16")
