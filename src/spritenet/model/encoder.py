"""Encoder: labels and weights as given, encoded as the examples of an engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.dataset.arrays import as_labels
from spritenet.dataset.multi_label import Labels
from spritenet.engines.engine import Examples
from spritenet.errors import DataError, ModelError
from spritenet.layers import Shape
from spritenet.layers.input import fits
from spritenet.losses import Loss
from spritenet.model.class_weight import ClassWeight, class_factors
from spritenet.model.targets import labels_or_targets, weights

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from spritenet.model.data_adapter import DataAdapter
    from spritenet.training.batch_source import BatchSource

__all__ = ["Encoder", "to_batches"]


@dataclass(frozen=True, slots=True, eq=False)
class Encoder:
    """Encodes labels as class indices or targets, and weights as one factor for each image.

    Attributes:
        outputs: outputs of the network.
        loss: the loss that the examples are for.
        class_weight: as given to `fit`; None for equal weights.
        class_names: the names of the classes; empty if unknown.

    Raises:
        ModelError: the network has a single output for all classes.
    """

    outputs: int
    loss: Loss
    class_weight: ClassWeight | None = None
    class_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.outputs == 1 and self.loss.row.activation == "softmax":
            raise ModelError(
                "a softmax of one output is always 1, so nothing can be learned",
                where=self.loss.name,
                expected="an output for each class",
                got="1",
                do="Give the last layer as many units as there are classes, at least 2.",
            )

    @property
    def counts_classes(self) -> bool:
        """True if the class weights depend on the number of images of each class."""
        return isinstance(self.class_weight, str)

    def factors(self, labels: Labels | None) -> dict[int, float] | None:
        """Returns the factor of each class that has one; None without class weights.

        Args:
            labels: class indices (n) or multi-label rows (n, k) of all images; None if they are
                unknown or numbers.

        Raises:
            DataError: the class weights are wrong, or depend on unknown labels.
        """
        if self.class_weight is None:
            return None
        outputs = 2 if self.outputs == 1 else self.outputs  # no and yes
        return class_factors(self.class_weight, outputs, self.class_names, labels)

    def encode(
        self, images: NDArray[np.uint8], y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Examples:
        """Returns images with encoded labels and weights.

        Args:
            images: n h w c.
            y: class indices, class names, one-hot or multi-label rows, or targets, n.
            sample_weight: a factor on the loss of each image, n; None for 1.

        Raises:
            DataError: labels or weights don't fit the images, the network or the loss.
        """
        given: NDArray[Any] = np.asarray(y)
        if given.dtype.kind in "UO":
            if not self.class_names:
                raise DataError(
                    "the classes of these names aren't known before all of them are read",
                    where="y",
                    expected="class indices",
                    got=repr(str(given.reshape(-1)[0])),
                )
            given = as_labels(given, self.class_names)[0]
        labels, targets = labels_or_targets(given, len(images), self.outputs, self.loss)
        counted = labels if targets is None else _answers(targets)
        answers, classes, by_output = labels, self.factors(counted), None
        if targets is not None and classes is not None and self.loss.row.by_output:
            if self.outputs == 1:
                answers = targets.astype(np.int32).reshape(-1)  # 0: no, 1: yes
            else:
                by_output = np.ones(self.outputs, np.float32)
                by_output[list(classes)] = list(classes.values())
                classes = None
        factors = weights(answers, len(images), class_weight=classes, sample_weight=sample_weight)
        return Examples(
            np.ascontiguousarray(images), labels, targets, factors, output_weights=by_output
        )


def _answers(targets: NDArray[np.float32]) -> Labels | None:
    """Returns targets that are all 0 (no) or 1 (yes) as labels; None for others.

    Of one output they are the class indices 0 and 1, (n,), of several multi-label rows, (n, k).
    """
    if not ((targets == 0) | (targets == 1)).all():
        return None
    return targets.astype(np.uint8) if targets.shape[1] > 1 else targets.astype(np.int32)[:, 0]


def to_batches(data: DataAdapter, input_shape: Shape, encoder: Encoder) -> BatchSource:
    """Returns the examples of some data for a network with that input shape.

    Raises:
        DataError: images, labels or weights don't fit.
    """
    if not fits(data.image_shape, input_shape):
        raise DataError(
            "the images don't fit the network",
            where=data.name,
            expected="×".join(map(str, input_shape)),
            got="×".join(map(str, data.image_shape)),
        )
    if not len(data):
        raise DataError("no images", where=data.name)
    return data.batches(encoder)
