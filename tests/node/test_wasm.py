"""core.wasm: built from the sources that are here, small, with nothing to import."""

from __future__ import annotations

import gzip
import importlib
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "src" / "spritenet" / "web" / "static" / "lib"
MODULES = {
    "core.wasm": 75_000,
    "core-relaxed.wasm": 75_000,
    "core-int8.wasm": 11_500,
    "core-glyphs.wasm": 6_000,
    "core-page.wasm": 65_000,  # of which pages carry a part
    "core-png.wasm": 5_000,
    "core-threads.wasm": 75_000,
    "core-threads-relaxed.wasm": 75_000,
}
"""The cores, and the bytes that each may have, gzipped."""

LISTING = """
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';
const [structs, module] = process.argv.slice(1);
const { STRUCTS } = await import(pathToFileURL(structs).href);
const made = new WebAssembly.Module(fs.readFileSync(module));
console.log(JSON.stringify({
  structs: STRUCTS,
  imports: WebAssembly.Module.imports(made),
  exports: WebAssembly.Module.exports(made).map(({ name }) => name),
}));
"""


@pytest.fixture(scope="module")
def build_wasm() -> ModuleType:
    """tools/build_wasm.py, with its compiler."""
    pytest.importorskip("ziglang")
    sys.path.append(str(ROOT / "tools"))  # which imports another tool
    return importlib.import_module("build_wasm")


@pytest.fixture(scope="module")
def listing(node: str) -> dict[str, list[object]]:
    """The module's exports in Node.js, and the structures' sizes in JavaScript."""
    done = subprocess.run(
        [node, "--input-type=module", "-e", LISTING, LIBRARY / "structs.js", LIBRARY / "core.wasm"],
        capture_output=True,
        text=True,
        check=True,
    )
    result: dict[str, list[object]] = json.loads(done.stdout)
    return result


def test_the_committed_modules_are_these_sources(build_wasm: ModuleType, tmp_path: Path) -> None:
    """Byte for byte. If this fails the core has changed: type `make wasm`, and commit."""
    built = build_wasm.build(tmp_path)
    assert [module.name for module in built] == list(MODULES)
    for module in built:
        assert module.read_bytes() == (LIBRARY / module.name).read_bytes(), module.name


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_small(name: str) -> None:
    """A page loads at most 75 kB of it; TensorFlow.js is 366 kB."""
    assert len(gzip.compress((LIBRARY / name).read_bytes(), 9)) < MODULES[name]


def test_the_module_needs_nothing_and_exports_the_header(
    listing: dict[str, list[object]],
) -> None:
    """No import, and every exported function is one of core/spritenet.h."""
    assert listing["imports"] == []
    header = (ROOT / "core" / "spritenet.h").read_text()
    promised = set(re.findall(r"^SN_API [^(]*?(\w+)\(", header, re.MULTILINE))
    functions = {name for name in listing["exports"] if str(name).startswith("sn_")}
    assert functions <= promised
    assert {"sn_train", "sn_predict", "sn_evaluate"} <= functions
    assert set(listing["exports"]) - functions == {"memory", "__heap_base"}


def test_javascript_lays_structures_out_as_the_compiler_does(
    build_wasm: ModuleType, listing: dict[str, list[object]], tmp_path: Path
) -> None:
    """Every offset and size, asserted by the compiler itself for wasm32."""
    lines = ['#include "spritenet.h"']
    for struct in listing["structs"]:
        assert isinstance(struct, dict)
        name = struct["name"]
        lines.append(f"static_assert(sizeof({name}) == {struct['bytes']});")
        lines += [
            f"static_assert(__builtin_offsetof({name}, {key}) == {field['at']});"
            for key, field in struct["fields"].items()
        ]
    assert len(lines) > 70
    source = tmp_path / "layout.cpp"
    source.write_text("\n".join(lines))
    options = [*build_wasm.COMMON, f"-I{ROOT / 'core'}", "-c", str(source)]
    build_wasm.compile_with([*options, "-o", str(tmp_path / "layout.o")])
