"""Charts of many points: the same pixels, correct means, lines side by side."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SCRIPT = Path(__file__).parent / "points.mjs"


def ask(node: str, tasks: list[dict[str, Any]]) -> list[Any]:
    """The module's answers."""
    done = subprocess.run(
        [node, SCRIPT], input=json.dumps(tasks), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    answers: list[Any] = json.loads(done.stdout)
    return answers


def plain(values: NDArray[np.float64]) -> list[float | None]:
    """As JSON: null for NaN."""
    return [None if np.isnan(value) else float(value) for value in values]


def test_a_thinned_line_covers_the_same_pixels(node: str) -> None:
    """In every column of the screen: the same first, lowest, highest and last value, in order."""
    random = np.random.default_rng(0)
    tasks, wanted = [], []
    for count, columns in ((10, 5), (5000, 100), (20_000, 333), (777, 1)):
        x = np.cumsum(random.uniform(0.1, 2, count))
        y = random.normal(size=count).cumsum()
        tasks.append(
            {"do": "thin", "x": plain(x), "y": plain(y), "columns": columns}
            | {"from": float(x[0]), "to": float(x[-1])}
        )
        wanted.append((x, y, columns))
    for found, (x, y, columns) in zip(ask(node, tasks), wanted, strict=True):
        at, value = np.array(found["x"]), np.array(found["y"])
        assert len(at) <= 4 * columns + 6
        assert (np.diff(at) > 0).all()
        scale = columns / (x[-1] - x[0])
        column, kept = (np.floor((place - x[0]) * scale) for place in (x, at))
        for number in np.unique(column):
            real, drawn = y[column == number], value[kept == number]
            assert (drawn[0], drawn.min(), drawn.max(), drawn[-1]) == (
                *(real[0], real.min(), real.max(), real[-1]),
            )


def test_a_part_keeps_a_neighbour_on_each_side_and_gaps_stay(node: str) -> None:
    """So that lines go on beyond the edge; NaN is a gap, however thin the line."""
    x = np.arange(10_000.0)
    y = np.where((x > 4000) & (x < 6000), np.nan, x)
    base = {"do": "thin", "x": plain(x), "y": plain(y)}
    part, whole = ask(
        node,
        [
            {**base, "from": 100, "to": 110, "columns": 50},
            {**base, "from": 0, "to": 9999, "columns": 50},
        ],
    )
    assert part["x"] == list(range(99, 112))
    gap = whole["y"].index(None)
    assert whole["y"].count(None) == 1
    assert (whole["y"][gap - 1], whole["y"][gap + 1]) == (4000, 6000)


def test_smoothing_is_the_mean_of_the_neighbours(node: str) -> None:
    """As NumPy counts it: as many on either side, fewer at the ends, gaps left out."""
    random = np.random.default_rng(1)
    y = random.normal(size=300)
    y[50:60] = np.nan
    tasks: list[dict[str, Any]] = [
        {"do": "smooth", "y": plain(y), "window": window} for window in (1, 3, 11, 201)
    ]
    for task, found in zip(tasks, ask(node, tasks), strict=True):
        half = (task["window"] - 1) // 2
        for place, mean in enumerate(found):
            if np.isnan(y[place]):
                assert mean is None
            else:
                near = y[max(0, place - half) : place + half + 1]
                np.testing.assert_allclose(mean, np.nanmean(near), rtol=1e-9, atol=1e-12)


def test_lines_share_an_x_axis(node: str) -> None:
    """Every line has its points where they were, and nothing, which is no gap, elsewhere."""
    lines = [
        {"x": [1, 3, 5], "y": [10, None, 50]},
        {"x": [2, 3], "y": [20, 30]},
        {"x": [], "y": []},
    ]
    (joined,) = ask(node, [{"do": "join", "lines": lines}])
    assert joined == [
        [1, 2, 3, 5],
        [10, "nothing", None, 50],
        ["nothing", 20, 30, "nothing"],
        ["nothing"] * 4,
    ]


def test_the_nearest_point_is_found(node: str) -> None:
    """As NumPy finds it; -1 where there is none."""
    random = np.random.default_rng(2)
    x = np.sort(random.uniform(0, 100, 50))
    values = [*random.uniform(-10, 110, 40), float(x[7])]
    tasks = [{"do": "nearest", "x": plain(x), "value": float(value)} for value in values]
    found = ask(node, [*tasks, {"do": "nearest", "x": [], "value": 1}])
    assert found[:-1] == [int(np.abs(x - value).argmin()) for value in values]
    assert found[-1] == -1
