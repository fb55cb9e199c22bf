"""docs/how-to/extending.md, followed to the letter in a copy of the tree."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spritenet.core.library import builds

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "how-to" / "extending.md"
NODE_MODULES = Path("tests", "node", "node_modules")
LEFT_OUT = shutil.ignore_patterns(
    ".*", "node_modules", "__pycache__", "build", "dist", "runs", "*.so"
)

PYTHON = """
import sys
import numpy as np
import spritenet as sn
import tiny

model = sn.Sequential([
    sn.Conv2D(4, 3, activation="relu"), sn.Scale(name="it"), sn.MaxPooling2D(), sn.Flatten(),
    sn.Dense(4, activation="softmax"),
])
model.compile(sn.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(tiny.images(), epochs=20, verbose=0)
assert (model.weights["it/factor"] != 1).all()
assert model.evaluate(tiny.images(100, 1)).accuracy > 0.5
model.save("model")
outputs = model.predict(tiny.images(9, 2))
np.testing.assert_array_equal(sn.load_model("model").predict(tiny.images(9, 2)), outputs)
outputs.tofile("outputs")
tiny.images(9, 2).images.tofile("pixels")
"""
"""Trains, saves and loads a model with the new layer."""


FEWER = {
    "hatch_build.py": ["--isa", builds()[0]],
    "build_wasm.py": ["--only", "core.wasm", "--only", "core-relaxed.wasm"],
}
"""Options that compile the core once for all processors of a kind, and for Node.js."""


def section(title: str) -> str:
    """The text of the page below a heading."""
    return PAGE.read_text("utf-8").partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def files(text: str) -> dict[str, str]:
    """The files that a section shows, by path."""
    found = re.findall(r"^`([^`]+)`[^\n]*:\n\n```\w+\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return dict(found)


def commands(text: str) -> list[list[str]]:
    """The commands that a section shows."""
    lines = "".join(re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)).splitlines()
    return [[sys.executable, *shlex.split(line)[1:]] for line in lines]


@pytest.mark.skipif(not (ROOT / NODE_MODULES).exists(), reason="Prettier formats what is written")
def test_a_layer_is_added_as_the_page_says(node: str, tmp_path: Path) -> None:
    """Its files written, the rest generated: trained, saved and loaded here and in JavaScript."""
    shown = files(section("Add a layer"))
    assert [*shown] == [
        "core/ops/scale.cpp",
        "src/spritenet/layers/scale.py",
        "tests/layers/test_scale.py",
    ]
    tree = tmp_path / "tree"
    for folder in ("core", "docs", "src", "tests", "tools"):
        shutil.copytree(ROOT / folder, tree / folder, ignore=LEFT_OUT)
    for file in ROOT.glob("*.*"):
        if file.is_file():
            shutil.copy(file, tree)
    (tree / NODE_MODULES).symlink_to((ROOT / NODE_MODULES).resolve())
    for name, text in shown.items():
        (tree / name).write_text(text, "utf-8")
    cache = str(ROOT / "build" / "zig")
    environment = {
        **os.environ,
        "PYTHONPATH": f"{tree / 'src'}{os.pathsep}{tree / 'tests'}",
        "ZIG_GLOBAL_CACHE_DIR": cache,
        "ZIG_LOCAL_CACHE_DIR": cache,
    }

    def ran(command: list[str], given: str = "") -> str:
        done = subprocess.run(
            command,
            cwd=tree,
            env=environment,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (command, done.stdout[-3000:], done.stderr[-3000:])
        return done.stdout

    for command in commands(section("Add a layer")):
        ran([*command, *FEWER.get(Path(command[1]).name, ())])
    tests = ["tests/layers/test_scale.py", "tests/test_layer_lists.py"]
    ran([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests])
    ran([sys.executable, "-W", "ignore", "-c", PYTHON])
    model = {"names": "model", "pixels": "pixels", "out": "theirs"}
    given = json.dumps({"folder": str(tree), "models": [model]})
    ran([node, "tests/node/library.mjs", "foreign"], given)
    ours, theirs = (np.fromfile(tree / name, "<f4") for name in ("outputs", "theirs"))
    np.testing.assert_allclose(theirs, ours, atol=1e-5)
    assert "| `Scale(factor_initializer=" in (tree / "docs/reference/models.md").read_text("utf-8")


def test_the_other_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A data source, an export and an engine, one after the other."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for title in ("Add a data source", "Add an export", "Add an engine"):
        [example] = re.findall(r"^```python\n(.*?)^```$", section(title), re.DOTALL | re.MULTILINE)
        exec(compile(example, title, "exec"), names)  # noqa: S102 - our own documentation
    assert names["model"].evaluate(names["Checkerboards"]()).accuracy > 0.9
    sizes = [np.prod(w.shape) for n in names["saved"].layers.nodes((8, 8, 1)) for w in n.weights]
    assert sum(sizes) == names["saved"].parameters.size
    assert names["timed"].engine().seconds > 0
