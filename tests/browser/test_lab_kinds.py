"""The lab with wrong numbers, failing and huge trainings, reloads, fingers and keys."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

import spritenet as sn
from browser.test_lab import (
    TEST,
    TRAIN,
    Bench,
    Open,
    accuracy,
    bench,
    complaints,
    context,
    keeps,
    plan,
    save,
    state,
    steps,
    train,
    visit,
)
from waiting import PATIENCE, fits

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

__all__ = ["bench", "complaints", "context", "visit"]  # fixtures

WIDTHS = (360, 768, 1440)


def problem(tab: Page, field: str) -> str:
    """The line about a field's value; '' without one."""
    line = tab.locator(f"#{field}-problem")
    return line.inner_text() if line.is_visible() else ""


@pytest.mark.parametrize(
    ("field", "wrong", "line"),
    [
        ("rate", "-1", "Learning rate: expected a number from 0 up, got -1."),
        ("rate", "", "Learning rate: expected a number from 0 up, got none."),
        ("batch", "10000", f"from 1 to {TRAIN} (all training images), got 10000."),
        ("batch", "2.5", "expected a whole number"),
        ("length", "0", "Length of training: expected a whole number from 1 to 1,000,000, got 0."),
        ("test-size", "161", f"from 1 to {TEST} (all), got 161."),
        ("seed", "-3", "got -3"),
    ],
)
def test_a_field_says_what_is_wrong(visit: Open, field: str, wrong: str, line: str) -> None:
    """The value stays as typed, Start waits, and a right value is taken again."""
    tab = visit()
    before = tab.input_value(f"#{field}")
    tab.fill(f"#{field}", wrong)
    assert line in problem(tab, field)
    assert tab.get_attribute(f"#{field}", "aria-invalid") == "true"
    assert tab.input_value(f"#{field}") == wrong
    assert tab.locator("#start").is_disabled()
    assert "Correct this first" in tab.inner_text("#progress-text")
    tab.fill(f"#{field}", before)
    assert problem(tab, field) == ""
    assert tab.locator("#start").is_enabled()


def test_a_failed_training_says_so_and_starts_afresh(visit: Open) -> None:
    """A rate of 1000 leaves a dead network: training on won't help, new weights do."""
    tab = visit()
    train(tab, rate=1000, length=120, unit="steps", test_every=0)
    advice = tab.locator("#advice")
    advice.wait_for()
    assert "The learning rate 1000 is too high" in advice.inner_text()
    train(tab, rate=0.15)
    assert accuracy(tab) < 0.2
    ranges = tab.locator("#inside .legend").all_inner_texts()
    assert ranges
    assert max(map(len, ranges)) < 36  # huge weights have exponents
    assert "no more than by guessing" in advice.inner_text()
    plan(tab, rate=1000)
    train(tab, length=60)
    assert tab.inner_text("#afresh") == "Start afresh with a learning rate of 0.15"
    tab.click("#afresh")
    state(tab, "running", "idle")
    state(tab, "idle")
    tab.locator("#progress-text", has_text="Done: 60 steps").wait_for()
    assert tab.input_value("#rate") == "0.15"
    assert accuracy(tab) > 0.5
    assert advice.is_hidden()


def test_infinite_losses_offer_the_same(visit: Open) -> None:
    """The error names the rate; the button does what it advises."""
    tab = visit()
    train(tab, rate="1e20", length=10, unit="steps")
    assert "Use a lower learning rate" in tab.inner_text("#learning-problem")
    assert tab.locator("#advice").is_visible()
    tab.click("#afresh")
    tab.locator("#progress-text", has_text="Done: 10 steps").wait_for(timeout=PATIENCE)
    assert tab.locator("#learning-problem").is_hidden()


def test_a_huge_network_says_its_time_and_stops_at_once(visit: Open) -> None:
    """A step of half a minute is ended in its middle; the next network is as fast as ever."""
    tab = visit()
    tab.click("text=Layers")
    for layer in (1, 3):
        tab.get_by_label(f"Layer {layer}, filters").fill("1024")
        tab.get_by_label(f"Layer {layer}, filters").press("Tab")
    plan(tab, batch=128)
    note = tab.inner_text("#plan-note")
    assert re.search(r"It takes about [\d.]+ (min|h) on this machine, \d+ s for each step", note)
    tab.click("#start")
    state(tab, "running")
    tab.click("#stop")
    state(tab, "idle")
    tab.locator("#progress-text", has_text="Stopped in the middle of a step").wait_for()
    tab.select_option("#network", "tutorial")
    train(tab, length=40, unit="steps", test_every=0)
    assert steps(tab) == 40
    assert tab.locator("#learning-problem").is_hidden()


def test_a_reload_keeps_form_and_network(visit: Open) -> None:
    """Layers, fields, curves and weights are there again, and training goes on."""
    tab = visit()
    tab.click("text=Layers")
    tab.get_by_label("Layer 1, filters").fill("5")
    tab.get_by_label("Layer 1, filters").press("Tab")
    train(tab, length=40, unit="steps", test_every=20, seed=7, optimizer="adam", metric="f1_score")
    reached = accuracy(tab)
    keeps(tab, 40)
    tab.reload()
    tab.locator("#progress-text", has_text="Restored, after 40 steps").wait_for()
    tab.locator("#now-test", has_text="%").wait_for()
    assert accuracy(tab) == reached
    assert [
        tab.input_value(f"#{field}") for field in ("seed", "optimizer", "metric", "length")
    ] == [
        "7",
        "adam",
        "f1_score",
        "40",
    ]
    assert tab.get_by_label("Layer 1, filters").input_value() == "5"
    assert "training" in tab.inner_text("#chart-loss .chart-legend")
    assert tab.inner_text("#start") == "Train on"
    train(tab, length=5)
    assert tab.inner_text("#progress-text") == "Done: 45 steps."
    tab.click("#reset")
    tab.locator("#start", has_text="Start").wait_for()
    keeps(tab)
    tab.reload()
    tab.locator("#data").wait_for()
    assert tab.inner_text("#progress-text") == "Press Start."
    assert tab.input_value("#seed") == "7"


def test_losses_and_metrics_are_chosen(visit: Open) -> None:
    """Those of the core's table; the metric is shown beside the accuracy."""
    tab = visit()
    losses = tab.locator("#loss option").all_inner_texts()
    assert losses[0] == "cross-entropy"
    assert {"mean squared error", "focal cross-entropy", "dice"} <= set(losses)
    train(
        tab, loss="mean_squared_error", metric="balanced_accuracy", rate=1, length=60, unit="steps"
    )
    assert accuracy(tab) > 0.3
    assert tab.inner_text("#metric-name") == "test balanced accuracy"
    balanced = float(tab.inner_text("#now-metric").rstrip(" %")) / 100
    assert balanced == pytest.approx(accuracy(tab), abs=0.1)
    assert float(tab.inner_text("#now-loss")) < 0.2  # no cross-entropy is that low so soon


def test_every_layer_of_the_table_can_be_chosen(visit: Open, tmp_path: Path) -> None:
    """With arguments to begin with; those that few change are folded; a frozen one stays."""
    tab = visit()
    tab.click("text=Layers")
    kind = tab.get_by_label("Layer 2", exact=True)
    names = kind.locator("option").evaluate_all("all => all.map((one) => [one.value, one.text])")
    assert len(names) > 25
    assert dict(names).keys() >= {"conv2d", "groupNormalization", "upSampling2d", "prelu"}
    for value, _ in names:
        if value.startswith("global") or value in {"flatten", "resizing"}:
            continue  # the convolution behind it needs an image, and not a larger one
        kind.select_option(value)
        assert tab.locator("#editor .wrong").is_hidden(), value
    kind.select_option("groupNormalization")
    tab.get_by_label("Layer 2, groups").fill("3")
    tab.get_by_label("Layer 2, groups").press("Tab")
    assert "GroupNormalization" in tab.inner_text("#editor .wrong")
    tab.get_by_label("Layer 2, groups").fill("2")
    tab.get_by_label("Layer 2, groups").press("Tab")
    tab.get_by_label("Layer 1, more arguments").click()
    tab.get_by_label("Layer 1, trainable").uncheck()
    assert tab.get_by_label("Layer 1, dilation rate").is_visible()
    train(tab, length=20, unit="steps")
    assert "frozen" in tab.inner_text("#layer-table")
    folder = save(tab, tmp_path)
    model = sn.load_model(folder)
    assert model.layers[2].config()["groups"] == 2
    assert not model.layers[1].trainable
    tab.set_input_files("#model-files", sorted(folder.iterdir()))
    tab.locator("#progress-text", has_text="Loaded").wait_for()
    assert tab.get_by_label("Layer 2, groups").input_value() == "2"
    assert not tab.get_by_label("Layer 1, trainable").is_checked()


def test_focus_stays_with_the_keyboard(visit: Open) -> None:
    """After Start and Stop it is on a button of the training; few tabs lead to the drawing area."""
    tab = visit()
    plan(tab, length=100_000, unit="steps", test_every=0)
    tab.locator("#start").focus()
    tab.keyboard.press("Enter")
    tab.locator("#progress-text", has_text="left").wait_for()
    assert tab.evaluate("document.activeElement.id") == "stop"
    tab.keyboard.press("Enter")
    state(tab, "idle")
    assert tab.evaluate("document.activeElement.id") == "start"
    tab.locator("#matrix td").first.wait_for()
    tab.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    tab.locator("h1").click()
    for _ in range(8):
        tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.id") == "pad-link"
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "pad"
    tab.locator("#tiles button[tabindex='0']").focus()
    tab.keyboard.press("ArrowRight")
    assert tab.evaluate("document.activeElement === document.querySelectorAll('#tiles button')[1]")
    assert tab.locator("#tiles button[tabindex='0']").count() == 1


def test_every_width_has_start_room_and_targets(chromium: Browser, bench: Bench) -> None:
    """Nothing is cut off; on a phone Start is on the screen and what is pressed has 44 pixels."""
    shown = chromium.new_context(viewport={"width": 360, "height": 740}, has_touch=True)
    tab = shown.new_page()
    tab.goto(f"{bench.address}lab/index.html")
    tab.locator("#data").wait_for()
    train(tab, length=30, unit="steps")
    tab.click("text=Layers")
    tab.fill("#length", "12345")
    tab.evaluate("scrollTo(0, 0)")
    for width in WIDTHS:
        fits(tab, width, 740)
        box = tab.locator("#start").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 740
        cut = tab.evaluate(
            """() => [...document.querySelectorAll('#matrix .scroll, input[type=number]')]
              .filter((e) => e.offsetParent && e.scrollWidth > e.clientWidth)
              .map((e) => e.id || e.className)"""
        )
        assert cut == []
    tab.set_viewport_size({"width": 360, "height": 740})
    small = tab.evaluate(
        """() => [...document.querySelectorAll('button, input, select, summary, .jump a')]
          .filter((e) => e.offsetParent && !['radio', 'checkbox'].includes(e.type))
          .filter((e) => e.getBoundingClientRect().height < 43.5 && e.type !== 'file')
          .map((e) => e.id || e.textContent || e.className)"""
    )
    assert small == []
    shown.close()


def test_a_trained_network_is_calibrated(visit: Open, bench: Bench, tmp_path: Path) -> None:
    """On the test images, as `spritenet train` does; saved with the model."""
    tab = visit()
    train(tab, length=150, unit="steps", test_every=0)
    tab.locator("#pad-note", has_text="calibrated on 160 test images").wait_for(timeout=PATIENCE)
    model = sn.load_model(save(tab, tmp_path))
    assert model.calibrated
    answer = model.classify(bench.data.test.images)
    assert answer.sure.mean() > 0.9  # of the images that it was calibrated on
    train(tab, length=2)
    tab.locator("#pad-note", has_text="calibrated on").wait_for(timeout=PATIENCE)


def test_the_page_uses_the_terms_of_the_field(visit: Open) -> None:
    """A person who knows Keras finds its words, and none of a language that is ours alone."""
    tab = visit()
    tab.click("text=Layers")
    labels = tab.locator("label.field").evaluate_all(
        "all => all.map((e) => e.firstChild.data.trim())"
    )
    terms = {"Optimizer", "Learning rate", "Learning-rate schedule", "Batch size", "Seed", "Loss"}
    assert terms <= set(labels)
    units = tab.locator("#unit option").all_inner_texts()
    assert units == ["epochs", "steps"]
    for term in ("filters", "kernel size", "strides", "padding", "activation"):
        assert tab.get_by_label(f"Layer 1, {term}", exact=True).count() == 1, term
    tab.get_by_label("Layer 2", exact=True).select_option("dropout")
    assert tab.get_by_label("Layer 2, rate", exact=True).is_visible()
    tab.get_by_label("Layer 2", exact=True).select_option("maxPooling2d")
    train(tab, length=5, unit="steps")
    assert "recall" in tab.inner_text("#matrix thead, #matrix tr:first-child")
    assert "parameters" in tab.inner_text("#layer-table")
    tab.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    text = tab.inner_text("body").lower()
    for word in ("images in a batch", "how long", "keep it", " share"):
        assert word not in text, word
