"""Losses of classes of which one is right: cross-entropies, the focal one, KL divergence.

Labels may be class indices, one-hot rows or probabilities, such as those of a mixture of images or
of another network. Keras cuts probabilities at 1e-7; after a softmax nothing is cut here, since the
logarithm never sees a rounded probability.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from spritenet.losses.base import Loss
from spritenet.migration import accepts

__all__ = [
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "KLDivergence",
    "SparseCategoricalCrossentropy",
]


@accepts
@dataclass(frozen=True, slots=True)
class CategoricalCrossentropy(Loss):
    """-Σ t · log(y), computed from the logits inside.

    Args:
        from_logits: the network ends without a softmax.
        label_smoothing: the fraction s, 0 ≤ s < 1, of each target that is spread evenly over the
            k outputs: t becomes (1 - s) t + s/k.
    """

    from_logits: bool = False
    label_smoothing: float = 0.0
    name: ClassVar[str] = "categorical_crossentropy"


@accepts
@dataclass(frozen=True, slots=True)
class SparseCategoricalCrossentropy(Loss):
    """-log(y of the label's class), computed from the logits inside. Takes class indices alone.

    Args:
        from_logits: the network ends without a softmax.
    """

    from_logits: bool = False
    name: ClassVar[str] = "sparse_categorical_crossentropy"


@accepts
@dataclass(frozen=True, slots=True)
class CategoricalFocalCrossentropy(Loss):
    """-Σ t · alpha · (1 - y)^gamma · log(y): images already right count less (Lin et al. 2017).

    Args:
        alpha: a factor on the whole, ≥ 0.
        gamma: the larger, the less right images count, ≥ 0; 0 leaves the cross-entropy.
        from_logits: the network ends without a softmax.
        label_smoothing: see `CategoricalCrossentropy`.
    """

    alpha: float = 0.25
    gamma: float = 2.0
    from_logits: bool = False
    label_smoothing: float = 0.0
    name: ClassVar[str] = "categorical_focal_crossentropy"


@accepts
@dataclass(frozen=True, slots=True)
class CategoricalGeneralizedCrossEntropy(Loss):
    """(1 - p^q) / q with p = Σ t · y: bears wrong labels (Zhang and Sabuncu 2018).

    Args:
        q: 0 < q < 1, from the cross-entropy towards the mean absolute error.
    """

    q: float = 0.5
    name: ClassVar[str] = "categorical_generalized_cross_entropy"


@accepts
@dataclass(frozen=True, slots=True)
class KLDivergence(Loss):
    """Σ t · log(t / y): the cross-entropy less the targets' own entropy.

    Targets are at least 1e-7. Without a softmax at the network's end y is cut to 1e-7 … 1, as in
    Keras.
    """

    name: ClassVar[str] = "kl_divergence"
