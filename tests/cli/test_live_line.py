"""The live line: on a terminal it is there and goes again; elsewhere it never was."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from program import PROGRAM, environment

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="not on this machine: no pty")


def on_terminal(*arguments: str, folder: Path, columns: int = 80) -> tuple[str, str]:
    """Returns the output to a terminal of this width as standard error, and to a pipe."""
    import pty

    terminal, end = pty.openpty()
    process = subprocess.Popen(
        [*PROGRAM, *arguments],
        cwd=folder,
        env=environment(COLUMNS=str(columns), TERM="xterm"),
        stdout=subprocess.PIPE,
        stderr=end,
        text=True,
    )
    os.close(end)
    seen = b""
    try:
        while piece := os.read(terminal, 65_536):
            seen += piece
    except OSError:  # Linux's word for the end of a terminal
        pass
    out, _ = process.communicate(timeout=120)
    os.close(terminal)
    assert process.returncode == 0
    return seen.decode(), out


def test_a_terminal_sees_how_far_how_fast_and_how_well(data: str, tmp_path: Path) -> None:
    """Standard output has its lines all the same, since it is not the terminal."""
    words = ["--epochs", "60", "--batch-size", "8", "--test-every", "500"]
    seen, out = on_terminal("train", data, *words, folder=tmp_path)
    for word in ("epoch 1/60", "━", "images/s", "loss", "accuracy", "test"):
        assert word in seen
    assert "epoch 60/60: loss " in out
    assert "\x1b" not in out
    assert seen.endswith("\r\x1b[1A\x1b[2K")  # the line is taken away


def test_the_line_fits_a_narrow_terminal(data: str, tmp_path: Path) -> None:
    """One that wrapped would leave its upper half behind at each refresh."""
    import re

    seen, _ = on_terminal("train", data, "--epochs", "60", "--batch-size", "8", folder=tmp_path)
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", seen)
    assert max(len(line) for line in re.split(r"[\r\n]", plain)) <= 78


@pytest.mark.parametrize(
    ("more", "word"), [(["--test-every", "9"], "test"), (["--validation", "0.2"], "validation")]
)
def test_a_narrow_line_keeps_the_time_and_names_what_it_was_evaluated_on(
    data: str, tmp_path: Path, more: list[str], word: str
) -> None:
    """The speed gives way; nothing is cut off."""
    words = ["--epochs", "60", "--batch-size", "8", *more]
    seen, _ = on_terminal("train", data, *words, folder=tmp_path)
    assert f"  {word} " in seen
    assert "…" not in seen


def test_json_has_the_line_too_and_nothing_else(data: str, tmp_path: Path) -> None:
    """A person may watch while a program reads."""
    words = ["--epochs", "60", "--batch-size", "8", "--json"]
    seen, out = on_terminal("train", data, *words, folder=tmp_path)
    assert "images/s" in seen
    assert out.count("\n") == 1


def test_a_wide_terminal_sees_the_curve_of_the_loss(data: str, tmp_path: Path) -> None:
    """In a few characters, which begin high and end low."""
    import re

    words = ["--epochs", "60", "--batch-size", "8"]
    seen, _ = on_terminal("train", data, *words, folder=tmp_path, columns=120)
    curves = re.findall(r"loss ([▁▂▃▄▅▆▇█]+) ", seen)
    assert curves
    assert len(curves[-1]) <= 12
    assert (curves[-1][0], min(curves[-1])) == ("█", "▁")
