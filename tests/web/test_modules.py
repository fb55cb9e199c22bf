"""Modules in one program do what they do as modules: Node.js runs both."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from spritenet.errors import CoreError
from spritenet.web.bundle.modules import gather, program
from spritenet.web.table import STATIC

SCRIPT = Path(__file__).parents[1] / "node" / "program.mjs"

Both = Callable[[Mapping[str, str], list[str]], dict[str, Any]]

WAYS = {
    "declared.js": """
        // import { no } from './comment.js'; export const no = 1;
        export const one = 1;
        const uncounted = 'export { x } from "./y.js"';
        export class Two { import(x) { return x } export() { return `import ${'x'}` } }
        export function three(a, b) { const { import: c, ...d } = { import: a, b }; return [c, d] }
        export async function four() { return (await import('node:path')).sep }
        export function* five() { yield 5 }
        const six = 6, seven = { export: 7 }.export;
        export { six, seven as Seven };
    """,
    "default_value.js": "export default [1, 2, 3];",
    "default_class.js": """
        export default class Named { static x = 1 }
        export const beside = hoisted();
        function hoisted() { return 'hoisted' }
    """,
    "default_function.js": "export default function named(a) { return a }",
    "by_name.js": "const a = 1; export { a as default };",
    "barrel.js": """
        /** Only hands on. */
        export { one, Two as Second } from './declared.js';
        export { default as list } from './default_value.js';
        export { a_b } from './deeper/inner.js'
    """,
    "barrel_of_barrels.js": "export { one as uno, list } from './barrel.js';",
    "everything.js": "export * from './declared.js'; export const more = 1;",
    "partly.js": "export { one } from './declared.js'; export const own = 2;",
    "deeper/inner.js": "import { one } from '../declared.js'; export const a_b = one + 10;",
    "importer.js": """
        import list, { } from './default_value.js'
        import Named, { beside as next } from './default_class.js';
        import * as all from './declared.js';
        import { one, Two as Second, three } from "./declared.js";
        import { uno, list as again } from './barrel_of_barrels.js';
        import { more, six } from './everything.js';
        import {
          a_b, // with a comment
        } from './barrel.js';
        import './effect.js';
        export const seen = [list, Named.x, next, Object.keys(all).sort(), one, Second.name, uno,
          again === list, more, six, a_b, three(1, 2), globalThis.effect];
        export const url = typeof import.meta.url;
    """,
    "effect.js": "globalThis.effect = (globalThis.effect ?? 0) + 1;",
    "entry.js": """
        import { seen } from './importer.js';
        const late = await Promise.resolve(seen.length);
        export { late };
    """,
}


@pytest.fixture
def both(node: str, tmp_path: Path) -> Both:
    """What modules export, in one program and as they are: `[[name, value], [name, value]]`."""

    def run(sources: Mapping[str, str], entries: list[str]) -> dict[str, Any]:
        folder = tmp_path / "modules"
        for name, source in sources.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(source, encoding="utf-8")
        modules = gather(entries, sources.__getitem__)
        made = tmp_path / "program.mjs"
        made.write_text(f"{program(modules, entries)}export {{ load }};", encoding="utf-8")
        (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
        done = subprocess.run(
            [node, SCRIPT, made, folder, *modules], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    return run


def test_every_way_to_import_and_export_means_the_same(both: Both) -> None:
    """Names, values, classes and functions with their arguments; the entry waits at its top."""
    found = both(WAYS, ["entry.js"])
    assert found["importer.js"][1]
    assert {name: ours for name, (ours, _) in found.items()} == {
        name: theirs for name, (_, theirs) in found.items()
    }


@pytest.mark.parametrize("name", [name for name in WAYS if name != "entry.js"])
def test_every_module_may_be_an_entry(both: Both, name: str) -> None:
    """And then exports what it exports as it is."""
    ours, theirs = both(WAYS, [name])[name]
    assert ours == theirs


def test_our_library_in_one_program_is_our_library(both: Both) -> None:
    """Every module of lib/ has the exports it has for Node.js itself."""
    sources = {
        path.relative_to(STATIC).as_posix(): path.read_text(encoding="utf-8")
        for path in STATIC.glob("lib/*.js")
        if path.name != "worker.js"  # it listens as soon as it runs
    }
    found = both(sources, ["lib/index.js"])
    assert {"lib/index.js", "lib/model.js", "lib/remote.js", "lib/sprite.js"} <= found.keys()
    assert {name: ours for name, (ours, _) in found.items()} == {
        name: theirs for name, (_, theirs) in found.items()
    }


def test_a_module_that_only_hands_on_is_left_out() -> None:
    """Of a library's door, a program holds what it uses."""
    sources = {**WAYS, "entry.js": "import { uno } from './barrel_of_barrels.js'; uno;"}
    assert list(gather(["entry.js"], sources.__getitem__)) == ["declared.js", "entry.js"]


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ({"a.js": "import { b } from './b.js'", "b.js": "import './a.js'"}, "a.js → b.js → a.js"),
        ({"a.js": "import './a.js'"}, "a.js → a.js"),
        ({"a.js": "export let x = 1"}, "its value might change"),
        ({"a.js": "export var x = 1"}, "its value might change"),
        ({"a.js": "export const { x } = y"}, "several names"),
        ({"a.js": "export const x = f(1, 2), y = 1;"}, "several names"),
        ({"a.js": "import x from 'uplot'"}, "no file of ours"),
        ({"a.js": "export { x } from 'https://cdn.example/x.js'"}, "no file of ours"),
        ({"a.js": "import { c } from './b.js'", "b.js": "export const d = 1"}, "no export c"),
        ({"a.js": "const a = `"}, "never ends"),
        ({"a.js": "f(("}, "pair"),
    ],
)
def test_what_cannot_be_moved_is_refused(sources: dict[str, str], message: str) -> None:
    """When the file is made, not when somebody opens it."""
    with pytest.raises(CoreError, match=message):
        gather(["a.js"], sources.__getitem__)


def test_an_entry_is_nobodys_import() -> None:
    """It is asynchronous in the program, and who imports it would get a promise."""
    sources = {"a.js": "import { b } from './b.js'", "b.js": "export const b = 1"}
    modules = gather(sources, sources.__getitem__)
    with pytest.raises(CoreError, match=r"b\.js: an entry can't be imported, but a\.js does"):
        program(modules, list(sources))
