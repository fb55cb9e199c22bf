"""The fraction of the processor's measured peak of multiply-adds that training reaches.

The peak is a loop of nothing but independent multiply-adds in registers (peak.cpp), compiled with
the core's compiler and flags and run on as many threads. Training's share counts the useful
arithmetic only: what the layers' definitions ask for, not what a kernel does on the way.
"""

from __future__ import annotations

import ctypes
import importlib.util
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import ModuleType

from figures import Row, arguments, cores, mnist_folder, report
from turns import Side, take_turns

FOLDER = Path(__file__).parent


def operations_per_image(network: str) -> int:
    """Floating-point operations that training on one image asks for.

    Each multiply-add counts two, and is done three times: forward, for the kernel's gradient and
    for the input's; the first layer needs no gradient of its input.
    """
    import spritenet as sn
    from spritenet import networks

    train = sn.load(mnist_folder()).train
    shape: tuple[int, ...] = train.image_shape
    multiply_adds: list[int] = []
    for layer in networks.get(network, train).layers:
        kernels = [weight.shape for weight in layer.weights(shape) if weight.name == "kernel"]
        shape = layer.output_shape(shape)
        for kernel in kernels:
            places = shape[0] * shape[1] if len(kernel) == 4 else 1
            multiply_adds.append(places * product(kernel))
    return 2 * (3 * sum(multiply_adds) - multiply_adds[0])


def product(sizes: tuple[int, ...]) -> int:
    """All of them multiplied."""
    result = 1
    for size in sizes:
        result *= size
    return result


def hatch_build() -> ModuleType:
    """The build hook's module."""
    spec = importlib.util.spec_from_file_location("hatch_build", FOLDER.parent / "hatch_build.py")
    if spec is None or spec.loader is None:
        sys.exit("hatch_build.py is not beside benchmarks/.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def compiled(level_name: str, out: Path) -> ctypes.CDLL:
    """peak.cpp for one instruction set."""
    build = hatch_build()
    platform = build.this_platform()
    (level,) = [level for level in platform.levels if level.name == level_name]
    sources = out / "sources"
    sources.mkdir()
    shutil.copy(FOLDER / "peak.cpp", sources)
    (library,) = build.build(platform, [level], out, sources=sources)
    loaded = ctypes.CDLL(str(library))
    loaded.peak_turns.argtypes = [ctypes.c_longlong, ctypes.c_float, ctypes.c_float]
    loaded.peak_turns.restype = ctypes.c_float
    return loaded


def peak(library: ctypes.CDLL, threads: int, seconds: float) -> float:
    """GFLOP/s of all threads together, for about that long."""
    turns = 1_000_000

    def once(count: int) -> float:
        # ctypes lets go of the interpreter during the call, so these really run side by side.
        workers = [
            threading.Thread(target=library.peak_turns, args=(count, 0.5, 1.0))
            for _ in range(threads)
        ]
        start = time.perf_counter()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return time.perf_counter() - start

    turns = max(turns, int(turns * seconds / once(turns)))
    return threads * turns * int(library.peak_operations()) / once(turns) / 1e9


def main() -> None:
    """Measures and reports."""
    parser = arguments(__doc__)
    parser.add_argument("--network", choices=["tutorial", "mnist-node"], default="tutorial")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--threads", type=int, default=cores())
    parser.add_argument("--isa", default="", help="force an instruction set: x86-64-v3")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()

    environment = {"SPRITENET_THREADS": str(options.threads)}
    if options.isa:
        environment["SPRITENET_ISA"] = options.isa
    work = [mnist_folder(), options.network, options.batch_size, options.threads]
    side = Side("training_spritenet.py", work, python=sys.executable, env=environment)
    with tempfile.TemporaryDirectory() as folder:
        library = compiled(side.name.split()[-1], Path(folder))
        peaks = [peak(library, options.threads, 0.3)]
        (steps,) = take_turns(
            [side],
            rounds=options.rounds,
            seconds=1.0,
            between=lambda: peaks.append(peak(library, options.threads, 0.3)),
        )
    scale = operations_per_image(options.network) * options.batch_size / 1e9
    trained = Row(side.name, tuple(step * scale for step in steps), "GFLOP/s")
    best = Row("peak, measured", tuple(peaks), "GFLOP/s")
    share = Row("share of the peak", (100 * trained.median / best.median,), "%")
    title = f"arithmetic of training {options.network}, {options.threads} threads"
    report(title, [share, trained, best], as_json=options.json)


if __name__ == "__main__":
    main()
