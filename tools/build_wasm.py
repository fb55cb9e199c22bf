"""Compiles core/ into the WebAssembly modules that browsers and Node.js load.

    python tools/build_wasm.py              into src/spritenet/web/static/lib
    python tools/build_wasm.py --out DIR    elsewhere, to compare

The modules are committed, so that installing needs no compiler for them; a test builds them again
and compares every byte. So the compiler must be the pinned `ziglang` and no other.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "core"
CACHE = dict.fromkeys(
    ("ZIG_GLOBAL_CACHE_DIR", "ZIG_LOCAL_CACHE_DIR"), str(ROOT / "build" / "zig")
)  # not in the person's home
MODULES = ROOT / "src" / "spritenet" / "web" / "static" / "lib"

FEATURES = {
    "core.wasm": "generic+simd128",
    "core-relaxed.wasm": "generic+simd128+relaxed_simd",  # a fused multiply-add: 1.2 times as fast
    "core-int8.wasm": "generic+simd128",  # models in int8 alone
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
    # Engines run unrolled loops no faster; whole loops of known length are unrolled all the same.
    *("-mllvm", "-unroll-runtime=0", "-mllvm", "-unroll-allow-partial=0"),
    *("-mllvm", "-inline-threshold=30"),
)
FAST = "-O3"
SMALL = "-Oz"
SELDOM = (
    "activation_functions",
    "add",
    "any_convolution",
    "concatenate",
    "conv2d_transpose",
    "cropping2d",
    "merge",
    "multiply",
    "noise",
    "normalizations",
    "over_axis",
    "permute",
    "prelu",
    "relu",
    "reshape",
    "up_sampling2d",
    "zero_padding2d",
)
"""Operators whose download counts for more than their speed."""

USUAL = ("sgd", "rmsprop", "adam")
"""Optimizers whose loops are worth vectors."""

FILES = {
    "network.cpp": (FAST, "-fno-vectorize"),  # its loops run over vectors already
    **{
        f"ops/{file.name}": (FAST, "-fno-vectorize")
        for file in sorted((SOURCES / "ops").glob("*.cpp"))
    },
    **{f"ops/{name}.cpp": ("-Os", "-fno-vectorize") for name in SELDOM},
    **{
        f"optimizers/{file.name}": ("-Os" if file.stem in USUAL else SMALL,)
        for file in sorted((SOURCES / "optimizers").glob("*.cpp"))
    },
    "optimizers/table.cpp": (SMALL,),
    "augment.cpp": ("-Os",),
    "fold.cpp": (SMALL,),
    "outputs.cpp": (SMALL,),
    "random.cpp": (SMALL,),
    "ops/augmentation.cpp": (SMALL,),
    **{f"losses/{file.name}": (SMALL,) for file in sorted((SOURCES / "losses").glob("*.cpp"))},
    "ops/node.cpp": (SMALL,),
    "ops/table.cpp": (SMALL,),
    "train.cpp": (FAST,),
    "read.cpp": (FAST,),
    "placement.cpp": (SMALL,),
    "plan.cpp": (SMALL,),
    "spritenet.cpp": (SMALL,),
    "integer.cpp": ("-Os", "-fno-vectorize"),
    "integer_operators.cpp": (SMALL, "-fno-vectorize"),
    "integer_plan.cpp": (SMALL,),
    "strokes.cpp": (SMALL,),
    "glyphs.cpp": (SMALL,),
    "threads.cpp": (SMALL,),
    "shared_threads.cpp": (SMALL,),
}
"""The sources a page needs: it inflates with DecompressionStream."""

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
    "sn_order",
    "sn_draw_lines",
    "sn_draw_glyphs",
)
INT8_FUNCTIONS = (
    "sn_interface_version",
    "sn_pool_create",
    "sn_integer_bytes",
    "sn_integer_init",
    "sn_integer_predict",
)
THREADS_FUNCTIONS = (*FUNCTIONS, "sn_pool_serve")
MOST_MEMORY = 65535 * 65536  # bytes
SHARED = (
    "-Wl,--shared-memory",
    "-Wl,--import-memory",
    f"-Wl,--max-memory={MOST_MEMORY}",
    "-Wl,--export=__stack_pointer",  # each thread has its own
)
LINK = (
    "-O2",
    "-s",
    "-Wl,--no-entry",
    "-Wl,--gc-sections",
    "-Wl,-z,stack-size=655360",  # it lies first: one that overflows traps
    "-Wl,--export=__heap_base",  # the first byte that is the host's
)


THREADS = ("core-threads.wasm", "core-threads-relaxed.wasm")
EXPORTS = {"core-int8.wasm": INT8_FUNCTIONS} | dict.fromkeys(THREADS, THREADS_FUNCTIONS)


class BuildError(Exception):
    """A module can't be compiled; the text is what a person should read."""


def compile_with(arguments: list[str]) -> None:
    """Runs the compiler.

    Raises:
        BuildError: it isn't there or refuses the sources.
    """
    done = subprocess.run(
        [sys.executable, "-m", "ziglang", "c++", *arguments],
        env={**os.environ, **CACHE},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BuildError(done.stderr.strip())


def build(out: Path, *, sources: Path = SOURCES) -> list[Path]:
    """Compiles all modules.

    Args:
        out: the folder for them; made if it isn't there.
        sources: the folder of the C++ files.

    Returns:
        Their paths, in the order of `FEATURES`.

    Raises:
        BuildError: there is no compiler, or the core doesn't compile.
    """
    out.mkdir(parents=True, exist_ok=True)

    def make(name: str) -> Path:
        with tempfile.TemporaryDirectory(prefix="spritenet-wasm-") as scratch:
            options = [*COMMON, f"-mcpu={FEATURES[name]}", f"-I{sources}"]
            objects = []
            for file, how in FILES.items():
                made = Path(scratch) / f"{file.replace('/', '-')}.o"
                source = str(sources / file)
                compile_with([*options, *how, "-c", source, "-o", str(made)])
                objects.append(str(made))
            linked = Path(scratch) / name
            exports = [f"-Wl,--export={function}" for function in EXPORTS.get(name, FUNCTIONS)]
            memory = SHARED if name in THREADS else ()
            compile_with([*options, *LINK, *memory, *exports, *objects, "-o", str(linked)])
            module = out / name
            module.write_bytes(linked.read_bytes())
        return module

    with ThreadPoolExecutor(len(FEATURES)) as pool:
        return list(pool.map(make, FEATURES))


def main() -> None:
    """The plain command."""
    parser = argparse.ArgumentParser(description="Compile core/ to WebAssembly.")
    parser.add_argument("--out", type=Path, default=MODULES, help="folder for the modules")
    try:
        modules = build(parser.parse_args().out)
    except BuildError as error:
        sys.exit(str(error))
    for module in modules:
        print(f"{module}  {module.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
