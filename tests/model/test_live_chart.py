"""LiveChart draws in notebooks, at most so often, and nowhere else."""

from __future__ import annotations

import pytest

import spritenet as sn
import tiny
from html_text import visible_text
from spritenet.model.live_chart import LiveChart
from spritenet.training.events import Evaluated, Finished, Started, StepEvent, Stopped

TEST = tiny.images(120, seed=1, name="test")


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
    assert "step 37 of 40" in visible_text(pages[-1])
    assert "64 images/s" in visible_text(pages[-1])
    assert "0 s left" in visible_text(pages[-1])
    assert "validation loss 0.4000, accuracy 87.50 %" in visible_text(pages[-1])
    live(Finished(40, 320, 4.0, 4.0))
    assert "finished: 80 images/s" in visible_text(pages[-1])
    live(Started(40, 80, 20, 4, 8, 160, 9, 0))
    live(Stopped(40, "<interrupted>", 0, 0.0, 0.0))
    assert "stopped: <interrupted>" in visible_text(pages[-1])


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
