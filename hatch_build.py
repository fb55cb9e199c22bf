"""Compiles core/ into one shared library per instruction set, for wheels and for working here.

hatchling calls `CoreBuildHook` before it packs a wheel or makes an editable install. By hand:

    python hatch_build.py                          into src/spritenet/core/lib
    python hatch_build.py --isa x86-64-v3          one level only
    python hatch_build.py --platform macos-aarch64 for another machine: the compiler needs no SDK
    python hatch_build.py --sanitize --out build/sanitized

The compiler is the `ziglang` wheel (clang, and every C library's headers), so nothing has to be
installed by hand. The environment variable SPRITENET_CXX names another one: SPRITENET_CXX=clang++.
"""

import argparse
import importlib.util
import io
import lzma
import os
import platform as running
import re
import shlex
import struct
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
SOURCES = ROOT / "core"
LIBRARIES = ROOT / "src" / "spritenet" / "core" / "lib"

STATIC = ROOT / "src" / "spritenet" / "web" / "static"
ARCHIVE = "archive.tar.xz"
ARCHIVED = ("**/*.css", "**/*.html", "**/*.js", "**/*.svg", "**/*.wasm")
"""Static files that a wheel holds in one archive, where they take a third of the room."""
COMPRESSION = ({"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "pb": 0},)

LANGUAGE = (
    "-std=c++20",
    "-fno-exceptions",  # errors are a status and a line of text
    "-fno-rtti",
    "-fPIC",
    "-shared",
    "-fvisibility=hidden",  # spritenet.h is the only door
)
FAST = (
    "-O3",
    "-ffp-contract=fast",  # a * b + c is one instruction
    "-fno-math-errno",
    "-fno-stack-protector",
    "-fomit-frame-pointer",
    "-fno-sanitize=all",  # zig would trap on undefined behaviour
)
SANITIZED = (
    "-O1",
    "-g",
    "-ffp-contract=fast",
    "-fno-omit-frame-pointer",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
)
WARNINGS = (
    *("-Wall", "-Wextra", "-Wshadow", "-Werror"),
    "-Wno-unused-command-line-argument",  # zig adds some for the linker
)


class BuildError(Exception):
    """The core can't be compiled; the text is what a person should read."""


@dataclass(frozen=True, slots=True)
class Level:
    """An instruction set that gets a library of its own.

    Args:
        name: as in the file's name and in SPRITENET_ISA.
        zig_cpu: zig's name for it, of `-mcpu`.
        march: the name other compilers know, of `-march`.
        flags: what only this level needs.
    """

    name: str
    zig_cpu: str
    march: str
    flags: tuple[str, ...] = ()


# The psABI's levels: SSE4.2; AVX2 and FMA; AVX-512. Compilers halve AVX-512's vectors unless told.
X86_64 = (
    Level("x86-64-v2", "x86_64_v2", "x86-64-v2"),
    Level("x86-64-v3", "x86_64_v3", "x86-64-v3"),
    Level("x86-64-v4", "x86_64_v4", "x86-64-v4", ("-mprefer-vector-width=512",)),
)
AARCH64 = (Level("aarch64", "generic", "armv8-a"),)
WASM32 = (Level("wasm32", "generic+simd128", ""),)


@dataclass(frozen=True, slots=True)
class Platform:
    """A system and processor that a wheel is for.

    Args:
        system: its name here; on Linux the C library decides between two.
        machine: the processor.
    """

    system: Literal["linux-gnu", "linux-musl", "macos", "windows", "pyodide"]
    machine: Literal["x86_64", "aarch64", "wasm32"]

    def __str__(self) -> str:
        return f"{self.system}-{self.machine}"

    @property
    def levels(self) -> tuple[Level, ...]:
        """The instruction sets that are built, the plainest first."""
        return {"x86_64": X86_64, "aarch64": AARCH64, "wasm32": WASM32}[self.machine]

    @property
    def zig_target(self) -> str:
        """The oldest system the libraries will load on, as zig's `-target`."""
        oldest = {
            "linux-gnu": "linux-gnu.2.17",
            "linux-musl": "linux-musl",
            "macos": "macos.13.0",
            "windows": "windows-gnu",
            "pyodide": "emscripten",
        }
        return f"{self.machine}-{oldest[self.system]}"

    @property
    def suffix(self) -> str:
        """The suffix of a shared library's file name."""
        return {"macos": ".dylib", "windows": ".dll"}.get(self.system, ".so")

    def wheel_tag(self, *, portable: bool = True) -> str:
        """Returns the platform tag of the wheel, which pip compares with its machine's.

        Args:
            portable: the libraries were made for `zig_target`; else, on Linux, for this machine's
                own C library, and the tag promises nothing else.

        Returns:
            `py3-none-…`: ctypes needs no Python headers, so any Python 3 will do.
        """
        machine = self.machine
        if self.system == "linux-gnu" and portable:
            name = f"manylinux_2_17_{machine}"
        elif self.system == "linux-musl" and portable:
            name = f"musllinux_1_2_{machine}"
        elif self.system == "macos":
            name = "macosx_13_0_" + ("arm64" if machine == "aarch64" else machine)
        elif self.system == "pyodide":
            name = "pyemscripten_2026_0_wasm32"
        elif self.system == "windows":
            name = "win_" + ("arm64" if machine == "aarch64" else "amd64")
        else:
            name = f"linux_{machine}"
        return f"py3-none-{name}"


PLATFORMS = {
    str(platform): platform
    for platform in (
        Platform("linux-gnu", "x86_64"),
        Platform("linux-gnu", "aarch64"),
        Platform("linux-musl", "x86_64"),
        Platform("linux-musl", "aarch64"),
        Platform("macos", "x86_64"),
        Platform("macos", "aarch64"),
        Platform("windows", "x86_64"),
        Platform("windows", "aarch64"),
        Platform("pyodide", "wasm32"),
    )
}


def this_platform() -> Platform:
    """The platform of the running interpreter.

    Raises:
        BuildError: it is none of `PLATFORMS`.
    """
    system = {"darwin": "macos", "win32": "windows"}.get(sys.platform, sys.platform)
    if system == "linux":
        musl = "musl" in str(sysconfig.get_config_var("HOST_GNU_TYPE") or "")
        system = "linux-musl" if musl else "linux-gnu"
    machine = running.machine().lower()
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine)
    found = PLATFORMS.get(f"{system}-{machine}")
    if found is None or sys.maxsize < 2**32:
        bits = 64 if sys.maxsize > 2**32 else 32
        raise BuildError(
            f"Spritenet has no build for {bits}-bit Python on {system}-{machine}, "
            f"only for 64-bit Python on {', '.join(PLATFORMS)}."
        )
    return found


def compiler(environment: Mapping[str, str]) -> tuple[list[str], bool]:
    """The command that compiles C++, and whether it is zig.

    Args:
        environment: where SPRITENET_CXX may name a compiler, with options if need be.

    Raises:
        BuildError: there is none.
    """
    chosen = shlex.split(environment.get("SPRITENET_CXX", ""))
    if chosen:
        return chosen, False
    if importlib.util.find_spec("ziglang") is None:
        raise BuildError(
            "There is no compiler: the Python package ziglang is not installed. Type: "
            f"{sys.executable} -m pip install ziglang==0.17.0 "
            "or name a C++20 compiler: SPRITENET_CXX=clang++."
        )
    return [sys.executable, "-m", "ziglang", "c++"], True


def file_name(platform: Platform, level: Level) -> str:
    """The file name of a library."""
    return f"spritenet-{level.name}{platform.suffix}"


def small(platform: Platform, level: Level) -> list[str]:
    """The flags that leave out what only debugging needs."""
    if platform.system == "macos":  # nor the folder of the build
        return ["-g0", "-Wl,-S", f"-Wl,-install_name,@rpath/{file_name(platform, level)}"]
    if platform.system.startswith("linux"):
        tables = ["-fno-unwind-tables", "-fno-asynchronous-unwind-tables"]  # nothing throws
        return ["-s", *tables, "-Wl,-z,defs"]  # a missing function is found here, not when called
    return ["-s"] if platform.system == "windows" else []


def flags(
    platform: Platform,
    level: Level,
    *,
    zig: bool = True,
    warnings_as_errors: bool = False,
    sanitize: bool = False,
    optimize: bool = True,
) -> list[str]:
    """Everything between the compiler's name and the sources."""
    chosen = [*LANGUAGE, *(SANITIZED if sanitize else FAST), *level.flags]
    if not optimize:
        chosen += ["-O0"]
    if platform.system == "pyodide":
        if not zig:
            raise BuildError("The library for Pyodide is compiled by zig: unset SPRITENET_CXX.")
        chosen.remove("-shared")
        chosen += ["-O2", "-target", platform.zig_target, f"-mcpu={level.zig_cpu}", "-nostdlib"]
    elif zig:
        chosen += ["-target", platform.zig_target, f"-mcpu={level.zig_cpu}", "-nostdlib++"]
    else:
        chosen += [f"-march={level.march}"]
        # GCC before 13 has no -nostdlib++: it links the library, and the linker drops it again.
        linux = platform.system.startswith("linux")
        chosen += ["-Wl,--as-needed", "-pthread"] if linux else ["-nostdlib++"]
        if platform.system == "macos":
            chosen += ["-mmacosx-version-min=13.0"]
    if not sanitize:
        chosen += small(platform, level)
    # Of zig's one version nobody meets a warning that we didn't.
    if warnings_as_errors or (zig and platform.system != "pyodide"):
        chosen += WARNINGS
    return chosen


def renew_operators(folder: Path) -> None:
    """Renews the list in table.cpp if it isn't that of the operators in the folder's files."""
    table = folder / "table.cpp"
    if not table.exists():
        return
    found = (
        re.findall(r"^extern const Operator (k\w+) =", file.read_text("utf-8"), re.MULTILINE)
        for file in folder.glob("*.cpp")
    )
    names = sorted((name for each in found for name in each), key=str.lower)
    text = table.read_text("utf-8")
    first, begin, rest = text.partition("#define SN_OPERATORS(row)")
    _, end, last = rest.partition("\n// clang-format on")
    rows = "".join(f" \\\n  row({name})" for name in names)
    if text != (new := f"{first}{begin}{rows}{end}{last}"):
        table.write_text(new, "utf-8")


def build(
    platform: Platform,
    levels: Sequence[Level],
    out: Path,
    *,
    sources: Path = SOURCES,
    warnings_as_errors: bool = False,
    sanitize: bool = False,
    optimize: bool = True,
) -> list[Path]:
    """Compiles the core once for each level, the levels side by side.

    A library is replaced whole: a program that has the old one loaded keeps it.

    Args:
        platform: what to compile for.
        levels: which of its instruction sets.
        out: the folder for the libraries; made if it isn't there.
        sources: the folder whose C++ files are compiled, with those of its folders.
        warnings_as_errors: treat compiler warnings as errors.
        sanitize: stop at the first memory error or undefined behaviour, at a fifth of the speed.
        optimize: False compiles in a third of the time, to see that it does.

    Returns:
        The libraries' paths, in the order of `levels`.

    Raises:
        BuildError: no compiler, no sources, or they don't compile.
    """
    command, zig = compiler(os.environ)
    files = [str(file) for file in sorted(sources.rglob("*.cpp"))]
    if not files:
        raise BuildError(f"{sources}: there are no C++ files to compile.")
    renew_operators(sources / "ops")
    out.mkdir(parents=True, exist_ok=True)
    # zig keeps compiled C libraries and objects: here, not in the person's home.
    cache = str(ROOT / "build" / "zig")
    environment = {"ZIG_GLOBAL_CACHE_DIR": cache, "ZIG_LOCAL_CACHE_DIR": cache, **os.environ}

    def compile_level(level: Level) -> Path:
        library = out / file_name(platform, level)
        options = flags(
            platform,
            level,
            zig=zig,
            warnings_as_errors=warnings_as_errors,
            sanitize=sanitize,
            optimize=optimize,
        )
        with tempfile.TemporaryDirectory(dir=out, prefix=".building-") as scratch:
            made = Path(scratch) / library.name
            words = [*command, *options, f"-I{sources}"]
            steps = [[*words, *files, "-o", str(made)]]
            if platform.system == "pyodide":
                steps = side_module(words, files, made)
            for step in steps:
                run_compiler(step, environment, f"{sources}: does not compile for {level.name}.")
            made.replace(library)
        return library

    with ThreadPoolExecutor(len(levels)) as pool:
        return list(pool.map(compile_level, levels))


def run_compiler(words: list[str], environment: Mapping[str, str], problem: str) -> None:
    """Runs a command.

    Raises:
        BuildError: it doesn't start, or fails.
    """
    try:
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    except OSError as error:
        raise BuildError(f"{words[0]}: the compiler does not start: {error}") from error
    if done.returncode != 0:
        raise BuildError(f"{done.stderr}\n{problem}")


def side_module(words: list[str], files: Sequence[str], made: Path) -> list[list[str]]:
    """The commands that compile a library for Emscripten: each file, then the linker.

    It needs no function of Emscripten's C library, so any version of it may load the library.

    Args:
        words: the compiler and its options.
        files: the sources.
        made: the library.
    """
    zig = [sys.executable, "-m", "ziglang"]
    objects = [str(made.with_name(f"{number}.o")) for number in range(len(files))]
    compiling = [
        [*words, "-ffreestanding", "-c", file, "-o", made_object]
        for file, made_object in zip(files, objects, strict=True)
    ]
    link = ["wasm-ld", "--shared", "--experimental-pic", "--gc-sections", "--strip-all"]
    return [*compiling, [*zig, *link, *objects, "-o", str(made)]]


def archive_static(out: Path, static: Path = STATIC) -> Path:
    """Puts the files of `ARCHIVED` into one archive, the same bytes each time.

    Args:
        out: the folder for it; made if it isn't there.
        static: the folder of the static files.

    Returns:
        Its path.
    """
    out.mkdir(parents=True, exist_ok=True)
    archive = out / ARCHIVE
    found = {path for pattern in ARCHIVED for path in static.glob(pattern)}
    # Like beside like, and modules first: a hundredth smaller, as is text without alignment (pb).
    ordered = sorted(found, key=lambda path: (path.suffix != ".wasm", path.suffix, path))
    with (
        lzma.open(archive, "wb", filters=COMPRESSION) as file,
        tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for path in ordered:
            content = path.read_bytes()
            member = tarfile.TarInfo(path.relative_to(static).as_posix())
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return archive


class CoreBuildHook(BuildHookInterface[Any]):
    """Puts the libraries into the wheel, and the platform into its name."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it packs.

        Args:
            version: "standard" or "editable"; an editable install finds the libraries in `src`.
            build_data: what hatchling will pack, changed here.
        """
        if self.target_name != "wheel":
            return
        try:
            wanted = os.environ.get("SPRITENET_PLATFORM", "")
            platform = named_platform(wanted) if wanted else this_platform()
            libraries = build(platform, platform.levels, LIBRARIES)
        except BuildError as error:
            self.app.abort(str(error))
        build_data["pure_python"] = False
        build_data["tag"] = platform.wheel_tag(portable=compiler(os.environ)[1])
        if version == "standard":
            build_data["force_include"].update(
                {str(library): f"spritenet/core/lib/{library.name}" for library in libraries}
            )
            archive = archive_static(ROOT / "build" / "wheel")
            build_data["force_include"][str(archive)] = f"spritenet/web/static/{ARCHIVE}"

    def finalize(
        self,
        version: str,
        build_data: dict[str, Any],  # noqa: ARG002 - hatchling's interface
        artifact_path: str,
    ) -> None:
        """Called by hatchling when the wheel is packed.

        Args:
            version: "standard" or "editable".
            build_data: what was packed.
            artifact_path: the wheel.
        """
        if self.target_name == "wheel" and version == "standard":
            recompress(Path(artifact_path))


def recompress(wheel: Path) -> None:
    """Compresses the files of a wheel again, by libdeflate: a fiftieth smaller than by zlib.

    `zipfile` takes no data that are compressed already, so the archive is written here (PKWARE's
    APPNOTE 6.3.10): files, central directory, end record.
    """
    import deflate  # not when the core alone is compiled

    with zipfile.ZipFile(wheel) as archive:
        files = [(info, archive.read(info)) for info in archive.infolist()]
    body, directory = bytearray(), bytearray()
    for info, content in files:
        packed = bytes(deflate.deflate_compress(content, 12))
        method = zipfile.ZIP_DEFLATED
        if len(packed) >= len(content):
            packed, method = content, zipfile.ZIP_STORED
        name = info.filename.encode()
        year, month, day, hour, minute, second = info.date_time
        shared = struct.pack(
            "<5H3L2H",
            *(20, 0x800, method, hour << 11 | minute << 5 | second // 2),  # 0x800: in UTF-8
            *((year - 1980) << 9 | month << 5 | day, info.CRC, len(packed), len(content)),
            *(len(name), 0),
        )
        made_by = struct.pack("<4sH", b"PK\1\2", 3 << 8 | 20)  # a system with modes of files
        rest = struct.pack("<3H2L", 0, 0, 0, info.external_attr, len(body))
        directory += made_by + shared + rest + name
        body += b"PK\3\4" + shared + name + packed
    count = len(files)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(directory), len(body), 0)
    wheel.write_bytes(bytes(body + directory) + end)


def named_platform(name: str) -> Platform:
    """The platform of that name.

    Raises:
        BuildError: there is none.
    """
    try:
        return PLATFORMS[name]
    except KeyError:
        raise BuildError(
            f"{name!r} is no platform: expected one of {', '.join(PLATFORMS)}."
        ) from None


def main() -> None:
    """The plain command."""
    parser = argparse.ArgumentParser(description="Compile core/ into shared libraries.")
    parser.add_argument("--out", type=Path, default=LIBRARIES, help="folder for the libraries")
    parser.add_argument("--isa", action="append", help="an instruction set (all of them)")
    parser.add_argument("--platform", help="a platform to compile for (this one)")
    parser.add_argument("--warnings-as-errors", action="store_true")
    parser.add_argument("--sanitize", action="store_true", help="stop at memory errors, slowly")
    arguments = parser.parse_args()
    try:
        platform = named_platform(arguments.platform) if arguments.platform else this_platform()
        levels = {level.name: level for level in platform.levels}
        unknown = set(arguments.isa or ()) - set(levels)
        if unknown:
            parser.error(f"--isa: {platform} has {', '.join(levels)}, not {', '.join(unknown)}")
        libraries = build(
            platform,
            [levels[name] for name in arguments.isa or levels],
            arguments.out,
            warnings_as_errors=arguments.warnings_as_errors,
            sanitize=arguments.sanitize,
        )
    except BuildError as error:
        sys.exit(str(error))
    for library in libraries:
        print(f"{library}  {library.stat().st_size / 1024:.0f} kB")


if __name__ == "__main__":
    main()
