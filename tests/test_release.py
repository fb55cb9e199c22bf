"""tools/release.py: the checks of wheels, and the bill of materials."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

import spritenet
import spritenet.core.library

ROOT = Path(__file__).parents[1]
LIBRARIES = Path(spritenet.core.library.__file__).parent / "lib"


@pytest.fixture(scope="module")
def checks() -> ModuleType:
    """release_checks.py, with the tools that `make release` installs."""
    pytest.importorskip("lief")
    return tool("release_checks")


@pytest.fixture(scope="module")
def sbom() -> ModuleType:
    """sbom.py."""
    pytest.importorskip("cyclonedx")
    return tool("sbom")


def tool(name: str) -> ModuleType:
    """A module of tools/."""
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(ROOT / "tools"))


@pytest.fixture(scope="module")
def platform(checks: ModuleType) -> str:
    """This machine's."""
    return str(checks.hatch_build.this_platform())


def wheel_of(libraries: list[Path], tag: str, folder: Path, extra: str = "") -> Path:
    """A wheel with some libraries, and a file more."""
    path = folder / f"spritenet-0.1.0-{tag}.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for library in libraries:
            archive.write(library, f"spritenet/core/lib/{library.name}")
        if extra:
            archive.writestr(extra, "x")
    return path


def test_the_installed_libraries_show_the_headers_functions(
    checks: ModuleType, platform: str
) -> None:
    """Exactly them, and they need the system's libraries alone."""
    for library in sorted(LIBRARIES.iterdir()):
        assert checks.check_library(library.read_bytes(), platform, library.name)


def test_a_library_of_another_processor_is_refused(checks: ModuleType, platform: str) -> None:
    """A wheel for aarch64 with x86-64 inside would install and then not load."""
    system, _, machine = platform.rpartition("-")
    other = {"x86_64": "aarch64", "aarch64": "x86_64"}[machine]
    library = min(LIBRARIES.iterdir())
    with pytest.raises(checks.CheckError, match="another processor"):
        checks.check_library(library.read_bytes(), f"{system}-{other}", library.name)


def test_a_library_with_other_functions_is_refused(
    checks: ModuleType, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The header is the only door."""
    monkeypatch.setattr(checks, "functions", lambda: {"sn_train", "sn_teleport"})
    library = min(LIBRARIES.iterdir())
    with pytest.raises(checks.CheckError, match="sn_teleport"):
        checks.check_library(library.read_bytes(), platform, library.name)


def test_a_wheel_that_lacks_a_library_or_has_the_wrong_tag_is_refused(
    checks: ModuleType, platform: str, tmp_path: Path
) -> None:
    """Its name is what pip goes by."""
    tag = checks.PLATFORMS[platform].wheel_tag()
    libraries = sorted(LIBRARIES.iterdir())
    with pytest.raises(checks.CheckError, match="expected"):
        checks.check_wheel(wheel_of(libraries[1:], tag, tmp_path), platform)
    with pytest.raises(checks.CheckError, match="expected the tag"):
        checks.check_wheel(wheel_of(libraries, "py3-none-any", tmp_path), platform)
    with pytest.raises(checks.CheckError, match=r"holds spritenet/core\.cpp"):
        checks.check_wheel(wheel_of(libraries, tag, tmp_path, "spritenet/core.cpp"), platform)


def test_the_first_member_that_differs_is_named(checks: ModuleType, tmp_path: Path) -> None:
    """One looks there first if two builds differ."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = wheel_of([], "py3-none-any", tmp_path / "a", "same.py")
    second = wheel_of([], "py3-none-any", tmp_path / "b", "other.py")
    assert checks.first_difference(first, second) == "other.py"


def test_the_bill_names_every_dependency_and_what_is_vendored(sbom: ModuleType) -> None:
    """The base's packages with their hashes, and uPlot; nothing that only builds."""
    bill = json.loads(sbom.written())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    root = bill["metadata"]["component"]
    assert (root["name"], root["version"]) == ("spritenet", spritenet.__version__)
    named = {component["name"] for component in bill["components"]}
    assert {"numpy", "pillow", "typer", "uvicorn", "uplot"} <= named
    assert not named & {"ziglang", "hatchling", "tomlkit"}
    assert sbom.written() == json.dumps(bill, indent=2, sort_keys=True) + "\n"


def test_an_unknown_platform_is_refused_before_anything_is_built() -> None:
    """Exit code 2, with the names."""
    pytest.importorskip("lief")
    done = subprocess.run(
        [sys.executable, "tools/release.py", "--platform", "amiga"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "linux-gnu-x86_64" in done.stderr
