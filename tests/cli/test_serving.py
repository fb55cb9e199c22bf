"""Commands that serve a page, and how they end."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from program import PROGRAM, environment


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_ended_leaves_no_temporary_files(
    data: str, tmp_path: Path, how: signal.Signals
) -> None:
    """By `kill` or by Ctrl-C; while it serves, the packed sprite is one."""
    with subprocess.Popen(
        [*PROGRAM, "lab", data, "--no-browser", "--port", "0"],
        env={**environment(), "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert any("http://" in line for line in process.stdout)
        assert [*tmp_path.iterdir()]
        process.send_signal(how)
    assert not [*tmp_path.iterdir()]
