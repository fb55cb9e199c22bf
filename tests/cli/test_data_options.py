"""Data options: the same on each command that takes DATA, and recorded by a run."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from PIL import Image
from typer.core import TyperCommand, TyperGroup

from program import spritenet
from spritenet.cli import COMMANDS, application
from spritenet.cli.data_options import OPTIONS, DataOptions
from spritenet.cli.train_options import TrainOptions
from spritenet.sources.options import ReadOptions

TAKE_DATA = {"train", "evaluate", "report", "info", "pack", "unpack", "sheet", "draw", "lab"}
TAKE_DATA |= {"bench", "clean", "collect", "embed", "export", "quantize", "sweep", "tune-rate"}


def spellings(name: str) -> set[str]:
    """Returns the options of a command."""
    group = typer.main.get_command(application(name))
    command = next(iter(group.commands.values())) if isinstance(group, TyperGroup) else group
    assert isinstance(command, TyperCommand)
    return {spelling for parameter in command.params for spelling in parameter.opts}


@pytest.mark.parametrize("command", COMMANDS)
def test_what_data_needs_is_an_option_of_each_command_that_takes_it(command: str) -> None:
    """Each field of the library's options and --strict; none of them on any other command."""
    wanted = {f"--{field.name.replace('_', '-')}" for field in fields(ReadOptions)} | {"--strict"}
    there = spellings(command) & wanted
    assert there == (wanted if command in TAKE_DATA else set())


def test_each_option_reaches_the_library_by_its_name() -> None:
    """In the types that the library takes; and a run's file gives back what was typed."""
    assert set(OPTIONS) == {field.name for field in fields(ReadOptions)}
    typed: dict[str, Any] = dict.fromkeys(OPTIONS, "28x28")
    typed |= {"train": 3, "bits": 12, "label_column": "-1", "class_names": "a, b"}
    options = DataOptions(typed, strict=True)
    arguments = options.arguments
    assert arguments["label_column"] == -1
    assert arguments["class_names"] == ("a", "b")
    assert ReadOptions(**arguments).train == 3
    training = TrainOptions(data_options=options)
    entry = json.loads(json.dumps(training.to_json()))
    assert TrainOptions.from_json(entry).to_json() == training.to_json()
    assert TrainOptions.from_json({**entry, "new": 1}).data_options == options
    older = {"reading": entry.pop("data_options"), **entry}
    assert TrainOptions.from_json(older).to_json() == training.to_json()


def test_given_options_override_recorded_ones_of_the_same_data() -> None:
    """Those of another data set are dropped."""
    recorded = TrainOptions(data="a", data_options=DataOptions({"size": "8x8", "fit": "crop"}))
    same = recorded.updated({"data_options": DataOptions({"size": "9x9"})})
    other = recorded.updated({"data": "b", "data_options": DataOptions({"size": "9x9"})})
    assert same.data_options.given == {"size": "9x9", "fit": "crop"}
    assert other.data_options.given == {"size": "9x9"}


@pytest.fixture
def rows(tmp_path: Path) -> list[str]:
    """Options for a PNG of 120 images without metadata; half of each image is bright."""
    random = np.random.default_rng(0)
    labels = np.arange(120) % 2
    pixels = random.integers(0, 100, (120, 256)) + 150 * labels[:, None]
    Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "rows.png")
    np.eye(2, dtype=np.uint8)[labels].tofile(tmp_path / "rows_labels_uint8")
    return ["rows.png", "--image-size", "16x16", "--labels", "rows_labels_uint8", "--train", "90"]


def test_a_run_remembers_how_its_data_is_read(rows: list[str], tmp_path: Path) -> None:
    """So that going on, evaluate and report read it in the same way, named or not."""
    words = ["--out", "run", "--class-names", "dark,bright"]
    done = spritenet("train", *rows, *words, "--steps", "20", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "rows: 90 train and 30 test images of 16×16×1, 2 classes" in done.stdout
    kept = json.loads((tmp_path / "run" / "config.json").read_text())["command"]["data_options"]
    assert kept == {
        "image_size": "16x16",
        "labels": "rows_labels_uint8",
        "train": 90,
        "class_names": "dark,bright",
    }
    for again in (
        ["train", "--resume", "--out", "run", "--steps", "30"],
        ["evaluate", "run"],
        ["evaluate", "run", "rows.png"],
        ["report", "run"],
        ["export", "run", "run.html", "--with-data", "rows.png"],
    ):
        done = spritenet(*again, folder=tmp_path)
        assert done.returncode == 0, done.stderr
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    line = "rows.png --image-size 16x16 --labels rows_labels_uint8 --train 90 --class-names"
    assert f"spritenet train {line}" in page
    assert f"spritenet evaluate run {line}" in page


def test_every_command_reads_rows_in_the_same_way(rows: list[str], tmp_path: Path) -> None:
    """Each that ends by itself."""
    trained = spritenet("train", *rows, "--steps", "4", "--out", "run", folder=tmp_path)
    assert trained.returncode == 0, trained.stderr
    path, *options = rows
    for before, after in (
        (["info", path], []),
        (["pack", path, "a.png"], []),
        (["unpack", path, "a.npz"], []),
        (["sheet", path, "sheet.png"], []),
        (["evaluate", "run", path], []),
        (["export", "run", "a.html"], ["--with-data", path]),
    ):
        done = spritenet(*before, *options, *after, folder=tmp_path)
        assert done.returncode == 0, (before, done.stderr)


@pytest.mark.parametrize("command", ["train", "info", "pack", "unpack", "sheet"])
def test_strict_makes_a_note_an_error(tmp_path: Path, command: str) -> None:
    """A table without labels is skipped with a note; strict reading refuses it."""
    (tmp_path / "d").mkdir()
    lines = ["label," + ",".join(f"p{i}" for i in range(256))]
    lines += [
        f"{i % 2}," + ",".join(str((i + j) % 256) for j in range(200, 456)) for i in range(20)
    ]
    (tmp_path / "d" / "train.csv").write_text("\n".join(lines) + "\n")
    unlabelled = [line.partition(",")[2] for line in lines]
    (tmp_path / "d" / "test.csv").write_text("\n".join(unlabelled) + "\n")
    out = {"pack": ["a.png"], "unpack": ["a.npz"], "sheet": ["a.png"]}.get(command, [])
    if command == "train":
        out = ["--steps", "2"]
    done = spritenet(command, "d", *out, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "note: " in done.stderr
    done = spritenet(command, "d", *out, "--strict", folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: d: ")
    assert "Not allowed with strict (--strict)." in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["info", "run", "--train", "3"], "--train is for data sets, and this is a model"),
        (["draw", "run", "--size", "8x8"], "--size is for the data set that --data names"),
        (
            ["export", "run", "a", "--bits", "9"],
            "--bits is for the data set that --with",
        ),
        (["info", "strokes", "--class-names", "a,,b"], "--class-names: empty class name"),
        (["info", "strokes", "--size", "8x8"], "size is for image files"),
        (["info", "strokes", "--pixels", "0..1"], "--pixels is for models, and this is a data set"),
        (["info", "strokes", "--classes", "c"], "--classes is for models, and this is a data set"),
    ],
)
def test_options_that_mean_nothing_are_refused(run: Path, words: list[str], line: str) -> None:
    """In one line, exit code 2."""
    done = spritenet(*words, folder=run.parent)
    assert done.returncode == 2
    assert line in done.stderr
    assert done.stderr.count("\n") == 1
