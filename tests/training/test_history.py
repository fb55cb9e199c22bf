"""History: every metric of a training, under the names of Keras old and new."""

from __future__ import annotations

import numpy as np
import pytest

import spritenet as sn
import tiny
from spritenet.errors import DataError

TEST = tiny.images(120, seed=1, name="test")


@pytest.fixture(name="model", scope="module")
def fixture_model() -> sn.Sequential:
    """Trained on the tiny task."""
    return tiny.trained(TEST)


def test_a_history_plots_every_step(model: sn.Sequential) -> None:
    """Loss and accuracy, training and validation, at their steps."""
    pytest.importorskip("matplotlib", reason="pip install matplotlib")
    history = model.history
    assert history is not None
    loss, accuracy = history.plot().axes
    assert (loss.get_ylabel(), accuracy.get_ylabel()) == ("loss", "accuracy")
    assert loss.get_xlabel() == "step"
    np.testing.assert_allclose(
        np.asarray(loss.lines[0].get_ydata(), float), [event.loss for event in history.steps]
    )
    np.testing.assert_allclose(
        np.asarray(accuracy.lines[1].get_xydata(), float),
        [(event.step, event.accuracy or 0) for event in history.evaluations],
    )
    with pytest.raises(DataError, match="nothing to plot"):
        sn.Sequential().history or sn.History().plot()
