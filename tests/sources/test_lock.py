"""The lock: one at a time, and free again when its holder is gone, however it went."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from spritenet.sources.lock import hold

HOLDER = """
import sys, time
from pathlib import Path
from spritenet.sources.lock import hold
with hold(Path(sys.argv[1]), 5):
    print("held", flush=True)
    time.sleep(60)
"""


def test_it_is_held_by_one_and_free_afterwards(tmp_path: Path) -> None:
    """Also when the block ends by an error."""
    path = tmp_path / "a.lock"
    with hold(path, 0), pytest.raises(TimeoutError, match=r"process \d+ holds it"), hold(path, 0):
        pytest.fail("held twice")
    with pytest.raises(KeyError), hold(path, 0):
        raise KeyError
    with hold(path, 0):
        pass


def test_a_killed_holder_lets_go(tmp_path: Path) -> None:
    """Nobody has to find out whether a lock file is stale."""
    path = tmp_path / "a.lock"
    program = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(TimeoutError, match=f"process {holder.pid} holds it"), hold(path, 0.1):
            pytest.fail("held twice")
        holder.kill()
        began = time.monotonic()
        with hold(path, 10):
            assert time.monotonic() - began < 5
