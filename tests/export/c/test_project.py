"""The folder of a model in C: it compiles everywhere, runs, and is an Arduino library."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

import spritenet as sn
from c_models import (
    DEVICES,
    ZIG,
    CompiledModel,
    compilers,
    run_compiler,
    sequential,
    with_values,
    write_model,
)
from spritenet import export
from spritenet.errors import ModelError
from spritenet.export import Metadata, SavedModel
from spritenet.export.c import Example, save_c, source_of
from spritenet.layers import Conv2D, Dense, Flatten, MaxPooling2D
from spritenet.prepare import Preparation, prepare
from spritenet.quantization import quantize, reference

ARDUINO = """
extern "C" {
unsigned long micros(void) { return 0; }
void delay(unsigned long) {}
}
struct Port {
  void begin(long) {}
  template <class T> void print(T) {}
  template <class T> void println(T) {}
} Serial;
"""


@pytest.fixture(scope="module")
def saved() -> SavedModel:
    """A small classifier of digits with class names and every kind of character in them."""
    layers = [Conv2D(2, 3, activation="relu"), MaxPooling2D(2), Flatten()]
    model = sn.Sequential([*layers, Dense(3, activation="softmax")])
    model.build((28, 28, 1))
    values = np.concatenate([array.ravel() for array in model.weights.values()])
    metadata = Metadata(class_names=('quote"', "漢\\?", "plain"))
    return SavedModel(model.network.graph, (28, 28, 1), values, metadata)


@pytest.fixture(scope="module")
def folder(saved: SavedModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model in C."""
    pixels = np.random.default_rng(0).integers(0, 256, (28, 28, 1), np.uint8)
    return write_model(saved, tmp_path_factory.mktemp("export") / "my digits", pixels)


@pytest.mark.parametrize("compiler", compilers(), ids=lambda found: found[0].rpartition("/")[2])
def test_the_example_compiles_without_a_warning_and_runs(
    compiler: list[str], folder: Path, tmp_path: Path
) -> None:
    """With zig's clang and with gcc; it prints the outputs and the class's name."""
    program = tmp_path / "example"
    sources = (folder / "example.c", folder / "src" / "model.c")
    run_compiler(compiler, "-O2", f"-I{folder / 'src'}", *sources, "-lm", "-o", program)
    done = subprocess.run([program], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) == 4
    assert lines[-1].removeprefix("class ") in ('quote"', "漢\\?", "plain")


@pytest.mark.parametrize("wrong", [0, 1])
def test_the_example_in_int8_ends_with_1_if_an_integer_differs(wrong: int, tmp_path: Path) -> None:
    """It needs no math library, and its status tells a script whether the board is right."""
    model = sequential((6, 6, 1), sn.DepthwiseConv2D(3, activation="relu"), sn.Flatten())
    saved, images = with_values(model), np.zeros((4, 6, 6, 1), np.uint8)
    images[1:] = np.random.default_rng(0).integers(0, 256, (3, 6, 6, 1))
    integers = quantize(saved.layers, (6, 6, 1), saved.parameters, images)
    expected = reference.predict(integers, images)[1]
    expected.flat[0] ^= wrong
    save_c(saved, tmp_path / "c", Example(images[1], expected), integers)
    text = (tmp_path / "c" / "example.c").read_text(encoding="utf-8")
    assert " -lm" not in text + (tmp_path / "c" / "README.md").read_text(encoding="utf-8")
    program, sources = tmp_path / "example", tmp_path / "c" / "src"
    run_compiler(ZIG, f"-I{sources}", tmp_path / "c/example.c", sources / "model.c", "-o", program)
    done = subprocess.run([program], capture_output=True, check=False)
    assert done.returncode == wrong


@pytest.mark.parametrize("device", DEVICES)
def test_it_compiles_for_devices_without_a_warning(
    device: str, folder: Path, tmp_path: Path
) -> None:
    """Cortex-M0+, M4 and M33, and RISC-V."""
    code = folder / "src" / "model.c"
    # math.h is the host's: zig has none for a machine without an operating system.
    header = tmp_path / "math.h"
    header.write_text("float expf(float);\n")
    flags = [*DEVICES[device].split(), f"-I{tmp_path}", "-Os"]
    run_compiler(ZIG, *flags, "-c", code, "-o", tmp_path / "model.o")
    assert (tmp_path / "model.o").stat().st_size > 0


def test_the_sketch_is_a_sketch(folder: Path, tmp_path: Path) -> None:
    """It compiles as C++ without a warning, with the Arduino functions that it calls."""
    sketch = (folder / "examples" / "classify" / "classify.ino").read_text(encoding="utf-8")
    source = tmp_path / "sketch.cpp"
    source.write_text(f"{ARDUINO}{sketch}", encoding="utf-8")
    flags = ["-Wall", "-Wextra", "-Werror", "-nostdinc++", f"-I{folder / 'src'}"]
    command = [*ZIG[:-1], "c++", *flags, "-c", str(source), "-o", str(tmp_path / "sketch.o")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_library_is_described(folder: Path) -> None:
    """In the entries that the Arduino IDE requires, under the folder's name."""
    text = (folder / "library.properties").read_text(encoding="utf-8")
    entries = dict(line.split("=", 1) for line in text.splitlines())
    required = {"name", "version", "author", "maintainer", "sentence", "paragraph", "category"}
    assert required | {"url", "architectures"} <= set(entries)
    assert entries["name"] == "my_digits"
    assert len((folder / "README.md").read_text(encoding="utf-8").splitlines()) <= 12


@pytest.mark.parametrize(
    "preparation",
    [
        Preparation("digit", 28, 28, 1),
        Preparation("digit", 12, 17, 1),
        Preparation("fit", 9, 14, 3, 40),
        Preparation("fit", 9, 14, 1, 7),
        Preparation("crop", 10, 7, 4),
        Preparation("stretch", 8, 8, 3, 255),
    ],
    ids=lambda found: f"{found.mode}-{found.channels}",
)
def test_preprocessing_gives_the_same_bytes(preparation: Preparation, tmp_path: Path) -> None:
    """Any size and number of channels; large images, empty ones and noise among them."""
    model = sn.Sequential([Flatten(), Dense(2)])
    model.build(preparation.shape)
    values = np.concatenate([array.ravel() for array in model.weights.values()])
    metadata = Metadata(preparation=preparation.to_json())
    saved = SavedModel(model.network.graph, preparation.shape, values, metadata)
    compiled = CompiledModel(write_model(saved, tmp_path / "c"), saved)
    random = np.random.default_rng(2)
    found = 0
    sizes = [(1, 1), (2, 9), (23, 40), (28, 28), (61, 30), (1, 1100), (1030, 17), (2100, 1100)]
    for size in (*sizes, *random.integers(1, 90, (20, 2))):
        pixels = _drawing(random, int(size[0]), int(size[1]), int(random.choice([1, 3, 4])))
        expected = prepare(pixels, preparation)
        done, got = compiled.prepare(pixels)
        np.testing.assert_array_equal(got, expected)
        assert done == (preparation.mode != "digit" or expected.any())
        found += done
    assert found >= 8
    for wrong in ((0, 5, 1), (5, 0, 1), (5, 5, 2)):
        done, got = compiled.prepare(np.zeros(wrong, np.uint8))
        assert done == 0
        assert not got.any()


def _drawing(
    random: np.random.Generator, height: int, width: int, channels: int
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """A dark or light box on noisy paper, or noise."""
    pixels = random.integers(0, random.choice([2, 40, 256]), (height, width, channels))
    if random.random() < 0.8:
        top, left = int(random.integers(height)), int(random.integers(width))
        pixels[top : top + 1 + height // 3, left : left + 1 + width // 4] += 150
    if random.random() < 0.5:
        pixels = 255 - pixels
    return np.clip(pixels, 0, 255).astype(np.uint8)


def test_only_an_export_is_replaced(saved: SavedModel, tmp_path: Path) -> None:
    """An older one, whatever its files; but no other folder, and not one with other files."""
    example = Example(np.zeros((28, 28, 1), np.uint8), np.zeros(3, np.float32))
    save_c(saved, tmp_path / "c", example)
    save_c(saved, tmp_path / "c", example)
    assert [path.name for path in tmp_path.iterdir()] == ["c"]
    (tmp_path / "c" / "mine.c").touch()
    with pytest.raises(ModelError, match="the folder holds other files"):
        save_c(saved, tmp_path / "c", example)
    (tmp_path / "other" / "src").mkdir(parents=True)
    with pytest.raises(ModelError, match="the folder holds other files"):
        save_c(saved, tmp_path / "other", example)


def test_a_name_begins_files_functions_and_macros(saved: SavedModel, tmp_path: Path) -> None:
    """Two models of different names in one program give what each gives alone."""
    pixels = np.random.default_rng(0).integers(0, 256, (28, 28, 1), np.uint8)
    outputs = sn.Model.from_saved(saved).predict(pixels[None])[0]
    folders = [tmp_path / name for name in ("a", "b")]
    for folder in folders:
        save_c(saved, folder, Example(pixels, outputs), name=f"net_{folder.name}")
        assert sorted(path.name for path in (folder / "src").iterdir()) == [
            f"net_{folder.name}.c",
            f"net_{folder.name}.h",
        ]
    sources = [folders[0] / "example.c", *(f / "src" / f"net_{f.name}.c" for f in folders)]
    includes = [f"-I{folder / 'src'}" for folder in folders]
    run_compiler(compilers()[0], "-O1", *includes, *sources, "-lm", "-o", tmp_path / "both")
    done = subprocess.run([tmp_path / "both"], capture_output=True, text=True, check=True)
    numbers = [line.split() for line in done.stdout.splitlines()[:3]]
    assert np.abs([float(line[1]) for line in numbers] - outputs).max() < 1e-5
    save_c(saved, folders[0], Example(pixels, outputs))  # an older one of another name is replaced
    assert not (folders[0] / "src" / "net_a.h").exists()
    with pytest.raises(ModelError, match="--name: invalid name: expected small letters"):
        save_c(saved, tmp_path / "c", Example(pixels, outputs), name="2 nets")


@pytest.mark.parametrize("is_int8", [False, True])
def test_thresholds_say_which_classes_are_present(is_int8: bool) -> None:
    """Those that Python says, for each output of images; in int8 of integers."""
    random = np.random.default_rng(4)
    model = sn.Sequential([sn.Input((5, 4, 1)), Flatten(), Dense(4, activation="sigmoid")])
    model.set_weights([random.normal(0, 2, array.shape) for array in model.get_weights()])
    images = random.integers(0, 256, (64, 5, 4, 1), np.uint8)
    small = model.quantize(images)
    rows = (small if is_int8 else model).predict(images)
    limits = np.array([0.0, float(rows[3, 1]), 0.7, 1.0])  # one that an output just reaches
    values = np.concatenate([array.ravel() for array in model.get_weights()])
    graph = model.network.graph
    saved = SavedModel(graph, (5, 4, 1), values, Metadata(thresholds=limits))
    integers = small.network if is_int8 else None
    source = source_of(saved, integers)
    kind = "int32_t" if is_int8 else "float"
    assert f"extern const {kind} model_thresholds[MODEL_OUTPUTS];" in source.header
    text = source.code.partition("model_thresholds[MODEL_OUTPUTS] = {")[2].partition("}")[0]
    found = np.array([float(one.strip().rstrip("f")) for one in text.split(",") if one.strip()])
    found = found if is_int8 else found.astype(np.float32)  # as C reads them
    outputs = small.predict_integers(images) if is_int8 else rows
    assert np.array_equal(outputs >= found, rows.astype(np.float64) >= limits)


def test_thresholds_are_in_onnx_files(tmp_path: Path) -> None:
    """As a JSON list in the metadata, in float32 and in int8."""
    onnx = pytest.importorskip("onnx", reason="the extra onnx")
    model = sn.Sequential([sn.Input((5, 4, 1)), Flatten(), Dense(2, activation="sigmoid")])
    values = np.concatenate([array.ravel() for array in model.get_weights()])
    limits = np.array([0.25, 0.75])
    saved = SavedModel(model.network.graph, (5, 4, 1), values, Metadata(thresholds=limits))
    export.save(saved, tmp_path / "a.onnx")
    small = sn.QuantizedModel.of(saved, np.zeros((2, 5, 4, 1), np.uint8))
    small.save(tmp_path / "b.onnx")
    for name in ("a.onnx", "b.onnx"):
        listed = onnx.load(tmp_path / name).metadata_props
        assert {one.key: one.value for one in listed}["thresholds"] == "[0.25, 0.75]"
