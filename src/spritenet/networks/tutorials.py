"""The networks of TensorFlow.js's MNIST examples, and two to compare them with."""

from __future__ import annotations

from spritenet import layers as kinds
from spritenet.dataset.source import Source
from spritenet.layers import Dense
from spritenet.migration import accepts
from spritenet.model import Sequential
from spritenet.networks.recipe import compiled
from spritenet.optimizers import SGD, Adam, RMSprop

__all__ = ["convnet", "dense", "mnist_node", "tutorial"]


@accepts
def tutorial(data: Source) -> Sequential:
    """TensorFlow.js's first MNIST tutorial: two convolutions of 5×5, SGD at 0.15."""
    layers = [
        kinds.Conv2D(8, 5, activation="relu"),
        kinds.MaxPooling2D(2),
        kinds.Conv2D(16, 5, activation="relu"),
        kinds.MaxPooling2D(2),
        kinds.Flatten(),
    ]
    return compiled("tutorial", layers, SGD(0.15), data)


@accepts
def convnet(data: Source) -> Sequential:
    """Three convolutions of 3×3 and a hidden layer, Adam."""
    layers = [
        kinds.Conv2D(16, 3, activation="relu"),
        kinds.MaxPooling2D(2),
        kinds.Conv2D(32, 3, activation="relu"),
        kinds.MaxPooling2D(2),
        kinds.Conv2D(32, 3, activation="relu"),
        kinds.Flatten(),
        Dense(64, activation="relu"),
    ]
    return compiled("convnet", layers, Adam(), data)


@accepts
def mnist_node(data: Source) -> Sequential:
    """TensorFlow.js's MNIST example for Node.js: four convolutions, dropout, RMSprop."""
    layers = [
        kinds.Conv2D(32, 3, activation="relu"),
        kinds.Conv2D(32, 3, activation="relu"),
        kinds.MaxPooling2D(2),
        kinds.Conv2D(64, 3, activation="relu"),
        kinds.Conv2D(64, 3, activation="relu"),
        kinds.MaxPooling2D(2),
        kinds.Flatten(),
        kinds.Dropout(0.25),
        Dense(512, activation="relu"),
        kinds.Dropout(0.5),
    ]
    return compiled("mnist-node", layers, RMSprop(), data)


@accepts
def dense(data: Source) -> Sequential:
    """A hidden layer of 64 units and no convolution, SGD at 0.1, for comparison."""
    return compiled("dense", [kinds.Flatten(), Dense(64, activation="relu")], SGD(0.1), data)
