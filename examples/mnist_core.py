"""TensorFlow.js's mnist-core in Python: a network of single operations, and its gradients.

    python examples/mnist_core.py              MNIST, as the tutorials keep it
    python examples/mnist_core.py strokes      another data set: all that `sn.load` takes

The program is the original's, line by line: variables, a model of six operations, a loss, and
`optimizer.minimize` a hundred times.
"""

from __future__ import annotations

import sys

import numpy as np
from numpy.typing import NDArray

import spritenet as sn
from spritenet import ops

# Hyperparameters.
LEARNING_RATE = 0.1
BATCH_SIZE = 64
TRAIN_STEPS = 100

# Data constants.
IMAGE_SIZE = 28
LABELS_SIZE = 10
optimizer = ops.SGD(LEARNING_RATE)

# Variables to optimize.
conv1_output_depth = 8
conv1_weights = ops.Variable(ops.random_normal((5, 5, 1, conv1_output_depth), 0, 0.1, seed=1))

conv2_input_depth = conv1_output_depth
conv2_output_depth = 16
conv2_weights = ops.Variable(
    ops.random_normal((5, 5, conv2_input_depth, conv2_output_depth), 0, 0.1, seed=2)
)

fully_connected_inputs = 7 * 7 * conv2_output_depth
fully_connected_weights = ops.Variable(
    ops.random_normal(
        (fully_connected_inputs, LABELS_SIZE), 0, 1 / fully_connected_inputs**0.5, seed=3
    )
)
fully_connected_bias = ops.Variable(ops.zeros((LABELS_SIZE,)))

variables = [conv1_weights, conv2_weights, fully_connected_weights, fully_connected_bias]


def loss(labels: ops.TensorLike, ys: ops.Tensor) -> ops.Tensor:
    """The cross-entropy of a batch: one number."""
    return ops.softmax_cross_entropy(labels, ys).mean()


def model(input_xs: ops.TensorLike) -> ops.Tensor:
    """The scores of each class, before softmax: n by 10."""
    xs = ops.reshape(input_xs, (-1, IMAGE_SIZE, IMAGE_SIZE, 1))
    strides = 2

    # Convolution 1
    layer1 = ops.conv2d(xs, conv1_weights, 1, "same")
    layer1 = ops.max_pool(ops.relu(layer1), 2, strides)

    # Convolution 2
    layer2 = ops.conv2d(layer1, conv2_weights, 1, "same")
    layer2 = ops.max_pool(ops.relu(layer2), 2, strides)

    # Final layer
    flat = ops.reshape(layer2, (-1, fully_connected_weights.shape[0]))
    return ops.mat_mul(flat, fully_connected_weights) + fully_connected_bias


def train(data: sn.MnistData) -> None:
    """Takes the steps, and prints the loss of each."""
    for i in range(TRAIN_STEPS):
        batch = data.next_train_batch(BATCH_SIZE)
        cost = optimizer.minimize(lambda: loss(batch.labels, model(batch.xs)), variables)  # noqa: B023
        print(f"loss[{i}]: {float(cost):.4f}")


def predict(x: ops.TensorLike) -> NDArray[np.int64]:
    """The classes of images."""
    return ops.arg_max(model(x), 1)


def main() -> None:
    """Trains, and predicts the test set."""
    data = sn.MnistData(*sys.argv[1:2])
    data.load()
    train(data)
    test = data.next_test_batch(1000)
    accuracy = (predict(test.xs) == ops.arg_max(test.labels, 1)).mean()
    print(f"Test accuracy: {accuracy:.1%}")


if __name__ == "__main__":
    main()
