"""`classify` says in JavaScript what it says in Python, to 1e-5, and refuses the same files."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spritenet as sn
import tiny
from spritenet.ood import to_json

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A calibrated model, and pixels: images like those it learnt, noise, and blank ones."""
    folder = tmp_path_factory.mktemp("classify")
    model = tiny.model()
    model.fit(tiny.images(400), validation_data=tiny.images(200, seed=1), epochs=4, verbose=0)
    model.save(folder / "model")
    random = np.random.default_rng(0)
    noise = random.integers(0, 256, (40, 8, 8, 1), np.uint8)
    blank = np.full((2, 8, 8, 1), 7, np.uint8)
    pixels = np.concatenate([tiny.images(60, seed=2).images, noise, blank])
    (folder / "pixels.bin").write_bytes(pixels.tobytes())
    np.save(folder / "pixels.npy", pixels)
    return folder


def classify(node: str, folder: Path, **more: object) -> Any:  # noqa: ANN401 - JSON
    """Classifies the images of a folder with the JavaScript library."""
    given = {"folder": str(folder / "model"), "pixels": str(folder / "pixels.bin"), **more}
    done = subprocess.run(
        [node, HERE / "classify.mjs"],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_both_languages_say_the_same(node: str, folder: Path) -> None:
    """Labels, probabilities, scores and rejections; and the entry is written again unchanged."""
    model = sn.load_model(folder / "model")
    expected = model.classify(np.load(folder / "pixels.npy"))
    got = classify(node, folder)
    answers = got["answers"]
    assert got["calibrated"]
    assert [a["label"] for a in answers] == expected.label.tolist()
    np.testing.assert_allclose(
        [a["probabilities"] for a in answers], expected.probabilities, rtol=0, atol=1e-5
    )
    np.testing.assert_allclose([a["score"] for a in answers], expected.score, rtol=0, atol=1e-5)
    assert [a["sure"] for a in answers] == expected.sure.tolist()
    assert expected.sure.any()
    assert not expected.sure[-2:].any()
    assert model.rejection is not None
    assert got["rejection"] == json.loads(json.dumps(to_json(model.rejection)))


def test_an_earlier_file_is_read(node: str, tmp_path: Path) -> None:
    """Its keys `doubt` and `watcher` are read; `rejection` and `detector` are written."""
    earlier = HERE.parent / "export" / "earlier"
    expected = np.load(earlier / "expected.npz")
    shutil.copytree(earlier, tmp_path / "model")
    (tmp_path / "pixels.bin").write_bytes(expected["pixels"].tobytes())
    got = classify(node, tmp_path)
    assert got["calibrated"]
    assert [a["label"] for a in got["answers"]] == expected["label"].tolist()
    assert [a["sure"] for a in got["answers"]] == expected["sure"].tolist()
    scores = [a["score"] for a in got["answers"]]
    np.testing.assert_allclose(scores, expected["score"], rtol=0, atol=1e-5)
    loaded = sn.load_model(earlier)
    assert loaded.rejection is not None
    assert got["rejection"] == json.loads(json.dumps(to_json(loaded.rejection)))


def test_without_calibration_it_is_never_sure(node: str, folder: Path) -> None:
    """An absent entry is fine."""
    got = classify(node, folder, rejection=None)
    assert not got["calibrated"]
    assert got["rejection"] is None
    assert all(not answer["sure"] and answer["score"] == 0 for answer in got["answers"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"temperature": 0}, "temperature"),
        ({"temperature": "1"}, "temperature"),
        ({"threshold": None}, "threshold"),
        ({"layer": "elsewhere"}, "another network"),
        ({"detector": []}, "detector"),
        ({"detector": {"hidden": 10**9}}, "hidden"),
        ({"detector": {"kernel": "AAAA"}}, "kernel"),
        ({"detector": {"bias": "!" * 344}}, "bias"),
        ({"detector": {"classes": 3}}, "output_kernel"),
    ],
)
def test_a_broken_entry_is_refused(
    node: str, folder: Path, change: dict[str, Any], words: str
) -> None:
    """In both languages, by one error that names it."""
    entry = json.loads((folder / "model" / "model.json").read_text())
    rejection = entry["userDefinedMetadata"]["spritenet"]["rejection"]
    inner = change.get("detector")
    merged = {**rejection["detector"], **inner} if isinstance(inner, dict) else inner
    broken = {**rejection, **change, **({"detector": merged} if "detector" in change else {})}
    assert words in classify(node, folder, rejection=broken)["error"]
    entry["userDefinedMetadata"]["spritenet"]["rejection"] = broken
    other = folder / "broken"
    other.mkdir(exist_ok=True)
    (other / "model.json").write_text(json.dumps(entry))
    (other / "weights.bin").write_bytes((folder / "model" / "weights.bin").read_bytes())
    with pytest.raises(sn.ModelError, match=words):
        sn.load_model(other)


def test_tensorflow_js_passes_over_the_entry(folder: Path, tfjs_folder: Path) -> None:
    """It loads a calibrated model, and predicts as Python does."""
    pixels = np.load(folder / "pixels.npy")
    (folder / "model" / "pixels.bin").write_bytes(pixels.astype("<f4").tobytes())
    done = subprocess.run(
        ["node", "predict.mjs", folder / "model"],
        cwd=tfjs_folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "temperature" in json.loads(done.stdout)[0]["metadata"]["spritenet"]["rejection"]
    got = np.fromfile(folder / "model" / "outputs.bin", "<f4").reshape(len(pixels), -1)
    expected = sn.load_model(folder / "model").predict(pixels)
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("activation", ["sigmoid", "softmax", "relu"])
def test_images_as_outputs_are_refused_in_words(node: str, tmp_path: Path, activation: str) -> None:
    """A network from image to image, of more outputs than a call of JavaScript has arguments."""
    layer = sn.Conv2D(4, 3, padding="same", activation=activation)
    model = sn.Sequential([sn.Input((200, 200, 1)), layer])
    model.build((200, 200, 1))
    model.save(tmp_path / "model")
    (tmp_path / "pixels.bin").write_bytes(bytes(200 * 200))
    assert classify(node, tmp_path) == {
        "error": "the network isn't a classifier: expected two or more outputs with softmax or "
        f"linear, or a sigmoid, got 200 × 200 × 4 through {activation}."
    }
