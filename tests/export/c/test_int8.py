"""C in int8 computes every integer of the reference, on this machine and on a Cortex-M."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import spritenet as sn
from c_models import (
    DEVICES,
    ZIG,
    CompiledModel,
    run_compiler,
    sequential,
    with_values,
    write_model,
)
from cortex_m import MACHINES, QEMU, run_images
from spritenet import layers as kinds
from spritenet.export import SavedModel
from spritenet.export.c import source_of
from spritenet.model import Model
from spritenet.quantization import IntegerNetwork, quantize, reference
from spritenet.quantization import operators as ops


def graph() -> Model:
    """Every operator with several inputs, and those that change places."""
    images = sn.Input((8, 6, 3))
    x = kinds.Conv2D(4, 3, padding="same", activation="relu")(images)
    y = kinds.Conv2D(4, (2, 3), padding="same", dilation_rate=(2, 1))(x)
    z = kinds.Add()([x, y])
    pixel = kinds.GlobalAveragePooling2D(keepdims=True)(z)
    z = kinds.Multiply()([pixel, z])
    z = kinds.Subtract()([z, kinds.Maximum()([x, pixel])])
    z = kinds.Average()([z, kinds.Minimum()([x, y]), x])
    z = kinds.Concatenate()([z, x, y])
    z = kinds.Cropping2D(((1, 0), (2, 1)))(z)
    z = kinds.UpSampling2D((2, 3))(z)
    z = kinds.Activation("tanh")(z)
    z = kinds.ZeroPadding2D(2)(z)
    z = kinds.MaxPooling2D(3, strides=2, padding="same")(z)
    z = kinds.AveragePooling2D(3, strides=2, padding="same")(z)
    z = kinds.Conv2D(6, 3, groups=3, padding="same")(z)
    z = kinds.SeparableConv2D(5, 3)(z)
    return sn.Model(images, kinds.Dense(7)(kinds.Flatten()(z)))


NETWORKS: dict[str, Callable[[], Model]] = {
    "tutorial": lambda: sequential(
        (28, 28, 1),
        kinds.Conv2D(8, 5, activation="relu"),
        kinds.MaxPooling2D(2),
        kinds.Conv2D(16, 5, activation="relu"),
        kinds.MaxPooling2D(2),
        kinds.Flatten(),
        kinds.Dense(10, activation="softmax"),
    ),
    "inverted": lambda: sequential(
        (11, 9, 3),
        kinds.Rescaling(-1 / 255, 1.0),
        kinds.Conv2D(5, 3, strides=2, padding="same", activation="relu"),
        kinds.BatchNormalization(),
        kinds.DepthwiseConv2D((3, 2), padding="same", depth_multiplier=2, activation="relu6"),
        kinds.Conv2D(6, 1, activation="silu"),
        kinds.GlobalAveragePooling2D(),
    ),
    "vector": lambda: sequential((7,), kinds.Dense(6, activation="sigmoid"), kinds.Dense(3)),
    "no convolution": lambda: sequential((4, 6, 1), kinds.MaxPooling2D(2), kinds.Flatten()),
    "graph": graph,
}


def quantized(name: str, count: int) -> tuple[SavedModel, IntegerNetwork, NDArray[np.uint8]]:
    """A network with random weights, its integers, and images."""
    saved, random = with_values(NETWORKS[name]()), np.random.default_rng(0)
    images = random.integers(0, 256, (count, *saved.image_shape), np.uint8)
    images[: count // 2] //= 8  # also dark ones
    shaped = images.reshape(count, *saved.input_shape)
    return saved, quantize(saved.layers, saved.input_shape, saved.parameters, shaped), images


@pytest.mark.parametrize("name", NETWORKS)
def test_every_integer_is_the_references(name: str, tmp_path: Path) -> None:
    """On this machine, with an arena as large as it says."""
    saved, integers, images = quantized(name, 40)
    compiled = CompiledModel(write_model(saved, tmp_path / "c", integers=integers), saved)
    expected = reference.predict(integers, images.reshape(40, *saved.input_shape))
    assert compiled.type == expected.dtype
    np.testing.assert_array_equal(compiled.predict(images), expected.reshape(40, -1))


def test_every_operator_is_compared() -> None:
    """The networks above hold each class."""
    held = {type(one).__name__ for name in NETWORKS for one in quantized(name, 4)[1].operators}
    assert held == {one.__name__ for one in ops.Operator.__subclasses__()}


def test_there_is_no_float_in_the_code() -> None:
    """Nor a library; the scale of outputs is a constant of the header that the code doesn't use."""
    saved, integers, _ = quantized("tutorial", 4)
    source = source_of(saved, integers)
    assert "float" not in source.code
    assert "double" not in source.code
    assert not source.uses_math
    assert "OUTPUT_SCALE" not in source.code


def test_tutorial_fits_small_devices() -> None:
    """Weights below 6.3 kB; the arena is the two pooled outputs."""
    saved, integers, _ = quantized("tutorial", 4)
    source = source_of(saved, integers)
    assert source.arena_bytes == 12 * 12 * 8 + 4 * 4 * 16
    assert source.constant_bytes == 5 * 5 * 8 + 5 * 5 * 8 * 16 + 256 * 10 + 9 * (8 + 16 + 10)


@pytest.mark.parametrize("device", DEVICES)
def test_it_compiles_for_devices_without_a_warning(device: str, tmp_path: Path) -> None:
    """Cortex-M0+, M4 with its DSP instructions, M33, and RISC-V; no header of a C library."""
    saved, integers, _ = quantized("graph", 4)
    code = write_model(saved, tmp_path / "c", integers=integers) / "src" / "model.c"
    run_compiler(ZIG, *DEVICES[device].split(), "-Os", "-c", code, "-o", tmp_path / "model.o")
    assert (tmp_path / "model.o").stat().st_size > 0


@pytest.mark.skipif(QEMU is None, reason="needs qemu-system-arm")
@pytest.mark.parametrize(
    ("device", "name"), [*((one, "tutorial") for one in MACHINES), ("Cortex-M4", "graph")]
)
def test_a_cortex_m_computes_the_same(device: str, name: str, tmp_path: Path) -> None:
    """Emulated: without and with DSP instructions, and with 16 kB of memory (Cortex-M0)."""
    saved, integers, images = quantized(name, 20)
    folder = write_model(saved, tmp_path / "c", integers=integers)
    expected = reference.predict(integers, images)
    report = run_images(folder, images, MACHINES[device], expected.dtype)
    np.testing.assert_array_equal(report.outputs, expected)
    assert 0 < report.stack_bytes < 1024
