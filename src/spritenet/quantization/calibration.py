"""Calibration: an integer network from a float one, with scales and biases from images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import isinf
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.errors import ModelError
from spritenet.layers import Graph, Shape
from spritenet.quantization import operators as ops
from spritenet.quantization.equalization import equalize
from spritenet.quantization.fixed_point import multipliers, round_half_up, shared_multipliers
from spritenet.quantization.folding import FoldedNetwork, Step, fold
from spritenet.quantization.network import IntegerNetwork
from spritenet.quantization.observation import best_range, function_values, observe, representative
from spritenet.quantization.reference import apply, sums

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Calibrated", "calibrate", "quantize"]

MOST_SUM = 2**31 - 1
WIDE_MARGIN = 1.5
"""Of int16 outputs: room for values that no calibration image has."""

WIDE = ("convolution", "dense", "average_pooling")
LESS = 0.5
"""Of the error: equalized parameters that gain less are left alone."""


@dataclass(frozen=True, slots=True, eq=False)
class Calibrated:
    """An integer network and its making.

    Attributes:
        network: the network.
        parameters: float32, those given or, equalized, others of the same function.
        error: the mean squared error of its real outputs for the calibration images.
    """

    network: IntegerNetwork
    parameters: NDArray[np.float32]
    error: float


def quantize(
    graph: Graph,
    input_shape: Shape,
    parameters: NDArray[np.float32],
    images: NDArray[np.uint8],
) -> IntegerNetwork:
    """Returns the integer network of a float one; see `calibrate`."""
    return calibrate(graph, input_shape, parameters, images).network


def calibrate(
    graph: Graph,
    input_shape: Shape,
    parameters: NDArray[np.float32],
    images: NDArray[np.uint8],
) -> Calibrated:
    """Returns the integer network of a float one, and the parameters that it was made of.

    Every bias is corrected: the mean of each channel over the images becomes the float network's.
    Equalized parameters are taken if they more than halve the squared error of the outputs.

    Args:
        graph: the layers; the images are their raw pixels.
        input_shape: of the images.
        parameters: float32, all weights in layer order.
        images: uint8, n images such as the network was trained on; about 1,000 of them are used.

    Raises:
        ModelError: a layer is unsupported in int8, or there is no image.
    """
    if not len(images):
        raise ModelError("no calibration images", where="quantize", expected="at least one")
    folded = fold(graph, input_shape, parameters)
    images = images[representative(images, folded.graph, input_shape)]
    images = np.ascontiguousarray(images.reshape(len(images), *input_shape))
    plain = _calibrated(folded, input_shape, parameters, images)
    equal = equalize(folded.graph, input_shape, parameters, images)
    if equal is parameters:
        return plain
    other = _calibrated(fold(graph, input_shape, equal), input_shape, equal, images)
    return other if other.error < LESS * plain.error else plain


def _calibrated(
    folded: FoldedNetwork,
    input_shape: Shape,
    parameters: NDArray[np.float32],
    images: NDArray[np.uint8],
) -> Calibrated:
    """Returns the integer network of a folded one, whose parameters these are, and its error."""
    wanted = {index for step in folded.steps for index in (step.node, step.output)}
    real = observe(folded.graph, input_shape, parameters, images, wanted)
    calibration = _Calibration(folded, input_shape, images, real)
    network = calibration.run()
    last = network.operators[-1]
    found = np.subtract(calibration.values[-1], last.zero_point, dtype=np.float64) * last.scale
    expected = real[folded.steps[-1].output].reshape(found.shape)
    return Calibrated(network, parameters, float(np.square(found - expected).mean()))


class _Calibration:
    """The operators made so far, and their outputs for the calibration images."""

    def __init__(
        self,
        folded: FoldedNetwork,
        input_shape: Shape,
        images: NDArray[np.uint8],
        real: dict[int, NDArray[np.float32]],
    ) -> None:
        scale, offset = folded.rescaling
        zero = -offset / scale  # the pixel that stands for 0
        inverted = scale < 0
        zero_point = int(np.floor((127 - zero if inverted else zero - 128) + 0.5))
        self.steps, self.real = folded.steps, real
        self.network = IntegerNetwork(
            input_shape,
            folded.output_shape,
            (),
            abs(scale),
            int(np.clip(zero_point, -128, 127)),
            inverted,
            folded.activation,
        )
        self.values: list[NDArray[np.signedinteger]] = []
        self.image = self.network.quantize_images(images)

    def run(self) -> IntegerNetwork:
        """Returns the integer network."""
        network = self.network
        made: list[ops.Operator] = []
        for step in self.steps:
            operator = self._operator(step, last=step is self.steps[-1])
            made.append(operator)
            zeros = [network.zero_point_of(index) for index in step.inputs]
            inputs = [self._value(index) for index in step.inputs]
            self.values.append(apply(operator, inputs, zeros))
            self.network = network = IntegerNetwork(
                network.input_shape,
                network.output_shape,
                tuple(made),
                network.scale,
                network.zero_point,
                network.inverted,
                network.activation,
            )
        return network

    def _value(self, index: int) -> NDArray[np.signedinteger]:
        return self.image if index < 0 else self.values[index]

    def _operator(  # noqa: C901, PLR0911 - a case for each kind of step
        self, step: Step, *, last: bool
    ) -> ops.Operator:
        """Returns the operator of a step."""
        source = step.inputs[0]
        if step.kind in ("max_pooling", "padding", "cropping", "up_sampling", "reshaping"):
            scale, zero_point = self.network.scale_of(source), self.network.zero_point_of(source)
            low, high = ops.INT8
        else:
            scale, zero_point, low, high = self._output(step, wide=last and step.kind in WIDE)
        common: dict[str, Any] = {
            "name": step.name,
            "inputs": step.inputs,
            "shape": step.shape,
            "scale": scale,
            "zero_point": zero_point,
            "low": low,
            "high": high,
        }
        ratios = [self.network.scale_of(index) / scale for index in step.inputs]
        window = step.window
        match step.kind:
            case "convolution" | "dense":
                return self._weighted(step, common)
            case "max_pooling":
                return ops.MaxPooling(
                    **common, size=window.size, strides=window.strides, padding=window.padding
                )
            case "average_pooling":
                return self._average(step, common, ratios[0])
            case "lookup":
                function = function_values(
                    step.layer, self.network.scale_of(source), self.network.zero_point_of(source)
                )
                table = np.clip(round_half_up(function / scale) + zero_point, low, high)
                return ops.Lookup(**common, table=table.astype(np.int8))
            case "product":
                ratio = self.network.scale_of(step.inputs[1]) * ratios[0]
                both = multipliers([ratio], step.name)
                return ops.Product(**common, multiplier=int(both[0][0]), shift=int(both[1][0]))
            case "padding":
                return ops.Padding(**common, padding=window.padding)
            case "cropping":
                top, _, left, _ = window.padding
                return ops.Cropping(**common, top=top, left=left)
            case "up_sampling":
                return ops.UpSampling(**common, size=window.size)
            case "reshaping":
                return ops.Reshaping(**common)
        return _merge(step, common, ratios)

    def _output(self, step: Step, *, wide: bool) -> tuple[float, int, int, int]:
        """Returns scale, zero point and bounds of an output."""
        values = self.real[step.output]
        low, high = ops.INT16 if wide else ops.INT8
        if wide:
            largest = float(np.abs(values).max()) or 1.0
            scale, zero_point = largest * WIDE_MARGIN / high, 0
        else:
            least, most = best_range(values)
            scale = (most - least) / 255
            zero_point = int(np.clip(np.floor(-128 - least / scale + 0.5), low, high))
        bottom, top = step.bounds
        if bottom == 0:
            low = zero_point
        if not isinf(top):
            high = min(high, zero_point + int(np.floor(top / scale + 0.5)))
        return scale, zero_point, low, high

    def _weighted(self, step: Step, common: dict[str, Any]) -> ops.Operator:
        """Returns a convolution or a dense operator."""
        source = step.inputs[0]
        scale = self.network.scale_of(source)
        axes = tuple(range(step.kernel.ndim - 1))
        sizes = np.abs(step.kernel).max(axis=axes) / 127
        # With weights near zero a large bias would not fit 32 bits.
        sizes = np.maximum(sizes, np.maximum(np.abs(step.bias), 1e-30) / (scale * 2**29))
        kernel = np.clip(round_half_up(step.kernel / sizes), -127, 127).astype(np.int8)
        multiplier, shift = multipliers(sizes * (scale / common["scale"]), step.name)
        make: partial[Any] = partial(ops.Dense, **common)
        if step.kind == "convolution":
            make = partial(
                ops.Convolution,
                **common,
                strides=step.window.strides,
                dilation=step.window.dilation,
                padding=step.window.padding,
                groups=step.window.groups,
            )
        make = partial(make, kernel=kernel, multiplier=multiplier, shift=shift)
        without: ops.Convolution | ops.Dense = make(bias=np.zeros(len(sizes), np.int32))
        x = np.subtract(self._value(source), self.network.zero_point_of(source), dtype=np.int64)
        mean = sums(without, x).mean(axis=(0, 1, 2)) * (scale * sizes)
        wanted = self.real[step.node].reshape(-1, len(sizes)).mean(axis=0, dtype=np.float64)
        bias = round_half_up((wanted - mean) / (scale * sizes))
        largest = 255 * np.abs(kernel.astype(np.int64)).sum(axis=axes) + np.abs(bias)
        if largest.max() > MOST_SUM:
            raise ModelError(
                "its sums are too large for int8", where=step.name, got=int(largest.max())
            )
        made: ops.Operator = make(bias=bias.astype(np.int32))
        return made

    def _average(self, step: Step, common: dict[str, Any], ratio: float) -> ops.AveragePooling:
        """Returns an average pooling with the multiplier of each number of values."""
        window, (before, across, _) = step.window, self.network.shape_of(step.inputs[0])
        rows = _inside(step.shape[0], before, window.size[0], window.strides[0], window.padding[0])
        columns = _inside(
            step.shape[1], across, window.size[1], window.strides[1], window.padding[2]
        )
        counts = sorted({row * column for row in rows for column in columns})
        multiplier, shift = multipliers([ratio / count for count in counts], step.name)
        return ops.AveragePooling(
            **common,
            size=window.size,
            strides=window.strides,
            padding=window.padding,
            counts=np.array(counts, np.int32),
            multiplier=multiplier,
            shift=shift,
        )


def _merge(step: Step, common: dict[str, Any], ratios: Sequence[float]) -> ops.Operator:
    """Returns an operator with a multiplier for each input."""
    if step.kind == "sum":
        ratios = [ratio * factor for ratio, factor in zip(ratios, step.factors, strict=True)]
    multiplier, shift = shared_multipliers(ratios, step.name)
    if step.kind == "sum":
        return ops.Sum(**common, multiplier=multiplier, shift=shift)
    if step.kind == "concatenation":
        return ops.Concatenation(**common, multiplier=multiplier, shift=shift)
    largest = step.kind == "maximum"
    return ops.Extremum(**common, multiplier=multiplier, shift=shift, largest=largest)


def _inside(outputs: int, size: int, window: int, stride: int, padding: int) -> set[int]:
    """Returns the numbers of rows, or columns, that windows have inside the image."""
    starts = (index * stride - padding for index in range(outputs))
    return {min(start + window, size) - max(start, 0) for start in starts}
