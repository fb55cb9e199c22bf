"""Augmentation in the lab: what it shows, refuses and trains on is what Python does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import spritenet as sn
from browser.test_lab import Bench, Open, bench, complaints, context, plan, save, train, visit
from spritenet.augmentation import augmented, find_steps
from waiting import settles

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from playwright.sync_api import Page

__all__ = ["bench", "complaints", "context", "visit"]  # fixtures

PIXELS = """canvas => {
  const { width, height } = canvas;
  const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
  return [width, height, ...data.filter((_, i) => i % 4 === 0)];
}"""


def shown(tab: Page) -> NDArray[np.uint8]:
    """The tiles of the preview, (n, 28, 28)."""
    found = []
    for canvas in tab.locator("#copies canvas").all():
        width, height, *values = canvas.evaluate(PIXELS)
        found.append(np.array(values, np.uint8).reshape(height, width))
    return np.stack(found)


def test_the_preview_is_what_training_sees(visit: Open, bench: Bench) -> None:
    """Bit for bit: three images, each before its copies of the first five epochs."""
    tab = visit()
    plan(tab, augment="digits", amounts="rotation=30", seed=5)
    tab.locator("#copies-shown summary").click()
    tab.locator("#copies canvas").nth(17).wait_for()
    data = bench.data.train
    places = np.array([np.flatnonzero(data.labels == label)[0] for label in range(3)])
    steps = find_steps("digits,rotation=30")
    expected = [data.images[places]]
    for epoch in range(5):
        images = data.images[places]
        expected.append(augmented(images, steps, seed=5, epoch=epoch, identities=places))
    expected_tiles = np.stack(expected, axis=1).reshape(18, 28, 28)
    found = settles(tab, lambda: shown(tab).tolist(), expected_tiles.tolist())
    np.testing.assert_array_equal(found, expected_tiles)


def test_wrong_words_and_flipped_digits_are_one_line(visit: Open) -> None:
    """Start waits for words that are understood; a flip is said and done."""
    tab = visit()
    plan(tab, amounts="spin=3")
    tab.locator("#amounts").blur()
    problem = tab.locator("#augment-problem")
    problem.wait_for()
    assert "unknown augmentation" in problem.inner_text()
    assert tab.locator("#start").is_disabled()
    plan(tab, augment="photos", amounts="")
    tab.locator("#amounts").blur()
    note = tab.locator("#augment-note")
    note.wait_for()
    assert "better without flip" in note.inner_text()
    assert problem.is_hidden()
    assert tab.locator("#start").is_enabled()
    plan(tab, augment="digits")
    note.wait_for(state="hidden")


def test_a_training_is_pythons(visit: Open, bench: Bench, tmp_path: Path) -> None:
    """The same weights, but for the rounding of sums, and others than without."""
    tab = visit()
    how = {"optimizer": "sgd", "rate": 0.05, "schedule": "constant", "unit": "epochs"}
    train(tab, **how, batch=64, length=2, test_every=0, seed=3, augment="digits", amounts="")
    found = sn.load_model(save(tab, tmp_path))
    assert found.trained_on is not None
    assert (found.trained_on.seed, found.trained_on.steps) == (3, 20)
    for augment, alike in (("digits", True), (None, False)):
        model = sn.load_model(tmp_path)
        model.build((28, 28, 1), seed=3)
        model.compile(sn.SGD(0.05), "sparse_categorical_crossentropy")
        model.fit(bench.data.train, epochs=2, batch_size=64, seed=3, verbose=0, augment=augment)
        pairs = zip(found.get_weights(), model.get_weights(), strict=True)
        furthest = max(float(np.abs(one - other).max()) for one, other in pairs)
        assert (furthest < 1e-4) == alike, furthest
