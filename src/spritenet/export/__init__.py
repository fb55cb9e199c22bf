"""Models on disk: what they are saved as, and read from.

tfjs.py reads and writes the model file, TensorFlow.js's layers format: `save` and `load`.

    saved.py        a saved model in memory        metadata.py  what it says of itself
    write_topology.py, read_topology.py  layers    weights.py   arrays and their files
    optimizer_state.py  an optimizer's memory      folder.py    a folder, whole or not at all
"""

from __future__ import annotations

from spritenet.export.class_names import read_class_names
from spritenet.export.location import is_model
from spritenet.export.metadata import Metadata, TrainedOn
from spritenet.export.pixel_range import RANGES
from spritenet.export.saved_model import OptimizerState, SavedModel
from spritenet.export.tfjs import files, load, read, save

__all__ = [
    "RANGES",
    "Metadata",
    "OptimizerState",
    "SavedModel",
    "TrainedOn",
    "files",
    "is_model",
    "load",
    "read",
    "read_class_names",
    "save",
]
