"""Models in C, compiled for this machine and called through ctypes."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import spritenet as sn
from spritenet.export import SavedModel
from spritenet.export.c import Example, save_c
from spritenet.layers import Layer, Shape
from spritenet.model import Model
from spritenet.quantization import IntegerNetwork

__all__ = [
    "DEVICES",
    "WARNINGS",
    "ZIG",
    "CompiledModel",
    "compilers",
    "run_compiler",
    "sequential",
    "with_values",
    "write_model",
]

ZIG = [sys.executable, "-m", "ziglang", "cc"]
DEVICES = {
    "Cortex-M0+": "-target thumb-freestanding-eabi -mcpu=cortex_m0plus",
    "Cortex-M4": "-target thumb-freestanding-eabihf -mcpu=cortex_m4",
    "Cortex-M33": "-target thumb-freestanding-eabihf -mcpu=cortex_m33",
    "RISC-V": "-target riscv32-freestanding-none -mcpu=generic_rv32+m+c",
}
"""Arguments of zig; there is no compiler for Xtensa in it."""

WARNINGS = [
    "-std=c99",
    *("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"),
]


def compilers() -> list[list[str]]:
    """The compilers for this machine: zig's clang, and gcc where there is one."""
    return [ZIG, ["gcc"]] if shutil.which("gcc") else [ZIG]


def run_compiler(compiler: Sequence[str], *arguments: str | Path) -> None:
    """Compiles; warnings and errors fail the test."""
    done = subprocess.run(
        [*compiler, *WARNINGS, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def write_model(
    model: SavedModel,
    folder: Path,
    pixels: NDArray[np.uint8] | None = None,
    integers: IntegerNetwork | None = None,
) -> Path:
    """Writes a model in C, with an example whose expected outputs are zeros."""
    if pixels is None:
        pixels = np.zeros(model.image_shape, np.uint8)
    dtype = np.float32 if integers is None else integers.operators[-1].dtype
    save_c(model, folder, Example(pixels, np.zeros(model.output_shape, dtype)), integers)
    return folder


def with_values(model: Model, seed: int = 0) -> SavedModel:
    """The model with random weights, as a file holds it."""
    random = np.random.default_rng(seed)
    values = []
    for name, array in model.weights.items():
        positive = name.endswith("variance")
        made = (
            random.uniform(0.5, 2, array.shape) if positive else random.normal(0, 0.3, array.shape)
        )
        values.append(made.astype(np.float32))
    model.set_weights(values)
    parameters = np.concatenate([np.zeros(0, np.float32), *[value.ravel() for value in values]])
    assert model.input_shape is not None
    return SavedModel(model.network.graph, model.input_shape, parameters)


def sequential(shape: Shape, *layers: Layer) -> Model:
    """A network of some layers, built."""
    model = sn.Sequential(list(layers))
    model.build(shape)
    return model


class CompiledModel:
    """A folder that `save_c` wrote, as functions on arrays."""

    def __init__(self, folder: Path, model: SavedModel, *more: str) -> None:
        library = folder / "model.so"
        code = folder / "src" / "model.c"
        compiler = compilers()[-1]
        run_compiler(compiler, *more, "-O1", "-shared", "-fPIC", code, "-o", library, "-lm")
        self.functions = ctypes.CDLL(str(library))
        self.shape, self.outputs = model.image_shape, int(np.prod(model.output_shape))
        header = (folder / "src" / "model.h").read_text()
        size = header.partition("MODEL_ARENA_BYTES ")[2].split()[0]
        self.arena_bytes = int(size)
        output = header.partition(" model_output;")[0].split()[-1]
        self.type = np.dtype({"float": "f4", "int8_t": "i1", "int16_t": "i2"}[output])

    def predict(self, images: NDArray[np.uint8]) -> NDArray[Any]:
        """The outputs for images n h w c; bytes around the arena must not change."""
        guard = 64
        arena = np.full(self.arena_bytes + 2 * guard, 0xA5, np.uint8)
        rows = np.empty((len(images), self.outputs), self.type)
        for image, row in zip(np.ascontiguousarray(images), rows, strict=True):
            self.functions.model_predict(
                ctypes.c_void_p(image.ctypes.data),
                ctypes.c_void_p(row.ctypes.data),
                ctypes.c_void_p(arena.ctypes.data + guard),
            )
        assert (arena[:guard] == 0xA5).all()
        assert (arena[-guard:] == 0xA5).all()
        return rows

    def prepare(self, pixels: NDArray[np.uint8]) -> tuple[int, NDArray[np.uint8]]:
        """The result of `model_prepare`, and the input it made."""
        found = np.full(self.shape, 77, np.uint8)
        pixels = np.ascontiguousarray(pixels)
        done = self.functions.model_prepare(
            ctypes.c_void_p(pixels.ctypes.data),
            *pixels.shape,
            ctypes.c_void_p(found.ctypes.data),
        )
        return done, found
