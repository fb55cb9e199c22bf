"""`spritenet train --optimizer-option`: arguments of the optimizer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from program import spritenet


def test_arguments_of_the_optimizer_are_options(data: str, tmp_path: Path) -> None:
    """Numbers, flags, nothing and texts; recorded, so that a resumed run has them."""
    words = [
        "--steps",
        "3",
        "--optimizer",
        "muon",
        "--out",
        "run",
        "--optimizer-option",
        "ns_steps=3",
    ]
    words += ["--optimizer-option", "clipnorm=0.5", "--optimizer-option", "nesterov=false"]
    words += ["--optimizer-option", "rms-rate=none", "--optimizer-option", "exclude_layers=dense"]
    done = spritenet("train", data, *words, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    config = json.loads((tmp_path / "run" / "config.json").read_text())["optimizer"]["config"]
    assert (config["ns_steps"], config["clipnorm"], config["nesterov"]) == (3, 0.5, False)
    assert (config["rms_rate"], config["exclude_layers"]) == (None, ["dense"])
    again = spritenet("train", data, "--resume", "--steps", "5", "--out", "run", folder=tmp_path)
    assert again.returncode == 0, again.stderr


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("clipnorm", "missing value"),
        ("size=3", "unknown argument of the optimizer"),
        ("beta_1=2", "invalid beta_1"),
        ("amsgrad=3", "invalid amsgrad"),
    ],
)
def test_wrong_arguments_of_the_optimizer_are_one_line(
    data: str, tmp_path: Path, option: str, words: str
) -> None:
    """The line lists those there are."""
    given = ("--optimizer", "adam", "--optimizer-option", option)
    done = spritenet("train", data, *given, folder=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
