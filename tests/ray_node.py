"""Ray on a busy machine: clusters of this machine that are given ten minutes, not 30 seconds.

A node answers once Ray's agent, a Python program of its own, has started. By itself, Ray waits 30
seconds for it, a minute for a worker, and 15 seconds for a sign of life.

    python ray_node.py start --head …     as `ray start --head …`
"""

from __future__ import annotations

import json
import time
from types import SimpleNamespace
from typing import Any

import pytest

SLOWER = 20
PATIENCE = {
    "agent_register_timeout_ms": 600_000,
    "worker_register_timeout_seconds": 600,
    "health_check_failure_threshold": 200,
}


def patient_ray() -> Any:  # noqa: ANN401 - a module
    """Ray, whose clock is slower while it waits for a node; skips the test if it isn't there."""
    ray: Any = pytest.importorskip("ray", reason="Ray is not installed: pip install ray==2.60.0")
    slow = {**vars(time), "monotonic": lambda: time.monotonic() / SLOWER}
    ray._private.node.time = SimpleNamespace(**slow)
    return ray


def start_cluster(processors: int) -> Any:  # noqa: ANN401 - a module
    """Ray, connected to a cluster of its own."""
    ray: Any = patient_ray()
    ray.init(
        address="local",
        num_cpus=processors,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="ERROR",
        _system_config=PATIENCE,
    )
    return ray


def main() -> None:
    """The command `ray`."""
    import sys

    patient_ray()
    from ray.scripts.scripts import main as ray_command

    sys.argv.append(f"--system-config={json.dumps(PATIENCE)}")
    ray_command()


if __name__ == "__main__":
    main()
