"""Losses: one value for each example; take their `mean`."""

from __future__ import annotations

from spritenet.errors import ModelError
from spritenet.ops.elementwise import absolute, relu, softplus
from spritenet.ops.reductions import log_softmax, mean
from spritenet.ops.tensor import Tensor, TensorLike, sum, tensor  # noqa: A004 - NumPy's name of sum

__all__ = ["mean_squared_error", "sigmoid_cross_entropy", "softmax_cross_entropy"]


def softmax_cross_entropy(labels: TensorLike, logits: TensorLike) -> Tensor:
    """Returns minus the logarithm of the probability that softmax gives to the right class.

    Args:
        labels: probabilities or rows of 0 and 1, shape (n, classes); see `one_hot`.
        logits: outputs before softmax, shape (n, classes).

    Returns:
        The shape (n,).

    Raises:
        ModelError: the shapes differ.
    """
    labels, logits = _alike(labels, logits, "softmax_cross_entropy")
    return -sum(labels * log_softmax(logits), -1)


def sigmoid_cross_entropy(labels: TensorLike, logits: TensorLike) -> Tensor:
    """Returns the mean cross-entropy of yes-or-no outputs before their sigmoid.

    Args:
        labels: 0, 1 or probabilities, shape (n, outputs).
        logits: outputs before sigmoid, shape (n, outputs).

    Returns:
        The shape (n,).

    Raises:
        ModelError: the shapes differ.
    """
    labels, logits = _alike(labels, logits, "sigmoid_cross_entropy")
    # -y log s - (1 - y) log(1 - s), without the logarithm of 0
    return mean(relu(logits) - logits * labels + softplus(-absolute(logits)), -1)


def mean_squared_error(labels: TensorLike, predictions: TensorLike) -> Tensor:
    """Returns the mean square of the differences.

    Args:
        labels: what is right, shape (n, outputs).
        predictions: outputs, shape (n, outputs).

    Returns:
        The shape (n,).

    Raises:
        ModelError: the shapes differ.
    """
    labels, predictions = _alike(labels, predictions, "mean_squared_error")
    apart = predictions - labels
    return mean(apart * apart, -1)


def _alike(labels: TensorLike, outputs: TensorLike, where: str) -> tuple[Tensor, Tensor]:
    labels, outputs = tensor(labels), tensor(outputs)
    if labels.shape == outputs.shape:
        return labels, outputs
    raise ModelError(
        "labels and outputs have different shapes",
        where=where,
        expected=f"labels of the outputs' shape {outputs.shape}",
        got=labels.shape,
        do="Make class numbers rows with one_hot.",
    )
