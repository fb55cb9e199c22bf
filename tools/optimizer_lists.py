"""Writes the lists that name every optimizer, from the optimizers' own modules.

    python tools/optimizer_lists.py            writes those that are not current
    python tools/optimizer_lists.py --check    only says which

An optimizer is a class of `src/spritenet/optimizers` whose name is a row of the core's table. Lists
are: the imports, `__all__` and `MODULES` of `spritenet.optimizers`; the names of `spritenet`;
the table of docs/reference/optimizers.md; and for JavaScript the arguments and the slots, in
`lib/optimizer-table.js`.
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tools")]

from layer_lists import formatted, lazy_init, lines, public, replaced  # noqa: E402 - after the path is set

from spritenet.core.optimizers import optimizer_rows  # noqa: E402 - the same
from spritenet.optimizers.base import Optimizer  # noqa: E402 - the same

PACKAGE = ROOT / "src" / "spritenet"
OPTIMIZERS = PACKAGE / "optimizers"
PAGE = ROOT / "docs" / "reference" / "optimizers.md"
SCRIPT = PACKAGE / "web" / "static" / "lib" / "optimizer-table.js"
SHARED = {field.name for field in fields(Optimizer)}


def optimizers() -> dict[str, type[Optimizer]]:
    """Every optimizer by its name, in alphabetical order."""
    found: dict[str, type[Optimizer]] = {}
    for path in sorted(OPTIMIZERS.glob("[!_]*.py")):
        module = importlib.import_module(f"spritenet.optimizers.{path.stem}")
        for name in module.__all__:
            if name in optimizer_rows():
                found[name] = getattr(module, name)
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


def package_init(text: str, found: dict[str, type[Optimizer]]) -> str:
    """`spritenet/optimizers/__init__.py` with its imports, `__all__` and `MODULES`."""
    return lazy_init(text, "optimizers", found, [*found, "Optimizer", "get"])


def front_init(text: str, found: dict[str, type[Optimizer]]) -> str:
    """`spritenet/__init__.py` with the optimizers' names in its three lists."""
    names = list(found)
    pattern = r'"spritenet\.optimizers": \([^)]*\)'
    text = replaced(text, pattern, f'"spritenet.optimizers": (\n{lines(names)})')
    pattern = r"from spritenet\.optimizers import (\([^)]*\)|[^\n]*)"
    imports = f"from spritenet.optimizers import (\n{lines(names, quote='')})"
    text = replaced(text, pattern, imports)
    comment, rest = public(text, frozenset())
    return replaced(
        text, r"^__all__ = \[.*?\]", f"__all__ = [{comment}\n{lines(sorted(rest | set(found)))}]"
    )


def page(text: str, found: dict[str, type[Optimizer]]) -> str:
    """docs/reference/optimizers.md with its table."""
    rows = ["| optimizer | steps |", "| --- | --- |"]
    for name, cls in found.items():
        own = [
            f"{p.name}={p.default!r}"
            for p in inspect.signature(cls).parameters.values()
            if p.name not in SHARED or getattr(Optimizer, p.name, None) != p.default
            if p.kind is not p.KEYWORD_ONLY or p.default != _shared_default(p.name)
        ]
        words = inspect.cleandoc(cls.__doc__ or "").partition("\n")[0]
        rows.append(f"| `{name}({', '.join(own)})` | {words} |")
    return replaced(text, r"^\| optimizer \| steps \|\n(?:\|[^\n]*\n)*", "\n".join(rows) + "\n")


def _shared_default(name: str) -> object:
    return next((f.default for f in fields(Optimizer) if f.name == name), inspect.Parameter.empty)


def _argument(name: str, default: object, row: Any) -> dict[str, Any]:  # noqa: ANN401 - of the table
    told: dict[str, Any] = {"default": list(default) if isinstance(default, tuple) else default}
    for attribute in row.attributes:
        if attribute.name == name:
            least = {"least": attribute.least} if attribute.least > -1e30 else {}
            most = {"most": attribute.most} if attribute.most < 1e30 else {}
            return {**told, "kind": attribute.kind, **least, **most}
    return {**told, "kind": "texts"}


def script(found: dict[str, type[Optimizer]]) -> str:
    """lib/optimizer-table.js."""
    table = {}
    for name, cls in found.items():
        row = optimizer_rows()[name]
        table[name] = {
            "learningRate": row.learning_rate,
            "scratch": row.scratch,
            "arguments": {
                f.name: _argument(f.name, f.default, row)
                for f in fields(cls)
                if f.name != "learning_rate"
            },
            "slots": [
                {
                    "name": slot.name,
                    **({"when": slot.when} if slot.when else {}),
                    **({"initial": slot.initial} if slot.initial else {}),
                    **({"value": slot.value} if slot.value else {}),
                    **({"scalar": True} if slot.scalar else {}),
                }
                for slot in row.slots
            ],
        }
    names = " | ".join(repr(name.lower()) for name in found)
    return (
        "// Every optimizer, its arguments and slots. Written by tools/optimizer_lists.py.\n\n"
        "/**\n"
        " * @typedef {object} Argument\n"
        " * @property {number | boolean | null | readonly string[]} default\n"
        " * @property {'number' | 'whole' | 'flag' | 'texts'} kind\n"
        " * @property {number} [least]\n"
        " * @property {number} [most]\n"
        " */\n\n"
        "/**\n"
        " * An array as long as the parameters.\n"
        " *\n"
        " * @typedef {object} Slot\n"
        " * @property {string} name\n"
        " * @property {string} [when]  there only where this argument is more than 0\n"
        " * @property {string} [initial]  begins with this argument's value\n"
        " * @property {number} [value]  begins with this; 0\n"
        " * @property {boolean} [scalar]  its first number alone is used\n"
        " */\n\n"
        "/**\n"
        " * @typedef {object} Row\n"
        " * @property {number} learningRate\n"
        " * @property {number} scratch  arrays that a step works in\n"
        " * @property {Readonly<Record<string, Argument>>} arguments\n"
        " * @property {readonly Slot[]} slots\n"
        " */\n\n"
        f"/** @typedef {{{names}}} OptimizerName */\n\n"
        "/** @type {Readonly<Record<string, Row>>} */\n"
        f"export const OPTIMIZERS = {json.dumps(table)};\n"
    )


def main() -> int:
    """Write or compare the lists."""
    found = optimizers()
    stale = []
    for path, write in (
        (OPTIMIZERS / "__init__.py", package_init),
        (PACKAGE / "__init__.py", front_init),
        (PAGE, page),
        (SCRIPT, lambda _, found: script(found)),
    ):
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        text = formatted(path, write(before, found))
        if text != before:
            stale.append(path)
            print(path.relative_to(ROOT))
            if "--check" not in sys.argv:
                path.write_text(text, encoding="utf-8")
    return int(bool(stale) and "--check" in sys.argv)


if __name__ == "__main__":
    raise SystemExit(main())
