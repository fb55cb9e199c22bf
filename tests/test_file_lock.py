"""The lock: one at a time, and free again when its holder is gone, however it went."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from spritenet.file_lock import is_locked, lock_file

HOLDER = """
import sys, time
from pathlib import Path
from spritenet.file_lock import lock_file
with lock_file(Path(sys.argv[1]), 5):
    print("held", flush=True)
    time.sleep(600)
"""


def test_it_is_held_by_one_and_free_afterwards(tmp_path: Path) -> None:
    """Also when the block ends by an error."""
    path = tmp_path / "a.lock"
    with lock_file(path, 0), pytest.raises(TimeoutError, match=r"process \d+"), lock_file(path, 0):
        pytest.fail("held twice")
    with pytest.raises(KeyError), lock_file(path, 0):
        raise KeyError
    with lock_file(path, 0):
        pass


def test_a_killed_holder_lets_go(tmp_path: Path) -> None:
    """Nobody has to find out whether a lock file is stale."""
    path = tmp_path / "a.lock"
    program = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(TimeoutError, match=f"process {holder.pid}"), lock_file(path, 0.1):
            pytest.fail("held twice")
        holder.kill()
        with lock_file(path, 60):
            pass


def test_a_probe_sees_a_lock_and_leaves_no_trace(tmp_path: Path) -> None:
    """No file is made where there is none; the holder stays named."""
    path = tmp_path / "a.lock"
    assert not is_locked(path)
    assert not path.exists()
    with lock_file(path):
        assert is_locked(path)
        with pytest.raises(TimeoutError, match=f"process {os.getpid()}"), lock_file(path):
            pytest.fail("held twice")
    assert not is_locked(path)
    assert path.exists()


def test_a_file_that_can_not_be_made_is_no_timeout(tmp_path: Path) -> None:
    """A missing folder is another mistake than a busy one."""
    with pytest.raises(FileNotFoundError), lock_file(tmp_path / "no" / "a.lock"):
        pytest.fail("held")


@pytest.mark.skipif(sys.platform == "win32", reason="flock is Unix's")
def test_a_file_system_without_locks_counts_as_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some network file systems have none; the work goes on."""

    def missing(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", missing)
    with lock_file(tmp_path / "a.lock"):
        assert not is_locked(tmp_path / "a.lock")
