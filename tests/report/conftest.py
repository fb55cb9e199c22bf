"""A small data set, a network trained on it, and its report: made once."""

from __future__ import annotations

from pathlib import Path

import pytest

import tiny
from spritenet.dataset import Dataset
from spritenet.model import Model
from spritenet.report import Report, TrainingRecord, make_report
from spritenet.runs import Run


@pytest.fixture(scope="session")
def data() -> Dataset:
    """Quarters; three test images are training images to the pixel, and the classes' names vary."""
    train, test = tiny.images(400), tiny.images(120, seed=1, name="test")
    images = test.images.copy()
    images[:3] = train.images[10:13]
    labels = test.labels.copy()
    labels[:3] = train.labels[10:13]
    names = ("top <left>", "b", "c", "d")
    splits = {
        "train": type(train)(train.images, train.labels, names, "train"),
        "test": type(test)(images, labels, names, "test"),
    }
    return Dataset("quarters", splits, names, "drawn by a test", "CC0")


@pytest.fixture(scope="session")
def run(data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run on them, short enough to leave mistakes."""
    folder: Path = tmp_path_factory.mktemp("runs") / "quarters-1"
    model = tiny.model()
    model.fit(data.train, validation_data=data.test, epochs=1, run=folder, verbose=0)
    return Run(folder)


@pytest.fixture(scope="session")
def model(run: Run) -> Model:
    """The network of that run."""
    from spritenet.report import model_of_run

    return model_of_run(run)


@pytest.fixture(scope="session")
def report(model: Model, data: Dataset, run: Run) -> Report:
    """Everything that is to be said of it."""
    return make_report(
        model,
        data,
        name="quarters-1",
        training=TrainingRecord.of_run(run),
        config=run.config(),
        machine={"evaluated on": "a test's machine"},
        commands=["spritenet report 'a <folder>'"],
    )
