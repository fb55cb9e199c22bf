"""Shared fixtures: the outside oracles, and skips if one is missing.

A test asks for an oracle by naming its fixture (`mnist_folder`, `torch`, `node`, `tfjs_folder`), or
with `@pytest.mark.usefixtures("torch")`. Where it is missing the test is skipped and says why.
With SPRITENET_REQUIRE_ALL=1 a skip is a failure, so that a check which took all the time to set
oracles up can't quietly test nothing. Only what the processor lacks may still be skipped: begin
the reason with `NOT_ON_THIS_MACHINE`.
"""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from collections.abc import Generator
from pathlib import Path
from types import ModuleType
from typing import TypeVar

import pytest
from hypothesis import settings

from npm_package import installed, project_files

collect_ignore = ["node/in_pyodide.py"]  # a script for another Python

# Hundreds of processes would compile the package anew, in twice the time of what they test.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

REQUIRE_ALL = os.environ.get("SPRITENET_REQUIRE_ALL", "") not in {"", "0"}
NOT_ON_THIS_MACHINE = "not on this machine"
SHOWN_NOT_RUN = "all tests skipped by +SKIP option"  # pytest's words for such a docstring
TFJS_FOLDER = Path(__file__).parent / "node"

# Other programs share the machine: how long an example takes proves nothing.
settings.register_profile("spritenet", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=20)  # of `make quick`
# If everything is required, a failure must be the change's: a test's examples are always the same.
settings.register_profile("same", deadline=None, derandomize=True)
settings.load_profile("same" if REQUIRE_ALL else "spritenet")

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def _refuse_skip(report: Report) -> Report:
    """With SPRITENET_REQUIRE_ALL, turns a skipped test into a failed one."""
    skipped = REQUIRE_ALL and report.outcome == "skipped" and not hasattr(report, "wasxfail")
    if skipped and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        if not reason.startswith((NOT_ON_THIS_MACHINE, SHOWN_NOT_RUN)):
            report.outcome = "failed"
            report.longrepr = f"SPRITENET_REQUIRE_ALL forbids the skip: {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Looks at each test's result."""
    return _refuse_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Looks at each test file's, where `pytest.importorskip` may have skipped all of it."""
    return _refuse_skip((yield))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks tests that ask for PyTorch, whose import takes as long as a hundred others."""
    for item in items:
        if "torch" in getattr(item, "fixturenames", ()):
            item.add_marker("torch")


def pytest_make_parametrize_id(val: object) -> str | None:
    """Names bytes by their length: gzip writes the time into its files, and a name must last."""
    return f"{len(val)} bytes" if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def mnist_folder() -> Path:
    """The folder of the real MNIST's four gzipped IDX files."""
    folder = os.environ.get("SPRITENET_MNIST")
    if not folder:
        pytest.skip("the real MNIST is not here: set SPRITENET_MNIST to its folder")
    if not Path(folder).is_dir():
        pytest.skip(f"SPRITENET_MNIST={folder} is no folder")
    return Path(folder)


@pytest.fixture(scope="session")
def torch() -> ModuleType:
    """PyTorch, the oracle of every gradient and optimizer."""
    try:
        return importlib.import_module("torch")
    except ImportError:
        pytest.skip("PyTorch is not installed: pip install torch==2.13.0")


@pytest.fixture(scope="session")
def node() -> str:
    """The path of the Node.js program."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("Node.js is not installed")
    return program


@pytest.fixture(scope="session")
def tfjs_folder(node: str) -> Path:  # noqa: ARG001 - TensorFlow.js without Node.js is no use
    """The folder from which Node.js finds TensorFlow.js: a script's working directory."""
    if not (TFJS_FOLDER / "node_modules" / "@tensorflow" / "tfjs").is_dir():
        pytest.skip("TensorFlow.js is not installed: npm ci --prefix tests/node")
    return TFJS_FOLDER


@pytest.fixture(scope="session")
def npm_project(tfjs_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty project with the npm package installed, a sprite and a model of digits."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    del tfjs_folder  # its folder has the tools that build the package
    project = installed(tmp_path_factory.mktemp("npm"))
    project_files(project)
    return project
