"""The program as a whole: help, version, exit codes, and one line for each mistake."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import spritenet as sn
from program import spritenet


def test_the_version_is_printed() -> None:
    """And nothing else."""
    assert spritenet("--version").stdout == f"spritenet {sn.__version__}\n"


def test_without_arguments_it_helps() -> None:
    """That is no mistake."""
    done = spritenet()
    assert (done.returncode, done.stderr) == (0, "")
    for command in ("train", "evaluate", "predict", "info"):
        assert command in done.stdout


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["tarin"], "No such command 'tarin'. Did you mean 'train'? Type spritenet --help."),
        (["train", "--epoch", "3"], "No such option: --epoch"),
        (
            ["train", "--gpu"],
            "--gpu: train, tune-rate, evaluate and report take --device cpu",
        ),
        (
            ["train", "--device", "gpu"],
            "--device: unknown device: expected cpu, cuda, cuda:N, mps, auto, torch-cpu, got 'gpu'",
        ),
        (["train", "--epochs", "0"], "'--epochs'"),
        (["train", "--epochs", "x"], "'--epochs'"),
        (["train", "nowhere"], "'nowhere': unknown data set"),
        (["train", "--schedule", "up"], "--schedule: unknown schedule: expected one of"),
        (["train", "--optimizer", "best"], "Unsupported optimizer 'best'. Supported: Adadelta"),
        (["train", "--learning-rate", "-1"], "'--learning-rate'"),
        (["train", "--model", "best"], "unknown network: expected one of tutorial"),
        (["train", "--model", "nowhere:make"], "nowhere: Unknown module"),
        (["train", "--from", "nowhere"], "nowhere: no model found"),
        (["train", "--validation", "2"], "'--validation'"),
        (["train", "--test-every", "0"], "'--test-every'"),
        (["evaluate"], "Missing argument 'MODEL'. Type spritenet evaluate --help."),
        (["evaluate", "nowhere"], "nowhere: no model found"),
        (["predict", "nowhere", "x.png"], "nowhere: no model found"),
        (["verify", "."], ".: no sprites in this folder: expected dataset.json, which names them."),
        (["info", "nowhere"], "'nowhere': unknown data set"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_one_line_and_exit_code_2(
    data: str, tmp_path_factory: pytest.TempPathFactory, arguments: list[str], line: str
) -> None:
    """On standard error, and nothing on standard output; no run's folder is left behind."""
    folder = tmp_path_factory.mktemp("mistake")
    if arguments[0] == "train" and "nowhere" not in arguments[1:2]:
        arguments = ["train", data, *arguments[1:]]
    done = spritenet(*arguments, folder=folder)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert line in done.stderr
    assert list(folder.rglob("*/config.json")) == []


def test_a_mistake_of_ours_is_one_line_and_exit_code_1() -> None:
    """With how to see more; SPRITENET_TRACEBACK shows it."""
    script = (
        "import sys\n"
        "from spritenet import cli, sources\n"
        "def survey(*_, **__): raise ValueError('what is this')\n"
        "sources.survey = survey\n"
        "sys.argv = ['spritenet', 'info', 'mnist']\n"
        "cli.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: ValueError: what is this. This is a bug")
    assert done.stderr.count("\n") == 1
    seen = subprocess.run(
        [sys.executable, "-c", "import os; os.environ['SPRITENET_TRACEBACK'] = '1'\n" + script],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback (most recent call last)" in seen.stderr


def test_a_training_loads_only_what_it_needs(data: str, tmp_path: Path) -> None:
    """Of IDX files: no sprites, streams, images by Pillow, tables or pages, which take time."""
    script = (
        "import sys\n"
        "from spritenet import cli\n"
        f"sys.argv = ['spritenet', 'train', {data!r}, '--steps', '1', '--json', '--out', 'r']\n"
        "try: cli.main()\n"
        "except SystemExit: print(*sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.splitlines()[-1].split())
    heavy = {"rich", "PIL", "urllib3", "matplotlib", "starlette", "asyncio", "multiprocessing"}
    heavy |= {f"spritenet.{room}" for room in ("sprites", "streams", "web", "plots", "report")}
    assert loaded & heavy == set()


@pytest.mark.parametrize("strict", [False, True])
def test_an_ambiguous_reading_is_a_note_or_an_error(tmp_path: Path, strict: bool) -> None:
    """Also one that is no reader's, but a warning of the library's."""
    words = ["spritenet", "info", "strokes", *(["--strict"] if strict else [])]
    script = (
        "import sys, warnings\n"
        "from spritenet import cli, sources\n"
        "from spritenet.errors import DataWarning\n"
        "was = sources.survey\n"
        "def survey(*given, **named):\n"
        "    warnings.warn('pixels were scaled by 16', DataWarning)\n"
        "    return was(*given, **named)\n"
        "sources.survey = survey\n"
        f"sys.argv = {words!r}\n"
        "cli.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    said = {
        False: (0, "note: pixels were scaled by 16\n"),
        True: (2, "error: pixels were scaled by 16. Not allowed with --strict.\n"),
    }
    assert (done.returncode, done.stderr) == said[strict]


def test_help_loads_nothing_heavy() -> None:
    """No NumPy for people who only ask what there is."""
    script = (
        "import sys\n"
        "from spritenet import cli\n"
        "sys.argv = ['spritenet', '--version']\n"
        "try: cli.main()\n"
        "except SystemExit: print(*sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert loaded & {"numpy", "rich", "PIL", "urllib3", "pydantic"} == set()


def test_names_in_files_dont_control_the_terminal(tmp_path: Path) -> None:
    """Names of others may hold escape sequences, and turn the reading order."""
    names = ("\x1b]0;title\x07cat", "dog\x1b[2J\x9b2J", "\u202eo\x00wl")
    rows = "".join(f"{names[i % 3]},{i},{i * 7 % 256},200,0\n" for i in range(12))
    (tmp_path / "a.csv").write_text(f"label,p0,p1,p2,p3\n{rows}", encoding="utf-8")
    for words in (("info", "a.csv"), ("pack", "a.csv", "a.png"), ("info", "a.png")):
        done = spritenet(*words, folder=tmp_path)
        assert done.returncode == 0, done.stderr
        printed = done.stdout + done.stderr
        assert printed.replace("\n", "").isprintable()
        assert "info" not in words or "?]0;title" in printed
