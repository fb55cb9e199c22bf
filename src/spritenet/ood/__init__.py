"""The honest "not sure": what a trained model says of pictures unlike those it learnt.

    doubt        Doubt: the value that travels in the model's file, and judges
    block        its JSON, written and read
    strange      pictures that are in no class, made from the data and by program
    watcher      the small network that tells them from the others
    temperature  probabilities that mean what they say
    calibrate    all of it, after a training, on images that were not learnt from

It knows arrays of features and outputs, not how a model makes them.
docs/explanation/ood.md has the formulas.
"""

from __future__ import annotations

from spritenet.ood.rejection import Doubt, Watcher, is_blank
from spritenet.ood.serialization import from_json, to_json

__all__ = ["Doubt", "Watcher", "from_json", "is_blank", "to_json"]
