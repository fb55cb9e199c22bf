"""Notebook widgets, in Python: what they compute, send and show where nothing runs."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import spritenet as sn

pytest.importorskip("anywidget")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of ipywidgets


@pytest.fixture(scope="module")
def data() -> sn.Split:
    """A bar, upright or lying, in noise."""
    random = np.random.default_rng(0)
    images = random.integers(0, 60, (300, 28, 28, 1), np.uint8)
    labels = np.arange(300) % 2
    images[labels == 0, 4:24, 12:16] = 255
    images[labels == 1, 12:16, 4:24] = 255
    return sn.Split.from_arrays(images, labels, ["upright", "lying"])


@pytest.fixture(scope="module")
def model(data: sn.Split) -> sn.Sequential:
    """A network that tells them apart."""
    model = sn.Sequential([sn.Flatten(), sn.Dense(2, activation="softmax")])
    model.compile(sn.SGD(0.05), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(data, epochs=3, batch_size=32, verbose=0)
    return model


def test_a_drawing_is_predicted_as_its_file_would_be(model: sn.Sequential) -> None:
    """The sheet's pixels are prepared, classified and sent back; clearing forgets them."""
    sheet = sn.widgets.Draw(model)
    pixels = np.zeros((sheet.side, sheet.side), np.uint8)
    pixels[40:240, 125:155] = 255
    sheet.pixels = memoryview(pixels.tobytes())  # as a notebook sends it
    assert sheet.image is not None
    assert sheet.image.shape == (28, 28, 1)
    rows, columns = np.nonzero(sheet.image[..., 0] > 100)
    assert np.ptp(rows) > 2 * np.ptp(columns)
    assert sheet.verdict == "upright"
    assert [name for name, _ in sheet.bars] == ["upright", "lying"]
    assert sum(probability for _, probability in sheet.bars) == pytest.approx(1)
    assert sheet.seen.startswith("data:image/png;base64,")
    sheet.pixels = b""
    forgotten: tuple[object, ...] = (sheet.image, sheet.answer, sheet.verdict, sheet.bars)
    assert forgotten == (None, None, "", [])


def test_a_model_without_weights_is_refused() -> None:
    """In one line that says what to do."""
    with pytest.raises(sn.ModelError, match=r"no weights yet\. Train it first"):
        sn.widgets.Draw(sn.Sequential([sn.Flatten(), sn.Dense(2, activation="softmax")]))


def test_a_chart_follows_a_training(model: sn.Sequential, data: sn.Split) -> None:
    """As a callback and as a filter of events, to the last step."""
    chart = sn.widgets.TrainingChart(every=0)
    assert "No training yet" in chart.html()
    model.fit(data, epochs=1, batch_size=100, verbose=0, callbacks=chart)
    assert "<svg" in chart.content
    assert "step 33 of 33" in chart.content
    events = list(chart.follow(sn.train(model, data, epochs=1, batch_size=50)))
    assert isinstance(events[-1], sn.Finished)
    assert "step 39 of 39" in chart.content


def test_a_click_shows_the_images_of_a_cell(model: sn.Sequential, data: sn.Split) -> None:
    """Those predicted so, the most confident first; none where there are none."""
    wrong = data.labels.copy()
    wrong[:8] = 1 - wrong[:8]
    scores = model.evaluate(sn.Split.from_arrays(data.images, wrong, ["upright", "lying"]))
    found = sn.widgets.Confusion(scores)
    assert np.array_equal(found.counts, scores.predictions.confusion)
    found.select("lying", "upright")
    assert sorted(found.selected) == [0, 2, 4, 6]
    confidence = scores.predictions.confidence[found.selected]
    assert (np.diff(confidence) <= 0).all()
    assert [image["index"] for image in found.images] == found.selected.tolist()
    assert found.caption == "lying predicted as upright: 4"
    assert found.html().count("<td>") == 4


def test_where_nothing_runs_there_is_html(model: sn.Sequential, data: sn.Split) -> None:
    """Beside the view that a widget manager takes."""
    for widget in (
        sn.widgets.Draw(model),
        sn.widgets.TrainingChart(),
        sn.widgets.Confusion(model.evaluate(data)),
    ):
        shown, _ = widget._repr_mimebundle_()
        assert "application/vnd.jupyter.widget-view+json" in shown
        assert shown["text/html"] == widget.html()


def test_without_anywidget_one_line_names_the_command() -> None:
    """And nothing else needs it."""
    code = (
        "import sys, spritenet as sn\n"
        "sys.modules['anywidget'] = sys.modules['traitlets'] = None\n"
        "try: sn.widgets.Draw\n"
        "except sn.MissingExtraError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 'pip install "spritenet[widget]"' in done.stdout
    assert done.stdout.count("\n") == 1
