"""Advice after a training: overfitting, guessing, missing calibration, and what to try next."""

from __future__ import annotations

from spritenet.formatting import percent

__all__ = ["NOT_CALIBRATED", "advice"]

NOT_CALIBRATED = "not calibrated: its percentages mean nothing until it is, on 20 held-out images"
"""Printed for a classifier that is not calibrated."""

GAP = 0.1
"""Least difference between training and test accuracy, beyond chance, that is overfitting."""


def advice(
    training: float | None, accuracy: float, images: int, classes: int, name: str
) -> list[str]:
    """Returns lines about what is wrong with a training, if anything is.

    >>> advice(1.0, 0.35, 40, 2, "test images")
    ['Overfitting: accuracy 100 % on training images, 35.0 % on test images.',
     'More training images help most; fewer --epochs or a smaller network may.']
    >>> advice(0.5, 0.5, 40, 2, "test images")
    ['No better than guessing. Try a lower --learning-rate.']
    >>> advice(0.99, 0.98, 1000, 10, "test images"), advice(0.6, 0.4, 100, 10, "test images")
    ([], [])

    Args:
        training: accuracy on training images in the last epoch; None if unknown.
        accuracy: accuracy on the test images or validation images.
        images: the number of those images.
        classes: the number of classes.
        name: "test images" or "validation images".
    """
    from spritenet.metrics import accuracy_interval  # only here: `info --help` needs no NumPy

    low, high = accuracy_interval(round(accuracy * images), images)
    # The error on training images is less than half as large, and not by chance.
    if training is not None and training - high > GAP and 2 * (1 - training) < 1 - high:
        both = f"{percent(training)} on training images, {percent(accuracy)} on {name}"
        remedy = "More training images help most; fewer --epochs or a smaller network may."
        return [f"Overfitting: accuracy {both}.", remedy]
    if low <= 1 / classes:
        return ["No better than guessing. Try a lower --learning-rate."]
    return []
