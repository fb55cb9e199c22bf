"""Models in a worker: the page stays free, and gets the same numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import spritenet as sn
import tiny
from spritenet.schedules import ExponentialDecay

if TYPE_CHECKING:
    from playwright.sync_api import Page

WORKERS = pytest.mark.parametrize("worker", [None, False], ids=["worker", "page"])
"""As a page starts it, and where there is none."""


@pytest.fixture(autouse=True)
def files(tmp_path: Path) -> None:
    """A small network and its data as files of the site."""
    data = tiny.images()
    model = tiny.model()
    model.build((8, 8, 1))
    model.save(tmp_path / "model")
    (tmp_path / "images.bin").write_bytes(np.ascontiguousarray(data.images).tobytes())
    (tmp_path / "labels.bin").write_bytes(data.labels.astype("<i4").tobytes())


def call(page: Page, function: str, argument: object = None) -> Any:  # noqa: ANN401 - whatever it is there
    """Returns the result of a function of pages/worker.js."""
    script = f"async (given) => (await import('./worker.js')).{function}(given)"
    return page.evaluate(script, argument)


@WORKERS
def test_a_worker_computes_what_the_page_does(page: Page, worker: bool | None) -> None:
    """Every loss and output, bit for bit, and the same error."""
    found = call(page, "same", worker)
    here, there = found["results"]
    assert found["isWorker"] is (worker is None)
    assert there == here
    assert len(here["losses"]) == 39
    assert here["error"][0] is True


@WORKERS
def test_a_training_can_be_talked_to(page: Page, worker: bool | None) -> None:
    """It answers, pauses, takes another learning rate and stops."""
    assert call(page, "meanwhile", worker) == {
        "predicted": 4,
        "still": True,
        "aborted": True,
        "counted": True,
        "rate": 0.125,
    }


def test_a_worker_that_can_not_be_started_is_no_trouble(page: Page, tmp_path: Path) -> None:
    """Its script is broken: the page does the work."""
    (tmp_path / "gone.js").write_text("this is no script")
    assert call(page, "broken") is False


def test_thousands_of_updates_take_no_memory_in_a_tab(page: Page) -> None:
    """Neither the core's memory grows, to the byte, nor the page's beyond the collector's noise."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.enable")
    arenas, heaps = [], []
    for _ in range(4):
        arena, seen = call(page, "round")
        assert seen == 2000
        session.send("HeapProfiler.collectGarbage")
        arenas.append(arena)
        heaps.append(session.send("Runtime.getHeapUsage")["usedSize"])
    assert len(set(arenas)) == 1, arenas
    for _ in range(80):  # a busy browser frees what a message still held a moment later
        if heaps[-1] < heaps[0] + 300_000:
            break
        page.wait_for_timeout(250)
        session.send("HeapProfiler.collectGarbage")
        heaps.append(session.send("Runtime.getHeapUsage")["usedSize"])
    assert heaps[-1] < heaps[0] + 300_000, heaps


def test_python_goes_on_with_what_a_worker_trained(page: Page, tmp_path: Path) -> None:
    """Weights, optimizer and schedule: the next losses are the same."""
    files = call(page, "saved")
    (tmp_path / "back").mkdir()
    (tmp_path / "back" / "model.json").write_text(files["json"])
    (tmp_path / "back" / "weights.bin").write_bytes(bytes(files["weights"]))
    model = sn.load_model(tmp_path / "back")
    events = sn.train(model, tiny.images(), epochs=1, batch_size=16, seed=1)
    losses = [event.loss for event in events if isinstance(event, sn.StepEvent)]
    assert np.abs(np.array(files["losses"]) - losses).max() < 1e-4
    assert model.optimizer == sn.Adam(ExponentialDecay(0.05, 10, 0.7))
