"""A slow engine in NumPy float64, written to be read: the oracle of the real one.

It has the interface of `spritenet.engines.engine.Engine`. Everything is n h w c; each layer is a
function with its derivative beside it. It is itself checked against PyTorch and against finite
differences in test_reference.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reference_activations import activate
from spritenet import layers as kinds
from spritenet.engines.engine import Evaluation, Examples, Steps
from spritenet.layers import Layer, Shape
from spritenet.layers.parametric import Parametric
from spritenet.layers.pooling import Pooling2D
from spritenet.losses import Loss, MeanSquaredError
from spritenet.optimizers import SGD, Adam, Optimizer, RMSprop
from spritenet.permutation import permutation

Array = NDArray[np.float64]
Backward = Callable[[Array], tuple[Array, list[Array]]]
"""The gradient of the outputs -> the gradients of the inputs and of the weights."""

Mask = Callable[[int, tuple[int, ...]], Array]
"""Layer number and shape n h w c -> 1 where dropout keeps a value, 0 where it doesn't."""


def _around(size: int, window: int, stride: int, padding: str) -> tuple[int, int]:
    """Returns the padding before and after an axis."""
    if padding == "valid":
        return 0, 0
    total = max((-(-size // stride) - 1) * stride + window - size, 0)
    return total // 2, total - total // 2


@dataclass(frozen=True)
class Windows:
    """The windows of one layer over one input size: place (i, j), offset (y, x)."""

    window: tuple[int, int]
    strides: tuple[int, int]
    before: tuple[int, int]
    after: tuple[int, int]
    output: tuple[int, int]

    @classmethod
    def of(cls, layer: kinds.Conv2D | kinds.DepthwiseConv2D | Pooling2D, shape: Shape) -> Windows:
        """The layer's windows over inputs of the shape h w c."""
        window = layer.pool_size if isinstance(layer, Pooling2D) else layer.kernel_size
        pads = [_around(shape[i], window[i], layer.strides[i], layer.padding) for i in (0, 1)]
        height, width, _ = layer.output_shape(shape)
        return cls(
            window,
            layer.strides,
            (pads[0][0], pads[1][0]),
            (pads[0][1], pads[1][1]),
            (height, width),
        )

    def pad(self, x: Array, value: float) -> Array:
        """The input with the value around it."""
        sides = [(0, 0), *zip(self.before, self.after, strict=True), (0, 0)]
        return np.pad(x, sides, constant_values=value)

    def at(self, y: int, x: int) -> tuple[slice, slice, slice]:
        """Returns the slices of the padded input at offset (y, x) of every window."""
        return (
            slice(None),
            slice(y, y + self.output[0] * self.strides[0], self.strides[0]),
            slice(x, x + self.output[1] * self.strides[1], self.strides[1]),
        )

    def cut(self, padded: Array, shape: Shape) -> Array:
        """The padded array without its padding."""
        top, left = self.before
        return padded[:, top : top + shape[0], left : left + shape[1]]

    def offsets(self) -> list[tuple[int, int]]:
        """Every offset of a window, row after row."""
        return [(y, x) for y in range(self.window[0]) for x in range(self.window[1])]


def convolve(layer: kinds.Conv2D, x: Array, weights: Sequence[Array]) -> tuple[Array, Backward]:
    """The convolution before its activation."""
    shape = x.shape[1:]
    windows, kernel = Windows.of(layer, shape), weights[0]
    padded = windows.pad(x, 0)
    # The last window may reach beyond the padded input when the stride leaves a rest: it doesn't.
    y = np.zeros((len(x), *windows.output, layer.filters))
    for a, b in windows.offsets():
        y += np.einsum("nijc,cf->nijf", padded[windows.at(a, b)], kernel[a, b])
    if layer.use_bias:
        y += weights[1]

    def backward(g: Array) -> tuple[Array, list[Array]]:
        inputs, kernels = np.zeros_like(padded), np.zeros_like(kernel)
        for a, b in windows.offsets():
            inputs[windows.at(a, b)] += np.einsum("nijf,cf->nijc", g, kernel[a, b])
            kernels[a, b] = np.einsum("nijc,nijf->cf", padded[windows.at(a, b)], g)
        bias = [g.sum(axis=(0, 1, 2))] if layer.use_bias else []
        return windows.cut(inputs, shape), [kernels, *bias]

    return y, backward


def convolve_depthwise(
    layer: kinds.DepthwiseConv2D, x: Array, weights: Sequence[Array]
) -> tuple[Array, Backward]:
    """The depthwise convolution before its activation."""
    shape = x.shape[1:]
    windows, kernel = Windows.of(layer, shape), weights[0]
    padded = windows.pad(x, 0)
    channels = kernel.shape[2] * kernel.shape[3]
    y = np.zeros((len(x), *windows.output, *kernel.shape[2:]))
    for a, b in windows.offsets():
        y += padded[windows.at(a, b)][..., None] * kernel[a, b]
    y = y.reshape(*y.shape[:3], channels)
    if layer.use_bias:
        y += weights[1]

    def backward(g: Array) -> tuple[Array, list[Array]]:
        apart = g.reshape(*g.shape[:3], *kernel.shape[2:])
        inputs, kernels = np.zeros_like(padded), np.zeros_like(kernel)
        for a, b in windows.offsets():
            inputs[windows.at(a, b)] += (apart * kernel[a, b]).sum(axis=-1)
            kernels[a, b] = np.einsum("nijc,nijcm->cm", padded[windows.at(a, b)], apart)
        bias = [g.sum(axis=(0, 1, 2))] if layer.use_bias else []
        return windows.cut(inputs, shape), [kernels, *bias]

    return y, backward


def convolve_separable(
    layer: kinds.SeparableConv2D, x: Array, weights: Sequence[Array]
) -> tuple[Array, Backward]:
    """A depthwise convolution, then one of 1×1, before the activation."""
    depthwise = kinds.DepthwiseConv2D(
        layer.kernel_size,
        strides=layer.strides,
        padding=layer.padding,
        depth_multiplier=layer.depth_multiplier,
        dilation_rate=layer.dilation_rate,
        use_bias=False,
    )
    pointwise = kinds.Conv2D(layer.filters, 1, use_bias=layer.use_bias)
    between, to_inputs = convolve_depthwise(depthwise, x, weights[:1])
    y, to_between = convolve(pointwise, between, weights[1:])

    def backward(g: Array) -> tuple[Array, list[Array]]:
        inner, slopes = to_between(g)
        inputs, kernels = to_inputs(inner)
        return inputs, [*kernels, *slopes]

    return y, backward


def pool(layer: Pooling2D, x: Array) -> tuple[Array, Backward]:
    """Maxima or averages; what lies outside the image counts for neither."""
    shape = x.shape[1:]
    windows = Windows.of(layer, shape)
    maximal = isinstance(layer, kinds.MaxPooling2D)
    padded = windows.pad(x, -np.inf if maximal else 0)
    inside = windows.pad(np.ones_like(x), 0)
    stack = np.stack([padded[windows.at(a, b)] for a, b in windows.offsets()])
    number = np.stack([inside[windows.at(a, b)] for a, b in windows.offsets()]).sum(axis=0)
    first = stack.argmax(axis=0)  # of equal maxima the first gets the gradient
    y = stack.max(axis=0) if maximal else stack.sum(axis=0) / number

    def backward(g: Array) -> tuple[Array, list[Array]]:
        inputs = np.zeros_like(padded)
        for k, (a, b) in enumerate(windows.offsets()):
            inputs[windows.at(a, b)] += g * (first == k) if maximal else g / number
        return windows.cut(inputs, shape), []

    return y, backward


def normalise(
    layer: kinds.BatchNormalization, x: Array, weights: Sequence[Array], training: bool
) -> tuple[Array, Backward]:
    """Batch normalisation: by the batch's moments in training, else by the moving averages."""
    axes = tuple(range(x.ndim - 1))
    mean, variance = (x.mean(axes), x.var(axes)) if training else weights[-2:]
    gamma = weights[0] if layer.scale else np.ones(x.shape[-1])
    beta = weights[-3] if layer.center else np.zeros(x.shape[-1])
    inverse = 1 / np.sqrt(variance + layer.epsilon)
    normal = (x - mean) * inverse

    def backward(g: Array) -> tuple[Array, list[Array]]:
        own = [(g * normal).sum(axes)] if layer.scale else []
        own += [g.sum(axes)] if layer.center else []
        own += [np.zeros(x.shape[-1])] * 2
        g = g * gamma
        if training:
            g = g - g.mean(axes) - normal * (g * normal).mean(axes)
        return g * inverse, own

    return normal * gamma + beta, backward


def run(  # noqa: C901, PLR0911 - one return a kind of layer
    layer: Layer,
    x: Array,
    weights: Sequence[Array],
    number: int,
    mask: Mask | None,
    training: bool = False,
) -> tuple[Array, Backward]:
    """One layer, forward, and its derivative."""
    if isinstance(layer, kinds.Rescaling):
        return x * layer.scale + layer.offset, lambda g: (g * layer.scale, [])
    if isinstance(layer, Parametric):
        before, backward = combine(layer, x, weights)
        y, slope = activate(layer.function, before)
        return y, lambda g: backward(slope(g))
    if isinstance(layer, Pooling2D):
        return pool(layer, x)
    if isinstance(layer, kinds.GlobalAveragePooling2D):
        places = x.shape[1] * x.shape[2]
        return x.mean(axis=(1, 2)), lambda g: (
            np.broadcast_to(g[:, None, None, :] / places, x.shape),
            [],
        )
    if isinstance(layer, kinds.GlobalMaxPooling2D):
        flat = x.reshape(len(x), -1, x.shape[3])
        first = np.eye(flat.shape[1])[flat.argmax(axis=1)].transpose(0, 2, 1)  # the first maximum
        return flat.max(axis=1), lambda g: ((first * g[:, None, :]).reshape(x.shape), [])
    if isinstance(layer, kinds.ZeroPadding2D):
        (top, bottom), (left, right) = layer.padding
        height, width = x.shape[1:3]
        padded = np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)))
        return padded, lambda g: (g[:, top : top + height, left : left + width], [])
    if isinstance(layer, kinds.BatchNormalization):
        return normalise(layer, x, weights, training)
    if isinstance(layer, kinds.Flatten):
        return x.reshape(len(x), -1), lambda g: (g.reshape(x.shape), [])
    if isinstance(layer, kinds.Dropout):
        if mask is None or layer.rate == 0:
            return x, lambda g: (g, [])
        keep = mask(number, x.shape) / (1 - layer.rate)
        return x * keep, lambda g: (g * keep, [])
    if isinstance(layer, kinds.ReLU):
        return relu(layer, x)
    if isinstance(layer, kinds.ActivationLayer):
        y, slope = activate(layer.function, x)
        return y, lambda g: (slope(g), [])
    raise TypeError(layer)


def relu(layer: kinds.ReLU, x: Array) -> tuple[Array, Backward]:
    """From a threshold on, up to a maximum, and with a slope below."""
    most = np.inf if layer.max_value is None else layer.max_value
    slopes = np.where(x > most, 0.0, 1.0) if layer.threshold else np.where(x >= most, 0.0, x > 0)
    below = x < layer.threshold if layer.threshold else x <= 0
    slopes = np.where(below, layer.negative_slope, slopes)
    y = np.where(
        x < layer.threshold, layer.negative_slope * (x - layer.threshold), np.minimum(x, most)
    )
    return y, lambda g: (g * slopes, [])


def multiply(layer: kinds.Dense, x: Array, weights: Sequence[Array]) -> tuple[Array, Backward]:
    """The matrix product before its activation."""
    kernel = weights[0]
    y = x @ kernel + (weights[1] if layer.use_bias else 0)

    def backward(g: Array) -> tuple[Array, list[Array]]:
        bias = [g.sum(axis=0)] if layer.use_bias else []
        return g @ kernel.T, [x.T @ g, *bias]

    return y, backward


def combine(layer: Parametric, x: Array, weights: Sequence[Array]) -> tuple[Array, Backward]:
    """A layer with a kernel before its activation."""
    match layer:
        case kinds.Conv2D():
            return convolve(layer, x, weights)
        case kinds.DepthwiseConv2D():
            return convolve_depthwise(layer, x, weights)
        case kinds.SeparableConv2D():
            return convolve_separable(layer, x, weights)
        case kinds.Dense():
            return multiply(layer, x, weights)
    raise TypeError(layer)


def update(
    optimizer: Optimizer, w: Array, slots: Array, gradient: Array, *, rate: float, step: int
) -> None:
    """One step (from 0) of the optimizer, in place: Keras 3's formulas."""
    o = optimizer
    clip = getattr(o, "global_clipnorm", None)
    decay = getattr(o, "weight_decay", None)
    g = gradient
    if clip:
        g = g * min(1.0, clip / max(float(np.linalg.norm(g)), 1e-300))
    if decay:
        w -= rate * decay * w
    match o:
        case SGD():
            if not o.momentum:
                w -= rate * g
                return
            slots[0] = o.momentum * slots[0] - rate * g
            w += o.momentum * slots[0] - rate * g if o.nesterov else slots[0]
        case RMSprop():
            slots[0] = o.rho * slots[0] + (1 - o.rho) * g * g
            change = rate * g / np.sqrt(slots[0] + o.epsilon)
            if o.momentum:
                slots[1] = o.momentum * slots[1] + change
                change = slots[1]
            w -= change
        case Adam():
            slots[0] += (1 - o.beta_1) * (g - slots[0])
            slots[1] += (1 - o.beta_2) * (g * g - slots[1])
            t = step + 1
            size = rate * math.sqrt(1 - o.beta_2**t) / (1 - o.beta_1**t)
            w -= size * slots[0] / (np.sqrt(slots[1]) + o.epsilon)
        case _:
            raise TypeError(o)


def mixed(x: NDArray[np.uint32], key: int) -> NDArray[np.uint32]:
    """core/order.h's mix32."""
    h = (x ^ np.uint32(key)) * np.uint32(0x9E3779B1)
    h = (h ^ (h >> np.uint32(15))) * np.uint32(0x85EBCA77)
    h = (h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE3D)
    return h ^ (h >> np.uint32(16))


def random_words(
    seed: int, step: int, number: int, count: int, places: NDArray[np.uint32]
) -> NDArray[np.uint32]:
    """The core's random numbers: a hash for each image of the batch and each place (n places)."""
    word = _mix64(_mix64(seed + GOLDEN) + step * GOLDEN + (number + 1) * 0xD1B54A32D192ED03)
    images = mixed(np.arange(count, dtype=np.uint32), word & 0xFFFFFFFF)
    keys = places * np.uint32(0x9E3779B1) + np.uint32(word >> 32)
    return mixed(images[:, None] ^ keys, 0)


def core_mask(layers: Sequence[Layer]) -> Callable[[int, int], Mask]:
    """The core's dropout: a hash of seed, step, layer, place in the batch, place in the image."""

    def of(seed: int, step: int) -> Mask:
        def mask(number: int, shape: tuple[int, ...]) -> Array:
            layer = layers[number]
            assert isinstance(layer, kinds.Dropout)
            places = np.arange(math.prod(shape[1:]), dtype=np.uint32)
            hashes = random_words(seed, step, number, shape[0], places)
            threshold = int(np.float32(layer.rate) * np.float32(1 << 24))
            return ((hashes >> np.uint32(8)) >= threshold).reshape(shape).astype(np.float64)

        return mask

    return of


GOLDEN = 0x9E3779B97F4A7C15


def _mix64(z: int) -> int:
    """splitmix64's finaliser."""
    z &= 2**64 - 1
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & (2**64 - 1)
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & (2**64 - 1)
    return z ^ (z >> 31)


class Network:
    """The engine. `mask` gives each step's dropout; without it nothing is dropped."""

    def __init__(
        self,
        layers: Sequence[Layer],
        input_shape: tuple[int, ...],
        *,
        batch_size: int = 0,
        threads: int | None = None,
        mask: Callable[[int, int], Mask] | None = None,
    ) -> None:
        del batch_size, threads  # nothing is allocated beforehand, and nothing is parallel
        self.layers = tuple(layers)
        self.mask = mask
        self.output_shapes: list[tuple[int, ...]] = []
        self.weights: list[tuple[int, slice, Shape, float]] = []  # layer, place, shape, l2
        self.frozen: list[slice] = []  # moving averages
        self.moments: dict[int, list[Array]] = {}  # of the last batch
        shape: Shape = input_shape
        place = 0
        for number, layer in enumerate(self.layers):
            for weight in layer.weights(shape):
                self.weights.append(
                    (number, slice(place, place + weight.size), weight.shape, weight.l2)
                )
                if not weight.trainable:
                    self.frozen.append(slice(place, place + weight.size))
                place += weight.size
            shape = layer.output_shape(shape)
            self.output_shapes.append(shape)
        self.parameter_count = place

    def forward(
        self,
        parameters: NDArray[np.floating],
        images: NDArray[np.uint8],
        mask: Mask | None = None,
        training: bool = False,
    ) -> tuple[list[Array], list[Backward]]:
        """Every layer's outputs and derivative."""
        x = images.astype(np.float64)
        outputs, backwards = [], []
        for number, layer in enumerate(self.layers):
            own = [
                parameters[place].astype(np.float64).reshape(shape)
                for n, place, shape, _ in self.weights
                if n == number
            ]
            if training and isinstance(layer, kinds.BatchNormalization):
                axes = tuple(range(x.ndim - 1))
                self.moments[number] = [x.mean(axes), x.var(axes)]
            x, backward = run(layer, x, own, number, mask, training)
            outputs.append(x)
            backwards.append(backward)
        return outputs, backwards

    def predict(
        self, parameters: NDArray[np.floating], images: NDArray[np.uint8]
    ) -> NDArray[np.float32]:
        """The last outputs, (n, k)."""
        return self.forward(parameters, images)[0][-1].astype(np.float32)

    def activations(
        self, parameters: NDArray[np.floating], image: NDArray[np.uint8]
    ) -> list[NDArray[np.float32]]:
        """Every layer's outputs for one image."""
        return [y[0].astype(np.float32) for y in self.forward(parameters, image[None])[0]]

    def penalty(self, parameters: NDArray[np.floating]) -> float:
        """The L2 penalty."""
        return float(
            sum(
                l2 * (parameters[place].astype(np.float64) ** 2).sum()
                for *_, place, _, l2 in self.weights
            )
        )

    def loss_of(
        self, outputs: Array, examples: Examples, indices: NDArray[np.int64], loss: Loss
    ) -> tuple[Array, Array, int | None]:
        """Each example's weight · loss, their sum's gradient, and how many are right, if any."""
        k = outputs.shape[-1]
        if examples.targets is not None:
            targets = examples.targets[indices].astype(np.float64)
            labels = targets.argmax(axis=-1)
        else:
            assert examples.labels is not None
            labels = examples.labels[indices]
            targets = np.eye(k)[labels]
        smoothing = getattr(loss, "label_smoothing", 0.0)
        targets = targets * (1 - smoothing) + smoothing / k
        weights = np.ones(len(indices)) if examples.weights is None else examples.weights[indices]
        weights = weights.astype(np.float64)
        correct: int | None = int((outputs.argmax(axis=-1) == labels).sum())
        if isinstance(loss, MeanSquaredError):
            correct = None if examples.targets is not None else correct
            errors = outputs - targets
            return weights * (errors**2).mean(axis=-1), weights[:, None] * 2 * errors / k, correct
        if getattr(loss, "from_logits", False):
            e = np.exp(outputs - outputs.max(axis=-1, keepdims=True))
            p = e / e.sum(axis=-1, keepdims=True)
            slope = p * targets.sum(axis=-1, keepdims=True) - targets
        else:
            p = np.maximum(outputs, 1e-300)
            slope = -targets / p
        losses = -(targets * np.log(p)).sum(axis=-1)
        return weights * losses, weights[:, None] * slope, correct

    def evaluate(
        self,
        parameters: NDArray[np.floating],
        examples: Examples,
        loss: Loss,
        *,
        first: int = 0,
        count: int | None = None,
    ) -> Evaluation:
        """See Engine.evaluate."""
        indices = np.arange(first, len(examples) if count is None else first + count)
        outputs = self.forward(parameters, examples.images[indices])[0][-1]
        losses, _, correct = self.loss_of(outputs, examples, indices, loss)
        return Evaluation(float(losses.sum()), self.penalty(parameters), correct, len(indices))

    def slopes(
        self,
        parameters: NDArray[np.floating],
        examples: Examples,
        indices: NDArray[np.int64],
        loss: Loss,
        mask: Mask | None = None,
    ) -> tuple[float, Array, int | None]:
        """The batch's loss, its float64 gradient, and how many were right."""
        outputs, backwards = self.forward(parameters, examples.images[indices], mask, True)
        losses, g, correct = self.loss_of(outputs[-1], examples, indices, loss)
        g = g / len(indices)
        gradient = np.zeros(self.parameter_count)
        for number in reversed(range(len(self.layers))):
            g, own = backwards[number](g)
            places = [place for n, place, *_ in self.weights if n == number]
            for place, values in zip(places, own, strict=True):
                gradient[place] = values.ravel()
        for _, place, _, l2 in self.weights:
            gradient[place] += 2 * l2 * parameters[place].astype(np.float64)
        return float(losses.mean()) + self.penalty(parameters), gradient, correct

    def move(self, w: Array) -> None:
        """Move the moving averages towards the last batch's moments."""
        for number, moments in self.moments.items():
            layer = self.layers[number]
            assert isinstance(layer, kinds.BatchNormalization)
            own = [place for n, place, *_ in self.weights if n == number][-2:]
            for place, new in zip(own, moments, strict=True):
                w[place] = w[place] * layer.momentum + new * (1 - layer.momentum)

    def gradient(
        self,
        parameters: NDArray[np.floating],
        examples: Examples,
        indices: NDArray[np.int64],
        loss: Loss,
    ) -> tuple[float, NDArray[np.float32]]:
        """See Engine.gradient."""
        value, gradient, _ = self.slopes(parameters, examples, indices, loss)
        return value, gradient.astype(np.float32)

    def interrupt(self) -> None:
        """See Engine.interrupt: its calls are short."""

    def train(
        self,
        parameters: NDArray[np.floating],
        slots: NDArray[np.floating],
        examples: Examples,
        *,
        loss: Loss,
        optimizer: Optimizer,
        learning_rates: NDArray[np.float32],
        first_step: int,
        batch_size: int,
        seed: int,
        indices: NDArray[np.int64] | None = None,
    ) -> Steps:
        """See Engine.train. Float64 parameters and slots are not rounded between steps."""
        losses: list[float] = []
        corrects: list[int] = []
        parts = -(-len(examples) // batch_size)
        for k, rate in enumerate(learning_rates):
            step = first_step + k
            if indices is not None:
                batch = indices[k * batch_size : (k + 1) * batch_size]
            else:
                epoch, part = divmod(step, parts)
                batch = permutation(seed, epoch, len(examples))
                batch = batch[part * batch_size : (part + 1) * batch_size]
            mask = self.mask(seed, step) if self.mask else None
            value, gradient, correct = self.slopes(parameters, examples, batch, loss, mask)
            if not math.isfinite(value):
                return _steps(losses, corrects, diverged=True)
            w, s = parameters.astype(np.float64), slots.astype(np.float64)
            kept = [w[place].copy() for place in self.frozen]
            update(optimizer, w, s, gradient, rate=float(rate), step=step)
            for place, old in zip(self.frozen, kept, strict=True):
                w[place] = old
            self.move(w)
            parameters[:], slots[:] = w, s
            losses.append(value)
            corrects.append(correct or 0)
        return _steps(losses, corrects)


def _steps(losses: list[float], corrects: list[int], *, diverged: bool = False) -> Steps:
    return Steps(np.array(losses, np.float32), np.array(corrects, np.int32), diverged)
