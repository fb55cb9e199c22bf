"""Rejection of out-of-distribution images, by a threshold on the detector's score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spritenet.ood.image_detector import ImageDetector
from spritenet.ood.temperature import softened

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Detector", "Rejection"]


@dataclass(frozen=True, slots=True, eq=False)
class Detector:
    """A small network on d of the model's features, for k classes and one of outliers.

    With u = (features[places] - low) · scale, of which 0 … 1 is the range among training images,
    x = clip(u, 0, 1), and z = max(x · kernel · kernel_scale + bias, 0) · output_kernel +
    output_bias, of which the last number is the logit of outliers:
    outlier_score = z[k] - log Σ exp z[0 … k-1] + Σ |u - x|.

    Attributes:
        places: int32 (d,), the indices of the layer's outputs.
        low, scale: float32 (d,).
        kernel: int8 (d, hidden).
        kernel_scale, bias: float32 (hidden,).
        output_kernel: float32 (hidden, k + 1).
        output_bias: float32 (k + 1,).
    """

    places: NDArray[np.int32]
    low: NDArray[np.float32]
    scale: NDArray[np.float32]
    kernel: NDArray[np.int8]
    kernel_scale: NDArray[np.float32]
    bias: NDArray[np.float32]
    output_kernel: NDArray[np.float32]
    output_bias: NDArray[np.float32]

    def outlier_score(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Returns the log odds that n images are outliers, (n,), from the layer's outputs."""
        u = (features[:, self.places].astype(np.float64) - self.low) * self.scale
        x = np.clip(u, 0, 1)
        hidden = x @ self.kernel.astype(np.float64) * self.kernel_scale + self.bias
        z = np.maximum(hidden, 0) @ self.output_kernel.astype(np.float64) + self.output_bias
        known = z[:, :-1]
        most = known.max(axis=1)
        log_sum = most + np.log(np.exp(known - most[:, None]).sum(axis=1))
        result: NDArray[np.float64] = z[:, -1] - log_sum + np.abs(u - x).sum(axis=1)
        return result


@dataclass(frozen=True, slots=True, eq=False)
class Rejection:
    """The result of calibrating a model.

    Attributes:
        temperature: the divisor of the logits, for calibrated probabilities.
        threshold: the outlier score from which on an image is rejected.
        layer: the name of the layer whose outputs are the detector's features.
        detector: the small network on features.
        images: the number of held-out images it was calibrated on.
        refused: the fraction of them that is rejected.
        image_detector: the small network on pixels; None for few training images, for images
            of other sizes than it is made for, and in earlier files.
    """

    temperature: float
    threshold: float
    layer: str
    detector: Detector
    images: int
    refused: float
    image_detector: ImageDetector | None = None

    def probabilities(self, logits: NDArray[np.float64]) -> NDArray[np.float64]:
        """Returns calibrated probabilities (n, k) of logits, or of log probabilities."""
        return softened(logits, self.temperature)

    def outlier_score(
        self, features: NDArray[np.float32], images: NDArray[np.uint8]
    ) -> NDArray[np.float64]:
        """Returns the sum of the detectors' log odds that n images are outliers, (n,).

        Args:
            features: float32 (n, outputs of the layer).
            images: uint8, n h w c.
        """
        found = self.detector.outlier_score(features)
        return found + self.image_detector.outlier_score(images) if self.image_detector else found

    def scores(
        self, features: NDArray[np.float32], images: NDArray[np.uint8]
    ) -> NDArray[np.float64]:
        """Returns scores from 0 to 1 of n images: rejected below 0.5. A blank image has 0.

        Args:
            features: float32 (n, outputs of the layer).
            images: uint8, n h w c.
        """
        found = self.outlier_score(features, images)
        excess = np.clip(found - self.threshold, -500, 500)
        return np.where(_is_blank(images), 0.0, 1 / (1 + np.exp(excess)))


def _is_blank(images: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Returns True for each of n h w c images that is one even colour."""
    pixels = images.reshape(len(images), -1, images.shape[-1])
    result: NDArray[np.bool_] = (pixels == pixels[:, :1]).all(axis=(1, 2))
    return result
