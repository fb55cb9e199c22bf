"""A sweep on a Ray cluster whose head is killed and started again."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import spritenet as sn
import tiny
from ray_node import free_port, patient_ray
from spritenet.sweeps.sweep_folder import SweepFolder

pytest.importorskip("optuna")

TESTS = Path(__file__).parents[1]
SPACE = {"learning_rate": "1e-3..1e-1:log"}
SWEEP = f"""
import sys
import spritenet as sn, tiny
folder, resume = sys.argv[1], "resume" in sys.argv
sweep = sn.sweep(tiny.model(), tiny.images(), {SPACE}, folder=folder, resume=resume,
                 trials=3, epochs=6, seeds=0, halving=False, ray=True)
for event in sweep.events:
    print(event.kind, event.trial.number, len(event.trial.epochs), flush=True)
    if not resume and (event.trial.number, len(event.trial.epochs)) == (1, 3):
        sys.stdin.read()
"""


@contextmanager
def head(port: int, environment: dict[str, str], folder: Path) -> Iterator[None]:
    """The head of a cluster of one processor, killed in the end with all that it started."""
    command = [sys.executable, str(TESTS / "ray_node.py"), "start", "--head", "--block"]
    command += [f"--port={port}", f"--ray-client-server-port={free_port()}", "--num-cpus=1"]
    command += [f"--temp-dir={folder}", "--include-dashboard=false", "--disable-usage-stats"]
    log = folder.with_suffix(f".{time.monotonic_ns()}.log")
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, env=environment, stdout=out, stderr=out, start_new_session=True
        )
    try:
        while "Ray runtime started" not in (said := log.read_text(encoding="utf-8")):
            assert process.poll() is None, said
            time.sleep(0.2)
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        log.unlink()


def program(folder: Path, environment: dict[str, str], *words: str) -> subprocess.Popen[str]:
    """The sweep in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", SWEEP, str(folder), *words],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="not on this machine: signals")
def test_a_sweep_goes_on_after_the_head_of_its_cluster_has_died(tmp_path: Path) -> None:
    """Ray ends the program; resumed, it goes on from the checkpoint, to the same weights."""
    patient_ray()
    port, folder = free_port(), tmp_path / "s"
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join((str(Path(sn.__file__).parents[1]), str(TESTS))),
        "RAY_ADDRESS": f"127.0.0.1:{port}",
        "RAY_AUTH_MODE": "disabled",  # a token of this machine's user is another test's
        "RAY_gcs_rpc_server_reconnect_timeout_s": "5",
    }
    with TemporaryDirectory(prefix="ray-", dir="/tmp") as short:  # sockets have 107 letters
        with head(port, environment, Path(short) / "1"):
            first = program(folder, environment)
            assert first.stdin is not None
            assert first.stdout is not None
            begun = iter(first.stdout.readline, "")
            assert "epoch 1 3\n" in begun
        assert first.wait() != 0
        for stream in (first.stdin, first.stdout):
            stream.close()
        states = [trial.state for trial in SweepFolder(folder).trials()]
        assert states == ["finished", "running"]
        with head(port, environment, Path(short) / "2"):
            second = program(folder, environment, "resume")
            said, _ = second.communicate()
        assert second.returncode == 0, said
    lines = [line for line in said.splitlines() if re.match("begun|epoch|ended", line)]
    assert lines[0].startswith("begun 1 ")
    assert int(lines[1].removeprefix("epoch 1 ")) > 3
    assert lines[-1] == "ended 2 6"
    sweep = sn.sweep(
        tiny.model(),
        tiny.images(),
        SPACE,
        folder=folder,
        resume=True,
        trials=3,
        epochs=6,
        seeds=0,
        halving=False,
    )
    assert [trial.state for trial in sweep.trials] == ["finished"] * 3
    for trial in sweep.trials:
        assert sweep.repeat(trial.number).weights_sha256 == trial.weights_sha256
