"""Activation functions as PyTorch code."""

from __future__ import annotations

from spritenet.layers import ActivationFunction, ActivationLayer, Layer, ReLU, Softmax
from spritenet.layers.parametric import Parametric

__all__ = ["HELPERS", "activation_of", "function_code"]

FUNCTIONS = {
    "linear": "{x}",
    "relu": "F.relu({x})",
    "relu6": "F.relu6({x})",
    "leaky_relu": "F.leaky_relu({x}, {alpha})",
    "elu": "F.elu({x}, {alpha})",
    "sigmoid": "torch.sigmoid({x})",
    "tanh": "torch.tanh({x})",
    "selu": "F.selu({x})",
    "softplus": "F.softplus({x})",
    "softsign": "F.softsign({x})",
    "exponential": "torch.exp({x})",
    "hard_sigmoid": "F.hardsigmoid({x})",
    "hard_tanh": "F.hardtanh({x})",
    "hard_shrink": "F.hardshrink({x}, {alpha})",
    "soft_shrink": "F.softshrink({x}, {alpha})",
    "sparse_sigmoid": "sparse_sigmoid({x})",
    "squareplus": "squareplus({x})",
    "log_sigmoid": "F.logsigmoid({x})",
    "gelu": "F.gelu({x})",
    "gelu_new": 'F.gelu({x}, approximate="tanh")',
    "silu": "F.silu({x})",
    "hard_silu": "F.hardswish({x})",
    "mish": "F.mish({x})",
    "tanh_shrink": "F.tanhshrink({x})",
    "sparse_plus": "sparse_plus({x})",
    "softmax": "F.softmax({x}, {axis})",
    "log_softmax": "F.log_softmax({x}, {axis})",
    "sparsemax": "sparsemax({x}, {axis})",
}
"""The expression of each activation; a name without `F.` or `torch.` is one of `HELPERS`."""

HELPERS = {
    "sparse_sigmoid": '''
def sparse_sigmoid(x: torch.Tensor) -> torch.Tensor:
    """0.5 x + 0.5, between 0 and 1."""
    return (x / 2 + 0.5).clamp(0, 1)
''',
    "squareplus": '''
def squareplus(x: torch.Tensor) -> torch.Tensor:
    """(x + sqrt(x² + 4)) / 2, without cancellation below 0."""
    root = torch.sqrt(x.square() + 4)
    return torch.where(x < 0, 2 / (root - x), (root + x) / 2)
''',
    "sparse_plus": '''
def sparse_plus(x: torch.Tensor) -> torch.Tensor:
    """(x + 1)² / 4 between -1 and 1, 0 below, x above."""
    return torch.where(x > 1, x, (x.clamp(min=-1) + 1).square() / 4)
''',
    "sparsemax": '''
def sparsemax(x: torch.Tensor, dim: int) -> torch.Tensor:
    """The closest point of the probability simplex."""
    x = x.movedim(dim, -1)
    ordered = x.sort(-1, descending=True).values
    sums = ordered.cumsum(-1) - 1
    places = torch.arange(1, x.shape[-1] + 1, device=x.device)
    count = (ordered * places > sums).sum(-1, keepdim=True)
    return (x - sums.gather(-1, count - 1) / count).relu().movedim(-1, dim)
''',
    "average_pool": '''
def average_pool(
    x: torch.Tensor,
    size: tuple[int, int],
    stride: tuple[int, int],
    sides: tuple[int, int, int, int],
) -> torch.Tensor:
    """Average pooling whose padding doesn't count."""
    counts = F.pad(torch.ones_like(x), sides)
    sums = F.avg_pool2d(F.pad(x, sides), size, stride)
    return sums / F.avg_pool2d(counts, size, stride)
''',
    "gaussian_noise": '''
def gaussian_noise(x: torch.Tensor, stddev: float, training: bool) -> torch.Tensor:
    """Adds normal noise in training."""
    return x + stddev * torch.randn_like(x) if training else x
''',
    "gaussian_dropout": '''
def gaussian_dropout(x: torch.Tensor, stddev: float, training: bool) -> torch.Tensor:
    """Multiplies by normal noise of mean 1 in training."""
    return x * (1 + stddev * torch.randn_like(x)) if training else x
''',
}
"""Functions that PyTorch lacks, by name."""


def _axis_of(axis: int, rank: int) -> int:
    """Returns the axis of a PyTorch tensor for one of Keras.

    Args:
        axis: counted from 1, 0 being the batch, or from -1.
        rank: the number of axes without the batch; with three, PyTorch has channels first.
    """
    place = axis % (rank + 1) if axis < 0 else axis
    return {1: 2, 2: 3, 3: 1}[place] if rank == 3 else place


def function_code(function: ActivationFunction, x: str, rank: int, axis: int = -1) -> str:
    """Returns an activation applied to an expression.

    Args:
        function: the activation.
        x: the expression.
        rank: the number of axes of its value, without the batch.
        axis: the axis of a softmax and its like, as in Keras.
    """
    form = FUNCTIONS[function.name]
    return form.format(x=x, alpha=f"{function.alpha:.9g}", axis=_axis_of(axis, rank))


def activation_of(layer: Layer, x: str, rank: int) -> str:
    """Returns the activation of a layer applied to an expression, which may be used twice."""
    if isinstance(layer, Softmax):
        return function_code(layer.function, x, rank, layer.axis)
    if isinstance(layer, ReLU) and layer.as_name is None:
        slope, threshold = f"{layer.negative_slope:.9g}", f"{layer.threshold:.9g}"
        code = f"F.threshold({x}, {threshold}, 0)"
        if layer.negative_slope:
            below = f"{slope} * ({x} - {threshold})"
            code = f"torch.where({x} >= {threshold}, {x}, {below})"
        return code if layer.max_value is None else f"{code}.clamp(max={layer.max_value:.9g})"
    if isinstance(layer, ActivationLayer | Parametric):
        return function_code(layer.function, x, rank)
    return x
