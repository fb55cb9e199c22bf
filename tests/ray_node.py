"""Ray on a busy machine: clusters of this machine that are given ten minutes, not 30 seconds.

A node answers once Ray's agents, Python programs of their own, have started. By itself, Ray waits
for them for 30 seconds, for a worker a minute, and 15 seconds for a sign of life. That it waits 15
seconds for the files in which agents tell their ports can't be changed: here they are there before.

    python ray_node.py start --head …     as `ray start --head …`
"""

from __future__ import annotations

import json
import random
import socket
import time
from functools import partial
from inspect import signature
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

SLOWER = 20
PATIENCE = {
    "agent_register_timeout_ms": 600_000,
    "worker_register_timeout_seconds": 600,
    "health_check_failure_threshold": 200,
}


AGENTS = (
    "dashboard_agent_listen_port",
    "metrics_agent_port",
    "metrics_export_port",
    "runtime_env_agent_port",
)


def free_port() -> int:
    """A port that nobody listens at, between those of Ray's workers and the system's own choice."""
    while True:
        port = random.randrange(20_000, 32_000)  # noqa: S311 - no secret
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def known_agents(start_raylet: Any, *words: Any, **how: Any) -> Any:  # noqa: ANN401 - Ray's
    """Starts a node whose agents have ports that are told before they could tell them."""
    given = signature(start_raylet).bind(*words, **how).arguments
    for name in AGENTS:
        how[name] = given.get(name) or free_port()
        place = Path(given["session_dir"]) / f"{name}_{given['node_id']}"
        place.write_text(str(how[name]), encoding="utf-8")
    return start_raylet(*words, **how)


def patient_ray() -> Any:  # noqa: ANN401 - a module
    """Ray, whose clock is slower while it waits for a node; skips the test if it isn't there."""
    ray: Any = pytest.importorskip("ray", reason="Ray is not installed: pip install ray==2.60.0")
    slow = {**vars(time), "monotonic": lambda: time.monotonic() / SLOWER}
    ray._private.node.time = SimpleNamespace(**slow)
    services = ray._private.services
    if not isinstance(services.start_raylet, partial):
        services.start_raylet = partial(known_agents, services.start_raylet)
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
