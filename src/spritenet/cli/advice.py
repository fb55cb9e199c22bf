"""Advice after training: an explanation of the metrics, and suggestions."""

from __future__ import annotations

from spritenet.formatting import percent

__all__ = ["NOT_CALIBRATED", "advice"]

NOT_CALIBRATED = "not calibrated: its percentages mean nothing until it is, on 20 held-out images"
"""Printed of a model that classifies and is not calibrated."""

GAP = 0.1
"""Accuracy on training images beyond what other images' may be by chance: overfitting."""


def advice(
    training: float | None,
    accuracy: float,
    images: int,
    classes: int,
    judged: str,
    *,
    augmented: bool = False,
    few: bool = False,
) -> list[str]:
    """Says in lines what is wrong with a training, if anything is.

    >>> advice(1.0, 0.35, 40, 2, "test images")
    ['Overfitting: accuracy 100 % on training images, 35.0 % on test images.',
     'Augmentation helps most (--augment digits or photos), or more training images; fewer --epochs
     or a smaller network may.']
    >>> advice(0.5, 0.5, 40, 2, "test images")
    ['No better than guessing. Try a lower --learning-rate.']
    >>> advice(0.99, 0.98, 1000, 10, "test images"), advice(0.6, 0.4, 100, 10, "test images")
    ([], [])
    >>> advice(1.0, 0.35, 40, 2, "test images", few=True)[-1]
    '--model few suits few images a class: its convolutions are trained before.'

    Args:
        training: accuracy on training images in the last epoch; None if it isn't known.
        accuracy: on images that it was not trained on.
        images: the number of those images.
        classes: the number of classes.
        judged: the name of those images, for messages.
        augmented: if True, the training images were augmented.
        few: if True, each class has few of them, and the network began at random weights.
    """
    from spritenet.metrics import accuracy_interval  # only here: `info --help` needs no NumPy

    low, high = accuracy_interval(round(accuracy * images), images)
    # It errs less than half as often on what it was trained on, and that is no chance.
    if training is not None and training - high > GAP and 2 * (1 - training) < 1 - high:
        figures = f"{percent(training)} on training images, {percent(accuracy)} on {judged}"
        remedy = "Augmentation helps most (--augment digits or photos), or more training images"
        if augmented:
            remedy = "More training images or stronger augmentation help most"
        remedy += "; fewer --epochs or a smaller network may."
        pretrained = ["--model few suits few images a class: its convolutions are trained before."]
        return [f"Overfitting: accuracy {figures}.", remedy, *(pretrained if few else [])]
    if low <= 1 / classes:
        return ["No better than guessing. Try a lower --learning-rate."]
    return []
