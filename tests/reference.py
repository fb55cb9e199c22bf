"""A slow engine in NumPy float64, written to be read: the oracle of the real one.

It has the interface of `spritenet.engines.engine.Engine`; each layer is composed of operations of
`spritenet.ops`, from which its gradients follow. Everything is n h w c. It is itself checked
against PyTorch and against finite differences in test_reference.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from reference_activations import activate
from spritenet import layers as kinds
from spritenet import ops
from spritenet.engines.engine import Evaluation, Examples, Steps
from spritenet.layers import ActivationFunction, Layer, Shape
from spritenet.layers.parametric import Parametric
from spritenet.losses import Loss, MeanSquaredError
from spritenet.ops import Tensor, Variable
from spritenet.ops.tensor import result
from spritenet.optimizers import SGD, Adam, Optimizer, RMSprop
from spritenet.permutation import permutation

Array = NDArray[np.float64]
Mask = Callable[[int, tuple[int, ...]], Array]
"""Layer number and shape n h w c -> 1 where dropout keeps a value, 0 where it doesn't."""


def activated(function: ActivationFunction, x: Tensor) -> Tensor:
    """The activation of values."""
    y, slope = activate(function, x.values)
    return result(y, (x, lambda g, _: Tensor(slope(g.values))))


def normalise(
    layer: kinds.BatchNormalization, x: Tensor, weights: Sequence[Tensor], training: bool
) -> Tensor:
    """Batch normalisation: by the batch's moments in training, else by the moving averages."""
    axes = tuple(range(x.ndim - 1))
    mean, variance = weights[-2:]
    if training:
        mean, variance = ops.mean(x, axes), ops.variance(x, axes)
    y = (x - mean) / ops.sqrt(variance + layer.epsilon)
    if layer.scale:
        y *= weights[0]
    return y + weights[-3] if layer.center else y


def relu(layer: kinds.ReLU, x: Tensor) -> Tensor:
    """From a threshold on, up to a maximum, and with a slope below."""
    below = layer.negative_slope * (x - layer.threshold)
    most = np.inf if layer.max_value is None else layer.max_value
    y = ops.where(x.values < layer.threshold, below, x)
    if not layer.threshold:  # at 0 the slope is that of below
        y = ops.where(x.values <= 0, below, x)
    full = x.values > most if layer.threshold else x.values >= most
    return ops.where(full & (x.values >= layer.threshold), most, y)


def run(  # noqa: C901, PLR0911, PLR0912 - one return a kind of layer
    layer: Layer,
    x: Tensor,
    weights: Sequence[Tensor],
    number: int,
    mask: Mask | None,
    training: bool = False,
) -> Tensor:
    """One layer."""
    match layer:
        case kinds.Rescaling():
            return x * layer.scale + layer.offset
        case Parametric():
            return activated(layer.function, combine(layer, x, weights))
        case kinds.MaxPooling2D():
            return ops.max_pool(x, layer.pool_size, layer.strides, layer.padding)
        case kinds.AveragePooling2D():
            return ops.avg_pool(x, layer.pool_size, layer.strides, layer.padding)
        case kinds.GlobalAveragePooling2D():
            return ops.mean(x, (1, 2))
        case kinds.GlobalMaxPooling2D():
            return ops.max(ops.reshape(x, (len(x), -1, x.shape[3])), 1)
        case kinds.ZeroPadding2D():
            return ops.pad(x, *layer.padding)
        case kinds.BatchNormalization():
            return normalise(layer, x, weights, training)
        case kinds.Flatten():
            return ops.reshape(x, (len(x), -1))
        case kinds.Dropout():
            if mask is None or layer.rate == 0:
                return x
            return x * (mask(number, x.shape) / (1 - layer.rate))
        case kinds.ReLU():
            return relu(layer, x)
        case kinds.ActivationLayer():
            return activated(layer.function, x)
    raise TypeError(layer)


def combine(layer: Parametric, x: Tensor, weights: Sequence[Tensor]) -> Tensor:
    """A layer with a kernel before its activation."""
    match layer:
        case kinds.Conv2D():
            y = ops.conv2d(x, weights[0], layer.strides, layer.padding)
        case kinds.DepthwiseConv2D():
            y = ops.depthwise_conv2d(x, weights[0], layer.strides, layer.padding)
        case kinds.SeparableConv2D():
            y = ops.depthwise_conv2d(
                x, weights[0], layer.strides, layer.padding, layer.dilation_rate
            )
            y = ops.conv2d(y, weights[1])
        case kinds.Dense():
            y = ops.mat_mul(x, weights[0])
        case _:
            raise TypeError(layer)
    return y + weights[-1] if layer.use_bias else y


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
    ) -> tuple[list[Tensor], list[Variable]]:
        """Every layer's outputs, and the weights that they follow from."""
        weights = [
            Variable(parameters[place].astype(np.float64).reshape(shape))
            for _, place, shape, _ in self.weights
        ]
        x, outputs = Tensor(images), []
        for number, layer in enumerate(self.layers):
            own = [w for w, (n, *_) in zip(weights, self.weights, strict=True) if n == number]
            if training and isinstance(layer, kinds.BatchNormalization):
                axes = tuple(range(x.ndim - 1))
                self.moments[number] = [x.values.mean(axes), x.values.var(axes)]
            x = run(layer, x, own, number, mask, training)
            outputs.append(x)
        return outputs, weights

    def predict(
        self, parameters: NDArray[np.floating], images: NDArray[np.uint8]
    ) -> NDArray[np.float32]:
        """The last outputs, (n, k)."""
        return self.forward(parameters, images)[0][-1].values.astype(np.float32)

    def activations(
        self, parameters: NDArray[np.floating], image: NDArray[np.uint8]
    ) -> list[NDArray[np.float32]]:
        """Every layer's outputs for one image."""
        return [y.values[0].astype(np.float32) for y in self.forward(parameters, image[None])[0]]

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
        outputs = self.forward(parameters, examples.images[indices])[0][-1].values
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
        outputs, weights = self.forward(parameters, examples.images[indices], mask, True)
        losses, g, correct = self.loss_of(outputs[-1].values, examples, indices, loss)
        slopes = ops.gradients((outputs[-1] * (g / len(indices))).sum(), weights)
        gradient = np.concatenate([np.zeros(0), *(each.values.ravel() for each in slopes)])
        for place in self.frozen:
            gradient[place] = 0
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
