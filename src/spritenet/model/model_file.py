"""A model from its file, ready to use and to train on."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from spritenet.arguments import file_path
from spritenet.arguments import input_shape as checked_shape
from spritenet.engines.devices import CPU
from spritenet.errors import DataWarning
from spritenet.migration import accepts
from spritenet.model.model import Model
from spritenet.model.network import Running
from spritenet.model.sequential import Sequential

if TYPE_CHECKING:
    from spritenet.export import SavedModel

__all__ = ["from_torch", "load_model", "model_of"]


@accepts
def load_model(
    path: str | Path,
    *,
    threads: int | None = None,
    pixels: str | None = None,
    class_names: Sequence[str] | None = None,
    device: str = CPU,
    precision: str = "float32",
) -> Model:
    """A model from its file: ours, TensorFlow.js's, Keras's or ONNX's.

    If its optimizer's memory was saved, training goes on where it was; else call `compile` first.

    Args:
        path: the folder, the folder of a run, the JSON file, or a ZIP of both; or a file that
            ends in .keras or .h5 (extra `keras`) or .onnx (extra `onnx`).
        threads: the number of threads; None for all.
        pixels: the pixel range of the network's inputs, if its file doesn't state it: "0..1"
            (assumed by default, with a DataWarning), "0..255", "-1..1"; or, for dark on light,
            "1..0", "255..0", "1..-1".
        class_names: the names of the classes, instead of those in the file.
        device: where it runs: "cpu", "cuda", "mps" or "auto" (docs/how-to/devices.md).
        precision: of multiplications on a GPU: "float32", "tf32" or "bf16".

    Raises:
        ModelError: something is missing, broken or doesn't exist here.
    """
    from spritenet.export import read

    file_path(path, "load_model")
    saved = read(path, optimizer=True, pixels=pixels, class_names=class_names)
    for note in saved.notes:
        warnings.warn(note, DataWarning, stacklevel=3)  # past `accepts`
    return model_of(saved, threads=threads, device=device, precision=precision)


@accepts
def from_torch(
    module: object,
    input_shape: Sequence[int],
    *,
    class_names: Sequence[str] | None = None,
    pixels: str | None = None,
    normalize: tuple[float | Sequence[float], float | Sequence[float]] | None = None,
    threads: int | None = None,
    device: str = CPU,
    precision: str = "float32",
) -> Model:
    """A model from a module of PyTorch: an `nn.Sequential` of supported layers, also nested.

    Its weights are copied, bit by bit, from channels first to channels last.

    Args:
        module: the module.
        input_shape: height, width and channels of its images; or (values,) of a vector.
        class_names: the names of its outputs.
        pixels: the pixel range of its inputs: "0..1" (assumed by default, with a DataWarning, as
            torchvision's `ToTensor` gives), "0..255", "-1..1"; or, for dark on light, "1..0",
            "255..0", "1..-1".
        normalize: mean and standard deviation of torchvision's `Normalize`, if it was used after
            that: numbers, or one for each channel.
        threads: the number of threads; None for all.
        device: where it runs: "cpu", "cuda", "mps" or "auto" (docs/how-to/devices.md).
        precision: of multiplications on a GPU: "float32", "tf32" or "bf16".

    Raises:
        ModelError: a layer is unsupported, or doesn't fit its input.
    """
    from spritenet.export.torch import read_module

    shape = checked_shape(input_shape, "input_shape", "from_torch")
    saved = read_module(module, shape, class_names=class_names, pixels=pixels, normalize=normalize)
    for note in saved.notes:
        warnings.warn(note, DataWarning, stacklevel=3)  # past `accepts`
    return model_of(saved, threads=threads, device=device, precision=precision)


def model_of(saved: SavedModel, **running: Unpack[Running]) -> Model:
    """Returns the model of a model file's content: a `Sequential` if its layers are a chain."""
    kind = Sequential if saved.layers.is_chain else Model
    return kind.from_saved(saved, **running)
