"""Writes the lists that name every layer, from the layers' own modules.

    python tools/layer_lists.py            writes those that are not current
    python tools/layer_lists.py --check    only says which

A layer is a class of `src/spritenet/layers` whose `class_name` is a row of the core's table. Lists
are: the imports, `__all__` and `MODULES` of `spritenet.layers`; the names of `spritenet`; the table
of layers in docs/reference/models.md and the list in docs/reference/model-format.md; and the
arguments of each for JavaScript, in `lib/layer-table.js`.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from spritenet.core.operators import Operator, activations, operators  # noqa: E402 - after the path is set
from spritenet.export.layer_entries import has_weights  # noqa: E402 - the same
from spritenet.initializers import Initializer  # noqa: E402 - the same
from spritenet.layers.base import Layer  # noqa: E402 - the same
from spritenet.layers.random_layer import RandomLayer  # noqa: E402 - the same

PACKAGE = ROOT / "src" / "spritenet"
LAYERS = PACKAGE / "layers"
MODELS = ROOT / "docs" / "reference" / "models.md"
FORMAT = ROOT / "docs" / "reference" / "model-format.md"
SCRIPT = PACKAGE / "web" / "static" / "lib" / "layer-table.js"
INPUT = "Input"  # no layer, but named beside them

MAKERS = {"ELU": "elu", "PReLU": "prelu", "Cropping2D": "cropping2D"}  # TensorFlow.js's own

WEIGHT = re.compile(r"the initializer of (?:the )?([\w ]+?),\s+\(([^)]*)\)")
SKIP = ("name", "input_shape", "trainable")


def layers() -> dict[str, type[Layer]]:
    """Every layer by its name, in alphabetical order."""
    found: dict[str, type[Layer]] = {}
    for path in sorted(LAYERS.glob("[!_]*.py")):
        module = importlib.import_module(f"spritenet.layers.{path.stem}")
        for name, cls in vars(module).items():
            own = isinstance(cls, type) and cls.__module__ == module.__name__
            if own and issubclass(cls, Layer) and name == cls.class_name and name in operators():
                found[name] = cls
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


def is_random(cls: type[Layer]) -> bool:
    """True for a layer that works in training alone, and is in no file."""
    return issubclass(cls, RandomLayer)


def replaced(text: str, pattern: str, new: str) -> str:
    """The text with what the pattern finds replaced by `new`."""
    changed, count = re.subn(pattern, lambda _: new, text, count=1, flags=re.DOTALL | re.MULTILINE)
    if not count:
        raise SystemExit(f"no list like {pattern!r}")
    return changed


def lines(names: list[str], quote: str = '"') -> str:
    """A line for each name, in quotes, with a comma."""
    return "".join(f"{quote}{name}{quote},\n" for name in names)


def public(text: str, omitted: Container[str]) -> tuple[str, set[str]]:
    """The comment of a module's `__all__`, and its names but the omitted ones."""
    _, _, rest = text.partition("\n__all__ = [")
    inside = rest.partition("]")[0]
    names = re.findall(r'"(\w+)"', inside)
    return inside.partition("\n")[0], {name for name in names if name not in omitted}


def lazy_init(
    text: str,
    package: str,
    found: Mapping[str, type],
    public_names: Iterable[str],
    also: Mapping[str, list[str]] | None = None,
) -> str:
    """The `__init__.py` of a package of lazy names with its imports, `__all__` and `MODULES`."""
    modules: dict[str, list[str]] = {}
    for name, cls in found.items():
        modules.setdefault(cls.__module__, []).append(name)
    for module in modules:
        pattern = rf"^    from {module} import (\([^)]*\)|[^\n]*)\n"
        text = re.sub(pattern, "", text, flags=re.MULTILINE)
    imports = "".join(
        f"    from {module} import {', '.join([*names, *(also or {}).get(module, [])])}\n"
        for module, names in modules.items()
    )
    text = replaced(text, r"^(?<=^if TYPE_CHECKING:\n)", imports)
    text = replaced(text, r"^__all__ = \[.*?\]", f"__all__ = [\n{lines(sorted(public_names))}]")
    table = "".join(
        f'"{module.removeprefix(f"spritenet.{package}.")}": ({lines(names)}),\n'
        for module, names in sorted(modules.items())
    )
    return replaced(text, r"^MODULES = \{.*?^\}", f"MODULES = {{\n{table}}}")


def package_init(text: str, found: dict[str, type[Layer]]) -> str:
    """`spritenet/layers/__init__.py` with its imports, `__all__` and `MODULES`."""
    also = {"spritenet.layers.activation": ["ActivationLayer"]}
    _, rest = public(text, operators())
    return lazy_init(text, "layers", found, rest | set(found), also)


def front_init(text: str, found: dict[str, type[Layer]]) -> str:
    """`spritenet/__init__.py` with the layers' names in its three lists."""
    names = [INPUT, *found]
    pattern = r'"spritenet\.layers": \([^)]*\)'
    text = replaced(text, pattern, f'"spritenet.layers": (\n{lines(names)})')
    text = replaced(
        text,
        r"from spritenet\.layers import \([^)]*\)",
        f"from spritenet.layers import (\n{lines(names, quote='')})",
    )
    comment, rest = public(text, operators())
    whole = lines(sorted(rest | set(found)))
    return replaced(text, r"^__all__ = \[.*?\]", f"__all__ = [{comment}\n{whole}]")


def _arguments(cls: type[Layer]) -> list[inspect.Parameter]:
    return [p for p in inspect.signature(cls).parameters.values() if p.name not in SKIP]


def models_page(text: str, found: dict[str, type[Layer]]) -> str:
    """docs/reference/models.md with its table of layers."""
    rows = ["| layer | output |", "| --- | --- |"]
    for name, cls in found.items():
        call = ", ".join(
            p.name
            if p.default is p.empty
            else f"{p.name}={json.dumps(p.default)}"
            if isinstance(p.default, str)
            else f"{p.name}={p.default!r}"
            for p in _arguments(cls)
        )
        words = inspect.cleandoc(cls.__doc__ or "")
        summary = words.partition("\n")[0].split(" Arguments: see")[0].split(" See `")[0]
        weights = [f"{weight} ({shape})" for weight, shape in WEIGHT.findall(words)]
        own = f" Weights: {', '.join(weights)}" if weights else ""
        rows.append(f"| `{name}({call})` | {summary}{' '.join(own.split(chr(10)))} |")
    table = re.sub(r"  +", " ", "\n".join(rows))
    return replaced(text, r"^\| layer \| output \|\n(?:\|[^\n]*\n)*", table + "\n")


def format_page(text: str, found: dict[str, type[Layer]]) -> str:
    """docs/reference/model-format.md with its list of layers."""
    return replaced(
        text,
        r"^Written and read: [^;]*;",
        f"Written and read: {', '.join(n for n, c in found.items() if not is_random(c))};",
    )


def _described(parameter: inspect.Parameter, row: Operator) -> dict[str, Any]:
    """Returns the description of an argument for JavaScript."""
    told: dict[str, Any] = {}
    if parameter.default is not parameter.empty:
        default = parameter.default
        told["default"] = default.config() if isinstance(default, Initializer) else default
        if parameter.name == "activation":
            told["default"] = default or "linear"
    ending = parameter.name.rpartition("_")[2]
    ending = "values" if "Sequence[float]" in str(parameter.annotation) else ending
    if ending in ("values", "initializer", "regularizer", "constraint"):
        return {**told, "kind": ending}
    for attribute in row.attributes:
        if attribute.name == parameter.name:
            told["kind"] = attribute.kind
            if attribute.kind == "choice" and attribute.name != "activation":
                told["choices"] = attribute.choices
            elif attribute.kind in ("whole", "number"):
                told |= {"count": attribute.count, "least": attribute.least}
                if attribute.kind == "whole":
                    told |= {"least": int(attribute.least), "most": int(attribute.most)}
    if "least" in told and abs(told["least"]) > 1e30:
        del told["least"]
    return told


def _maker(name: str) -> str:
    """The function that makes the layer in JavaScript, as TensorFlow.js calls it."""
    return MAKERS.get(name) or name[0].lower() + name[1:].replace("2D", "2d")


def script(found: dict[str, type[Layer]]) -> str:
    """lib/layer-table.js."""
    table = {}
    for name, cls in found.items():
        row = operators()[name]
        table[name] = {
            "maker": _maker(name),
            "inputs": [row.least_inputs, row.most_inputs],
            "arguments": {p.name: _described(p, row) for p in _arguments(cls)},
        }
    plain = [name for name, cls in found.items() if not has_weights(cls)]
    names = {
        row.name: {"alpha": row.alpha, **({"also": row.also} if row.also else {})}
        for row in activations()
    }
    return (
        "// Every layer and its arguments. Written by tools/layer_lists.py; don't edit.\n\n"
        "/**\n"
        " * @typedef {object} Argument\n"
        " * @property {unknown} [default]  without one it is required\n"
        " * @property {'number' | 'whole' | 'flag' | 'choice' | 'initializer' | 'regularizer' |"
        " 'constraint' | 'values'} [kind]\n"
        " * @property {readonly string[]} [choices]\n"
        " * @property {number} [count]  of numbers; -3: one to three, or none\n"
        " * @property {number} [least]\n"
        " * @property {number} [most]\n"
        " */\n\n"
        "/**\n"
        " * @typedef {object} Row\n"
        " * @property {string} maker  the function of `layers`\n"
        " * @property {readonly number[]} inputs  the fewest and the most\n"
        " * @property {Readonly<Record<string, Argument>>} arguments\n"
        " */\n\n"
        f"/** @typedef {{{' | '.join(repr(_maker(name)) for name in found)}}} LayerName */\n\n"
        "/** @type {Readonly<Record<string, Row>>} */\n"
        f"export const LAYERS = {json.dumps(table)};\n\n"
        "/** The layers without weights. */\n"
        f"export const WITHOUT_WEIGHTS = new Set({json.dumps(plain)});\n\n"
        "/** The activations: Keras's parameter for each, and another name of the same.\n"
        " * @type {Readonly<Record<string, { alpha: number, also?: string }>>} */\n"
        f"export const ACTIVATIONS = {json.dumps(names)};\n"
    )


def formatted(path: Path, text: str) -> str:
    """The text as ruff or Prettier leaves it."""
    if path.suffix == ".py":
        for arguments in (["check", "--select", "I,RUF022", "--fix", "-q"], ["format", "-q"]):
            command = [sys.executable, "-m", "ruff", *arguments, "--stdin-filename", str(path), "-"]
            text = subprocess.run(
                command, input=text, capture_output=True, text=True, check=True
            ).stdout
    if path.suffix == ".js":
        prettier = ROOT / "tests" / "node" / "node_modules" / ".bin" / "prettier"
        text = subprocess.run(
            [str(prettier), "--stdin-filepath", str(path)],
            input=text,
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT / "tests" / "node",
        ).stdout
    return text


def lists() -> Iterator[tuple[Path, str]]:
    """Each file and what it should be."""
    found = layers()
    for path, write in (
        (LAYERS / "__init__.py", package_init),
        (PACKAGE / "__init__.py", front_init),
        (MODELS, models_page),
        (FORMAT, format_page),
    ):
        yield path, formatted(path, write(path.read_text(encoding="utf-8"), found))
    yield SCRIPT, formatted(SCRIPT, script(found))


def main() -> int:
    """Write or compare the lists."""
    stale = [
        (path, text)
        for path, text in lists()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path, text in stale:
        print(path.relative_to(ROOT))
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
    return int(bool(stale) and "--check" in sys.argv)


if __name__ == "__main__":
    raise SystemExit(main())
