"""Out-of-distribution detection: a trained model rejects images unlike its training set.

    rejection      Rejection: temperature, threshold and detectors, saved with the model
    serialization  its JSON, written and read
    outliers       images of no class, made from the data and synthetic
    detector       training of a small network on features that separates them from the others
    image_detector a small convolutional network on pixels that does so too
    image_training its training
    training       training of both, by the compiled core
    temperature    temperature scaling of the probabilities
    calibration    all of it, after a training, on held-out images

It knows arrays of features and outputs, not how a model computes them.
docs/explanation/ood.md has the formulas.
"""

from __future__ import annotations

from spritenet.ood.rejection import Rejection
from spritenet.ood.serialization import from_json, to_json

__all__ = ["Rejection", "from_json", "to_json"]
