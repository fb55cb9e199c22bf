"""The lab with networks by name whose layers are a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import spritenet as sn
from browser.test_lab import Open, bench, complaints, context, plan, save, train, visit
from waiting import fits

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["bench", "complaints", "context", "visit"]  # fixtures


def test_a_network_with_branches_by_name_is_shown_and_trained(visit: Open, tmp_path: Path) -> None:
    """Its layers can't be changed; with its own training it is Python's network."""
    tab = visit()
    tab.select_option("#network", "accurate")
    assert tab.input_value("#augment") == "digits"
    tab.evaluate("document.querySelector('#edit').open = true")
    assert "A network with branches" in tab.locator("#editor p").first.inner_text()
    added = tab.locator("#editor .row-fixed", has_text="add: sum of its inputs")
    assert "of activation_1 and activation_2 → 12×12×24" in added.first.inner_text().replace(
        "\n", " "
    )
    assert tab.locator("#editor select").count() == 0
    fits(tab, 360)
    plan(tab, length="3", unit="steps")
    train(tab)
    data = sn.load("strokes")
    expected = sn.networks.accurate(data.train)
    expected.build(data.image_shape)
    got = save(tab, tmp_path / "saved")
    model = sn.load_model(got)
    assert [layer.label for layer in model.graph] == [layer.label for layer in expected.graph]
    assert model.graph.inputs == expected.graph.inputs
    tab.select_option("#network", "tutorial")
    assert tab.input_value("#augment") == "none"
    assert tab.locator("#editor select").count() > 0
