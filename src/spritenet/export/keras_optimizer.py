"""Optimizer and loss in Keras's files, with the optimizer's state: Keras trains on with them.

Keras lists an optimizer's variables: the number of steps, the learning rate, then its slots. Some
slots lie side by side, variable by variable, others one after the other (`_groups`). Variables come
in the order of Keras's own layers (`keras_order`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet import losses, optimizers
from spritenet.errors import ModelError
from spritenet.export.saved_model import OptimizerState
from spritenet.layers import IMAGES, Graph, Shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.losses import Loss
    from spritenet.optimizers import Optimizer

__all__ = [
    "compile_config",
    "keras_order",
    "legacy_config",
    "read_state",
    "written_state",
]

GROUPS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "SGD": (("momentum",),),
    "RMSprop": (("mean_square",), ("momentum",), ("mean_gradient",)),
    "Adam": (("first_moment", "second_moment"), ("largest_second_moment",)),
    "AdamW": (("first_moment", "second_moment"), ("largest_second_moment",)),
    "Adagrad": (("accumulator",),),
    "Adadelta": (("mean_square", "mean_square_step"),),
    "Adamax": (("first_moment", "infinity_norm"),),
    "Nadam": (("first_moment", "second_moment"), ("momentum_product",)),
    "Ftrl": (("accumulator", "linear"),),
    "Lion": (("momentum",),),
    "Lamb": (("first_moment", "second_moment"),),
    "Muon": (("momentum", "velocity"),),
    "Adafactor": (("row_mean", "column_mean", "velocity"),),
}
"""Slots in Keras's order: those of a group lie side by side."""

MATRIX = 2
"""Axes of a weight that Muon and Adafactor treat as a matrix."""

UNUSED = ""
"""A number in Keras's state that nothing reads."""

BEFORE_SLOTS = 2
"""Variables before the slots: the number of steps, and the learning rate."""

SHARED = (("average",), ("gradient_sum",))
"""The slots that any optimizer may have, before its own."""

NO_MATTER = frozenset({"name", "loss_scale_factor", "ema_momentum", "exclude_embeddings"})
"""Arguments of Keras's optimizers that change no step here."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A weight that Keras's optimizer changes: its place among our parameters, and its shape."""

    begin: int
    shape: Shape


def keras_order(graph: Graph) -> list[str]:
    """Returns the names of layers as Keras sorts them: those farthest from the output first.

    Of layers at one distance, the one that a walk from the output back to the images meets first
    comes first.
    """
    if graph.is_chain:
        return [layer.label for layer in graph]
    last = len(graph.layers) - 1
    met: dict[int, int] = {}
    done: list[int] = []
    waiting = [(last, False)]
    while waiting:
        place, behind = waiting.pop()
        if behind:
            done.append(place)
        elif place not in met:
            met[place] = len(met)
            reads = [read for read in graph.inputs[place] if read != IMAGES]
            waiting.append((place, True))
            waiting.extend((read, False) for read in reversed(reads))
    depth = dict.fromkeys(done, 0)
    for place in reversed(done):
        for read in graph.inputs[place]:
            if read != IMAGES:
                depth[read] = max(depth[read], depth[place] + 1)
    order = sorted(done, key=lambda place: (-depth[place], met[place]))
    return [graph[place].label for place in order]


def _trained(graph: Graph, input_shape: Shape, names: Iterable[str]) -> list[Trained]:
    """Returns the weights that an optimizer changes, of layers in the order of their names."""
    found: dict[str, list[Trained]] = {}
    offset = 0
    for node in graph.nodes(input_shape):
        own = found.setdefault(node.layer.label, [])
        for weight in node.weights:
            if weight.trainable and node.layer.trainable:
                own.append(Trained(offset, weight.shape))
            offset += weight.size
    return [weight for name in names for weight in found.get(name, ())]


def _groups(optimizer: Optimizer) -> list[tuple[str, ...]] | None:
    """Returns the slots that an optimizer has, in Keras's order; None if Keras's state differs."""
    own = GROUPS.get(type(optimizer).__name__)
    if own is None or getattr(optimizer, "exclude_layers", None):  # named by Keras's own paths
        return None
    return [group for group in (*SHARED, *own) if group[0] in optimizer.slots]


def _parts(
    optimizer: Optimizer, group: Sequence[str], weight: Trained
) -> Iterator[tuple[str, Shape]]:
    """Yields the slots of a group that Keras keeps for a weight, each with its shape there.

    Muon has no velocity for matrices. Adafactor has means of rows and columns, and velocities that
    follow from them, for weights of two axes or more; else all mean squares, our slot of the rows.
    """
    shape = weight.shape
    if isinstance(optimizer, optimizers.Adafactor) and group[0] == "row_mean":
        if len(shape) < MATRIX:
            yield from ((UNUSED, ()), (UNUSED, ()), ("row_mean", shape))
            return
        yield "row_mean", shape[:-1]
        yield "column_mean", (*shape[:-2], shape[-1])
        yield "velocity", shape
        return
    is_matrix = isinstance(optimizer, optimizers.Muon) and len(shape) == MATRIX
    for slot in group:
        if not (is_matrix and slot == "velocity"):
            yield slot, shape


def _velocity(slots: Mapping[str, NDArray[np.float32]], weight: Trained) -> NDArray[np.float32]:
    """Returns Adafactor's velocity of a weight, which follows from its rows and columns."""
    rows, columns = (
        slots[slot][weight.begin : weight.begin + int(np.prod(shape))].reshape(shape)
        for slot, shape in (
            ("row_mean", weight.shape[:-1]),
            ("column_mean", (*weight.shape[:-2], weight.shape[-1])),
        )
    )
    mean = rows.mean(axis=-1, keepdims=True)
    scaled = np.divide(rows, mean, out=np.zeros_like(rows), where=mean > 0)
    return np.asarray(scaled[..., None] * columns[..., None, :], np.float32)


def compile_config(state: OptimizerState) -> dict[str, Any] | None:
    """Returns Keras's `compile_config`; None without a loss, or if Keras's can't tell all.

    Keras keeps the names of weights without decay out of its config.
    """
    optimizer = state.optimizer
    own = {each.name: getattr(optimizer, each.name) for each in fields(optimizer)}
    if state.loss is None or own.pop("no_weight_decay"):
        return None
    own["learning_rate"] = _rate(state)
    loss = {each.name: getattr(state.loss, each.name) for each in fields(state.loss)}
    return {
        "optimizer": _object("keras.optimizers", type(optimizer).__name__, own),
        "loss": _object("keras.losses", type(state.loss).__name__, loss),
        "loss_weights": None,
        "metrics": ["accuracy"],
        "weighted_metrics": None,
        "run_eagerly": False,
        "steps_per_execution": 1,
        "jit_compile": "auto",
    }


def legacy_config(training: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the `training_config` of a `.h5` file as a `compile_config`."""
    return {"optimizer": training.get("optimizer_config"), "loss": training.get("loss")}


def _object(module: str, class_name: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Returns an object in Keras 3's form."""
    return {
        "module": module,
        "class_name": class_name,
        "config": dict(config),
        "registered_name": None,
    }


def _rate(state: OptimizerState) -> float:
    """Returns the learning rate of the next step; a schedule that spans the training ends there."""
    return float(state.optimizer.schedule.spanning(0, max(1, state.steps))(state.steps))


def written_state(
    state: OptimizerState, graph: Graph, input_shape: Shape
) -> Iterator[NDArray[np.generic]]:
    """Yields the optimizer's variables in Keras's order; none where Keras's have another form."""
    groups = _groups(state.optimizer)
    if groups is None:
        return
    yield np.array(state.steps, np.int64)
    yield np.array(_rate(state), np.float32)
    slots = dict(zip(state.optimizer.slots, state.slots, strict=True))
    trained = _trained(graph, input_shape, keras_order(graph))
    for group in groups:
        if group[0] in state.optimizer.scalars:
            yield slots[group[0]][0]
            continue
        for weight in trained:
            for slot, shape in _parts(state.optimizer, group, weight):
                if slot == UNUSED:
                    yield np.array(0, np.float32)
                    continue
                if slot not in slots:
                    yield _velocity(slots, weight)
                    continue
                yield slots[slot][weight.begin : weight.begin + int(np.prod(shape))].reshape(shape)


def read_state(
    config: Mapping[str, Any],
    variables: Sequence[NDArray[np.float32]],
    graph: Graph,
    input_shape: Shape,
    names: Iterable[str],
) -> OptimizerState:
    """Returns the state of a file's optimizer.

    Args:
        config: the `compile_config`.
        variables: the arrays of `optimizer/vars`, in their order.
        graph: the layers.
        input_shape: the shape of one image.
        names: its layers, in the file's order.

    Raises:
        ModelError: the optimizer or the loss isn't there, or the arrays don't fit.
    """
    given = config.get("optimizer")
    if not isinstance(given, Mapping) or not isinstance(given.get("config"), Mapping):
        raise ModelError("it has no optimizer")
    optimizer = _optimizer(str(given.get("class_name")), given["config"], variables)
    loss = _loss(config.get("loss"))
    groups = _groups(optimizer)
    if groups is None:
        raise ModelError(f"the state of {type(optimizer).__name__} has another form here")
    trained = _trained(graph, input_shape, names)
    if len(variables) == BEFORE_SLOTS:  # compiled, not trained
        groups = []
    expected = _expected(optimizer, groups, trained)
    if [array.shape for array in variables] != expected:
        raise ModelError(
            "its arrays don't fit", expected=f"{len(expected)} arrays", got=len(variables)
        )
    count = sum(w.size for node in graph.nodes(input_shape) for w in node.weights)
    slots = dict(zip(optimizer.slots, optimizer.initial_slots(count), strict=True))
    places = [
        (slot, weight.begin)
        for group in groups
        for weight in (trained[:1] if group[0] in optimizer.scalars else trained)
        for slot, _ in _parts(optimizer, group, weight)
    ]
    for (slot, begin), variable in zip(places, variables[BEFORE_SLOTS:], strict=True):
        if slot in slots:
            first = 0 if slot in optimizer.scalars else begin
            slots[slot][first : first + variable.size] = variable.reshape(-1)
    made = np.array(list(slots.values()), np.float32).reshape(len(slots), count)
    if not np.isfinite(made).all():
        raise ModelError("a value is not a finite number")
    return OptimizerState(optimizer, int(variables[0]), made, loss)


def _expected(
    optimizer: Optimizer, groups: Iterable[Sequence[str]], trained: Sequence[Trained]
) -> list[Shape]:
    """Returns the shapes of an optimizer's variables."""
    shapes: list[Shape] = [()] * BEFORE_SLOTS
    for group in groups:
        each = [shape for weight in trained for _, shape in _parts(optimizer, group, weight)]
        shapes += [()] if group[0] in optimizer.scalars else each
    return shapes


def _optimizer(
    class_name: str, config: Mapping[str, Any], variables: Sequence[NDArray[np.float32]]
) -> Optimizer:
    """Returns the optimizer, at the learning rate it had reached."""
    if (
        len(variables) < BEFORE_SLOTS or variables[0].shape or variables[1].shape
    ):  # the steps, the rate
        raise ModelError("its arrays are missing")
    own = {name: value for name, value in config.items() if value is not None}
    own["learning_rate"] = float(variables[1])
    made = optimizers.get({"class_name": class_name, "config": own})
    foreign = sorted(set(own) - {each.name for each in fields(made)} - NO_MATTER)
    if foreign:
        raise ModelError(f"its {class_name} has unknown arguments", got=", ".join(foreign)[:80])
    return made


def _loss(given: object) -> Loss | None:
    """Returns the loss of a `compile_config`."""
    return None if given is None else losses.get(given)
