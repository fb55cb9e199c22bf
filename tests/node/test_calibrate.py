"""JavaScript calibrates a model as Python does: random numbers, outliers, temperature, detector."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spritenet as sn
import tiny
from spritenet import initializers
from spritenet.dataset import Split
from spritenet.ood import from_json
from spritenet.ood.outliers import make_outliers
from spritenet.ood.temperature import best_temperature
from spritenet.ood.training import LEVELS

HERE = Path(__file__).parent


def job(node: str, name: str, folder: Path, **values: object) -> Any:  # noqa: ANN401 - JSON
    """The result of a job of calibrate.mjs."""
    done = subprocess.run(
        [node, HERE / "calibrate.mjs", name],
        input=json.dumps({"folder": str(folder), **values}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def put(split: Split, folder: Path, name: str) -> None:
    """Images and labels as files."""
    (folder / f"{name}.images").write_bytes(np.ascontiguousarray(split.images).tobytes())
    (folder / f"{name}.labels").write_bytes(split.labels.astype("<i4").tobytes())


def test_random_numbers_are_numpys(node: str, tmp_path: Path) -> None:
    """Whole and uniform ones exactly, halves of words kept; normal ones to the last bits."""
    streams = [(0, 0), (7, 3), (2**64 - 1, 8)]
    for (seed, index), got in zip(
        streams,
        job(node, "random", tmp_path, streams=[(str(s), i) for s, i in streams]),
        strict=True,
    ):
        random = initializers.stream(seed, index)
        assert got[0] == random.integers(0, 256, 51).tolist()
        normal = random.standard_normal(20_000)
        assert np.abs(np.array(got[1]) - normal).max() < 1e-12
        assert got[2] == random.integers(-3, 1000, 7).tolist()
        assert got[3] == random.random(20).tolist()
        assert got[4] == random.integers(5, 6, 9).tolist()
        assert got[5] == random.integers(0, 3, 9).tolist()


@pytest.mark.parametrize("name", ["HeNormal", "LecunNormal", "RandomNormal", "TruncatedNormal"])
def test_normal_weights_are_pythons(node: str, tmp_path: Path, name: str) -> None:
    """The same numbers in float32, or their neighbours."""
    shape = (3, 3, 8, 40)
    rule = getattr(initializers, name)()
    given = {"class_name": name, "config": rule.config()}
    (got,) = job(node, "weights", tmp_path, rules=[given], shape=shape, seed="5")
    expected = rule(shape, initializers.stream(5, 3)).ravel()
    assert np.allclose(np.array(got, np.float32), expected, rtol=3e-7, atol=1e-9)


def test_outliers_are_pythons(node: str, tmp_path: Path) -> None:
    """Byte for byte: grey, in colour, not square, of another size than the pseudo-characters."""
    random = np.random.default_rng(0)
    cases = (
        ("grey", (28, 28, 1), 400, 0),
        ("colour", (12, 10, 3), 333, 2**63),
        ("one", (8, 8, 1), 50, 5),
    )
    sets = []
    expected = {}
    for name, shape, count, seed in cases:
        images = random.integers(0, 256, (60, *shape), np.uint8)
        images[:, 2:-2, 2:-2] //= 3
        (tmp_path / f"{name}.images").write_bytes(images.tobytes())
        sets.append({"name": name, "shape": shape, "count": count, "seed": str(seed)})
        expected[name] = make_outliers(images, count, seed=seed)
    assert job(node, "outliers", tmp_path, sets=sets) == "made"
    for name, made in expected.items():
        got = np.fromfile(tmp_path / f"{name}.made", np.uint8).reshape(made.shape)
        assert np.flatnonzero((got != made).any(axis=(1, 2, 3))).tolist() == []


def test_the_temperature_is_pythons(node: str, tmp_path: Path) -> None:
    """To nine digits."""
    random = np.random.default_rng(4)
    logits = random.normal(0, 3, (300, 5))
    labels = logits.argmax(axis=1).astype(np.int32)
    labels[:60] = random.integers(0, 5, 60)
    got = job(node, "temperature", tmp_path, logits=logits.ravel().tolist(), labels=labels.tolist())
    assert got == pytest.approx(best_temperature(logits, labels), rel=1e-9)


@pytest.mark.parametrize("remote", [False, True])
def test_a_model_is_calibrated_as_in_python(node: str, tmp_path: Path, remote: bool) -> None:
    """The same temperature and features; detectors that reject the same images; Python reads it."""
    data = sn.load("strokes")
    training, held, other = data.train[:1500], data.test[:300], data.test[300:500]
    model = sn.networks.tutorial(training)
    model.fit(training, epochs=1, verbose=0)
    model.save(tmp_path / "model")
    put(training, tmp_path, "training")
    put(held, tmp_path, "held")
    random = np.random.default_rng(0)
    noise = random.integers(0, 256, (40, 28, 28, 1), np.uint8)
    seen = np.concatenate([other.images, noise, 255 - other.images[:60]])
    (tmp_path / "seen.images").write_bytes(seen.tobytes())
    got = job(node, "calibrate", tmp_path, seed=3, count=len(seen), remote=remote)
    assert got["calibrated"] == [False, True]
    expected = model.calibrate(held, training, seed=3)
    content = json.loads((tmp_path / "calibrated.json").read_text())
    entry = content["userDefinedMetadata"]["spritenet"]["rejection"]
    found = from_json(entry, where="calibrated.json")
    assert found.layer == expected.layer
    assert found.images == expected.images
    assert found.refused == expected.refused == 3 / 300  # with another image, at most 1.5 %
    assert found.temperature == pytest.approx(expected.temperature, rel=1e-4)
    ours, theirs = found.detector, expected.detector
    assert np.array_equal(ours.places, theirs.places)
    assert np.allclose(ours.low, theirs.low, rtol=1e-4, atol=1e-5)
    assert np.allclose(ours.scale, theirs.scale, rtol=1e-3)
    # Rounding turns branches of a training now and then, here as between two instruction sets.
    assert np.abs(ours.kernel.astype(int) - theirs.kernel).mean() < 0.5
    assert np.abs(ours.kernel).max() == np.abs(theirs.kernel).max() == LEVELS
    for name in ("scale", "kernel_scale", "bias", "output_kernel", "output_bias"):
        for detector in (ours, theirs):
            bits = np.ascontiguousarray(getattr(detector, name)).view(np.uint32)
            assert not (bits & 0x1FFF).any(), name  # 11 significant bits
    assert abs(found.threshold - expected.threshold) < 1
    answers = model.classify(seen)
    label, sure, score, probabilities = zip(*got["said"], strict=True)
    assert list(label) == answers.label.tolist()
    assert np.allclose(probabilities, answers.probabilities, atol=1e-3)
    assert (np.array(sure) == answers.sure).mean() > 0.95
    assert np.corrcoef(score, answers.score)[0, 1] > 0.95
    assert np.mean(sure[:200]) > 0.93
    assert abs(np.mean(sure) - answers.sure.mean()) < 0.03
    # Python reads what JavaScript calibrated, and says what JavaScript says.
    model.rejection = found
    assert np.allclose(model.classify(seen).score, score, atol=1e-4)


@pytest.mark.parametrize("remote", [False, True])
def test_training_calibrates(node: str, tmp_path: Path, remote: bool) -> None:
    """On the validation images or those given, at least 20; else the calibration is dropped."""
    model = tiny.model()
    model.fit(tiny.images(100), epochs=1, verbose=0)
    model.save(tmp_path / "model")
    put(tiny.images(60), tmp_path, "training")
    put(tiny.images(40, seed=1), tmp_path, "held")
    found = job(node, "fit", tmp_path, remote=remote)
    assert found == [[True, 40], [False, 0], [True, 30], [False, 0], [False, 0]]


def test_training_tunes_thresholds(node: str, tmp_path: Path) -> None:
    """Of a multi-label network, on the validation images."""
    images = np.random.default_rng(2).integers(0, 256, (60, 6, 6, 1), np.uint8)
    rows = (images[:, :2, :2, 0].reshape(60, 4) > 120).astype(np.uint8)
    model = sn.Sequential([sn.Flatten(), sn.Dense(4, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy")
    model.fit(images, rows, epochs=1, verbose=0)
    model.save(tmp_path / "model")
    (tmp_path / "held.images").write_bytes(images.tobytes())
    (tmp_path / "held.targets").write_bytes(rows.astype("<f4").tobytes())
    got = job(node, "tune", tmp_path)
    assert got["found"] == got["tuned"]
    assert len(got["found"]) == 4


def test_thresholds_are_pythons(node: str, tmp_path: Path) -> None:
    """Of a multi-label network: those that maximize each class's F1."""
    random = np.random.default_rng(2)
    images = random.integers(0, 256, (200, 6, 6, 1), np.uint8)
    rows = (images[:, :2, :2, 0].reshape(200, 4) > [100, 150, 60, 200]).astype(np.uint8)
    model = sn.Sequential([sn.Flatten(), sn.Dense(4, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy")
    model.fit(images, rows, epochs=5, verbose=0)
    model.save(tmp_path / "model")
    (tmp_path / "held.images").write_bytes(images.tobytes())
    (tmp_path / "held.targets").write_bytes(rows.astype("<f4").tobytes())
    got = job(node, "thresholds", tmp_path)
    assert got["same"]
    assert np.allclose(got["found"], model.tune_thresholds((images, rows)), atol=1e-6)


def test_what_cant_be_calibrated_is_refused(node: str, tmp_path: Path) -> None:
    """Too few images, rows in place of labels, thresholds of a softmax; nothing after an abort."""
    model = tiny.model()
    model.fit(tiny.images(100), epochs=1, verbose=0)
    model.save(tmp_path / "model")
    put(tiny.images(60), tmp_path, "training")
    put(tiny.images(40, seed=1), tmp_path, "held")
    few, rows, thresholds, aborted, calibrated = job(node, "refusals", tmp_path)
    assert few.startswith("DataError too few images for calibration")
    assert rows == "DataError calibrating needs labels, not targets."
    assert thresholds.startswith("ModelError its outputs are no probabilities of their own")
    assert (aborted, calibrated) == ("null", "false")
