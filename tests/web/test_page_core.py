"""The core and the modules of an exported page: cut to what it needs, they do the same.

The page's own program is tests/browser's; here Node.js runs its modules.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from every_operator import SHAPE, networks
from spritenet.export import files, load
from spritenet.web.assets import STATIC, static_bytes
from spritenet.web.html_file import core_for
from spritenet.web.page_core import SECTION, operators_of, sections, without_operators

SCRIPT = Path(__file__).parents[1] / "node" / "page_core.mjs"
CORE = static_bytes("lib/core-page.wasm")

UNSAVED = {"FakeQuantization", "Identity", "MixUp", "CutMix"}
"""Of no file; Identity is a linear Activation there."""


def ran(node: str, library: Path, core: Path, *folders: Path) -> list[dict[str, Any]]:
    """Returns what a library's modules and a core make of the models in these folders."""
    done = subprocess.run(
        [node, SCRIPT, library, core, *folders],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@pytest.mark.filterwarnings("ignore:.*TensorFlow.js has no")
def test_pages_predict_learn_and_save_as_the_library(
    node: str, bundle_pages: ModuleType, tmp_path: Path
) -> None:
    """Every operator: Python's outputs; after two steps the library's bits; and the same files."""
    random = np.random.default_rng(1)
    pixels = random.integers(0, 256, (11, *SHAPE), np.uint8)
    models = networks()
    covered = set()
    folders = [tmp_path / str(number) for number in range(len(models))]
    for model, folder in zip(models, folders, strict=True):
        model.save(folder)
        saved = load(folder)
        core = core_for(saved, files(saved)["model.json"])
        (folder / "core.wasm").write_bytes(core)
        (folder / "pixels.bin").write_bytes(pixels.tobytes())
        covered |= {layer.class_name for layer in saved.layers}
        assert len(core) < len(CORE)
    bundle_pages.sources("draw.html", tmp_path / "page")
    whole = ran(node, STATIC, STATIC / "lib" / "core-page.wasm", *folders)
    for model, folder, expected in zip(models, folders, whole, strict=True):
        (got,) = ran(node, tmp_path / "page", folder / "core.wasm", folder)
        assert got == expected
        assert got["before"] != got["after"]
        assert np.allclose(got["before"], model.predict(pixels).ravel(), atol=1e-5)
    names = {name for name in operators_of(CORE) if not name.startswith("Random")}
    assert names == covered | UNSAVED


def test_a_part_keeps_its_sections_and_loses_the_one_that_tells_it() -> None:
    """So that every index and address is what it was; and the usual network's is small."""
    usual = ("Rescaling", "Conv2D", "MaxPooling2D", "Flatten", "Dense")
    part = list(sections(without_operators(CORE, usual)))
    whole = list(sections(CORE))
    assert [kind for kind, _ in part] == [kind for kind, _ in whole[:-1]]
    assert whole[-1][1][1:].startswith(SECTION.encode())
    assert [body for kind, body in part if kind not in {10, 11}] == [
        body for kind, body in whole[:-1] if kind not in {10, 11}
    ]
    assert len(dict(part)[11]) == len(dict(whole)[11])
    assert len(dict(part)[10]) < 0.75 * len(dict(whole)[10])


def test_a_part_needs_operators_that_there_are() -> None:
    """A name of none is no operator that nothing is kept for."""
    with pytest.raises(KeyError, match="LSTM"):
        without_operators(CORE, ["LSTM"])
