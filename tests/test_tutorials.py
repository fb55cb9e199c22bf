"""The tutorials' pages run as they stand: on handwriting drawn by program, in place of MNIST."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import spritenet as sn
from program import spritenet
from spritenet.dataset import Dataset

pytest.importorskip("matplotlib")

TUTORIALS = Path(__file__).parents[1] / "docs" / "tutorials"
PAGE = TUTORIALS / "tensorflow-js.md"


@pytest.mark.slow
def test_the_tensorflow_js_tutorials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each block, one after the other, as a reader types them; and what is made is right."""
    strokes = sn.load("strokes")
    splits = {"train": strokes.train[:400], "test": strokes.test[:100]}
    small = Dataset("small", splits, strokes.class_names)
    monkeypatch.setattr(sn, "MnistData", partial(sn.MnistData, strokes), raising=False)
    monkeypatch.setattr(sn, "load", lambda _: small, raising=False)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    text = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    # The example for Node.js sees each of MNIST's images 20 times; here two are enough.
    for block in blocks:
        code = block.replace("run(epochs=20", "run(epochs=2")
        if "ops." in code:  # single operations: a fifth of the steps, a quarter of the images
            code = code.replace("range(100)", "range(20)").replace(
                "train_batch(64)", "train_batch(16)"
            )
        exec(compile(code, PAGE.name, "exec"), names)  # noqa: S102 - our own documentation
    history = names["history"]
    assert isinstance(history, sn.History)
    assert history.history["val_accuracy"][-1] > 0.8
    for figure in ("examples", "curves", "accuracy", "confusion"):
        names[figure].savefig(tmp_path / f"{figure}.png")  # type: ignore[attr-defined]  # a figure
        assert (tmp_path / f"{figure}.png").stat().st_size > 5000
    saved = sn.load_model(tmp_path / "mnist-node")
    model = names["model"]
    assert isinstance(model, sn.Sequential)
    images = small.test.images
    assert np.array_equal(saved.predict(images), model.predict(images))
    core, data = names["core"], names["data"]
    assert isinstance(core, sn.Sequential)
    assert isinstance(data, sn.sources.mnist_data.MnistData)
    xs, ys = data.next_test_batch(500)
    right = core.predict(xs.reshape(-1, 28, 28, 1)).argmax(1) == ys.argmax(1)
    assert right.mean() > 0.6
    cost = names["cost"]
    assert isinstance(cost, sn.ops.Tensor)
    assert float(cost) < 2.3  # the logarithm of ten classes


def test_the_page_has_each_snippet_of_the_tutorials() -> None:
    """By the names of their files and functions; the low-level ones too."""
    text = PAGE.read_text(encoding="utf-8")
    parts = "data.js showExamples getModel train doPrediction showAccuracy showConfusion main.js"
    headings = re.findall(r"^### (.*)$", text, re.MULTILINE)
    assert [part for part in parts.split() if part not in headings] == []
    assert "optimizer.minimize(" in text.partition("## mnist-core")[2]


@pytest.mark.slow
def test_from_a_folder_to_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The script draws the folder, each command does what the page says, and `few` learns it."""
    text = (TUTORIALS / "folder-to-page.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (script,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    exec(compile(script, "folder-to-page.md", "exec"), {})  # noqa: S102 - our own documentation
    printed = {}
    for line in "".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL)).splitlines():
        done = spritenet(*line.split()[1:], folder=tmp_path)
        assert (done.returncode, done.stderr) == (0, ""), line
        printed[line] = done.stdout
    assert "shapes.png: 600 images of 32×32×3" in "".join(printed.values())
    scratch, few = (
        float(re.findall(r"tested on 120 images: accuracy ([\d.]+) %", said)[0])
        for command, said in printed.items()
        if " train " in command
    )
    assert scratch < 80
    assert few >= 97
    assert (tmp_path / "shapes.html").stat().st_size > 400_000
