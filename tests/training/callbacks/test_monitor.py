"""Monitor: a metric that is missing is an error, not a training that never stops."""

from __future__ import annotations

import pytest

from scripted import fitted
from spritenet.errors import ModelError
from spritenet.training.callbacks import (
    Callback,
    EarlyStopping,
    ReduceLROnPlateau,
)


@pytest.mark.parametrize("callback", [EarlyStopping(), ReduceLROnPlateau()])
def test_watching_what_is_not_there_is_refused(callback: Callback) -> None:
    """Instead of never stopping."""
    with pytest.raises(ModelError, match=r"val_loss.*Give validation_data"):
        fitted(callback, validation_data=None)
