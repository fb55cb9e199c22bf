"""Migration from Keras and PyTorch: their names and arguments work, or raise an error with advice.

names      errors for unsupported names of modules, models, layers, optimizers
advice     the advice for each unsupported name
arguments  arguments that are renamed, ignored or refused: `accepts`
formats    formats of model files: those written, and errors for the others

The package calls it when something is missing; it imports no class of the package.
"""

from __future__ import annotations

from spritenet.migration.arguments import Ignored, Refused, Renamed, accepts, rule
from spritenet.migration.formats import (
    FORMATS,
    INT8_ENDING,
    MODEL_ENDINGS,
    ModelFormat,
    format_of,
    refuse_format,
)
from spritenet.migration.names import attribute, module_name, not_called, not_settable, word

__all__ = [
    "FORMATS",
    "INT8_ENDING",
    "MODEL_ENDINGS",
    "Ignored",
    "ModelFormat",
    "Refused",
    "Renamed",
    "accepts",
    "attribute",
    "format_of",
    "module_name",
    "not_called",
    "not_settable",
    "refuse_format",
    "rule",
    "word",
]
