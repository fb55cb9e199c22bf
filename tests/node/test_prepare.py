"""`prepare` in JavaScript gives the bytes that it gives in Python."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from spritenet.prepare import Preparation, prepare

HERE = Path(__file__).parent


def drawing(random: np.random.Generator, height: int, width: int) -> NDArray[np.uint8]:
    """A few thick strokes on uneven paper with noise, dark on light or light on dark."""
    rows, columns = np.mgrid[:height, :width]
    ink = np.zeros((height, width))
    for _ in range(random.integers(0, 4)):
        a, b = random.uniform(0.1, 0.9, (2, 2)) * (height, width)
        along = np.clip(random.uniform(0, 1, 30), 0, 1)[:, None]
        thick = max(1.0, min(height, width) * random.uniform(0.01, 0.06))
        for y, x in a + (b - a) * along:
            ink = np.maximum(ink, 1.5 - np.hypot(rows - y, columns - x) / thick)
    paper = 40 * rows / height + random.normal(0, random.uniform(0.1, 6), (height, width))
    made = paper + 180 * np.clip(ink, 0, 1)
    made = 255 - made if random.random() < 0.5 else made
    return np.asarray(np.clip(made, 0, 255), np.uint8)


def pictures() -> Iterator[tuple[NDArray[np.uint8], Preparation]]:
    """Pictures of many kinds and sizes, with how they are wanted."""
    random = np.random.default_rng(7)
    sizes = [
        (1, 1),
        (1, 30),
        (2, 3),
        (28, 28),
        (64, 40),
        (97, 131),
        (280, 280),
        (1030, 9),
        (5, 2049),
    ]
    for number in range(120):
        height, width = sizes[number % len(sizes)] if number < 60 else random.integers(3, 150, 2)
        channels = int(random.choice([1, 3, 4]))
        image = np.repeat(drawing(random, height, width)[:, :, None], channels, axis=2)
        if number % 4 == 0:
            image = random.integers(0, 256, image.shape, np.uint8)
        elif channels == 4 and number % 2:  # a canvas: strokes on nothing
            image = np.where(image < 128, image, 0).astype(np.uint8)
            image[:, :, 3] = np.where(image[:, :, 0] > 0, random.integers(1, 256), 0)
        elif channels > 1:
            image[:, :, 1] = image[:, :, 1] // 2
        mode = ("digit", "fit", "crop", "stretch")[int(random.choice([0, 0, 0, 1, 2, 3]))]
        tall, wide = map(int, random.integers(1, 40, 2))
        if mode == "digit" and number % 3:
            tall = wide = 28
        wanted = 1 if mode == "digit" else int(random.choice([1, 3, 4]))
        yield (
            np.ascontiguousarray(image),
            Preparation(mode, tall, wide, wanted, int(random.integers(0, 256))),
        )


def answers(node: str, folder: Path, jobs: list[object]) -> list[str | None]:
    """Returns library.mjs's error for each image; null if it was prepared."""
    done = subprocess.run(
        [node, HERE / "library.mjs", "prepare"],
        input=json.dumps({"folder": str(folder), "pictures": jobs}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result: list[str | None] = json.loads(done.stdout)
    return result


def test_every_picture_is_prepared_to_the_same_bytes(node: str, tmp_path: Path) -> None:
    """Drawings, noise and transparent canvases; every mode; from one pixel to more than 1024."""
    cases = list(pictures())
    jobs: list[object] = []
    for number, (image, preparation) in enumerate(cases):
        (tmp_path / str(number)).write_bytes(image.tobytes())
        jobs.append((str(number), *image.shape[:2], preparation.to_json()))
    assert set(answers(node, tmp_path, jobs)) == {None}
    inked = 0
    for number, (image, preparation) in enumerate(cases):
        expected = prepare(image, preparation)
        got = (tmp_path / f"{number}.out").read_bytes()
        assert got == expected.tobytes(), (number, image.shape, preparation)
        inked += preparation.mode == "digit" and bool(expected.any())
    assert inked > 20


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"mode": "digits"}, "preparation, mode: invalid value"),
        ({"height": 0}, "preparation, height"),
        ({"width": 2.5}, "preparation, width"),
        ({"channels": 3}, "preparation, channels: invalid value: expected 1, got 3"),
        ({"background": 256}, "0 to 255"),
        ({"blur": 1}, "other values than those known here"),
    ],
)
def test_a_wrong_preparation_is_refused(
    node: str, tmp_path: Path, values: dict[str, object], words: str
) -> None:
    """In one line, as in Python."""
    (tmp_path / "p").write_bytes(bytes(16))
    wanted = {**Preparation().to_json(), **values}
    [message] = answers(node, tmp_path, [("p", 4, 4, wanted)])
    assert message is not None
    assert message.startswith("ModelError ")
    assert words in message
