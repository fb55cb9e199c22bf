"""The commands on multi-label data, as a user types them."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import spritenet as sn
from program import spritenet
from several_shapes import NAMES, shapes_dataset


@dataclass(frozen=True)
class Trained:
    """A folder with shapes.png and the run `run`, and what `train` printed."""

    folder: Path
    data: sn.Dataset
    printed: str


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """The network that `train` makes of such data by itself."""
    folder = tmp_path_factory.mktemp("shapes")
    data = shapes_dataset(600, 120)
    sn.pack(data, folder / "shapes.png")
    done = spritenet("train", "shapes.png", "--epochs", "2", "--out", "run", folder=folder)
    assert done.returncode == 0, done.stderr
    return Trained(folder, data, done.stdout)


def test_train_says_on_which_images_thresholds_were_tuned(trained: Trained) -> None:
    """On the test images, as nothing was held out."""
    assert "The thresholds are tuned on the test images" in trained.printed
    assert sn.load_model(trained.folder / "run").thresholds is not None


def test_evaluate_prints_the_metrics_of_each_class(trained: Trained) -> None:
    """As text and as JSON, equal to Python's."""
    done = spritenet("evaluate", "run", "--mistakes", "2", folder=trained.folder)
    assert done.returncode == 0, done.stderr
    assert "exact match" in done.stdout
    assert "average precision" in done.stdout
    done = spritenet("evaluate", "run", "--json", folder=trained.folder)
    found = json.loads(done.stdout)
    model = sn.load_model(trained.folder / "run")
    model.compile("sgd", "binary_crossentropy")
    scores = model.evaluate(trained.data.test)
    expected = scores.label_predictions.classes
    assert found["f1_macro"] == pytest.approx(expected.macro.f1)
    assert found["loss"] == pytest.approx(scores.loss, rel=1e-5)
    assert [found["classes"][name]["f1"] for name in NAMES] == pytest.approx(expected.f1.tolist())
    assert found["co_occurrence"] == scores.label_predictions.co_occurrence.tolist()


def test_predict_names_all_classes(trained: Trained) -> None:
    """One line a file, a table of a folder, and a CSV with a column for each class."""
    folder = trained.folder
    data = sn.Dataset("some", {"test": trained.data.test[:12]}, NAMES)
    from spritenet.sources.unpack import unpack

    unpack(data, folder / "some")
    model = sn.load_model(folder / "run")
    there = model.predict_labels(trained.data.test.images[:12])
    names = ["|".join(np.array(NAMES)[row]) for row in there]
    done = spritenet("predict", "run", "some", "--csv", "out.csv", folder=folder)
    assert done.returncode == 0, done.stderr
    with (folder / "out.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [set(row["labels"].split("|")) for row in rows] == [
        set(text.split("|")) for text in names
    ]
    p = model.predict(trained.data.test.images[:12])
    assert [float(row["circle"]) for row in rows] == pytest.approx(p[:, 0].tolist(), abs=1e-6)
    one = spritenet("predict", "run", "some/test/000000.png", folder=folder)
    assert one.returncode == 0, one.stderr
    first = names[0].split("|")[0] or "no label"
    assert first in one.stdout
    assert "not calibrated" not in one.stdout
    done = spritenet("predict", "run", "some", folder=folder)
    assert "classes" in done.stdout


def test_info_sheet_report_and_pack(trained: Trained) -> None:
    """Counts, a contact sheet, a page, and an iteratively stratified split."""
    folder = trained.folder
    done = spritenet("info", "shapes.png", folder=folder)
    assert "multi-label:" in done.stdout
    assert json.loads(spritenet("info", "shapes.png", "--json", folder=folder).stdout)[
        "multi_label"
    ]
    for by in ("class", "random"):
        assert (
            spritenet("sheet", "shapes.png", f"{by}.png", "--by", by, folder=folder).returncode == 0
        )
    done = spritenet("report", "run", "--json", folder=folder)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["exact_match"] > 0
    done = spritenet("pack", "shapes.png", "b.png", "--split", "validation=10%", folder=folder)
    assert done.returncode == 0, done.stderr
    held = sn.load(folder / "b.png")["validation"]
    wanted = trained.data.train.labels.sum(axis=0) * 0.1
    assert np.abs(held.labels.sum(axis=0) - wanted).max() <= 1.5


def test_a_network_of_one_class_refuses_several_by_one_line(trained: Trained) -> None:
    """A softmax with as many outputs."""
    made = sn.Sequential([sn.Flatten(), sn.Dense(4, activation="softmax")])
    made.build((28, 28, 1))
    made.save(trained.folder / "softmax")
    done = spritenet("evaluate", "softmax", "shapes.png", folder=trained.folder)
    assert done.returncode == 2
    assert "several labels, but the network chooses one class" in done.stderr
