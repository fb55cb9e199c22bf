"""Tests and measures a core library without Python in between: `make native`.

    python tools/native.py test                              all libraries of this machine
    python tools/native.py test --platform linux-gnu-aarch64 in qemu-aarch64
    python tools/native.py test --platform windows-x86_64    in wine
    python tools/native.py bench --threads 2                 images/s of three networks

Programs and libraries are compiled for the platform by hatch_build.py's compiler. A foreign one
runs in an emulator: qemu-aarch64 with Debian's libc6-arm64-cross, or wine; SPRITENET_EMULATOR names
another command.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import hatch_build  # noqa: E402 - it lies outside every import path

SOURCES = {
    "test": ROOT / "tests" / "native" / "core_test.cpp",
    "bench": ROOT / "benchmarks" / "native" / "core_bench.cpp",
}
EMULATORS = {
    "linux-gnu-aarch64": (("qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"),),
    # Debian's wine asks for its 32-bit half; wine64 is the program it starts.
    "windows-x86_64": (("wine64",), ("/usr/lib/wine/wine64",), ("wine",)),
}
"""The emulators of each platform, the first that is installed is taken."""


def program(kind: str, platform: hatch_build.Platform, folder: Path) -> Path:
    """Compiles a native program for a platform.

    Raises:
        hatch_build.BuildError: no compiler, or it doesn't compile.
    """
    command, zig = hatch_build.compiler(os.environ)
    made = folder / (f"core_{kind}" + (".exe" if platform.system == "windows" else ""))
    options = ["-std=c++20", "-O2", *hatch_build.WARNINGS, "-fno-exceptions", "-fno-rtti"]
    if zig:
        options += ["-target", platform.zig_target, "-nostdlib++"]
    if platform.system == "linux-gnu":
        options += ["-ldl"]
    headers = [f"-I{ROOT / 'core'}", f"-I{ROOT / 'tests' / 'native'}"]
    cache = str(ROOT / "build" / "zig")
    done = subprocess.run(
        [*command, *options, *headers, str(SOURCES[kind]), "-o", str(made)],
        env={"ZIG_GLOBAL_CACHE_DIR": cache, "ZIG_LOCAL_CACHE_DIR": cache, **os.environ},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise hatch_build.BuildError(f"{done.stderr}\n{SOURCES[kind]}: does not compile.")
    return made


def runner(platform: hatch_build.Platform) -> list[str]:
    """The emulator that runs a platform's programs; nothing for this machine's own.

    Raises:
        hatch_build.BuildError: there is none, or it isn't installed.
    """
    if chosen := os.environ.get("SPRITENET_EMULATOR"):
        return shlex.split(chosen)
    if platform == hatch_build.this_platform():
        return []
    known = EMULATORS.get(str(platform), ())
    for emulator in known:
        if shutil.which(emulator[0]):
            return list(emulator)
    raise hatch_build.BuildError(
        f"{platform}: expected {known[0][0] if known else 'a machine'} that runs it. "
        "SPRITENET_EMULATOR names one."
    )


def best_level(said: str) -> str:
    """The best instruction set that the processor runs, as the test's first line names it."""
    return said.partition("\n")[0].rpartition(" for ")[2]


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("kind", choices=SOURCES)
    parser.add_argument("--platform", choices=hatch_build.PLATFORMS, help="(this one)")
    parser.add_argument("--isa", action="append", help="an instruction set (all that run here)")
    parser.add_argument("--libraries", type=Path, help="folder of libraries (compiles them)")
    parser.add_argument("--threads", type=int, default=1, help="of the benchmark (1)")
    parser.add_argument("--seconds", type=float, default=1.0, help="for each measurement (1)")
    options = parser.parse_args(arguments)
    try:
        platform = (
            hatch_build.PLATFORMS[options.platform]
            if options.platform
            else hatch_build.this_platform()
        )
        emulator = runner(platform)
        folder = ROOT / "build" / "native" / str(platform)
        levels = [x for x in platform.levels if not options.isa or x.name in options.isa]
        libraries = options.libraries or folder
        if options.libraries is None:
            hatch_build.build(platform, levels, folder)
        folder.mkdir(parents=True, exist_ok=True)
        made = program(options.kind, platform, folder)
    except hatch_build.BuildError as error:
        sys.exit(str(error))
    rest = [] if options.kind == "test" else [str(options.threads), str(options.seconds)]
    for level in levels:
        library = libraries / f"spritenet-{level.name}{platform.suffix}"
        # Into a file: wine's server lives on, and would keep a pipe open.
        with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
            status = subprocess.run(
                [*emulator, str(made), str(library), *rest], stdout=output, check=False
            ).returncode
            output.seek(0)
            said = output.read()
        print(said, end="", flush=True)
        if status:
            sys.exit(f"{library.name}: failed")
        if level.name == best_level(said):
            break  # the processor doesn't run those after it


if __name__ == "__main__":
    main()
