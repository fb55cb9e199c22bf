"""Models through each format: its own runtime's outputs, and its files read back.

A runtime that writes models writes each again; of ONNX that is the file without our metadata, whose
operators alone then say what the network is.
"""

from __future__ import annotations

import os
import subprocess
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from c_models import CompiledModel, write_model
from onnx_networks import MERGING, random_graph, saved
from spritenet import layers as kinds
from spritenet.errors import ModelError
from spritenet.export import SavedModel, load, save
from spritenet.layers import Graph, Layer
from spritenet.model import model_of

__all__ = ["FORMATS", "IMAGES", "Format", "Trip", "drawn", "trips"]

os.environ.setdefault("KERAS_BACKEND", "torch")  # TensorFlow, its default, isn't needed

IMAGES = 4
"""Random images that each model predicts."""

NODE = Path(__file__).parent / "node"
Outputs = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Job:
    """A model in a file, and the images that it predicts."""

    path: Path
    model: SavedModel
    images: NDArray[np.uint8]

    @property
    def again(self) -> Path:
        """The file that the runtime writes, if it writes any."""
        is_folder = not self.path.suffix
        return self.path / "again" if is_folder else self.path.with_stem(f"{self.path.stem} again")


@dataclass(frozen=True, slots=True)
class Format:
    """A format, and the runtime of its files.

    Attributes:
        title: the runtime.
        ending: of its files; none for folders.
        run: returns the outputs for each job.
        write: writes a model to a path.
        needs: the program or package that the runtime is, if it isn't always there.
    """

    title: str
    ending: str
    run: Callable[[Sequence[Job]], list[Outputs]]
    needs: str
    write: Callable[[SavedModel, Path], object] = save


@dataclass(frozen=True, slots=True)
class Trip:
    """The result for one model: differences are the largest of any output.

    Attributes:
        ran: between the runtime's outputs and ours.
        read: between our file's model, read back, and the model; None if the format isn't read.
        equal: True if its weights are the same to the last bit, layer by layer.
        again: as `read`, of the file that the runtime wrote.
        again_equal: as `equal`; None where operators alone have other names of weights.
        refused: the reason, if our reader refuses the file that the runtime wrote.
    """

    ran: float
    read: float | None = None
    equal: bool | None = None
    again: float | None = None
    again_equal: bool | None = None
    refused: str = ""

    @property
    def largest(self) -> float:
        """The largest of its differences."""
        return max(self.ran, self.read or 0.0, self.again or 0.0)


def in_tensorflow_js(jobs: Sequence[Job]) -> list[Outputs]:
    """The outputs of TensorFlow.js, in Node.js."""
    for job in jobs:
        (job.path / "pixels.bin").write_bytes(job.images.astype("<f4").tobytes())
    command = ["node", "round_trips.mjs", *(str(job.path) for job in jobs)]
    done = subprocess.run(command, cwd=NODE, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return [np.fromfile(job.path / "outputs.bin", "<f4") for job in jobs]


def in_keras(jobs: Sequence[Job]) -> list[Outputs]:
    """The outputs of Keras 3, which computes with PyTorch."""
    import keras

    found = []
    for job in jobs:
        model = keras.saving.load_model(job.path)
        found.append(np.asarray(model.predict(job.images.astype(np.float32), verbose=0)))
        model.save(job.again)
        keras.utils.clear_session()
    return found


def in_onnxruntime(jobs: Sequence[Job]) -> list[Outputs]:
    """The outputs of onnxruntime; `again` is the file without metadata."""
    import onnx

    from onnx_oracle import run

    found = []
    for job in jobs:
        content = onnx.load(job.path)
        onnx.checker.check_model(content, full_check=True)
        found.append(next(iter(run(job.path, job.images).values())))
        del content.metadata_props[:]
        onnx.save(content, job.again)
    return found


def in_pytorch(jobs: Sequence[Job]) -> list[Outputs]:
    """The outputs of the written modules in PyTorch."""
    import torch

    found = []
    for job in jobs:
        module = ModuleType("written")
        module.__file__ = str(job.path)
        exec(compile(job.path.read_text("utf-8"), job.path, "exec"), vars(module))  # noqa: S102 - the library wrote it
        with torch.no_grad():
            found.append(module.load()(torch.from_numpy(job.images)).numpy())
    return found


def in_c(jobs: Sequence[Job]) -> list[Outputs]:
    """The outputs of the compiled code."""
    return [CompiledModel(job.path, job.model).predict(job.images) for job in jobs]


FORMATS = {
    "tfjs": Format("TensorFlow.js", "", in_tensorflow_js, "node"),
    "keras": Format("Keras, .keras", ".keras", in_keras, "keras"),
    "h5": Format("Keras, .h5", ".h5", in_keras, "keras"),
    "onnx": Format("onnxruntime", ".onnx", in_onnxruntime, "onnxruntime"),
    "torch": Format("PyTorch", ".py", in_pytorch, "torch"),
    "c": Format("C", "", in_c, "", write_model),
}
"""Formats by name."""

IS_WRITTEN_ONLY = frozenset({"torch", "c"})


def refusal(name: str, model: SavedModel, path: Path) -> str:
    """Writes a model in a format; the reason, if the format can't hold it.

    What TensorFlow.js lacks is written all the same, with a warning.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            FORMATS[name].write(model, path)
        except ModelError as error:
            return error.what
    return str(caught[0].message).partition(": ")[2].rstrip(".") if caught else ""


@cache
def _holds(name: str, layer: Layer) -> bool:
    """True if a format holds a layer."""
    with TemporaryDirectory() as scratch:
        layers = (kinds.Rescaling(1 / 64, -2), kinds.ReLU(), layer)
        reads = (0, 1) if layer in MERGING else (1,)
        model = saved(Graph(layers, ((kinds.IMAGES,), (0,), reads)), (7, 6, 4))
        return not refusal(name, model, Path(scratch) / f"m{FORMATS[name].ending}")


def drawn(name: str, seeds: Sequence[int], folder: Path) -> tuple[list[Job], list[str]]:
    """Random graphs, written in a format.

    In place of one that the format can't hold comes another, of layers that it holds.

    Returns:
        The jobs, and the reasons of the refused.
    """
    jobs, reasons = [], []
    for seed in seeds:
        path = folder / f"m{seed}{FORMATS[name].ending}"
        model = random_graph(seed)
        if reason := refusal(name, model, path):
            reasons.append(reason)
            model = random_graph(seed, lambda layer: _holds(name, layer))
            if reason := refusal(name, model, path):
                raise AssertionError(reason)
        shape = (IMAGES, *model.image_shape)
        images = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
        jobs.append(Job(path, model, images))
    return jobs, reasons


def _difference(first: Outputs, second: Outputs) -> float:
    """The largest difference of two arrays of outputs."""
    return float(np.abs(first.ravel() - second.ravel()).max())


def trips(name: str, jobs: Sequence[Job]) -> list[Trip]:
    """The results of a format for written models."""
    found = []
    for job, outputs in zip(jobs, FORMATS[name].run(jobs), strict=True):
        expected = model_of(job.model).predict(job.images)
        ran = _difference(outputs, expected)
        if name in IS_WRITTEN_ONLY:
            found.append(Trip(ran))
            continue
        read, equal = _read_back(job, job.path, expected)
        try:
            again, same = _read_back(job, job.again, expected)
            found.append(Trip(ran, read, equal, again, same if name != "onnx" else None))
        except ModelError as error:
            found.append(Trip(ran, read, equal, refused=f"{error.what} {error.got}".strip()))
    return found


def _read_back(job: Job, path: Path, expected: Outputs) -> tuple[float, bool]:
    """The difference of a file's outputs from the model's, and True for the same weights."""
    model = model_of(load(path))
    difference = _difference(model.predict(job.images), expected)
    weights = model_of(job.model).weights
    same = model.weights.keys() == weights.keys() and all(
        values.tobytes() == weights[name].tobytes() for name, values in model.weights.items()
    )
    return difference, same
