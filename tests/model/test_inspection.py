"""Looking into a network and at what it says: in scripts and in notebooks."""

from __future__ import annotations

import numpy as np
import pytest

import spritenet as sn
import tiny
from html_text import visible_text
from spritenet import metrics
from spritenet.errors import DataError, ModelError

TEST = tiny.images(120, seed=1, name="test")


def test_activations_are_each_layers_output(model: sn.Sequential) -> None:
    """In the layer's own shape; the last is the prediction, the first the picture over 255."""
    image = TEST.images[3]
    found = model.activations(image)
    assert list(found) == [layer.label for layer in model.layers]
    shapes = [values.shape for values in found.values()]
    assert shapes == [(8, 8, 1), (6, 6, 4), (3, 3, 4), (36,), (36,), (4,)]
    np.testing.assert_allclose(found["rescaling"], image / 255, rtol=1e-6)
    np.testing.assert_allclose(found["dense"], model.predict(image), rtol=1e-5)
    np.testing.assert_array_equal(found["conv2d"], model.activations(image[:, :, 0])["conv2d"])
    with pytest.raises(DataError, match="not a single image"):
        model.activations(TEST.images[:2])


def test_its_figures_show_its_own_numbers(model: sn.Sequential) -> None:
    """Confusion, classes, calibration, mistakes, curves, filters, layers, images."""
    pytest.importorskip("matplotlib", reason="pip install matplotlib")
    scores = model.evaluate(TEST)
    shares = np.asarray(scores.plot_confusion().axes[0].images[1].get_array(), float)
    expected = metrics.per_class_accuracy(scores.predictions.confusion)
    np.testing.assert_allclose(np.diag(shares), expected)
    assert len(scores.plot_classes().axes[0].patches) == 4
    assert len(scores.plot_calibration(bins=7).axes[1].patches) == 7
    wrong = scores.predictions.mistakes(30)
    shown = scores.plot_mistakes().axes[0]
    np.testing.assert_array_equal(shown.images[0].get_array(), TEST.images[wrong[0], :, :, 0])
    kernel = model.weights["conv2d/kernel"]
    filters = model.show_filters().axes[1].images[0].get_array()
    np.testing.assert_allclose(np.asarray(filters), kernel[:, :, 0, 1])
    assert len(model.show_layer("dense").axes) == 2
    assert model.show_activations(TEST.images[0]).subfigs
    with pytest.raises(ModelError, match="expected one of conv2d, got dense"):
        model.show_filters("dense")
    with pytest.raises(ModelError, match="expected one of conv2d, dense, got flatten"):
        model.show_layer("flatten")
    assert len(TEST.show(7).axes) == 7
    with pytest.raises(DataError, match="no images"):
        TEST[:0].show()


def test_notebooks_show_models_histories_and_scores(model: sn.Sequential) -> None:
    """As HTML without colours of its own, so that it reads on light and dark."""
    nasty = sn.Sequential([sn.Flatten(), sn.Dense(2)], name="<b>&")
    assert "<b>& · images not known yet" in visible_text(nasty._repr_html_()).replace("  ", " ")
    page = model._repr_html_()
    assert "max_pooling2d MaxPooling2D 3×3×4 0" in visible_text(page)
    assert "188 parameters" in visible_text(page)
    history = model.history
    assert history is not None
    page = history._repr_html_()
    assert page.count("<svg") == 2
    assert f"{history.history['val_loss'][-1]:.4g}" in visible_text(page)
    scores = model.evaluate(TEST)
    assert f"{100 * scores.accuracy:.2f} %" in visible_text(scores._repr_html_())
    for html in (page, model._repr_html_()):
        assert "background" not in html
