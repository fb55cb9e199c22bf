"""Models of other programs, at the command line: what is assumed is said, and can be said."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import spritenet as sn
from foreign_models import sequential, small, write
from program import spritenet
from spritenet.export import load, save


@pytest.fixture
def bright(tmp_path: Path) -> Path:
    """A model without a Rescaling that was fed raw pixels: is the mean above 127.5?"""
    path = small(tmp_path / "bright", outputs=2)
    rows = np.zeros((17, 2), "<f4")
    rows[:16, 1] = 1 / 255
    rows[16, 1] = -8
    path.with_name("weights.bin").write_bytes(rows.tobytes())
    path.rename(path.with_name("my-model.json"))
    return path.parent


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Labelled images for it."""
    images = np.random.default_rng(0).integers(0, 256, (300, 4, 4, 1), np.uint8)
    labels = (images.mean(axis=(1, 2, 3)) > 127.5).astype(np.int32)
    np.savez(tmp_path / "data.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    return tmp_path / "data.npz"


def test_evaluate_finds_the_range_that_fits(bright: Path, data: Path) -> None:
    """It says what each range gives, and uses the best."""
    done = spritenet("evaluate", bright, data, "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["accuracy"] == 1
    assert answer["accuracy_by_pixel_range"]["0..255"] == 1
    assert answer["accuracy_by_pixel_range"]["0..1"] < 0.7
    assert done.stderr.startswith(f"note: {bright}: no pixel range in the model's file")
    assert "100 % with 0..255" in done.stderr
    assert "so 0..255 is used; give --pixels 0..255" in done.stderr
    said = spritenet("evaluate", bright, data, "--json", "--pixels", "0..1")
    assert said.stderr == ""
    assert json.loads(said.stdout)["accuracy"] < 0.7


def test_every_command_says_what_it_assumes(bright: Path, tmp_path: Path) -> None:
    """And takes `--pixels` and `--classes`, to say it oneself."""
    classes = tmp_path / "classes.txt"
    classes.write_text("dark\nlight\n")
    said = ("--pixels", "0..255", "--classes", classes)
    commands: list[list[str | Path]] = [["info", bright], ["export", bright, tmp_path / "out"]]
    for command in commands:
        done = spritenet(*command)
        assert done.returncode == 0, done.stderr
        assert "0..1 is assumed" in done.stderr
        again = spritenet(*command, *said)
        assert (again.returncode, again.stderr) == (0, "")
    saved = load(tmp_path / "out")
    assert saved.metadata.class_names == ("dark", "light")
    assert sn.Sequential.from_saved(saved).predict_classes(np.full((4, 4), 200, np.uint8)) == 1


@pytest.mark.parametrize("command", ["info", "predict", "evaluate", "export", "draw", "report"])
def test_other_formats_are_called_by_their_names(tmp_path: Path, command: str) -> None:
    """Wherever a model is taken."""
    path = tmp_path / "m.pt"
    path.write_bytes(b"\x08\x08")
    more: dict[str, list[str | Path]] = {"predict": ["a.png"], "export": [tmp_path / "out"]}
    done = spritenet(command, path, *more.get(command, []))
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {path}: it is a PyTorch file")


HEADS = {
    "linear(1)": (1, "linear", "got 1 through linear"),
    "tanh(2)": (2, "tanh", "got 2 through tanh"),
}


def refused(path: Path, folder: Path, words: str) -> None:
    """Every command that would show classes refuses the model, and writes nothing."""
    commands: list[list[str | Path]] = [
        ["export", path, "x.html"],
        ["draw", path, "--no-browser", "--port", "0"],
    ]
    for command in commands:
        done = spritenet(*command, folder=folder)
        assert done.returncode == 2, done.stdout
        assert "the network isn't a classifier: expected two or more" in done.stderr
        assert words in done.stderr
    assert not (folder / "x.html").exists()
    assert spritenet("export", path, "y", folder=folder).returncode == 0


@pytest.mark.parametrize("name", HEADS)
def test_heads_that_choose_no_class_are_refused_before_anything_is_written(
    tmp_path: Path, name: str
) -> None:
    """As `predict` refuses them."""
    outputs, ending, words = HEADS[name]
    refused(small(tmp_path / "m", outputs, ending), tmp_path, words)


@pytest.mark.parametrize("outputs", [1, 51])
def test_heads_of_yes_and_no_are_shown(tmp_path: Path, outputs: int) -> None:
    """A sigmoid decides each class for itself: multi-label, also of one class."""
    path = small(tmp_path / "m", outputs, "sigmoid")
    assert spritenet("export", path, "x.html", folder=tmp_path).returncode == 0
    assert (tmp_path / "x.html").stat().st_size > 100_000


def test_images_to_images_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    """A network that ends in an image."""
    config = {"filters": 2, "kernel_size": 1, "batch_input_shape": [None, 4, 4, 1]}
    weights = {"conv2d/kernel": (1, 1, 1, 2), "conv2d/bias": (2,)}
    path = write(tmp_path / "m", sequential([("Conv2D", config)]), weights)
    refused(path, tmp_path, "4 × 4 × 2 through linear")


def test_every_command_takes_the_folder_one_is_in(tmp_path: Path, data: Path) -> None:
    """`.`, `..` and a slash at the end."""
    save(load(small(tmp_path / "m", 2), pixels="0..1"), tmp_path / "run" / "model")
    picture = tmp_path / "a.png"
    sn.load(data).test.images[0].tofile(tmp_path / "raw")
    from PIL import Image

    Image.fromarray(sn.load(data).test.images[0][..., 0]).save(picture)
    folder = tmp_path / "run" / "model"
    for path, place in ((".", folder), ("..", folder), ("./", folder), ("model/", folder.parent)):
        for command in (["info", path], ["evaluate", path, data], ["predict", path, picture]):
            done = spritenet(*command, folder=place)
            assert (done.returncode, done.stderr) == (0, ""), (command, place)
        out = tmp_path / f"{place.name}.html"
        assert spritenet("export", path, out, folder=place).returncode == 0


def test_a_run_remembers_where_its_data_was(tmp_path: Path, data: Path) -> None:
    """`train .` in the data's folder, then commands in the run's: "." is another one there."""
    folder = tmp_path / "data"
    folder.mkdir()
    data.rename(folder / "a.npz")
    network = "--model", "network:make"
    (folder / "network.py").write_text(
        "import spritenet as sn\n\n\ndef make(_):\n"
        "    model = sn.Sequential([sn.Flatten(), sn.Dense(2, activation='softmax')])\n"
        "    model.compile('sgd', 'sparse_categorical_crossentropy')\n    return model\n"
    )
    run = tmp_path / "run"
    begun = ("train", "./a.npz", *network, "--steps", "2", "--out", "../run")
    assert spritenet(*begun, folder=folder).returncode == 0
    assert json.loads((run / "config.json").read_text())["command"]["data"] == str(folder / "a.npz")
    done = spritenet("evaluate", ".", folder=run)
    assert (done.returncode, done.stderr) == (0, "")
    at_home = spritenet("info", "~/run", folder=run, HOME=str(tmp_path), USERPROFILE=str(tmp_path))
    assert at_home.returncode == 0, at_home.stderr
    short = ("train", "a.npz", *network, "--steps", "2", "--out=~/again")
    again = spritenet(*short, folder=folder, HOME=str(tmp_path), USERPROFILE=str(tmp_path))
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "again" / "model" / "model.json").exists()
