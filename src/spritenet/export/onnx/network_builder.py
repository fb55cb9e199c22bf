"""A network under construction from an ONNX graph: layers, weights, and the order of axes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from spritenet import layers as kinds
from spritenet.errors import ModelError
from spritenet.export.layer_entries import MAXIMAL_LAYERS
from spritenet.export.onnx.values import FIRST, Tensor
from spritenet.layers import IMAGES, ActivationLayer, Layer, Shape
from spritenet.layers.parametric import Parametric

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Affine", "NetworkBuilder", "Step"]

NONNEGATIVE = frozenset(
    {
        *("exponential", "hard_sigmoid", "relu", "relu6", "sigmoid", "softmax", "softplus"),
        *("sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus"),
    }
)
"""Activations whose outputs are at least 0."""

PASSING = ("AveragePooling2D", "Flatten", "MaxPooling2D", "Permute", "Reshape", "UpSampling2D")
"""Layers whose outputs are at least 0 if their inputs are; also Concatenate, Add and their like."""

MERGING = ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply")


@dataclass(frozen=True, slots=True)
class Affine:
    """`scale · x + offset`, float64: numbers, or arrays of one for each channel."""

    scale: NDArray[np.float64]
    offset: NDArray[np.float64]

    @property
    def shifts(self) -> bool:
        """True if it only adds."""
        return bool((self.scale == 1).all())

    def after(self, other: Affine) -> Affine:
        """Returns this one applied to the output of another."""
        return Affine(self.scale * other.scale, self.scale * other.offset + self.offset)


@dataclass(frozen=True, slots=True)
class Step:
    """A layer with its weights, or an affine map that will become one.

    Attributes:
        layer: a Layer without a name, or an Affine.
        inputs: the indices of the steps that it reads.
        shape: of its output.
        weights: in the layer's order.
    """

    layer: Layer | Affine
    inputs: tuple[int, ...]
    shape: Shape
    weights: tuple[NDArray[np.float32], ...] = ()


@dataclass(slots=True)
class NetworkBuilder:
    """Collects the steps of a network.

    Attributes:
        input_shape: of the images, channels last.
        label: of the node that is read, for messages.
    """

    input_shape: Shape
    label: str = ""
    steps: list[Step] = field(default_factory=list)

    def add(
        self, layer: Layer, x: Sequence[Tensor], weights: Sequence[NDArray[np.float32]] = ()
    ) -> Tensor:
        """Adds a layer; its output has the order of its first input.

        Args:
            layer: without a name.
            x: its inputs, without a view unless the layer changes no shape.
            weights: its weights.

        Raises:
            ModelError: the inputs or weights don't fit.
        """
        named = layer.named(self.label[:100] or layer.base_name())
        shapes = [one.layer_shape for one in x]
        shape = named.merged_shape(shapes)
        given = shapes[0] if len(shapes) == 1 else tuple(shapes)
        expected = [weight.shape for weight in named.weights(given)]  # type: ignore[arg-type]  # several shapes, of a merge
        if expected != [array.shape for array in weights]:
            got = [array.shape for array in weights]
            raise ModelError(
                "weights of other shapes", where=self.label, expected=expected, got=got
            )
        return self._append(Step(layer, tuple(one.index for one in x), shape, tuple(weights)), x[0])

    def affine(self, x: Tensor, scale: object, offset: object) -> Tensor:
        """Adds `scale · x + offset`, of numbers or of arrays with a number for each channel."""
        made = Affine(np.asarray(scale, np.float64), np.asarray(offset, np.float64))
        return self._append(Step(made, (x.index,), x.layer_shape), x)

    def _append(self, step: Step, x: Tensor) -> Tensor:
        """Appends a step and returns its output, seen as its input is."""
        if len(self.steps) >= MAXIMAL_LAYERS:
            raise ModelError("too many layers", expected=f"at most {MAXIMAL_LAYERS}")
        self.steps.append(step)
        order = x.order if len(step.shape) == len(x.order) else tuple(range(len(step.shape)))
        return Tensor(len(self.steps) - 1, step.shape, order, x.view)

    def ordered(self, x: Tensor, order: tuple[int, ...]) -> Tensor:
        """Returns a tensor without a view and with its axes in an order, permuted if need be."""
        x = self.plain(x)
        if len(order) != len(x.order):
            raise ModelError(
                "unsupported number of axes",
                where=self.label,
                expected=len(order),
                got=len(x.order),
            )
        if x.order == order:
            return x
        dims = [0] * len(order)
        for axis, place in enumerate(order):
            dims[place] = x.order[axis] + 1
        made = self.add(kinds.Permute(tuple(dims)), [x])
        return Tensor(made.index, made.layer_shape, order)

    def image(self, x: Tensor) -> Tensor:
        """Returns a tensor of images, n c h w in ONNX."""
        if len(x.shape) != 3:
            raise ModelError(
                "unsupported number of axes", where=self.label, expected="4", got=len(x.shape) + 1
            )
        return self.ordered(x, FIRST)

    def channels(self, x: Tensor) -> Tensor:
        """Returns a tensor whose axis 1 in ONNX is the layer's last one."""
        x = self.plain(x)
        rank = len(x.order)
        return x if x.order[0] == rank - 1 else self.ordered(x, (rank - 1, *range(rank - 1)))

    def plain(self, x: Tensor) -> Tensor:
        """Returns a tensor without a view: it becomes a Flatten or a Reshape."""
        view = x.view
        if view is None:
            return x
        if not 1 <= len(view) <= 3:
            raise ModelError(
                "unsupported number of axes", where=self.label, expected="2 to 4", got=len(view) + 1
            )
        base = Tensor(x.index, x.layer_shape, x.order)
        if not x.in_order:
            base = self.ordered(base, tuple(range(len(base.order))))
        if len(view) == 1:
            made = self.add(kinds.Flatten(), [base])
            return Tensor(made.index, made.layer_shape, (0,))
        if len(view) == 3 and view[0] == 1:  # n 1 h w is n h w 1
            made = self.add(kinds.Reshape((*view[1:], 1)), [base])
            return Tensor(made.index, made.layer_shape, FIRST)
        if len(view) == 3 and view[1:] == (1, 1):  # n c 1 1 is n 1 1 c
            made = self.add(kinds.Reshape((1, 1, view[0])), [base])
            return Tensor(made.index, made.layer_shape, FIRST)
        made = self.add(kinds.Reshape(view), [base])
        return Tensor(made.index, made.layer_shape, tuple(range(len(view))))

    def flattened(self, x: Tensor) -> Tensor:
        """Returns a vector in the layer's order, whatever ONNX's is; see `rows_permuted`."""
        if len(x.layer_shape) == 1:
            return Tensor(x.index, x.layer_shape, (0,))
        made = self.add(kinds.Flatten(), [Tensor(x.index, x.layer_shape, x.order)])
        return Tensor(made.index, made.layer_shape, (0,))

    def is_nonnegative(self, index: int) -> bool:
        """Returns True if outputs of a step are surely at least 0."""
        waiting = [index]
        seen: Counter[int] = Counter()
        while waiting:
            place = waiting.pop()
            seen[place] += 1
            if seen[place] > 1:
                continue
            if place == IMAGES:
                return False
            step = self.steps[place]
            layer = step.layer
            if isinstance(layer, kinds.ReLU) and not layer.negative_slope:
                continue
            if isinstance(layer, ActivationLayer | Parametric):
                if layer.function.name not in NONNEGATIVE or isinstance(layer, kinds.ReLU):
                    return False
            elif isinstance(layer, Layer) and layer.class_name in (*PASSING, *MERGING):
                waiting += step.inputs
            else:
                return False
        return True
