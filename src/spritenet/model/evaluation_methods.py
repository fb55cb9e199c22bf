"""Evaluation of a model on images, or on several augmented copies of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from spritenet.augmentation import Augment
from spritenet.migration import accepts
from spritenet.model.copies import copies_of
from spritenet.model.scores import Scores

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from spritenet.model.model import Model

__all__ = ["evaluate"]


@overload
def evaluate(
    self: Model,
    x: object,
    y: ArrayLike | None = None,
    batch_size: int | None = None,
    verbose: str | int = "auto",
    sample_weight: ArrayLike | None = None,
    *,
    return_dict: Literal[False] = False,
    tta: int = 1,
    augment: Augment = None,
) -> Scores: ...


@overload
def evaluate(
    self: Model,
    x: object,
    y: ArrayLike | None = None,
    batch_size: int | None = None,
    verbose: str | int = "auto",
    sample_weight: ArrayLike | None = None,
    *,
    return_dict: bool,
    tta: int = 1,
    augment: Augment = None,
) -> Scores | dict[str, Any]: ...


@accepts
def evaluate(  # noqa: D417 - self is the model
    self: Model,
    x: object,
    y: ArrayLike | None = None,
    batch_size: int | None = None,
    verbose: str | int = "auto",
    sample_weight: ArrayLike | None = None,
    *,
    return_dict: bool = False,
    tta: int = 1,
    augment: Augment = None,
) -> Scores | dict[str, Any]:
    """Returns loss and metrics: `loss, accuracy = model.evaluate(data.test)`.

    The values are those of `metrics_names`; the accuracy is NaN where targets are numbers.

    Args:
        x: a Split, a StreamSplit, (x, y), or images n h w c.
        y: the labels, if x doesn't contain them.
        batch_size: accepted for Keras's sake; changes nothing.
        verbose: likewise.
        sample_weight: a factor on each image's loss.
        return_dict: give {"loss": …, "accuracy": …} instead.
        tta: the number of outputs averaged for each image, as for `predict`; the loss and the
            metrics are those of the means.
        augment: the augmentation of the copies, as for `predict`.

    Raises:
        ModelError: it has no weights or no loss yet, or there is no augmentation for copies.
        DataError: images or labels are wrong.
    """
    del batch_size, verbose
    loss = self.compiled()[1]
    copies = copies_of(self.network, tta, augment, "evaluate")
    predictor = self._predictor
    names, limits = self.class_names, self.thresholds
    how = copies, limits, self.chosen_metrics
    scores = predictor.evaluate(x, y, sample_weight, loss, names, *how)
    return scores.as_dict() if return_dict else scores
