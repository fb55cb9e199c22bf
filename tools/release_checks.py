"""Checks of a release's wheels, for platforms that aren't this machine's too.

Each library must be of its platform's format and processor, show exactly the functions of
core/spritenet.h, and need nothing but the system libraries that its tag promises: no C++ library,
no glibc above 2.17, no macOS above 13.
"""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from types import ModuleType

import lief
import side_module

ROOT = Path(__file__).resolve().parents[1]
LARGEST = 3_000_000
"""Bytes of a wheel."""

NEEDED = {
    "linux-gnu": {"libc.so.6", "libm.so.6", "libpthread.so.0", "ld-linux-aarch64.so.1"},
    "linux-musl": {"libc.so"},
    "macos": {"/usr/lib/libSystem.B.dylib"},
    "windows": {"KERNEL32.dll", "ntdll.dll", "ADVAPI32.dll"},
}
"""The libraries of each system that ours may need; Windows's C library has many names."""

LINKERS = {"_mh_dylib_header", "__dso_handle"}
"""Symbols that the linker adds to each library of macOS."""

Library = lief.ELF.Binary | lief.PE.Binary | lief.MachO.Binary

UNIVERSAL_CRT = re.compile(r"api-ms-win-crt-\w+-l1-1-0\.dll")


class CheckError(Exception):
    """A part isn't what its name promises; the text is what a person should read."""


def _hatch_build() -> ModuleType:
    """The build hook, which lies outside every import path."""
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    if spec is None or spec.loader is None:
        raise CheckError(f"{ROOT}: there is no hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["hatch_build"] = module
    spec.loader.exec_module(module)
    return module


hatch_build = _hatch_build()
PLATFORMS = hatch_build.PLATFORMS


def functions() -> set[str]:
    """The functions that core/spritenet.h and core/profile.h declare."""
    headers = (ROOT / "core" / name for name in ("spritenet.h", "profile.h"))
    header = "".join(path.read_text(encoding="utf-8") for path in headers)
    return set(re.findall(r"^SN_API [^(]*?(\w+)\(", header, re.MULTILINE))


def first_difference(first: Path, second: Path) -> str:
    """The name of the first member that differs between two archives."""
    mine, other = members(first), members(second)
    for name in sorted(mine.keys() | other.keys()):
        if mine.get(name) != other.get(name):
            return name
    return "the archive's own fields"


def members(path: Path) -> dict[str, bytes]:
    """The files of a wheel or of a source archive."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    with tarfile.open(path) as tar:
        files = [member for member in tar.getmembers() if member.isfile()]
        return {file.name: found.read() for file in files if (found := tar.extractfile(file))}


def check_library(data: bytes, platform: str, name: str) -> str:
    """Checks one library.

    Args:
        data: the file.
        platform: a name of hatch_build.PLATFORMS.
        name: for messages.

    Returns:
        The highest version of the system that it needs, in words.

    Raises:
        CheckError: format, processor, functions or needed libraries are wrong.
    """
    system, _, machine = platform.rpartition("-")
    if system == "pyodide":
        return check_side_module(data, name)
    found = lief.parse(data)
    expected = {"macos": lief.MachO.Binary, "windows": lief.PE.Binary}.get(system, lief.ELF.Binary)
    if not isinstance(found, expected):
        raise CheckError(f"{name}: expected a library of {platform}, got {type(found).__name__}")
    processor = {
        "x86_64": lief.Header.ARCHITECTURES.X86_64,
        "aarch64": lief.Header.ARCHITECTURES.ARM64,
    }[machine]
    if found.abstract.header.architecture != processor:
        raise CheckError(f"{name}: it is for another processor than {machine}")
    shown = exported(found)
    if shown != functions():
        raise CheckError(f"{name}: shows other functions than spritenet.h: {shown ^ functions()}")
    foreign = {
        library
        for library in needed(found)
        if library not in NEEDED[system]
        and not (system == "windows" and UNIVERSAL_CRT.fullmatch(library))
    }
    if foreign:
        raise CheckError(f"{name}: needs {', '.join(sorted(foreign))}")
    return oldest_system(found, name)


def check_side_module(data: bytes, name: str) -> str:
    """Checks the library for Pyodide.

    Raises:
        CheckError: it shows other functions than spritenet.h, or needs one of somebody else's.
    """
    try:
        found = side_module.interface(data)
    except ValueError as error:
        raise CheckError(f"{name}: {error}") from None
    shown = {function for function in found.exports if not function.startswith("__wasm_")}
    if shown != functions():
        raise CheckError(f"{name}: shows other functions than spritenet.h: {shown ^ functions()}")
    if found.imports:
        raise CheckError(f"{name}: needs {', '.join(sorted(found.imports))}")
    return "no function of Emscripten's C library"


def exported(library: Library) -> set[str]:
    """The functions that a library shows."""
    if isinstance(library, lief.ELF.Binary):
        symbols = (symbol for symbol in library.exported_symbols if symbol.shndx)
        return {str(symbol.name) for symbol in symbols}
    if isinstance(library, lief.PE.Binary):
        table = library.get_export()
        return {str(entry.name) for entry in table.entries} if table else set()
    return {str(symbol.name).removeprefix("_") for symbol in library.exported_symbols} - LINKERS


def needed(library: Library) -> set[str]:
    """The libraries that a library needs."""
    if isinstance(library, lief.MachO.Binary):
        own = lief.MachO.LoadCommand.TYPE.ID_DYLIB
        return {str(entry.name) for entry in library.libraries if entry.command != own}
    return {str(name) for name in library.libraries}


def oldest_system(library: Library, name: str) -> str:
    """The oldest system that a library loads on, in words.

    Raises:
        CheckError: it needs a newer one than the wheel's tag says.
    """
    if isinstance(library, lief.MachO.Binary):
        build = library.build_version
        version = tuple(build.minos) if build else (0,)
        if version > (13, 0, 0):
            raise CheckError(f"{name}: needs macOS {version}, expected 13.0")
        return f"macOS {version[0]}"
    if isinstance(library, lief.PE.Binary):
        return "Windows 10"
    versions = [
        tuple(map(int, str(aux.name).removeprefix("GLIBC_").split(".")))
        for requirement in library.symbols_version_requirement
        for aux in requirement.get_auxiliary_symbols()
        if str(aux.name).startswith("GLIBC_")
    ]
    if not versions:
        return "musl 1.2"
    if max(versions) > (2, 17):
        raise CheckError(f"{name}: needs glibc {max(versions)}, expected 2.17 at most")
    return "glibc " + ".".join(map(str, max(versions)))


def check_wheel(wheel: Path, platform: str) -> str:
    """Checks a wheel: its tag, its size, what is in it, and each library.

    Args:
        wheel: the file.
        platform: a name of hatch_build.PLATFORMS.

    Returns:
        What was found, in words.

    Raises:
        CheckError: it isn't what its name promises.
    """
    chosen = PLATFORMS[platform]
    tag = chosen.wheel_tag()
    if not wheel.name.endswith(f"-{tag}.whl"):
        raise CheckError(f"{wheel.name}: expected the tag {tag}")
    if (size := wheel.stat().st_size) > LARGEST:
        raise CheckError(f"{wheel.name}: expected at most {LARGEST:,} bytes, got {size:,}")
    inside = members(wheel)
    libraries = {name: data for name, data in inside.items() if "/core/lib/" in name}
    expected = {
        f"spritenet/core/lib/spritenet-{level.name}{chosen.suffix}" for level in chosen.levels
    }
    if libraries.keys() != expected:
        raise CheckError(f"{wheel.name}: expected {expected}, got {set(libraries)}")
    sources = [name for name in inside if Path(name).suffix in {".cpp", ".h", ".zig", ".pyc"}]
    if [name for name in sources if "/export/c/" not in name]:
        raise CheckError(f"{wheel.name}: holds {sources[0]}")
    needs = {check_library(data, platform, name) for name, data in libraries.items()}
    if chosen.system == "linux-gnu":
        _auditwheel(wheel, tag)
    return f"needs {', '.join(sorted(needs))}"


def _auditwheel(wheel: Path, tag: str) -> None:
    """Asks auditwheel which tag the wheel deserves, for the machine's own processor.

    Raises:
        CheckError: it deserves less than it has.
    """
    done = subprocess.run(
        [sys.executable, "-m", "auditwheel", "show", str(wheel)],
        capture_output=True,
        text=True,
        check=False,
    )
    platform = tag.rpartition("-")[2]
    if done.returncode or f'"{platform}"' not in done.stdout.replace("\n", " "):
        raise CheckError(f"{wheel.name}: auditwheel says\n{done.stdout}{done.stderr}")
