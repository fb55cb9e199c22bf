"""`spritenet sheet`: a picture for people, a folder for the projector, one line for a mistake."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import spritenet as sn
from program import spritenet


@pytest.mark.parametrize("by", ["class", "random"])
def test_a_picture_is_written(data: str, tmp_path: Path, by: str) -> None:
    """With the images of the split that was asked for."""
    words = ["sheet", data, "sheet.png", "--by", by, "--split", "test", "--columns", "5"]
    done = spritenet(*words, "--seed", "1", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["split"] == "test"
    with Image.open(tmp_path / "sheet.png") as picture:
        assert picture.format == "PNG"
        assert picture.width > 5 * 56


def test_the_projector_gets_what_a_model_sees(data: str, run: Path, tmp_path: Path) -> None:
    """Vectors as the last layer takes them: the layer makes the model's answers of them."""
    words = ["sheet", data, "look", "--projector", "--model", str(run), "--split", "test"]
    done = spritenet(*words, "--count", "30", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("look: 30 images of 100 of test\n")
    folder = tmp_path / "look"
    entry = json.loads((folder / "config.json").read_bytes())["embeddings"][0]
    points = np.fromfile(folder / "tensors.bytes", "<f4").reshape(entry["tensorShape"])
    indices = [line["index"] for line in json.loads((folder / "data.json").read_bytes())]
    model = sn.load_model(run / "model")
    kernel, bias = model.get_weights()[-2:]
    logits = (points @ kernel + bias).astype(np.float64)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    expected = model.predict(sn.load(data).test.images[indices])
    got = powers / powers.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(got, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--split", "tset"], "--split: unknown split: expected one of train, test, got"),
        (["--projector", "--count", "1000000"], "--count: too many images for a texture"),
        (["--projector", "--model", "nowhere"], "nowhere: no model found"),
    ],
)
def test_a_mistake_is_one_line(data: str, tmp_path: Path, words: list[str], line: str) -> None:
    """And nothing is written."""
    done = spritenet("sheet", data, "out", *words, folder=tmp_path)
    assert done.returncode == 2
    assert line in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_left_alone(data: str, tmp_path: Path) -> None:
    """Whatever is in it."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("x")
    done = spritenet("sheet", data, "out", "--projector", folder=tmp_path)
    assert done.returncode == 2
    assert "out: the folder exists" in done.stderr
