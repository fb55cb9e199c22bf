"""docs/how-to/visualisation.md names a counterpart for each function of tfjs-vis."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

import spritenet

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "visualisation.md"
ROW = re.compile(r"^\| (`tfvis\.[^|]+) \| ([^|]+) \|$", re.MULTILINE)

TFVIS = {
    *(f"tfvis.metrics.{name}" for name in ("accuracy", "confusionMatrix", "perClassAccuracy")),
    *(f"tfvis.render.{name}" for name in ("barchart", "confusionMatrix", "heatmap", "histogram")),
    *(f"tfvis.render.{name}" for name in ("linechart", "scatterplot", "table")),
    *(f"tfvis.show.{name}" for name in ("confusionMatrix", "fitCallbacks", "history", "layer")),
    *(f"tfvis.show.{name}" for name in ("modelSummary", "perClassAccuracy")),
    *("tfvis.show.valuesDistribution", "tfvis.visor()", "tfvis.visor().surface()"),
}
"""The functions of @tensorflow/tfjs-vis 1.5.1, as its API page lists them."""


@pytest.fixture(scope="module")
def rows() -> list[tuple[str, str]]:
    """tfjs-vis's side and ours."""
    return ROW.findall(PAGE.read_text(encoding="utf-8"))


def test_every_function_of_tfvis_is_in_the_table(rows: list[tuple[str, str]]) -> None:
    """Each once."""
    named = [name for left, _ in rows for name in re.findall(r"`([^`]+)`", left)]
    assert sorted(named) == sorted(TFVIS)


def test_every_counterpart_exists(rows: list[tuple[str, str]]) -> None:
    """Python names can be looked up; commands are commands; all of them in a row."""
    for left, right in rows:
        found = re.findall(r"`([^`]+)`", right)
        assert found, left
        for name in found:
            if name.startswith("sn."):
                value: object = spritenet
                for part in name.split(".")[1:]:
                    value = getattr(value, part)
                assert callable(value), name
            elif name.startswith("spritenet "):
                command = name.split()[1]
                assert importlib.util.find_spec(f"spritenet.cli.{command}"), name
            else:
                assert name == "fit", name
