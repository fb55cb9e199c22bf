"""Weights of a network: got, set, saved, loaded and shown."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Never

import numpy as np

from spritenet.arguments import file_path
from spritenet.destination import local_only
from spritenet.errors import MissingKeyError, ModelError, UnsupportedError
from spritenet.migration import accepts, refuse_format
from spritenet.model import inspection
from spritenet.model.network import Network

if TYPE_CHECKING:
    from zipfile import ZipFile

    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Weighted"]

ELSEWHERE = "Name a path on this machine; model.save takes addresses too."


class _Parameters(np.ndarray[tuple[int, ...], np.dtype[np.float32]]):
    """An array that says what it is where PyTorch's `model.parameters()` is typed."""

    def __call__(self) -> Never:
        """Refuses the call.

        Raises:
            UnsupportedError: always.
        """
        raise UnsupportedError(
            "Unsupported: model.parameters()",
            do="model.parameters is one array of all weights; optimizers are given to compile.",
        )


class _ByName(dict[str, "NDArray[np.float32]"]):
    """Arrays by name, which say so to those who ask by number, as of Keras's list."""

    def __missing__(self, name: object) -> Never:
        """Refuses a name that isn't there.

        Raises:
            MissingKeyError: always.
        """
        do = "get_weights() gives a list." if isinstance(name, int) else ""
        raise MissingKeyError(
            "unknown weights",
            where="weights",
            expected="one of " + ", ".join(self),
            got=repr(name),
            do=do,
        )


class Weighted(Network):
    """A network whose weights go out and in."""

    def count_params(self) -> int:
        """The number of parameters, trainable or not.

        Raises:
            ModelError: it is not built yet.
        """
        return len(self.state.now.parameters)

    @property
    def parameters(self) -> NDArray[np.float32]:
        """A copy of all weights: one float32 array, layer after layer, kernel before bias."""
        return self.state.now.best_guess.copy().view(_Parameters)

    @property
    def weights(self) -> dict[str, NDArray[np.float32]]:
        """A copy of each weight array by its name, like "conv2d/kernel"."""
        parameters = self.state.now.best_guess.copy()
        return _ByName((p.name, parameters[p.slice].reshape(p.weight.shape)) for p in self._places)

    @property
    def trainable_weights(self) -> dict[str, NDArray[np.float32]]:
        """Those of `weights` that training changes: not of frozen layers, nor moving averages."""
        return self._weights_that(trainable=True)

    @property
    def non_trainable_weights(self) -> dict[str, NDArray[np.float32]]:
        """Those of `weights` that no optimizer changes."""
        return self._weights_that(trainable=False)

    def check_trainable(self) -> None:
        """Refuses to train a network all of whose weights are frozen.

        Raises:
            ModelError: they are.
        """
        if self._places and not any(place.trainable for place in self._places):
            raise ModelError(
                "nothing to train: every layer with weights is frozen",
                where=self.name,
                do="Set trainable = True on a layer, or add one.",
            )

    def _weights_that(self, *, trainable: bool) -> dict[str, NDArray[np.float32]]:
        """A copy of each weight array that is, or isn't, trainable."""
        all_weights = self.weights
        chosen = [place.name for place in self._places if place.trainable == trainable]
        return _ByName((name, all_weights[name]) for name in chosen)

    @property
    def weights_sha256(self) -> str:
        """The SHA-256, in hexadecimal, of all weights as little-endian float32."""
        from spritenet.export.saved_model import sha256

        return sha256(self.state.now.best_guess)

    def get_weights(self) -> list[NDArray[np.float32]]:
        """A copy of each weight array, in the order of the layers, kernel before bias."""
        return list(self.weights.values())

    @accepts
    def set_weights(self, weights: Sequence[ArrayLike]) -> None:
        """Replace all weights by others of the same shapes.

        Raises:
            ModelError: shapes or number differ, or a weight is not finite.
        """
        now = self.state.now
        try:
            arrays = [np.asarray(weight, np.float32) for weight in weights]
        except (TypeError, ValueError) as error:
            raise ModelError(
                f"these weights are no list of arrays ({error})", where=self.name
            ) from error
        shapes = [place.weight.shape for place in self._places]
        if [array.shape for array in arrays] != shapes:
            raise ModelError(
                "these weights don't fit",
                where=self.name,
                expected=shapes,
                got=[array.shape for array in arrays],
            )
        parameters = np.concatenate([array.ravel() for array in arrays] or [now.parameters])
        if not np.isfinite(parameters).all():
            raise ModelError("a weight is not a finite number", where=self.name)
        self.state.now = replace(now, parameters=parameters, average=None)
        self.rejection = None

    def get_config(self) -> dict[str, object]:
        """Its name and its layers as plain values, in Keras 2's form.

        Raises:
            ModelError: it is not built yet.
        """
        from spritenet.export.write_topology import write_topology

        config: dict[str, object] = write_topology(self._layers, self._shape())["config"]
        return {**config, "name": self.name}

    def to_json(self) -> str:
        """The layers as JSON, as Keras 2 and model.json have them; no weights.

        Raises:
            ModelError: it is not built yet.
        """
        kind = "Sequential" if self._layers.is_chain else "Functional"
        return json.dumps({"class_name": kind, "config": self.get_config()})

    @accepts
    def save_weights(self, filepath: str | Path) -> None:
        """Write the weights alone, as NumPy's .npz: an array for each name of `weights`.

        Raises:
            ModelError: it has no weights yet, the name ends as another format's does, or the disk
                refuses.
        """
        import io

        from spritenet.atomic import write_file

        path, buffer = _npz(filepath), io.BytesIO()
        np.savez(buffer, **self.weights)  # type: ignore[arg-type]  # names are not its arguments
        write_file(path, buffer.getvalue(), error=ModelError)

    @accepts
    def load_weights(self, filepath: str | Path) -> None:
        """Take over what `save_weights` wrote. The model must be built.

        Raises:
            ModelError: the file is missing or broken, or holds weights of another model.
        """
        import zipfile
        import zlib

        path = _npz(filepath)
        wanted = {f"{place.name}.npy": place.weight.shape for place in self._places}
        self._shape()  # that it is built is known before the file is looked at
        try:
            with zipfile.ZipFile(path) as file:
                if sorted(file.namelist()) != sorted(wanted):
                    raise ModelError(
                        "it holds weights of another model",
                        where=path,
                        expected=", ".join(wanted),
                        got=", ".join(file.namelist())[:200],
                    )
                arrays = [_array(file, name, shape, path) for name, shape in wanted.items()]
        except FileNotFoundError as error:
            raise ModelError("missing file", where=path) from error
        except (OSError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
            raise ModelError(f"the file is broken ({error})", where=path) from error
        self.set_weights(arrays)

    def show_filters(self, layer: str | None = None) -> Figure:
        """A figure of a convolution's filters, by default of the first. Needs the extra `plot`.

        Raises:
            ModelError: there is no such convolution, or it has no weights yet.
        """
        return inspection.filters(self.weights, layer)

    def show_layer(self, layer: str) -> Figure:
        """A figure of how a layer's weights are distributed. Needs the extra `plot`.

        Raises:
            ModelError: there is no such layer, or it has no weights.
        """
        return inspection.layer_figure(self.weights, layer)


def _npz(path: str | Path) -> Path:
    """The path of a weight file.

    Raises:
        ModelError: its name promises another format.
    """
    do = "Use a name that ends in .npz; model.save(folder) keeps the whole model."
    file_path(path, "weights")
    refuse_format(path, do)
    if Path(path).suffix.lower() != ".npz":
        raise ModelError("weights are saved as NumPy's .npz", where=path, do=do)
    return local_only(path, ELSEWHERE)


def _array(file: ZipFile, name: str, shape: tuple[int, ...], where: Path) -> NDArray[np.float32]:
    """One array, its header looked at before anything is allocated.

    Raises:
        ModelError: it is of another shape or type.
    """
    with file.open(name) as member:
        version = np.lib.format.read_magic(member)
        read = np.lib.format.read_array_header_1_0
        found, fortran, dtype = (read if version == (1, 0) else _no_header)(member)
        if (found, fortran, dtype) != (shape, False, np.dtype("<f4")):
            raise ModelError(
                "it holds weights of another model",
                where=where,
                expected=f"{name} of {shape}, float32",
                got=f"{found}, {dtype}",
            )
        data = member.read(4 * math.prod(shape))
    return np.frombuffer(data, np.dtype("<f4")).reshape(shape).astype(np.float32)


def _no_header(_file: object) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """No header that this reads.

    Raises:
        ValueError: always.
    """
    raise ValueError("its format is another version of NumPy's")
