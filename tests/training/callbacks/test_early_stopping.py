"""EarlyStopping stops and restores by Keras's rules."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tiny
from scripted import DATA, TEST, Scripted, fitted
from spritenet.training.callbacks import (
    EarlyStopping,
)
from spritenet.training.events import Stopped


# (arguments, figures of the epochs, epoch after which it stops, best epoch): worked out by hand
# from Keras's rules.
@pytest.mark.parametrize(
    ("arguments", "figures", "stopped", "best"),
    [
        ({"patience": 0}, [3, 2, 2, 1], 2, 1),
        ({"patience": 1}, [3, 2, 2, 1], 2, 1),
        ({"patience": 2}, [3, 2, 2, 1, 1, 1], 5, 3),
        ({"patience": 2}, [3, 4, 5, 1], 2, 0),
        ({"patience": 1, "min_delta": 0.5}, [3, 2.4, 2.1, 2.0], 2, 1),
        ({"patience": 1, "mode": "max"}, [1, 2, 2], 2, 1),
        ({"monitor": "val_accuracy", "patience": 1}, [0.1, 0.5, 0.5], 2, 1),
        ({"patience": 1, "start_from_epoch": 2}, [1, 2, 3, 4], 3, 2),
        ({"patience": 2, "baseline": 1.5}, [3, 2.5, 2.6], 2, 1),
        ({"patience": 9}, [1, 2, 3], 0, 0),
    ],
)
def test_early_stopping_follows_kerass_rules(
    arguments: dict[str, Any], figures: list[float], stopped: int, best: int
) -> None:
    """When it stops, and which weights it restores."""
    stopper = EarlyStopping(**arguments, restore_best_weights=True)
    script = Scripted(stopper, stopper.monitor.name, figures)
    model = fitted(script, epochs=len(figures))
    assert stopper.stopped_epoch == stopped
    assert stopper.best_epoch == best
    assert len(script.weights) == (stopped + 1 if stopped else len(figures))
    np.testing.assert_array_equal(model.parameters, script.weights[best])
    history = model.history
    assert history is not None
    assert isinstance(history.end, Stopped) == bool(stopped)


def test_early_stopping_forgets_between_trainings() -> None:
    """The second fit begins anew."""
    stopper = EarlyStopping(patience=1)
    model = tiny.model()
    script = Scripted(stopper, "val_loss", [1, 2, 3])
    model.fit(DATA, epochs=3, validation_data=TEST, callbacks=script, verbose=0)
    assert stopper.stopped_epoch == 1
    script.figures = [5, 4, 3]
    model.fit(DATA, epochs=3, validation_data=TEST, callbacks=script, verbose=0)
    assert stopper.stopped_epoch == 0
