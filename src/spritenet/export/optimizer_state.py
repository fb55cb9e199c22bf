"""Optimizer state in a model file, in the order of TensorFlow.js's optimizers.

TensorFlow.js stores an int32 step counter, then slot after slot an array for each weight; a slot
that is one number is one array. Its RMSProp always has a velocity. The state of an optimizer, or
of arguments, that it lacks is saved without a `trainingConfig`, so that TensorFlow.js ignores it.
Nor can its Adamax read a state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet import losses, optimizers
from spritenet.errors import ModelError
from spritenet.export.saved_model import OptimizerState
from spritenet.export.weights import Array
from spritenet.layers import Shape
from spritenet.losses import Loss
from spritenet.optimizers import SGD, Adadelta, Adagrad, Adam, Optimizer, RMSprop

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["arrays", "from_arrays", "training_config"]

COUNTER = "iter"
SUFFIXES = {
    "momentum": "momentum",
    "mean_square": "rms",
    "first_moment": "m",
    "second_moment": "v",
    "mean_gradient": "mg",
}
"""TensorFlow.js's names of the slots; others keep theirs."""

ADAGRAD_EPSILON = 1e-7
"""TensorFlow.js's Adagrad knows no other."""

UNKNOWN = (
    *("weight_decay", "clipnorm", "clipvalue", "global_clipnorm", "use_ema"),
    *("gradient_accumulation_steps", "amsgrad"),
)
"""Arguments that TensorFlow.js's optimizers don't have."""


def arrays(
    state: OptimizerState, weights: Sequence[tuple[str, Shape]]
) -> list[tuple[Array, NDArray[Any]]]:
    """The entries of the manifest with their values, for weights of those names and shapes."""
    entries: list[tuple[Array, NDArray[Any]]] = [
        (Array(COUNTER, (), "int32", "optimizer"), np.array([state.steps], np.int32))
    ]
    for slot, values in zip(_written(state.optimizer), _padded(state), strict=True):
        if slot in state.optimizer.scalars:
            entries.append((Array(slot, (), "float32", "optimizer"), values[:1]))
            continue
        offset = 0
        for name, shape in weights:
            array = Array(f"{name}/{_suffix(slot)}", shape, "float32", "optimizer")
            entries.append((array, values[offset : offset + array.size]))
            offset += array.size
    return entries


def _written(optimizer: Optimizer) -> tuple[str, ...]:
    """The slots in the file: the optimizer's, and the velocity TensorFlow.js's RMSProp has."""
    slots = optimizer.slots
    if isinstance(optimizer, RMSprop) and "momentum" not in slots:
        return (slots[0], "momentum", *slots[1:])
    return slots


def _suffix(slot: str) -> str:
    """A slot's name in the file."""
    return SUFFIXES.get(slot, slot)


def _padded(state: OptimizerState) -> NDArray[np.float32]:
    """The slots as they are written."""
    own = dict(zip(state.optimizer.slots, state.slots, strict=True))
    missing = np.zeros(state.slots.shape[1], np.float32)
    made = [own.get(slot, missing) for slot in _written(state.optimizer)]
    return np.array(made, np.float32).reshape(len(made), state.slots.shape[1])


def from_arrays(
    entry: Mapping[str, Any],
    values: Mapping[str, NDArray[Any]],
    weights: Sequence[tuple[str, Shape]],
) -> OptimizerState:
    """The state described by the metadata's `optimizer` and the arrays of the file.

    Raises:
        ModelError: the optimizer or its loss is not known, or an array is missing.
    """
    if COUNTER not in values:
        raise ModelError(
            "missing optimizer state",
            expected=f"its arrays, {COUNTER!r} first",
            do="Was the model saved again without it?",
        )
    try:
        optimizer = optimizers.get(entry.get("optimizer"))
        loss = None if entry.get("loss") is None else losses.get(entry["loss"])
        steps = int(values[COUNTER].reshape(-1)[0])
        count = sum(int(np.prod(shape)) for _, shape in weights)
        slots = [
            _scalar(values[slot], count)
            if slot in optimizer.scalars
            else _joined([values[f"{name}/{_suffix(slot)}"] for name, _ in weights], weights)
            for slot in optimizer.slots
        ]
        metrics = tuple(each for each in entry.get("metrics", ()) if isinstance(each, Mapping))
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise ModelError(
            "invalid optimizer state",
            got=repr(error),
            do="Load the model without it.",
        ) from error
    return OptimizerState(
        optimizer,
        steps,
        np.array(slots, np.float32).reshape(len(slots), count),
        loss,
        metrics,
    )


def _scalar(value: NDArray[Any], size: int) -> NDArray[np.float32]:
    """A slot that is one number, as long as the parameters."""
    made = np.zeros(size, np.float32)
    made[:1] = value.reshape(-1)[:1]
    return made


def _joined(
    values: Sequence[NDArray[Any]], weights: Sequence[tuple[str, Shape]]
) -> NDArray[np.float32]:
    """One slot of all weights, flat; each part must have its weight's shape."""
    for value, (name, shape) in zip(values, weights, strict=True):
        if value.shape != shape:
            raise ValueError(f"a slot of {name} has the shape {value.shape}, not {shape}")
    return np.concatenate([np.zeros(0, np.float32), *(value.reshape(-1) for value in values)])


def training_config(state: OptimizerState) -> dict[str, Any] | None:
    """TensorFlow.js's `trainingConfig`, or None where it can't train in the same way."""
    optimizer, loss = state.optimizer, state.loss
    if loss is None or _is_special(loss) or any(getattr(optimizer, n, None) for n in UNKNOWN):
        return None
    # A schedule without a length would span a training: here the one that was.
    rate = float(optimizer.schedule.spanning(0, max(1, state.steps))(state.steps))
    entry: dict[str, Any]
    if isinstance(optimizer, SGD):
        entry = {"class_name": "SGD", "config": {"learning_rate": rate}}
        if optimizer.momentum:
            own = {"momentum": optimizer.momentum, "use_nesterov": optimizer.nesterov}
            entry = {"class_name": "Momentum", "config": {"learning_rate": rate, **own}}
    elif isinstance(optimizer, RMSprop):
        own = {"decay": optimizer.rho, "momentum": optimizer.momentum}
        entry = {"class_name": "RMSProp", "config": {"learning_rate": rate, **own}}
        entry["config"] |= {"epsilon": optimizer.epsilon, "centered": optimizer.centered}
    elif isinstance(optimizer, Adagrad) and optimizer.epsilon == ADAGRAD_EPSILON:
        own = {"initial_accumulator_value": optimizer.initial_accumulator_value}
        entry = {"class_name": "Adagrad", "config": {"learning_rate": rate, **own}}
    elif isinstance(optimizer, Adadelta):
        own = {"rho": optimizer.rho, "epsilon": optimizer.epsilon}
        entry = {"class_name": "Adadelta", "config": {"learning_rate": rate, **own}}
    elif isinstance(optimizer, Adam):
        own = {"beta1": optimizer.beta_1, "beta2": optimizer.beta_2, "epsilon": optimizer.epsilon}
        entry = {"class_name": "Adam", "config": {"learning_rate": rate, **own}}
    else:
        return None
    name = TENSORFLOW_JS[type(loss).__name__]
    return {"loss": name, "metrics": ["accuracy"], "optimizer_config": entry}


TENSORFLOW_JS = {
    "BinaryCrossentropy": "binary_crossentropy",
    "CategoricalCrossentropy": "categorical_crossentropy",
    "CategoricalHinge": "categorical_hinge",
    "CosineSimilarity": "cosine_proximity",
    "Hinge": "hinge",
    "KLDivergence": "kullback_leibler_divergence",
    "LogCosh": "logcosh",
    "MeanAbsoluteError": "mean_absolute_error",
    "MeanAbsolutePercentageError": "mean_absolute_percentage_error",
    "MeanSquaredError": "mean_squared_error",
    "MeanSquaredLogarithmicError": "mean_squared_logarithmic_error",
    "Poisson": "poisson",
    "SparseCategoricalCrossentropy": "sparse_categorical_crossentropy",
    "SquaredHinge": "squared_hinge",
}
"""TensorFlow.js's losses, with its names."""


def _is_special(loss: Loss) -> bool:
    """Returns True if TensorFlow.js, which identifies a loss by name, would compute another."""
    name = TENSORFLOW_JS.get(type(loss).__name__)
    return name is None or loss.config() != type(loss)().config()
