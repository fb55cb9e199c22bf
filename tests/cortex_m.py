"""Models in C on an emulated Cortex-M: compiled by zig, run by QEMU, files through semihosting."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from c_models import ZIG

__all__ = ["MACHINES", "QEMU", "Machine", "Report", "run_images"]

QEMU = shutil.which("qemu-system-arm")
SOURCES = Path(__file__).parent / "export" / "c" / "cortex_m"


@dataclass(frozen=True, slots=True)
class Machine:
    """A board that QEMU emulates.

    Attributes:
        board: QEMU's name.
        processor: zig's name.
        target: zig's target.
        clock: of SysTick, Hz.
        flash: the address of the code.
        ram: the address of the memory.
        ram_bytes: its size.
    """

    board: str
    processor: str
    target: str
    clock: float
    flash: int = 0
    ram: int = 0x20000000
    ram_bytes: int = 0x400000


SOFT, HARD = "thumb-freestanding-eabi", "thumb-freestanding-eabihf"
MACHINES = {
    "Cortex-M0": Machine("microbit", "cortex_m0", SOFT, 16e6, ram_bytes=0x4000),
    "Cortex-M3": Machine("mps2-an385", "cortex_m3", SOFT, 25e6),
    "Cortex-M4": Machine("mps2-an386", "cortex_m4", HARD, 25e6),
    "Cortex-M33": Machine("mps2-an505", "cortex_m33+dsp", HARD, 20e6, 0x10000000, 0x38000000),
}


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """Results of a run.

    Attributes:
        outputs: a row for each image.
        instructions: of one image, in the mean; only with `counts`.
        stack_bytes: of one call of `model_predict`.
        program: the ELF file.
    """

    outputs: NDArray[Any]
    instructions: float
    stack_bytes: int
    program: Path


def run_images(
    folder: Path,
    images: NDArray[np.uint8],
    machine: Machine,
    dtype: np.dtype[Any],
    *,
    flags: tuple[str, ...] = ("-Os",),
    counts: bool = False,
    seconds: float = 300,
) -> Report:
    """Runs a model on images.

    Args:
        folder: as `save_c` wrote it; files are put into it.
        images: n h w c.
        machine: the board.
        dtype: of the outputs.
        flags: of the compiler.
        counts: True counts instructions: QEMU's clock then goes on by 1 ns with each (`-icount
            shift=0`), and SysTick measures it.
        seconds: the longest that a run may take.
    """
    assert QEMU is not None
    script = (SOURCES / "start.ld").read_text()
    for name, value in (
        ("RAM_SIZE", machine.ram_bytes),
        ("FLASH", machine.flash),
        ("RAM", machine.ram),
    ):
        script = script.replace(f"@{name}@", hex(value))
    place = folder / machine.board
    place.mkdir(exist_ok=True)
    (place / "start.ld").write_text(script)
    program = place / "model.elf"
    command = [*ZIG, "-target", machine.target, f"-mcpu={machine.processor}", *flags]
    command += ["-std=c99", "-Wall", "-Wextra", "-Werror", f"-I{SOURCES / 'include'}"]
    command += ["-ffunction-sections", "-fdata-sections", "-g0", "-Wl,--gc-sections,-e,reset"]
    command += [f"-I{folder / 'src'}", str(SOURCES / "start.c"), str(folder / "src" / "model.c")]
    command += ["-T", str(place / "start.ld"), "-o", str(program)]
    if machine.processor != "cortex_m0":
        command.append("-nostdlib")  # all that is needed, and no library to compile first
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    np.ascontiguousarray(images).tofile(place / "images.bin")
    command = [QEMU, "-M", machine.board, "-nographic", "-monitor", "none", "-serial", "none"]
    command += ["-semihosting-config", "enable=on,target=native", "-kernel", "model.elf"]
    command += ["-icount", "shift=0"] if counts else []
    done = subprocess.run(
        command, cwd=place, capture_output=True, text=True, timeout=seconds, check=False
    )
    assert done.returncode == 0, done.stderr
    outputs = np.fromfile(place / "outputs.bin", dtype).reshape(len(images), -1)
    count, low, high, stack = np.fromfile(place / "report.bin", "<u4").tolist()
    assert count == len(images)
    ticks = (low + (high << 32)) / count
    return Report(outputs, ticks * 1e9 / machine.clock, stack, program)
