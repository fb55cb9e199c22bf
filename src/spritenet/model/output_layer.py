"""Output layers: the last layer of a network for a data set, and the loss that fits it."""

from __future__ import annotations

from spritenet.layers import Dense

__all__ = ["output_layer"]


def output_layer(classes: int, *, multi_label: bool = False) -> tuple[Dense, str]:
    """Returns an output for each class, and the name of the loss to train it with.

    >>> output_layer(3)
    (Dense(3, activation='softmax'), 'sparse_categorical_crossentropy')
    >>> output_layer(3, multi_label=True)
    (Dense(3, activation='sigmoid'), 'binary_crossentropy')

    Args:
        classes: the number of classes.
        multi_label: True if an image may have several classes or none.
    """
    if multi_label:
        return Dense(classes, activation="sigmoid"), "binary_crossentropy"
    return Dense(classes, activation="softmax"), "sparse_categorical_crossentropy"
