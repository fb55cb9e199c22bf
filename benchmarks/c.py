"""Models in C: bytes, memory and instructions on emulated Cortex-M processors, and equal integers.

`equal` compares every integer of int8 networks by every implementation, WebAssembly included
(equal_integers.py), and ends with 1 if any differs.

Instructions are counted by QEMU's clock, which goes on by 1 ns with each (`-icount shift=0`); they
are no cycles: a real Cortex-M needs more of them, for loads, branches and waiting for flash.
"""

from __future__ import annotations

import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equal_integers import equal
from figures import Row, arguments, leave, mnist_folder, report

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "tests"))

if TYPE_CHECKING:
    import spritenet as sn
    from spritenet.model import Model

PARTS = ("tutorial", "resnet", "equal")

RESNET_MACS = 12_501_632
"""Multiplications of MLPerf Tiny's ResNet-8 on one image."""

PEERS = (
    ("microTVM with CMSIS-NN, Cortex-M4", 120e6 / 2.567),
    ("X-CUBE-AI 8.0.0, Cortex-M4", 120e6 / 4.505),
)
"""Cycles of ResNet-8 at 120 MHz (NUCLEO-L4R5ZI): github.com/mlcommons/tiny_results_v1.1, Krai."""


def main() -> None:
    """Measures and reports."""
    parser = arguments(__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; by default all")
    parser.add_argument("--images", type=int, default=1000, help="of each network, for `equal`")
    parser.add_argument("--networks", type=int, default=20, help="for `equal`")
    options = parser.parse_args()
    folder = mnist_folder()
    import spritenet as sn
    from cortex_m import QEMU

    if QEMU is None:
        leave("QEMU is not installed: apt-get install qemu-system-arm")
    if unknown := set(options.parts) - set(PARTS):
        leave(f"No part is called {min(unknown)}. There are: {', '.join(PARTS)}.")
    mnist = sn.load(str(folder))
    parts = options.parts or PARTS
    if "tutorial" in parts:
        tutorial(mnist, as_json=options.json)
    if "resnet" in parts:
        resnet(as_json=options.json)
    if "equal" in parts:
        rows = equal(mnist, options.networks, options.images)
        title = f"integers of {options.networks} int8 networks, {options.images:,} images each"
        report(f"{title}, against NumPy", rows, better="less", as_json=options.json)
        if any(row.median for row in rows):
            raise SystemExit(1)


def tutorial(mnist: sn.Dataset, *, as_json: bool) -> None:
    """The network `tutorial` in int8 and float32: bytes of code, memory, instructions."""
    import spritenet as sn
    from cortex_m import MACHINES

    model = sn.networks.get("tutorial", mnist.train)
    rows = []
    for device, machine in MACHINES.items():
        for precision in ("int8", "float32"):
            if precision == "float32" and device != "Cortex-M4":
                continue
            with tempfile.TemporaryDirectory() as scratch:
                place, integers = _written(model, mnist, Path(scratch), precision)
                side = f"{device}, {precision}"
                if precision == "int8":
                    images = mnist.test.images[:20]
                    counted = _run(place, images, machine, integers, counts=True)
                    rows.append(Row(f"{side}: one image", (counted.instructions,), "instr."))
                    memory = _memory(place) + counted.stack_bytes
                    rows.append(Row(f"{side}: memory", (memory,), "bytes"))
                rows.append(Row(f"{side}: code and weights", (_bytes(place, machine),), "bytes"))
                with_prepare = _bytes(place, machine, "model_prepare", "model_class")
                rows.append(Row(f"{side}: with preprocessing", (with_prepare,), "bytes"))
    report("`tutorial` in C, with zig cc -Os", rows, better="less", as_json=as_json)


def resnet(*, as_json: bool) -> None:
    """MLPerf Tiny's ResNet-8, whose cycles others have published."""
    import numpy as np

    from cortex_m import MACHINES
    from spritenet.dataset import Dataset, Split

    random = np.random.default_rng(0)
    images = random.integers(0, 256, (64, 32, 32, 3), np.uint8)
    split = Split.from_arrays(images, np.arange(64) % 10)
    model = _resnet()
    with tempfile.TemporaryDirectory() as scratch:
        data = Dataset.from_arrays((images, split.labels), name="noise")
        place, integers = _written(model, data, Path(scratch), "int8")
        counted = _run(place, images[:4], MACHINES["Cortex-M4"], integers, counts=True)
        rows = [Row("Spritenet in C, Cortex-M4", (counted.instructions / 1e6,), "M instr.")]
        rows += [Row(name, (cycles / 1e6,), "M cycles") for name, cycles in PEERS]
        memory = _memory(place) + counted.stack_bytes
        rows.append(Row("Spritenet: memory", (memory / 1024,), "KiB"))
        each = counted.instructions / RESNET_MACS
        rows.append(Row("Spritenet: instructions per multiplication", (each,), ""))
    report("ResNet-8 of MLPerf Tiny in int8, one image", rows, better="less", as_json=as_json)


def _written(model: Model, data: sn.Dataset, place: Path, precision: str) -> tuple[Path, Any]:
    """Writes a model with random weights in C. Returns the folder, and the integers of int8."""
    from c_models import with_values, write_model
    from spritenet.quantization import quantize

    if model.input_shape is None:
        model.build(data.image_shape)
    saved = with_values(model)
    integers = None
    if precision == "int8":
        shaped = data.train.images[:512].reshape(-1, *saved.input_shape)
        integers = quantize(saved.layers, saved.input_shape, saved.parameters, shaped)
    return write_model(saved, place / "c", integers=integers), integers


def _run(place: Path, images: Any, machine: Any, integers: Any, *, counts: bool = False) -> Any:  # noqa: ANN401 - arrays and a machine, which are imported late
    """Runs int8 code on a board, and compares its integers with the reference."""
    import numpy as np

    from cortex_m import run_images
    from spritenet.quantization import reference

    expected = reference.predict(integers, images)
    found = run_images(place, images, machine, expected.dtype, counts=counts)
    if counts and np.any(found.outputs != expected.reshape(len(images), -1)):
        leave("The integers of C differ from those of Python.")
    return found


def _memory(place: Path) -> int:
    """The bytes of arena, image and outputs."""
    header = (place / "src" / "model.h").read_text(encoding="utf-8")
    values = {name: int(_defined(header, name)) for name in ("HEIGHT", "WIDTH", "CHANNELS")}
    output = {"float": 4, "int16_t": 2, "int8_t": 1}
    kind = header.partition(" model_output;")[0].split()[-1]
    image = values["HEIGHT"] * values["WIDTH"] * values["CHANNELS"]
    outputs = int(_defined(header, "OUTPUTS")) * output[kind]
    return int(_defined(header, "ARENA_BYTES")) + image + outputs


def _defined(header: str, name: str) -> str:
    """The value of a macro."""
    return header.partition(f"#define MODEL_{name} ")[2].split()[0]


def _bytes(place: Path, machine: Any, *more: str) -> int:  # noqa: ANN401 - a Machine, which is imported late
    """The bytes of code and constants that `model_predict` and other functions bring in."""
    from c_models import ZIG
    from cortex_m import SOURCES

    program = place / "size.elf"
    command = [*ZIG, "-target", machine.target, f"-mcpu={machine.processor}", "-Os", "-g0"]
    command += ["-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections,-e,model_predict"]
    command += [f"-Wl,-u,{name}" for name in more]
    command += [f"-I{SOURCES / 'include'}", str(place / "src" / "model.c"), "-o", str(program)]
    subprocess.run(command, check=True, capture_output=True)
    return _loaded(program.read_bytes())


def _loaded(elf: bytes) -> int:
    """The bytes of an ELF file's sections that are loaded, tables for unwinding aside."""
    start, size, count, names = struct.unpack_from("<I10xHHH", elf, 32)
    headers = [struct.unpack_from("<10I", elf, start + i * size) for i in range(count)]
    texts = headers[names][4]
    total = 0
    for name, kind, flags, _, _, length, *_ in headers:
        label = elf[texts + name :].partition(b"\0")[0]
        if flags & 2 and kind == 1 and not label.startswith(b".ARM"):
            total += length
    return total


def _resnet() -> Model:
    """MLPerf Tiny's ResNet-8: three stages of 16, 32 and 64 filters on 32×32 pixels in colour."""
    import spritenet as sn
    from spritenet.layers import Activation, Add, AveragePooling2D, Conv2D, Dense, Flatten, ReLU

    images = sn.Input((32, 32, 3))
    x = Conv2D(16, 3, padding="same", activation="relu")(images)
    for filters, stride in ((16, 1), (32, 2), (64, 2)):
        y = Conv2D(filters, 3, stride, "same", activation="relu")(x)
        y = Conv2D(filters, 3, padding="same")(y)
        if stride > 1:
            x = Conv2D(filters, 1, stride, "same")(x)
        x = ReLU()(Add()([x, y]))
    x = Flatten()(AveragePooling2D(8)(x))
    return sn.Model(images, Activation("softmax")(Dense(10)(x)))


if __name__ == "__main__":
    main()
