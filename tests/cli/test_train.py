"""`spritenet train` as people and programs use it."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spritenet as sn
from program import PROGRAM, environment, spritenet
from spritenet.export import load


def result(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The object on the last line of the output."""
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_it_trains_tests_saves_and_says_what_to_type_next(data: str, tmp_path: Path) -> None:
    """The commands it ends with work when they are pasted."""
    done = spritenet("train", data, "--epochs", "2", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "quarters: 400 train and 100 test images of 28×28×1, 10 classes"
    assert lines[1].startswith("tutorial: 5,994 parameters; SGD, learning rate 0.15, batch size 64")
    assert lines[2].startswith("epoch 1/2: loss ")
    assert lines[3].startswith("epoch 2/2: loss ")
    assert lines[4].startswith("trained on 800 images in ")
    assert lines[5].startswith("tested on 100 images: accuracy ")
    assert lines[6].startswith("saved in runs/tutorial-1, ")
    assert lines[7:9] == ["", "Next, try"]
    for line in lines[9:]:
        program, *words = shlex.split(line)
        assert program == "spritenet"
        if words[0] == "draw":  # it would serve without an end; tests/web lets it
            assert words == ["draw", "runs/tutorial-1"]
            continue
        done = spritenet(*words, folder=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")


def test_json_is_one_object_with_all_that_matters(data: str, tmp_path: Path) -> None:
    """Alone on standard output, and true: the model is there, with that hash and those scores."""
    done = spritenet("train", data, "--steps", "20", "--json", "--out", "r", folder=tmp_path)
    assert done.stdout.count("\n") == 1
    found = result(done)
    assert found["steps"] == 20
    assert found["images"] == 2 * 400 + 6 * 64
    assert found["total_seconds"] > found["train_seconds"] > 0
    assert found["images_per_second"] == pytest.approx(found["images"] / found["train_seconds"])
    saved = load(tmp_path / found["model"])
    assert saved.weights_sha256 == found["weights_sha256"]
    assert saved.metadata.scores == {
        "test_accuracy": found["test_accuracy"],
        "test_loss": found["test_loss"],
    }
    assert saved.metadata.class_names == tuple("0123456789")
    assert saved.metadata.trained_on is not None
    assert (saved.metadata.trained_on.dataset, saved.metadata.trained_on.steps) == ("quarters", 20)
    assert (tmp_path / "r" / "example.png").is_file()


def test_the_same_seed_gives_the_same_weights(data: str, tmp_path: Path) -> None:
    """On any number of threads; another seed gives others."""
    hashes = [
        result(spritenet("train", data, "--steps", "9", "--json", *more, folder=tmp_path))[
            "weights_sha256"
        ]
        for more in ([], ["--threads", "1"], ["--seed", "1"])
    ]
    assert hashes[0] == hashes[1] != hashes[2]
    assert sorted(p.name for p in (tmp_path / "runs").iterdir()) == [
        "tutorial-1",
        "tutorial-2",
        "tutorial-3",
    ]


def test_the_options_reach_the_training(data: str, tmp_path: Path) -> None:
    """Each of them, as the run's config.json has them."""
    words = "--steps 7 --batch-size 16 --optimizer adam --learning-rate 0.01 --schedule cosine"
    words += " --ema 0.5 --seed 3 --validation 0.25 --test-every 3 --test-size 10"
    words += " --checkpoint-every 2 --model convnet --out r"
    result(spritenet("train", data, *words.split(), "--json", folder=tmp_path))
    config = json.loads((tmp_path / "r" / "config.json").read_text())
    assert config["optimizer"]["class_name"] == "Adam"
    rate = config["optimizer"]["config"]["learning_rate"]
    assert (rate["class_name"], rate["config"]["initial_learning_rate"]) == ("CosineDecay", 0.01)
    assert config["images"] == 300
    assert config["model"] == "convnet"
    assert config["data"] == "quarters"
    plan = config["plan"]
    assert (plan["last_step"], plan["batch_size"], plan["seed"]) == (7, 16, 3)
    assert (plan["test_every"], plan["checkpoint_every"], plan["average"]) == (3, 2, 0.5)
    assert config["command"]["validation"] == 0.25


@pytest.mark.parametrize("schedule", ["constant", "cosine", "one-cycle", "exponential"])
def test_every_schedule_trains(data: str, tmp_path: Path, schedule: str) -> None:
    """With the network's own rate."""
    done = spritenet("train", data, "--steps", "4", "--schedule", schedule, folder=tmp_path)
    assert done.returncode == 0, done.stderr


def node_lines(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The Node.js tutorial's lines of an output, a `#` for each number that varies."""
    assert done.returncode == 0, done.stderr
    shown = re.sub(r"(?<= )\d+(\.\d+)?(e-\d+)?(?=,|%| secs)", "#", done.stdout)
    return [line for line in shown.splitlines() if re.match(r"  - |\*", line)]


EPOCH = ["  - step: 0: loss: #, accuracy: #%", "  - step: 5: loss: #, accuracy: #%"]


@pytest.mark.parametrize(
    ("more", "tried", "times"),
    [
        ([], "Test", 1),
        (["--test-every", "10"], "Test", 2),
        (["--validation", "0.25", "--batch-size", "30"], "Validation", 1),
    ],
)
def test_log_every_prints_the_node_tutorial_s_lines(
    data: str, tmp_path: Path, more: list[str], tried: str, times: int
) -> None:
    """As tfjs-examples/mnist-node/index.js of 2018 does: steps are counted in each epoch."""
    words = ["--epochs", "2", "--batch-size", "40", "--log-every", "5", *more]
    done = spritenet("train", data, *words, folder=tmp_path)
    evaluated = [f"* {tried} set accuracy: #%"] * times
    wanted = [
        *EPOCH,
        "* End Epoch: 1: time: # secs",
        *evaluated,
        *EPOCH,
        "* End Epoch: 2: time: # secs",
        *evaluated,
        "**** Trained 2 epochs in # secs",
    ]
    assert node_lines(done) == wanted


def test_a_test_set_accuracy_is_that_of_the_test_images(data: str, tmp_path: Path) -> None:
    """Wrong labels in the test files, and in them alone, bring it down to nothing."""
    folder = tmp_path / "shifted"
    shutil.copytree(data, folder)
    labels = folder / "t10k-labels-idx1-ubyte"
    content = labels.read_bytes()
    labels.write_bytes(content[:8] + bytes((label + 1) % 10 for label in content[8:]))
    words = ["--epochs", "3", "--log-every", "20"]
    shown = [spritenet("train", each, *words, folder=tmp_path).stdout for each in (data, folder)]
    last = [float(re.findall(r"\* Test set accuracy: ([\d.]+)%", text)[-1]) for text in shown]
    assert last[0] > 90
    assert last[1] < 10
    held_out = spritenet("train", folder, *words, "--validation", "0.25", folder=tmp_path).stdout
    assert "Test set" not in held_out


def test_a_network_of_one_s_own_is_found_in_the_folder(data: str, tmp_path: Path) -> None:
    """And a mistake in it is the user's."""
    (tmp_path / "mine.py").write_text(
        "import spritenet as sn\n"
        "def small(data):\n"
        "    layers = [sn.Flatten(), sn.Dense(len(data.class_names), activation='softmax')]\n"
        "    model = sn.Sequential(layers, 'small')\n"
        "    model.compile('adam', 'sparse_categorical_crossentropy')\n"
        "    return model\n"
        "def broken(data):\n"
        "    return 1 / 0\n"
    )
    done = spritenet("train", data, "--model", "mine:small", "--steps", "3", folder=tmp_path)
    assert "saved in runs/mine-small-1" in done.stdout
    done = spritenet("train", data, "--model", "mine:broken", folder=tmp_path)
    assert done.returncode == 2
    assert "mine:broken: building the network failed with ZeroDivisionError" in done.stderr


def test_it_goes_on_from_a_saved_model(data: str, run: Path, tmp_path: Path) -> None:
    """With --from, from its weights: the first loss is already low."""
    first = ["train", data, "--steps", "1", "--log-every", "1"]
    begun = spritenet(*first, folder=tmp_path).stdout
    gone_on = spritenet(*first, "--from", str(run), folder=tmp_path).stdout
    losses = [float(re.findall(r"loss: ([\d.e-]+)", text)[0]) for text in (begun, gone_on)]
    assert losses[1] < losses[0] / 2


def test_a_saved_model_gets_a_new_output_layer_for_other_classes(run: Path, tmp_path: Path) -> None:
    """--from with --freeze: said in a line, and only the output layer is trained."""
    shapes_without_sense(tmp_path / "noise.npz", 40)
    words = ["train", "noise.npz", "--from", str(run), "--steps", "3"]
    done = spritenet(*words, "--freeze", "--out", "r", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "it was trained on other classes, so it gets a new output layer" in done.stderr
    first = "conv2d/kernel"
    old, new = sn.load_model(run).weights, sn.load_model(tmp_path / "r").weights
    changed = [name for name in new if not np.array_equal(new[name], old[name])]
    assert changed == list(new)[-2:]
    again = spritenet("train", "--resume", "--out", "r", "--steps", "5", folder=tmp_path)
    assert again.returncode == 0, again.stderr
    assert np.array_equal(sn.load_model(tmp_path / "r").weights[first], old[first])


def test_freezing_needs_a_trained_model(data: str, tmp_path: Path) -> None:
    """One line says which option is missing."""
    done = spritenet("train", data, "--freeze", folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "error: --freeze: it needs a trained model. Give one with --from.\n"


def test_a_run_that_is_there_is_not_overwritten(data: str, run: Path) -> None:
    """Unless it is resumed; one line says so."""
    done = spritenet("train", data, "--out", run)
    assert done.returncode == 2
    assert "already holds a run" in done.stderr


@pytest.mark.parametrize("options", [("--epochs", "--steps"), ("--model", "--from")])
def test_of_two_options_that_stand_for_each_other_one_is_typed(
    tmp_path: Path, options: tuple[str, str]
) -> None:
    """Rather than one of them ignored; nothing is begun."""
    one, other = options
    done = spritenet("train", "strokes", one, "3", other, "3", folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr == (
        f"error: {other}: mutually exclusive with {one}: expected one of the two, got both.\n"
    )
    assert not [*tmp_path.iterdir()]


def test_a_folder_of_other_files_is_not_written_into(data: str, tmp_path: Path) -> None:
    """Not among somebody's pictures, which would have new classes then; one line says so."""
    (tmp_path / "pictures" / "model").mkdir(parents=True)
    done = spritenet("train", data, "--steps", "1", "--out", "pictures", folder=tmp_path)
    assert done.returncode == 2
    assert "pictures: the folder holds other files: expected a new or empty folder, got model." in (
        done.stderr
    )
    assert [path.name for path in (tmp_path / "pictures").iterdir()] == ["model"]


def killed_when(
    ready: Callable[[], bool], how: signal.Signals, *arguments: str, folder: Path
) -> subprocess.CompletedProcess[str]:
    """Run the program and send it a signal once `ready()`."""
    process = subprocess.Popen(
        [*PROGRAM, *arguments],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for _ in range(2400):
        if ready() or process.poll() is not None:
            break
        time.sleep(0.05)
    began = time.perf_counter()
    process.send_signal(how)
    out, err = process.communicate(timeout=120)
    assert time.perf_counter() - began < 30  # generous: other programs share the machine
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)


@pytest.mark.slow
def test_ctrl_c_keeps_weights_and_history_and_says_how_to_go_on(data: str, tmp_path: Path) -> None:
    """Exit code 130; the command it prints ends where an undisturbed training does."""
    words = ["train", data, "--batch-size", "8", "--epochs", "40"]
    whole = result(spritenet(*words, "--out", "whole", "--json", folder=tmp_path))
    journal = tmp_path / "runs" / "tutorial-1" / "events.jsonl"
    done = killed_when(
        lambda: journal.exists() and journal.stat().st_size > 20_000,
        signal.SIGINT,
        *words,
        folder=tmp_path,
    )
    assert done.returncode == 130, done.stderr
    assert done.stderr == ""
    stopped = re.search(r"Stopped after ([\d,]+) steps\. Weights and history", done.stdout)
    assert stopped
    assert 0 < int(stopped[1].replace(",", "")) < whole["steps"]
    assert json.loads(journal.read_text().splitlines()[-1])["event"] == "stopped"
    assert load(tmp_path / "runs" / "tutorial-1" / "model").metadata.class_names
    program, *again = shlex.split(done.stdout.splitlines()[-1])
    assert program == "spritenet"
    resumed = result(spritenet(*again, "--json", folder=tmp_path))
    assert resumed["weights_sha256"] == whole["weights_sha256"]


PRESSED_WHILE_CALIBRATING = """
import signal, time
from spritenet.cli import main
from spritenet.model.classifier import Classifier

def calibration(*_, **__):
    signal.raise_signal(signal.SIGINT)
    time.sleep(600)

Classifier._calibration = calibration
main()
"""


def test_the_result_is_told_before_the_network_is_calibrated(data: str, tmp_path: Path) -> None:
    """Calibration takes longer than a short training. Ctrl-C ends it at once, with all there."""
    words = [sys.executable, "-c", PRESSED_WHILE_CALIBRATING, "train", data, "--steps", "20"]
    done = subprocess.run(
        [*words, "--out", "r"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stderr) == (130, "")
    assert re.search(
        r"^tested on 100 images: accuracy \d.*\nStopped after 20 steps", done.stdout, re.MULTILINE
    )
    metadata = load(tmp_path / "r" / "model").metadata
    assert metadata.scores["test_accuracy"] > 0
    assert metadata.rejection is None
    resumed = spritenet("train", "--resume", "--out", "r", folder=tmp_path)
    assert "saved in r, " in resumed.stdout
    assert load(tmp_path / "r" / "model").metadata.rejection is not None


@pytest.mark.slow
def test_a_killed_run_resumes_to_the_same_weights(data: str, tmp_path: Path) -> None:
    """`kill -9`, then --resume alone: the latest run, with the options it was begun with."""
    words = ["train", data, "--batch-size", "8", "--epochs", "40", "--checkpoint-every", "100"]
    whole = result(spritenet(*words, "--out", "whole", "--json", folder=tmp_path))
    checkpoint = tmp_path / "runs" / "tutorial-1" / "checkpoint" / "state.npz"
    done = killed_when(checkpoint.exists, signal.SIGKILL, *words, folder=tmp_path)
    assert done.returncode == -signal.SIGKILL
    resumed = spritenet("train", "--resume", folder=tmp_path)
    assert "resuming after " in resumed.stdout
    assert "saved in runs/tutorial-1" in resumed.stdout
    found = load(tmp_path / "runs" / "tutorial-1" / "model")
    assert found.weights_sha256 == whole["weights_sha256"]


def test_a_training_that_diverges_says_so_and_keeps_good_weights(data: str, tmp_path: Path) -> None:
    """Exit code 1; no weight that is saved is NaN."""
    words = ["--learning-rate", "1e20", "--epochs", "3", "--out", "r"]
    done = spritenet("train", data, *words, folder=tmp_path)
    assert done.returncode == 1
    assert "training diverged" in done.stderr
    assert "They are in r/model." in done.stderr
    load(tmp_path / "r" / "model")


@pytest.mark.slow
def test_two_trainings_never_write_one_folder(data: str, tmp_path: Path) -> None:
    """The second one is told who is there."""
    words = ["train", data, "--epochs", "400", "--out", "r"]
    journal = tmp_path / "r" / "events.jsonl"
    second: list[subprocess.CompletedProcess[str]] = []

    def busy() -> bool:
        if journal.exists():
            second.append(spritenet(*words, "--resume", folder=tmp_path))
        return bool(second)

    first = killed_when(busy, signal.SIGINT, *words, folder=tmp_path)
    assert first.returncode == 130
    assert second[0].returncode == 2
    assert "another training is using this folder" in second[0].stderr


def test_a_full_disk_is_one_line(data: str, tmp_path: Path) -> None:
    """Wherever it shows first, in the journal or the checkpoint."""
    for blocks in (4, 16, 22):  # of 1024 bytes: no file may be longer
        limited = ["bash", "-c", f'ulimit -f {blocks}; exec "$@"', "limited", *PROGRAM]
        words = ["train", data, "--steps", "40", "--out", f"r{blocks}"]
        done = subprocess.run(
            [*limited, *words],
            cwd=tmp_path,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2, blocks
        assert done.stderr.startswith("error: ")
        assert done.stderr.count("\n") == 1
        assert "File too large" in done.stderr


def test_a_run_that_is_not_there_is_begun_and_said_to_be_new(data: str, tmp_path: Path) -> None:
    """A mistyped name must not pass for a run that goes on."""
    done = spritenet("train", data, "--steps", "2", "--resume", "--out", "new", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "new: no run to resume, so a new one begins\n" in done.stdout
    again = spritenet("train", data, "--steps", "4", "--resume", "--out", "new", folder=tmp_path)
    assert "no run yet" not in again.stdout
    assert "resuming after 2 steps" in again.stdout


def test_images_are_called_what_they_are(data: str, tmp_path: Path) -> None:
    """Tried on after an epoch: test images, or those that were held out."""
    words = ["train", data, "--epochs", "1"]
    tested = spritenet(*words, "--test-every", "3", folder=tmp_path).stdout
    held_out = spritenet(*words, "--validation", "0.2", folder=tmp_path).stdout
    assert "; test loss" in tested
    assert "; validation loss" in held_out


def shapes_without_sense(path: Path, tests: int) -> None:
    """Images of noise in two classes: nothing can be learnt of them but by heart."""
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (80 + tests, 28, 28), np.uint8)
    labels = random.integers(0, 2, 80 + tests)
    train, test = slice(0, 80), slice(80, None)
    x, y = (pixels[train], pixels[test]), (labels[train], labels[test])
    np.savez(path, x_train=x[0], y_train=y[0], x_test=x[1], y_test=y[1])


def test_overfitting_is_called_so(tmp_path: Path) -> None:
    """Images learnt by heart: not a lower rate helps, but more images; and no percentage is 97."""
    shapes_without_sense(tmp_path / "noise.npz", 40)
    words = ["--epochs", "60", "--optimizer", "adam", "--learning-rate", "0.003"]
    done = spritenet(
        "train", "noise.npz", *words, "--batch-size", "16", "--out", "r", folder=tmp_path
    )
    assert re.search(r"Overfitting: accuracy (9.*|100) % on training images, \d", done.stdout)
    assert "Augmentation helps most (--augment digits or photos)" in done.stdout
    assert "guessing" not in done.stdout
    assert "not calibrated" not in done.stdout
    said = spritenet("predict", "r", "r/example.png", "--json", folder=tmp_path)
    (answer,) = json.loads(said.stdout)["predictions"]
    assert answer["calibrated"]
    assert answer["classes"][0]["probability"] < 0.7


def test_a_model_that_is_not_calibrated_is_called_so(tmp_path: Path) -> None:
    """In `train`, `info` and `predict`; never "sure"."""
    shapes_without_sense(tmp_path / "noise.npz", 10)
    done = spritenet("train", "noise.npz", "--steps", "3", "--out", "r", folder=tmp_path)
    words = "not calibrated: its percentages mean nothing until it is, on 20 held-out images\n"
    assert words in done.stdout
    assert words in spritenet("info", "r", folder=tmp_path).stdout
    said = spritenet("predict", "r", "r/example.png", folder=tmp_path).stdout
    assert said.endswith(" %); not calibrated\n")
    assert "sure" not in said
    (tmp_path / "many").mkdir()
    shutil.copy(tmp_path / "r/example.png", tmp_path / "many/a.png")
    said = spritenet("predict", "r", "many", folder=tmp_path).stdout
    assert "The model is not calibrated" in said
    assert "sure" not in said
    found = json.loads(spritenet("predict", "r", "r/example.png", "--json", folder=tmp_path).stdout)
    assert not found["predictions"][0]["sure"]
    assert not found["predictions"][0]["calibrated"]
