"""Migration from Keras and PyTorch: what their users type works, or is refused with our way.

    names      names that don't exist here: of modules, models, layers, optimizers
    instead    the words for each: what to use
    arguments  arguments that are renamed, ignored or refused: `accepts`
    formats    model files that aren't written yet

Knows no class of the package; the package asks it when something is missing.
"""

from __future__ import annotations

from spritenet.migration.arguments import Ignored, Refused, Renamed, accepts, rule
from spritenet.migration.formats import refuse_format
from spritenet.migration.names import attribute, module_name, not_called, not_settable, word

__all__ = [
    "Ignored",
    "Refused",
    "Renamed",
    "accepts",
    "attribute",
    "module_name",
    "not_called",
    "not_settable",
    "refuse_format",
    "rule",
    "word",
]
