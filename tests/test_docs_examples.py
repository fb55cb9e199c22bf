"""The Python examples of the pages about models and training run as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import spritenet as sn
from spritenet.dataset import Dataset, Split

DOCS = Path(__file__).parents[1] / "docs"


def ten_classes(count: int, seed: int) -> Split:
    """Noise of MNIST's shape."""
    import numpy as np

    random = np.random.default_rng(seed)
    images = random.integers(0, 256, (count, 28, 28, 1), np.uint8)
    return Split(images, random.integers(0, 10, count).astype(np.int32), tuple("0123456789"))


@pytest.mark.parametrize(
    "page",
    [
        "tutorials/first-model.md",
        "how-to/from-pytorch.md",
        "how-to/imbalanced-classes.md",
        "how-to/keras.md",
        "how-to/own-images.md",
        "how-to/transfer.md",
        "how-to/visualisation.md",
        "reference/models.md",
        "reference/training.md",
    ],
)
def test_the_examples_run(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One after the other, as a reader types them; the data set is replaced by a small one."""
    data = Dataset(
        "noise", {"train": ten_classes(300, 0), "test": ten_classes(50, 1)}, tuple("0123456789")
    )
    monkeypatch.setattr(sn, "load", lambda *_, **__: data, raising=False)
    monkeypatch.chdir(tmp_path)
    text = (DOCS / page).read_text(encoding="utf-8")
    names: dict[str, object] = {}
    for example in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(compile(example, page, "exec"), names)  # noqa: S102 - our own documentation
    assert isinstance(names["model"], sn.Model)
