"""Compiles core/ into the WebAssembly modules that browsers and Node.js load.

    python tools/build_wasm.py              into src/spritenet/web/static/lib
    python tools/build_wasm.py --out DIR    elsewhere, to compare
    python tools/build_wasm.py --only core.wasm

The modules are committed, so that installing needs no compiler for them; a test builds them again
and compares every byte. So the compiler must be the pinned `ziglang` and no other.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

from wasm_operators import with_operators

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "core"
ZIG = "zig.exe" if sys.platform == "win32" else "zig"
CACHE = dict.fromkeys(
    ("ZIG_GLOBAL_CACHE_DIR", "ZIG_LOCAL_CACHE_DIR"), str(ROOT / "build" / "zig")
)  # not in the person's home
MODULES = ROOT / "src" / "spritenet" / "web" / "static" / "lib"

FEATURES = {
    "core.wasm": "generic+simd128",
    "core-relaxed.wasm": "generic+simd128+relaxed_simd",  # a fused multiply-add: 1.2 times as fast
    "core-int8.wasm": "generic+simd128",  # models in int8 alone
    "core-glyphs.wasm": "generic+simd128",  # pen lines and pseudo-characters alone
    "core-page.wasm": "generic+simd128",  # an exported page, which leaves out what it never runs
    "core-png.wasm": "generic+simd128+bulk_memory",  # the pixels of large sprites alone
    # the first two, on several threads
    "core-threads.wasm": "generic+simd128+atomics+bulk_memory",
    "core-threads-relaxed.wasm": "generic+simd128+relaxed_simd+atomics+bulk_memory",
}
"""Module and what the engine that loads it must understand, as zig's `-mcpu`."""

COMMON = (
    "-target",
    "wasm32-freestanding",
    "-std=c++20",
    "-ffreestanding",
    "-nostdlib",
    "-fno-exceptions",
    "-fno-rtti",
    "-fvisibility=hidden",
    "-ffp-contract=fast",
    "-fno-math-errno",
    "-fno-stack-protector",
    "-fomit-frame-pointer",
    "-fno-sanitize=all",
    "-DSN_INFLATE",  # what the linker leaves out of all modules but core-png.wasm
    # Engines run unrolled loops no faster; whole loops of known length are unrolled all the same.
    *("-mllvm", "-unroll-runtime=0", "-mllvm", "-unroll-allow-partial=0"),
)


def llvm(*options: str) -> tuple[str, ...]:
    """Options of LLVM, as the compiler takes them."""
    return tuple(part for option in options for part in ("-mllvm", option))


FAST = ("-O3", "-fno-vectorize", *llvm("-inline-threshold=30"))  # loops run over vectors already
PLAIN = llvm("-disable-lsr")  # one counter a loop, where speed counts for less
VECTORS = ("-Os", *llvm("-inline-threshold=30"), *PLAIN)
# zig takes -Oz for -Os.
SMALL = ("-Oz", "-Xclang", "-Oz", "-fno-vectorize", *llvm("-inline-threshold=5"), *PLAIN)

HOT = {
    "checksum.cpp": FAST + PLAIN,
    "inflate.cpp": FAST + PLAIN,
    "integer.cpp": ("-Os", "-fno-vectorize", *llvm("-inline-threshold=30")),
    "network.cpp": FAST,
    "ops/activation.cpp": FAST + PLAIN,
    "ops/batch_normalization.cpp": FAST + PLAIN,
    "ops/conv2d.cpp": FAST,
    "ops/dense.cpp": FAST + PLAIN,
    "ops/depthwise_conv2d.cpp": FAST + PLAIN,
    "ops/dropout.cpp": FAST + PLAIN,
    "ops/pooling.cpp": FAST + PLAIN,
    "optimizers/adam.cpp": VECTORS,
    "optimizers/rmsprop.cpp": VECTORS,
    "optimizers/sgd.cpp": VECTORS,
}
"""Sources whose speed counts for more than their download."""

NATIVE = ("deflate.cpp", "processor.cpp")
"""Sources that no page needs."""

FILES = {
    name: HOT.get(name, SMALL)
    for file in sorted(SOURCES.rglob("*.cpp"))
    if (name := file.relative_to(SOURCES).as_posix()) not in NATIVE
}
"""Sources and how each is compiled."""

FUNCTIONS = (
    "sn_interface_version",
    "sn_instruction_set",
    "sn_lanes",
    "sn_pool_create",
    "sn_network_bytes",
    "sn_network_init",
    "sn_parameter_count",
    "sn_output_shape",
    "sn_weight_count",
    "sn_network_weight",
    "sn_operator_count",
    "sn_operator_at",
    "sn_infer",
    "sn_optimizer_count",
    "sn_optimizer_at",
    "sn_slot_count",
    "sn_loss_count",
    "sn_loss_at",
    "sn_train",
    "sn_gradient",
    "sn_evaluate",
    "sn_predict",
    "sn_activations",
    "sn_augment",
)
GLYPH_FUNCTIONS = ("sn_interface_version", "sn_draw_lines", "sn_draw_glyphs")
PAGE_FUNCTIONS = tuple(name for name in FUNCTIONS if name not in {"sn_gradient", "sn_augment"})
INT8_FUNCTIONS = (
    "sn_interface_version",
    "sn_pool_create",
    "sn_integer_bytes",
    "sn_integer_init",
    "sn_integer_predict",
)
PNG_FUNCTIONS = (
    "sn_interface_version",
    "sn_crc32",
    "sn_adler32",
    "sn_inflate",
    "sn_png_rows",
)
THREADS_FUNCTIONS = (*FUNCTIONS, "sn_pool_serve")
MOST_MEMORY = 65535 * 65536  # bytes
SHARED = (
    "-Wl,--shared-memory",
    "-Wl,--import-memory",
    f"-Wl,--max-memory={MOST_MEMORY}",
    "-Wl,--export=__stack_pointer",  # each thread has its own
)
STACK = 655360  # bytes
LINK = (
    "-O2",
    "-s",
    "-Wl,--no-entry",
    "-Wl,--gc-sections",
    f"-Wl,-z,stack-size={STACK}",  # it lies first: one that overflows traps
    "-Wl,--export=__heap_base",  # the first byte that is the host's
)
RELOCATED = ("wasm-ld", "--stack-first", "--no-entry", "-z", f"stack-size={STACK}", "--emit-relocs")
"""The linker itself, which zig's compiler asks for no relocations."""


THREADS = ("core-threads.wasm", "core-threads-relaxed.wasm")
EXPORTS = {
    "core-int8.wasm": INT8_FUNCTIONS,
    "core-glyphs.wasm": GLYPH_FUNCTIONS,
    "core-page.wasm": PAGE_FUNCTIONS,
    "core-png.wasm": PNG_FUNCTIONS,
} | dict.fromkeys(THREADS, THREADS_FUNCTIONS)

PAGE = "-DSN_PAGE"
PAGE_FILES = {
    "losses/table.cpp",
    "network.cpp",
    "optimizers/table.cpp",
    "spritenet.cpp",
    "train.cpp",
}
"""Sources that differ in core-page.wasm: it has Adam and two losses, and augments nothing."""

PAGE_SMALL = {
    "network.cpp",
    "ops/activation.cpp",
    "ops/batch_normalization.cpp",
    "ops/depthwise_conv2d.cpp",
    "ops/dropout.cpp",
    "ops/pooling.cpp",
    "optimizers/adam.cpp",
}
"""Hot sources that core-page.wasm has small: it teaches a few drawings as fast with them. Networks
with depthwise convolutions predict a tenth slower, which is worth 0.6 kB."""


OPERATOR = re.compile(r'^extern const Operator (k\w+) = \{\s*row_of\("(\w+)"', re.MULTILINE)


class BuildError(Exception):
    """A module can't be compiled; the text is what a person should read."""


def compile_with(arguments: list[str], command: Sequence[str] = ("c++",)) -> None:
    """Runs the compiler, or another command of zig.

    Raises:
        BuildError: it isn't there or refuses the sources.
    """
    found = find_spec("ziglang")
    if found is None or found.origin is None:
        raise BuildError("There is no compiler: the Python package ziglang is not installed.")
    done = subprocess.run(
        [str(Path(found.origin).with_name(ZIG)), *command, *arguments],
        env={**CACHE, **os.environ},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BuildError(done.stderr.strip())


def operator_names(sources: Path) -> dict[str, str]:
    """The operators' names by those of their variables."""
    found = (OPERATOR.findall(path.read_text("utf-8")) for path in sources.glob("ops/*.cpp"))
    return dict(chain.from_iterable(found))


def build(
    out: Path, names: Sequence[str] = tuple(FEATURES), *, sources: Path = SOURCES
) -> list[Path]:
    """Compiles modules.

    Args:
        out: the folder for them; made if it isn't there.
        names: which; all by default.
        sources: the folder of the C++ files.

    Returns:
        Their paths, in the order of the names.

    Raises:
        BuildError: there is no compiler, or the core doesn't compile.
    """
    out.mkdir(parents=True, exist_ok=True)

    def options(name: str) -> tuple[str, ...]:
        return (*COMMON, f"-mcpu={FEATURES[name]}", f"-I{sources}")

    def source(name: str, file: str) -> tuple[str, ...]:
        """What an object is made by: modules with the same features share most of them."""
        page = name == "core-page.wasm"
        defines = (PAGE,) if page and file in PAGE_FILES else ()
        how = SMALL if page and file in PAGE_SMALL else FILES[file]
        return (*options(name), *defines, *how, "-c", str(sources / file))

    commands = dict.fromkeys(source(name, file) for name in names for file in FILES)
    with (
        tempfile.TemporaryDirectory(prefix="spritenet-wasm-") as scratch,
        ThreadPoolExecutor(os.cpu_count()) as pool,
    ):
        objects = {command: f"{scratch}/{i}.o" for i, command in enumerate(commands)}

        def link(name: str) -> Path:
            made = [(str(Path(file).parent), objects[source(name, file)]) for file in FILES]
            # gzip finds more where like is near like: worth 0.7 kB
            made.sort(key=lambda item: (item[0], -Path(item[1]).stat().st_size), reverse=True)
            files = [file for _, file in made]
            linked = Path(scratch) / name
            exports = [f"--export={function}" for function in EXPORTS.get(name, FUNCTIONS)]
            asked = [f"-Wl,{option}" for option in exports]
            memory = SHARED if name in THREADS else ()
            compile_with([*options(name), *LINK, *memory, *asked, *files, "-o", str(linked)])
            content = linked.read_bytes()
            if name == "core-page.wasm":
                compile_with([*exports, *files, "-o", str(linked)], RELOCATED)
                content = with_operators(content, linked.read_bytes(), operator_names(sources))
            module = out / name
            module.write_bytes(content)
            return module

        list(pool.map(lambda item: compile_with([*item[0], "-o", item[1]]), objects.items()))
        return list(pool.map(link, names))


def main() -> None:
    """The plain command."""
    parser = argparse.ArgumentParser(description="Compile core/ to WebAssembly.")
    parser.add_argument("--out", type=Path, default=MODULES, help="folder for the modules")
    parser.add_argument("--only", action="append", choices=FEATURES, help="a module (all of them)")
    options = parser.parse_args()
    try:
        modules = build(options.out, options.only or tuple(FEATURES))
    except BuildError as error:
        sys.exit(str(error))
    for module in modules:
        print(f"{module}  {module.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
