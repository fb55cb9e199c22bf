"""The networks of TensorFlow.js's MNIST examples, and two to compare them with."""

from __future__ import annotations

from spritenet.dataset.source import Source
from spritenet.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from spritenet.migration import accepts
from spritenet.model import Sequential
from spritenet.networks.recipe import compiled
from spritenet.optimizers import SGD, Adam, RMSprop

__all__ = ["convnet", "dense", "mnist_node", "tutorial"]


@accepts
def tutorial(data: Source) -> Sequential:
    """TensorFlow.js's first MNIST tutorial: two convolutions of 5×5, SGD at 0.15."""
    layers = [
        Conv2D(8, 5, activation="relu"),
        MaxPooling2D(2),
        Conv2D(16, 5, activation="relu"),
        MaxPooling2D(2),
        Flatten(),
    ]
    return compiled("tutorial", layers, SGD(0.15), data)


@accepts
def convnet(data: Source) -> Sequential:
    """Three convolutions of 3×3 and a hidden layer, Adam."""
    layers = [
        Conv2D(16, 3, activation="relu"),
        MaxPooling2D(2),
        Conv2D(32, 3, activation="relu"),
        MaxPooling2D(2),
        Conv2D(32, 3, activation="relu"),
        Flatten(),
        Dense(64, activation="relu"),
    ]
    return compiled("convnet", layers, Adam(), data)


@accepts
def mnist_node(data: Source) -> Sequential:
    """TensorFlow.js's MNIST example for Node.js: four convolutions, dropout, RMSprop."""
    layers = [
        Conv2D(32, 3, activation="relu"),
        Conv2D(32, 3, activation="relu"),
        MaxPooling2D(2),
        Conv2D(64, 3, activation="relu"),
        Conv2D(64, 3, activation="relu"),
        MaxPooling2D(2),
        Flatten(),
        Dropout(0.25),
        Dense(512, activation="relu"),
        Dropout(0.5),
    ]
    return compiled("mnist-node", layers, RMSprop(), data)


@accepts
def dense(data: Source) -> Sequential:
    """A hidden layer of 64 units and no convolution, SGD at 0.1, for comparison."""
    return compiled("dense", [Flatten(), Dense(64, activation="relu")], SGD(0.1), data)
