"""Looking into a network and at what it says: in scripts and in notebooks."""

from __future__ import annotations

import copy
import pickle
from html.parser import HTMLParser

import numpy as np
import pytest

import spritenet as sn
import tiny
from spritenet import metrics
from spritenet.errors import DataError, ModelError
from spritenet.model.live_chart import LiveChart
from spritenet.model.predictions import as_probabilities
from spritenet.training.events import Evaluated, Finished, Started, StepEvent, Stopped

TEST = tiny.images(120, seed=1, name="test")


@pytest.fixture(name="model", scope="module")
def fixture_model() -> sn.Sequential:
    """Trained a little, so that it errs."""
    model = tiny.model()
    model.fit(tiny.images(), validation_data=TEST, epochs=2, verbose=0)
    return model


def test_scores_are_two_figures_and_know_more(model: sn.Sequential) -> None:
    """They unpack like Keras's; their predictions agree with them."""
    loss, accuracy = scores = model.evaluate(TEST)
    assert (scores.loss, scores.accuracy) == (loss, accuracy)
    found = scores.predictions
    assert found is scores.predictions
    assert found.accuracy == accuracy
    assert found.log_loss == pytest.approx(loss, rel=1e-4)
    np.testing.assert_array_equal(found.predicted, model.predict_classes(TEST))
    np.testing.assert_array_equal(
        found.confusion, metrics.confusion_matrix(TEST.labels, model.predict(TEST), 4)
    )
    assert found.class_names == TEST.class_names


def test_scores_are_of_the_weights_that_were_evaluated() -> None:
    """Also when the model has learnt since."""
    model = tiny.model()
    model.fit(tiny.images(), epochs=1, verbose=0)
    scores, before = model.evaluate(TEST), model.predict(TEST)
    model.fit(tiny.images(), epochs=3, verbose=0)
    assert (model.predict(TEST) != before).any()
    np.testing.assert_array_equal(scores.predictions.probabilities, before)


def test_scores_can_be_copied(model: sn.Sequential) -> None:
    """The figures are; what they came from stays."""
    scores = model.evaluate(TEST)
    for twin in (pickle.loads(pickle.dumps(scores)), copy.copy(scores), sn.Scores(*scores)):
        assert twin == scores
        assert repr(twin) == repr(scores)
        with pytest.raises(ModelError, match="came without predictions"):
            _ = twin.predictions


def test_one_hot_labels_are_classes_and_targets_are_none(model: sn.Sequential) -> None:
    """Whatever `evaluate` takes."""
    scores = model.evaluate(TEST.images, np.eye(4)[TEST.labels])
    np.testing.assert_array_equal(scores.predictions.labels, TEST.labels)


def test_mistakes_and_ambiguous_images_are_in_order(model: sn.Sequential) -> None:
    """The most confident mistake first; the smallest margin first."""
    found = model.evaluate(TEST).predictions
    wrong = found.mistakes()
    assert set(wrong.tolist()) == set(np.flatnonzero(found.predicted != TEST.labels).tolist())
    assert (np.diff(found.confidence[wrong]) <= 0).all()
    two = np.sort(found.probabilities, axis=1)[:, -2:]
    margins = (two[:, 1] - two[:, 0])[found.least_certain()]
    assert (np.diff(margins) >= 0).all()
    assert len(found.mistakes(2)) == min(2, len(wrong))
    low, high = found.interval
    assert low < found.accuracy < high


def test_any_outputs_become_probabilities() -> None:
    """Logits by the softmax; others by their share of what is above zero."""
    rows = np.array([[1, 2, 3], [-1, -1, -1]], np.float32)
    assert as_probabilities(rows, "softmax") is rows
    logits = as_probabilities(rows, "linear")
    np.testing.assert_allclose(logits.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(np.diff(np.log(logits[0])), 1, rtol=1e-5)
    np.testing.assert_allclose(as_probabilities(rows, "relu"), [[1 / 6, 1 / 3, 1 / 2], [1 / 3] * 3])
    huge = as_probabilities(np.array([[1000, 0]], np.float32), "linear")
    np.testing.assert_array_equal(huge, [[1, 0]])


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
    with pytest.raises(DataError, match="not one image"):
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
        [(event.step, event.accuracy) for event in history.evaluations],
    )
    with pytest.raises(DataError, match="nothing to draw"):
        sn.Sequential().history or sn.History().plot()


class Texts(HTMLParser):
    """What a page shows, and whether its tags match."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open."""
        del attrs
        if tag not in {"br", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """It ends what was opened last."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Shown."""
        self.texts.append(data)


def shown(html: str) -> str:
    """The text of well-formed HTML."""
    parser = Texts()
    parser.feed(html)
    assert parser.open == []
    return " ".join(parser.texts)


def test_notebooks_show_models_histories_and_scores(model: sn.Sequential) -> None:
    """As HTML without colours of its own, so that it reads on light and dark."""
    nasty = sn.Sequential([sn.Flatten(), sn.Dense(2)], name="<b>&")
    assert "<b>& · images not known yet" in shown(nasty._repr_html_()).replace("  ", " ")
    page = model._repr_html_()
    assert "max_pooling2d MaxPooling2D 3×3×4 0" in shown(page)
    assert "188 parameters" in shown(page)
    history = model.history
    assert history is not None
    page = history._repr_html_()
    assert page.count("<svg") == 2
    assert f"{history.history['val_loss'][-1]:.4g}" in shown(page)
    scores = model.evaluate(TEST)
    assert f"{100 * scores.accuracy:.2f} %" in shown(scores._repr_html_())
    for html in (page, model._repr_html_()):
        assert "background" not in html


def test_a_live_chart_draws_at_most_so_often() -> None:
    """Every half second, and once more at the end; what it shows is what happened."""
    pages: list[str] = []
    seconds = [0.0]
    live = LiveChart(pages.append, every=0.5, clock=lambda: seconds[0])
    live(Started(0, 40, 20, 2, 8, 160, 9, 0))
    for step in range(1, 41):
        seconds[0] += 0.125
        live(StepEvent(step, 0, 1 / step, 4, 8, 0.1))
        if step == 20:
            live(Evaluated(step, 0, 0.4, 0.875, 100))
    assert len(pages) == 10
    assert "step 37 of 40" in shown(pages[-1])
    assert "64 images/s" in shown(pages[-1])
    assert "0 s left" in shown(pages[-1])
    assert "validation loss 0.4000, accuracy 87.50 %" in shown(pages[-1])
    live(Finished(40, 320, 4.0, 4.0))
    assert "finished: 80 images/s" in shown(pages[-1])
    live(Started(40, 80, 20, 4, 8, 160, 9, 0))
    live(Stopped(40, "<interrupted>", 0, 0.0, 0.0))
    assert "stopped: <interrupted>" in shown(pages[-1])


def test_outside_of_notebooks_nothing_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither by `fit` nor by the callback."""
    model = tiny.model()
    model.fit(tiny.images(64), epochs=1, callbacks=sn.LiveChart())
    assert capsys.readouterr().out == ""


def test_in_a_notebook_fit_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """With IPython's own display: one output, replaced as training goes on; silent if told so."""
    pytest.importorskip("IPython", reason="pip install ipython")
    from IPython.core.displaypub import CapturingDisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    try:
        publisher = CapturingDisplayPublisher()
        monkeypatch.setattr(shell, "display_pub", publisher)
        model = tiny.model()
        model.fit(tiny.images(64), epochs=2, seed=3)
        assert publisher.outputs == []  # IPython in a terminal shows no pictures
        monkeypatch.setattr(shell, "kernel", object(), raising=False)
        model.fit(tiny.images(64), epochs=2, seed=3)
        first, *others = publisher.outputs
        assert not first.get("update")
        assert others
        assert all(output["update"] for output in others)
        ids = {output["transient"]["display_id"] for output in publisher.outputs}
        assert len(ids) == 1
        assert "<svg" in others[-1]["data"]["text/html"]
        before = len(publisher.outputs)
        model.fit(tiny.images(64), epochs=1, verbose=0)
        assert len(publisher.outputs) == before
    finally:
        InteractiveShell.clear_instance()
