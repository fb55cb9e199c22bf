"""Weights: the parameters of a network and its optimizer's state, by name and as arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Never

import numpy as np

from spritenet.errors import MissingKeyError, ModelError, UnsupportedError
from spritenet.layers import Graph, Shape
from spritenet.model import building, inspection
from spritenet.model.network import Network
from spritenet.training.state import CurrentState, TrainingState

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Weights"]

InitialSlots = Callable[[int], "NDArray[np.float32]"]
"""Gives the optimizer's state before the first step for that many parameters."""


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


class Weights:
    """The weights of a network by name, as one array, and with the optimizer's state.

    Args:
        network: the layers.

    Attributes:
        network: the layers.
        seed: of new weights.
        revision: the number of times that all weights were replaced, but for training.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.seed = 0
        self.revision = 0
        self._current: CurrentState | None = None

    @property
    def built(self) -> bool:
        """True if it has weights."""
        return self._current is not None

    @property
    def state(self) -> CurrentState:
        """The parameters and the optimizer state.

        Raises:
            ModelError: it is not built yet.
        """
        if self._current is None:
            raise self.network.not_built()
        return self._current

    @property
    def best_guess(self) -> NDArray[np.float32]:
        """The parameters to predict with: the moving average where there is one; no copy."""
        return self.state.now.best_guess

    def clear(self) -> None:
        """Forgets the weights and the optimizer's state."""
        self._current = None

    def change(self, graph: Graph, shape: Shape | None, initial_slots: InitialSlots) -> None:
        """Replaces the layers, with new weights; those of the first layers stay if they are there.

        Args:
            graph: the layers.
            shape: of the images; None if it isn't known, or is the one known already.
            initial_slots: gives the optimizer's state for that many parameters.

        Raises:
            ModelError: the layers don't fit each other; everything stays as it is.
        """
        self.network.change(graph, shape)
        if self.network.input_shape is None:
            self.clear()
            return
        parameters = building.initial(self.network.places, self.seed)
        new = TrainingState(parameters, initial_slots(len(parameters)))
        if self._current is not None:
            now = self._current.now
            same = min(len(parameters), len(now.parameters))
            parameters[:same] = now.best_guess[:same]
            new.slots[:, :same] = now.slots[:, :same]
            new = replace(new, step=now.step, place=now.place, parts=now.parts)
        self._current = CurrentState(new)
        self.revision += 1

    def restore(
        self, parameters: NDArray[np.float32], slots: NDArray[np.float32] | None, step: int
    ) -> None:
        """Sets the parameters, the optimizer's state and the number of steps of a model file."""
        slots = np.zeros((0, parameters.size), np.float32) if slots is None else slots.copy()
        self._current = CurrentState(TrainingState(parameters.copy(), slots, step=step))

    def take_over(self, arrays: Mapping[str, NDArray[np.float32]]) -> None:
        """Sets the weights of these names, in place.

        Raises:
            ModelError: some have another shape, as those of a model for other images.
        """
        parameters = self.state.now.parameters
        for place in self.network.places:
            if place.name not in arrays:
                continue
            array = arrays[place.name]
            if array.shape != place.weight.shape:
                raise ModelError(
                    "weights of a trained model don't fit",
                    where=place.name,
                    expected=place.weight.shape,
                    got=array.shape,
                    do="Give it images of the size that it was trained on: sn.Resizing, for one.",
                )
            parameters[place.slice] = array.ravel()

    def clear_slots(self, initial_slots: InitialSlots) -> None:
        """Replaces the optimizer's state by the empty one of another, if there are weights."""
        if self._current is not None:
            now = self._current.now
            empty = initial_slots(len(now.parameters))
            self._current.now = TrainingState(
                now.parameters, empty, place=now.place, parts=now.parts
            )

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
        return _ByName(
            (p.name, parameters[p.slice].reshape(p.weight.shape)) for p in self.network.places
        )

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
        if self.network.places and not any(place.trainable for place in self.network.places):
            raise ModelError(
                "nothing to train: every layer with weights is frozen",
                where=self.network.name,
                do="Set trainable = True on a layer, or add one.",
            )

    def _weights_that(self, *, trainable: bool) -> dict[str, NDArray[np.float32]]:
        """A copy of each weight array that is, or isn't, trainable."""
        all_weights = self.weights
        chosen = [place.name for place in self.network.places if place.trainable == trainable]
        return _ByName((name, all_weights[name]) for name in chosen)

    @property
    def weights_sha256(self) -> str:
        """The SHA-256, in hexadecimal, of all weights as little-endian float32."""
        from spritenet.export.saved_model import sha256

        return sha256(self.state.now.best_guess)

    def get_weights(self) -> list[NDArray[np.float32]]:
        """A copy of each weight array, in the order of the layers, kernel before bias."""
        return list(self.weights.values())

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
                f"these weights are no list of arrays ({error})", where=self.network.name
            ) from error
        shapes = [place.weight.shape for place in self.network.places]
        if [array.shape for array in arrays] != shapes:
            raise ModelError(
                "these weights don't fit",
                where=self.network.name,
                expected=shapes,
                got=[array.shape for array in arrays],
            )
        parameters = np.concatenate([array.ravel() for array in arrays] or [now.parameters])
        if not np.isfinite(parameters).all():
            raise ModelError("a weight is not a finite number", where=self.network.name)
        self.state.now = replace(now, parameters=parameters, average=None)
        self.revision += 1

    def save_weights(self, filepath: str | Path) -> None:
        """Write the weights alone, as NumPy's .npz: an array for each name of `weights`.

        Raises:
            ModelError: it has no weights yet, the name ends as another format's does, or the disk
                refuses.
        """
        from spritenet.model.weight_file import write_weights

        write_weights(filepath, self.weights)

    def load_weights(self, filepath: str | Path) -> None:
        """Take over what `save_weights` wrote. The model must be built.

        Raises:
            ModelError: the file is missing or damaged, or has the weights of another model.
        """
        from spritenet.model.weight_file import npz_path, read_weights

        path = npz_path(filepath)
        _ = self.network.shape  # that it is built is known before the file is looked at
        shapes = {place.name: place.weight.shape for place in self.network.places}
        self.set_weights(read_weights(path, shapes))

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
