"""Augmentation: random changes of images while training, described and applied.

steps     a random layer in the core's words, and what `fit(augment=…)` takes as a list of them
words     the presets and NAME=VALUE
"""

from spritenet.augmentation.steps import (
    Augment,
    Step,
    augmented,
    find_steps,
    flip_note,
    flips,
    scaled,
)
from spritenet.augmentation.words import PRESETS

__all__ = ["PRESETS", "Augment", "Step", "augmented", "find_steps", "flip_note", "flips", "scaled"]
