"""A network that branches, in PyTorch: the oracle of test_graphs.py."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spritenet.engines import native
from spritenet.engines.engine import Examples
from spritenet.losses import Loss, MeanSquaredError
from torch_activations import activated

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here")

Tensor = Any
"""PyTorch's: float64, n c h w."""
Described = Any
"""A layer, or the fields of one."""


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """TensorFlow's zeros before and after; an odd one goes to the end."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


class TorchGraph:
    """The same network in PyTorch, float64, n c h w; parameters are one array as in the core."""

    def __init__(
        self,
        layers: Sequence[Described],
        inputs: Sequence[Sequence[int]],
        places: Sequence[native.PlacedWeight],
    ) -> None:
        self.layers, self.inputs, self.places = layers, inputs, places
        self.moving: dict[int, Any] = {}

    def weights(self, parameters: Tensor, layer: int) -> dict[str, Any]:
        """A layer's weights by name."""
        return {
            w.name: parameters[w.offset : w.offset + int(np.prod(w.shape))].reshape(w.shape)
            for w in self.places
            if w.layer == layer
        }

    def outputs(
        self, parameters: Tensor, images: NDArray[np.uint8], *, training: bool
    ) -> list[Any]:
        """Every node's output; the last one's softmax is left out (as logits)."""
        image = torch.tensor(images.astype(np.float64)).permute(0, 3, 1, 2)
        made: list[Any] = []
        for place, (layer, sources) in enumerate(zip(self.layers, self.inputs, strict=True)):
            x = [image if s < 0 else made[s] for s in sources]
            made.append(self.run(place, layer, x, self.weights(parameters, place), training))
        return made

    def run(  # noqa: C901, PLR0911, PLR0912 - one return a kind of layer
        self, place: int, layer: Described, x: list[Tensor], w: dict[str, Tensor], training: bool
    ) -> Tensor:
        """One node."""
        name, first = layer.class_name, x[0]
        last = place == len(self.layers) - 1
        functions = torch.nn.functional
        if name == "Rescaling":
            return first * layer.scale + layer.offset
        if name in ("Conv2D", "DepthwiseConv2D"):
            if layer.padding == "same":
                sides = zip(
                    first.shape[:1:-1], layer.kernel_size[::-1], layer.strides[::-1], strict=True
                )
                first = functions.pad(first, [p for side in sides for p in same_padding(*side)])
            groups = first.shape[1] if name == "DepthwiseConv2D" else 1
            kernel = next(iter(w.values()))
            kernel = (
                kernel.permute(2, 3, 0, 1).reshape(-1, 1, *kernel.shape[:2])
                if groups > 1 or (name == "DepthwiseConv2D")
                else kernel.permute(3, 2, 0, 1)
            )
            y = functions.conv2d(
                first, kernel.contiguous(), w.get("bias"), layer.strides, groups=groups
            )
            return activated(layer.activation, y, 1)
        if name == "Dense":
            y = first @ w["kernel"] + w["bias"]
            return y if last else activated(layer.activation, y, 1)
        if name == "MaxPooling2D":
            return functions.max_pool2d(first, layer.pool_size, layer.strides)
        if name == "GlobalAveragePooling2D":
            return first.mean((2, 3))
        if name == "GlobalMaxPooling2D":
            return first.amax((2, 3))
        if name == "Flatten":
            return first.permute(0, 2, 3, 1).flatten(1)
        if name == "Add":
            return sum(x)
        if name == "Multiply":
            return torch.stack(x).prod(0)
        if name == "Subtract":
            return x[0] - x[1]
        if name == "Average":
            return torch.stack(x).mean(0)
        if name in ("Maximum", "Minimum"):
            most = torch.maximum if name == "Maximum" else torch.minimum
            return reduce(most, x)
        if name == "Concatenate":
            return torch.cat(x, 1)
        if name == "ZeroPadding2D":
            top, bottom, left, right = layer.padding
            return functions.pad(first, (left, right, top, bottom))
        if name == "BatchNormalization":
            return self.normalise(place, layer, first, w, training and layer.trainable)
        return first if last else activated(layer.function.name, first, 1)

    def normalise(
        self, place: int, layer: Described, x: Tensor, w: dict[str, Any], batch: bool
    ) -> Tensor:
        """Batch normalisation with Keras 3's moving averages (the variance is the biased one)."""
        axes = (0, 2, 3) if x.ndim == 4 else (0,)
        mean, variance = w["moving_mean"].detach(), w["moving_variance"].detach()
        if batch:
            own = layer.momentum
            now = x.mean(axes), x.var(axes, unbiased=False)
            self.moving[place] = [
                (old * own + new * (1 - own)).detach()
                for old, new in zip((mean, variance), now, strict=True)
            ]
            mean, variance = now
        sides = (1, -1, 1, 1)[: x.ndim]
        y = (x - mean.reshape(sides)) / (variance.reshape(sides) + layer.epsilon).sqrt()
        if layer.scale:
            y = y * w["gamma"].reshape(sides)
        return y + w["beta"].reshape(sides) if layer.center else y

    def loss(
        self, parameters: Tensor, examples: Examples, rows: NDArray[np.int64], loss: Loss
    ) -> Tensor:
        """The mean loss of a batch in training."""
        assert examples.weights is not None
        assert examples.labels is not None
        logits = self.outputs(parameters, examples.images[rows], training=True)[-1]
        weights = torch.tensor(examples.weights[rows].astype(np.float64))
        labels = torch.tensor(examples.labels[rows].astype(np.int64))
        if isinstance(loss, MeanSquaredError):
            wanted = torch.nn.functional.one_hot(labels, logits.shape[1])
            each = ((torch.softmax(logits, 1) - wanted) ** 2).mean(1)
        else:
            each = torch.nn.functional.cross_entropy(logits, labels, reduction="none")
        return (each * weights).mean()
