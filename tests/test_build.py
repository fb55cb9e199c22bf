"""hatch_build.py: the flags, the wheel's tag, and libraries that load and answer."""

from __future__ import annotations

import ctypes
import importlib.util
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from spritenet.web import assets, pages, table
from spritenet.web.curation.document import document
from spritenet.web.examples import sprite_bytes
from spritenet.web.report.page import inline_style
from tiny import images

ROOT = Path(__file__).parents[1]

TINY = """
#include "answer.h"
extern "C" __attribute__((visibility("default"))) int answer(int question) {
  return sn::answer(question);
}
int hidden() { return 0; }
"""
TINY_HEADER = "namespace sn { inline int answer(int question) { return question + 1; } }"


@pytest.fixture(scope="module")
def hatch_build() -> ModuleType:
    """The build hook's module, which lies outside every import path."""
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A core of two files, one of them in a folder."""
    sources = tmp_path / "core"
    (sources / "deeper").mkdir(parents=True)
    (sources / "deeper" / "tiny.cpp").write_text(TINY)
    (sources / "answer.h").write_text(TINY_HEADER)
    return sources


def test_the_compiler_is_pinned_to_one_version_everywhere(hatch_build: ModuleType) -> None:
    """The wheel, the tests and the advice of the error all name the same ziglang."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    pins = {
        requirement
        for group in (
            project["build-system"]["requires"],
            project["project"]["optional-dependencies"]["dev"],
        )
        for requirement in group
        if requirement.startswith("ziglang")
    }
    advice = re.findall(r"ziglang==[\d.]+", Path(hatch_build.__file__ or "").read_text())
    assert pins | set(advice) == {"ziglang==0.17.0"}


def test_each_processor_has_its_levels_plainest_first(hatch_build: ModuleType) -> None:
    """Four libraries exist in all, and SPRITENET_ISA takes these names."""
    names = {
        str(platform): [level.name for level in platform.levels]
        for platform in hatch_build.PLATFORMS.values()
    }
    assert names["linux-gnu-x86_64"] == ["x86-64-v2", "x86-64-v3", "x86-64-v4"]
    assert names["macos-aarch64"] == names["windows-aarch64"] == ["aarch64"]


@pytest.mark.parametrize(
    ("platform", "portable", "tag"),
    [
        ("linux-gnu-x86_64", True, "py3-none-manylinux_2_17_x86_64"),
        ("linux-gnu-x86_64", False, "py3-none-linux_x86_64"),
        ("linux-musl-aarch64", True, "py3-none-musllinux_1_2_aarch64"),
        ("macos-aarch64", True, "py3-none-macosx_13_0_arm64"),
        ("windows-x86_64", True, "py3-none-win_amd64"),
        ("pyodide-wasm32", True, "py3-none-pyemscripten_2026_0_wasm32"),
    ],
)
def test_the_wheels_tag_promises_what_the_compiler_was_told(
    hatch_build: ModuleType, platform: str, portable: bool, tag: str
) -> None:
    """With zig, the tag's C library is the `-target`; with another compiler it promises none."""
    chosen = hatch_build.PLATFORMS[platform]
    assert chosen.wheel_tag(portable=portable) == tag
    if "manylinux" in tag:
        assert chosen.zig_target.endswith("gnu.2.17")


def test_avx512_is_used_at_full_width_and_only_there(hatch_build: ModuleType) -> None:
    """Without the flag, clang would use half of each AVX-512 register."""
    platform = hatch_build.PLATFORMS["linux-gnu-x86_64"]
    widest = [
        level.name
        for level in platform.levels
        if "-mprefer-vector-width=512" in hatch_build.flags(platform, level)
    ]
    assert widest == ["x86-64-v4"]


def test_a_release_has_no_traps_and_a_sanitized_build_is_nothing_but(
    hatch_build: ModuleType,
) -> None:
    """Zig turns undefined-behaviour checks on unless told otherwise."""
    platform = hatch_build.PLATFORMS["linux-gnu-x86_64"]
    (level, *_) = platform.levels
    assert "-fno-sanitize=all" in hatch_build.flags(platform, level)
    sanitized = hatch_build.flags(platform, level, sanitize=True)
    assert "-fno-sanitize=all" not in sanitized
    assert "-fsanitize=address,undefined" in sanitized


def test_another_compiler_is_named_by_the_environment(hatch_build: ModuleType) -> None:
    """SPRITENET_CXX may carry options; the level is then spelt as GCC and clang spell it."""
    command, zig = hatch_build.compiler({"SPRITENET_CXX": "ccache clang++"})
    assert (command, zig) == (["ccache", "clang++"], False)
    platform = hatch_build.PLATFORMS["linux-gnu-x86_64"]
    flags = hatch_build.flags(platform, platform.levels[1], zig=False)
    assert "-march=x86-64-v3" in flags
    assert "-target" not in flags


def test_no_compiler_is_one_line_with_the_command_to_type(
    hatch_build: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody should have to know what zig is."""

    def find_nothing(_name: str) -> None:
        return None

    monkeypatch.setattr(importlib.util, "find_spec", find_nothing)
    with pytest.raises(hatch_build.BuildError, match="pip install ziglang==") as caught:
        hatch_build.compiler({})
    assert "\n" not in str(caught.value)


def test_a_compiler_that_is_not_there_is_named(
    hatch_build: ModuleType, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A spelling mistake in SPRITENET_CXX does not end in a traceback."""
    monkeypatch.setenv("SPRITENET_CXX", "klang++")
    platform = hatch_build.PLATFORMS["linux-gnu-x86_64"]
    with pytest.raises(hatch_build.BuildError, match=r"klang\+\+: the compiler does not start"):
        hatch_build.build(platform, platform.levels[:1], tmp_path, sources=tiny)


def test_an_empty_core_is_refused(hatch_build: ModuleType, tmp_path: Path) -> None:
    """A source archive without core/ must not become a wheel without libraries."""
    platform = hatch_build.PLATFORMS["linux-gnu-x86_64"]
    with pytest.raises(hatch_build.BuildError, match="no C\\+\\+ files"):
        hatch_build.build(platform, platform.levels, tmp_path / "out", sources=tmp_path)


@pytest.fixture
def zig() -> None:
    """The compiler of the wheels."""
    pytest.importorskip("ziglang")


@pytest.mark.usefixtures("zig")
def test_a_library_answers_and_shows_only_its_door(
    hatch_build: ModuleType, tiny: Path, tmp_path: Path
) -> None:
    """The compiled function is called; the one without `SN_API` can't be found."""
    platform = hatch_build.this_platform()
    (library,) = hatch_build.build(
        platform, platform.levels[:1], tmp_path / "out", sources=tiny, warnings_as_errors=True
    )
    loaded = ctypes.CDLL(str(library))
    assert loaded.answer(41) == 42
    assert not hasattr(loaded, "hidden")
    assert [file.name for file in (tmp_path / "out").iterdir()] == [library.name]


@pytest.mark.usefixtures("zig")
def test_a_warning_is_an_error_when_asked(
    hatch_build: ModuleType, tiny: Path, tmp_path: Path
) -> None:
    """The compiler's own words and the level come back; nothing is left in the folder."""
    (tiny / "careless.cpp").write_text("static int unused;\n")
    platform = hatch_build.this_platform()
    with pytest.raises(hatch_build.BuildError, match=r"(?s)unused.*does not compile for"):
        hatch_build.build(
            platform, platform.levels[:1], tmp_path / "out", sources=tiny, warnings_as_errors=True
        )
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.usefixtures("zig")
def test_a_sanitized_library_stops_at_undefined_behaviour(
    hatch_build: ModuleType, tiny: Path, tmp_path: Path
) -> None:
    """A question of 2³¹ - 1 overflows: the process ends there instead of answering."""
    platform = hatch_build.this_platform()
    if not platform.system.startswith("linux"):
        pytest.skip("not on this machine: sanitizers are set up for Linux")
    sanitizer = subprocess.run(
        ["g++", "-print-file-name=libasan.so"], capture_output=True, text=True, check=False
    ).stdout.strip()
    (library,) = hatch_build.build(
        platform, platform.levels[:1], tmp_path, sources=tiny, sanitize=True
    )
    call = f"import ctypes; print(ctypes.CDLL({str(library)!r}).answer({{}}))"
    environment = {"LD_PRELOAD": sanitizer, "ASAN_OPTIONS": "detect_leaks=0"}
    right, wrong = (
        subprocess.run(
            [sys.executable, "-c", call.format(question)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        for question in (41, 2**31 - 1)
    )
    assert right.stdout.strip() == "42", right.stderr
    assert wrong.returncode != 0
    assert "overflow" in wrong.stderr


def test_a_wheel_is_compressed_again_with_the_same_content(
    hatch_build: ModuleType, tmp_path: Path
) -> None:
    """Names, times, modes and bytes, and less of them in the file."""
    chance = np.random.default_rng(0)
    contents = {
        "empty.py": b"",
        "noise.bin": chance.bytes(5_000),
        "names/Größe.txt": b"3",
        "text.py": b"".join(b"x%d = %d\n" % tuple(chance.integers(0, 99, 2)) for _ in range(4_000)),
    }
    wheel = tmp_path / "some.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            info = zipfile.ZipInfo(name, (2020, 2, 2, 13, 59, 58))
            info.external_attr = 0o100644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    before = wheel.stat().st_size
    hatch_build.recompress(wheel)
    assert wheel.stat().st_size < before
    with zipfile.ZipFile(wheel) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == contents
        assert {info.date_time for info in archive.infolist()} == {(2020, 2, 2, 13, 59, 58)}
        assert {info.external_attr >> 16 for info in archive.infolist()} == {0o100644}


@pytest.mark.usefixtures("zig")
@pytest.mark.slow
def test_a_wheel_holds_the_libraries_and_no_compiler(tmp_path: Path) -> None:
    """Built as pip builds it, without the network: no C++, no headers, one library a level."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    libraries = [name for name in names if name.startswith("spritenet/core/lib/")]
    assert libraries
    assert all(Path(name).name.startswith("spritenet-") for name in libraries)
    assert not [name for name in names if Path(name).suffix in {".cpp", ".h", ".zig"}]
    static = "spritenet/web/static/"
    assert f"{static}archive.tar.xz" in names
    assert not [name for name in names if name.startswith(static) and name.endswith(".wasm")]
    assert wheel.stat().st_size < 3_000_000


@pytest.mark.usefixtures("zig")
@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["linux-gnu-aarch64", "linux-musl-x86_64", "macos-aarch64", "windows-x86_64"]
)
def test_the_core_compiles_for_machines_that_are_not_here(
    hatch_build: ModuleType, tmp_path: Path, name: str
) -> None:
    """Without a warning; the other four differ from these in the processor alone.

    And three differ from Linux's in the system's headers and library alone, not in what is
    optimized.
    """
    platform = hatch_build.PLATFORMS[name]
    (library,) = hatch_build.build(
        platform,
        platform.levels[:1],
        tmp_path,
        warnings_as_errors=True,
        optimize=name == "linux-gnu-aarch64",
    )
    assert library.suffix == platform.suffix
    assert library.read_bytes()[:4] in {
        b"\x7fELF",
        b"\xcf\xfa\xed\xfe",
        b"MZ\x90\x00",
        b"MZ\x78\x00",
    }


@pytest.mark.usefixtures("zig")
@pytest.mark.slow
def test_every_function_of_the_header_is_in_the_library(
    hatch_build: ModuleType, tmp_path: Path
) -> None:
    """spritenet.h promises nothing that isn't there."""
    platform = hatch_build.this_platform()
    (library,) = hatch_build.build(platform, platform.levels[:1], tmp_path)
    loaded = ctypes.CDLL(str(library))
    header = (ROOT / "core" / "spritenet.h").read_text()
    promised = re.findall(r"^SN_API [^(]*?(\w+)\(", header, re.MULTILINE)
    assert "sn_train" in promised
    assert [name for name in promised if not hasattr(loaded, name)] == []


def everything_served(sprite: Path) -> dict[str, bytes]:
    """The content of each address of all pages, and of the documents that hold their own files."""
    with pages.lab_page(sprite) as lab:
        served = {**table.static_files("draw", "sweep", "watch"), **pages.collect_page(), **lab}
    found = {
        "the report's style": inline_style("report/report.css").encode(),
        "a document": document("Title", "review.js", "", []).encode(),
    }
    for address, content in served.items():
        inside = content.content if isinstance(content, table.Headed) else content
        if not isinstance(inside, table.Moved):
            found[address] = inside.read_bytes() if isinstance(inside, Path) else inside[0]
    return found


def test_a_wheels_archive_holds_the_static_files_to_the_byte(
    hatch_build: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read where they don't lie beside it, and served at the same addresses."""
    archive = hatch_build.archive_static(tmp_path)
    assert archive.read_bytes() == hatch_build.archive_static(tmp_path / "again").read_bytes()
    held = assets.archived(archive)
    expected = {
        path.relative_to(assets.STATIC).as_posix(): path.read_bytes()
        for pattern in hatch_build.ARCHIVED
        for path in assets.STATIC.glob(pattern)
    }
    assert held == expected
    sprite = tmp_path / "data.png"
    sprite.write_bytes(sprite_bytes(images()))
    served = everything_served(sprite)
    (tmp_path / "lib").mkdir()
    shutil.copy(assets.STATIC / "lib" / "few-images.bin", tmp_path / "lib")
    monkeypatch.setattr(assets, "STATIC", tmp_path)
    monkeypatch.setattr(table, "STATIC", tmp_path)
    assert everything_served(sprite) == served
    with pytest.raises(OSError, match="no-such-file"):
        assets.static_bytes("lib/no-such-file")
