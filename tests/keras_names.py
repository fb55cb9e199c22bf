"""Keras's and PyTorch's public names, each with what becomes of it here: a table that is found out.

    python tests/keras_names.py            how many work, are ignored, are refused
    python tests/keras_names.py --write    writes the lists into docs/reference/keras.md

`migration/keras.json` holds the names, arguments and defaults, as Keras and PyTorch give them.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import spritenet as sn
from spritenet.errors import UnsupportedError
from spritenet.migration import Ignored, Refused, Renamed, advice, rule

ROOT = Path(__file__).parents[1]
KERAS: dict[str, Any] = json.loads((ROOT / "tests" / "migration" / "keras.json").read_text("utf-8"))
PAGE = ROOT / "docs" / "reference" / "keras.md"
BEGIN, END = "<!-- python tests/keras_names.py --write -->\n", "<!-- end -->\n"
MODULES = [part for part in advice.KINDS if part]
WORKS, IGNORED, REFUSED = "works", "ignored", "refused"


@dataclass(frozen=True, slots=True)
class Entry:
    """One public name, or one argument.

    Attributes:
        part: "layers", "Sequential", …
        owner: whose argument it is; "" for a name.
        name: of Keras or PyTorch.
        status: works, ignored or refused.
        words: the reason, or the whole message.
    """

    part: str
    owner: str
    name: str
    status: str
    words: str = ""


def entries() -> Iterator[Entry]:
    """Everything, in the order of the file."""
    for part in MODULES:
        module = import_module(f"spritenet.{part}")
        for name, arguments in KERAS[part].items():
            yield _looked_up(part, name, module)
            found = getattr(module, name, None)
            if arguments and getattr(found, "__name__", "") == name:
                yield from _arguments(part, name, found, arguments)
    model = sn.Sequential([sn.Flatten(input_shape=(8, 8))])
    yield from _methods(model)
    for name in KERAS["torch.nn.Module"]:
        if name == "parameters":  # an array here, which refuses to be called
            words = "Use model.parameters or model.weights, which are arrays."
            yield Entry("torch.nn.Module", "", name, REFUSED, f"Unsupported call. {words}")
            continue
        yield _looked_up("torch.nn.Module", name, model)
    for name in KERAS["Optimizer"]:
        yield _looked_up("Optimizer", name, sn.Adam())
    for name in KERAS["Callback"]:
        if name in {"model", "params"}:
            yield Entry("Callback", "", name, WORKS)
        else:
            yield _looked_up("Callback", name, sn.Callback())
    for name in KERAS["keras.*"]:
        yield _looked_up("keras.*", name, sn)


def _methods(model: sn.Sequential) -> Iterator[Entry]:
    """A model's, with their arguments."""
    for name, arguments in KERAS["Sequential"].items():
        yield _looked_up("Sequential", name, model)
        found = getattr(model, name, None)
        if arguments and callable(found):
            yield from _arguments("Sequential", name, found, arguments)


def _looked_up(part: str, name: str, owner: object) -> Entry:
    """A name, by asking for it."""
    try:
        # Whoever imported `spritenet.export` has set it: the public names alone count.
        if owner is not sn or name not in sn.__all__:
            (sn.__getattr__ if owner is sn else partial(getattr, owner))(name)
    except UnsupportedError as error:
        return Entry(part, "", name, REFUSED, str(error))
    return Entry(part, "", name, WORKS)


def _arguments(part: str, owner: str, found: Any, arguments: dict[str, object]) -> Iterator[Entry]:  # noqa: ANN401 - a class or a function
    """The arguments of one of them."""
    own = inspect.signature(found).parameters
    for name in arguments:
        if name in own:
            yield Entry(part, owner, name, WORKS)
            continue
        match rule(owner, name):
            case Renamed(to) if to in own:
                yield Entry(part, owner, name, WORKS)
            case Ignored(why, _):
                yield Entry(part, owner, name, IGNORED, why)
            case Refused(do, _):
                yield Entry(part, owner, name, REFUSED, do)
            case _:
                yield Entry(part, owner, name, REFUSED)  # without words: a test finds it


def counts(table: list[Entry]) -> Counter[str]:
    """Returns the number of names of each status."""
    return Counter(entry.status for entry in table)


def _code(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def page(table: list[Entry]) -> str:
    """The lists, as docs/reference/keras.md has them."""
    number = counts(table)
    summary = (
        f"Keras {KERAS['keras']}, and `Module` of PyTorch {KERAS['torch']}: {number[WORKS]} of "
        f"their public names and arguments work, {number[IGNORED]} are taken and ignored, "
        f"{number[REFUSED]} are refused in one line that says what to do."
    )
    lines = [
        summary,
        "",
        "### Works",
        "",
        "| of | names |",
        "| --- | --- |",
    ]
    for part in dict.fromkeys(entry.part for entry in table):
        names = [e.name for e in table if (e.part, e.owner, e.status) == (part, "", WORKS)]
        if names:
            lines.append(f"| `{part}` | {_code(names)} |")
    for status, title, head in (
        (IGNORED, "Taken and ignored", "why"),
        (REFUSED, "Refused arguments", "instead"),
    ):
        lines += ["", f"### {title}", "", f"| argument | of | {head} |", "| --- | --- | --- |"]
        grouped: dict[tuple[str, str], list[str]] = {}
        for entry in table:
            if entry.owner and entry.status == status:
                grouped.setdefault((entry.name, entry.words), []).append(entry.owner)
        for (name, words), owners in sorted(grouped.items()):
            lines.append(f"| `{name}` | {_code(list(dict.fromkeys(owners)))} | {words} |")
    lines += ["", "### Refused names", "", "| of | names | instead |", "| --- | --- | --- |"]
    for part in dict.fromkeys(entry.part for entry in table):
        by_words: dict[str, list[str]] = {}
        for entry in table:
            if (entry.part, entry.owner, entry.status) == (part, "", REFUSED):
                words = entry.words.partition(". ")[2].strip()
                by_words.setdefault(words, []).append(entry.name)
        lines += [f"| `{part}` | {_code(names)} | {words} |" for words, names in by_words.items()]
    return "\n".join(lines) + "\n"


def written(table: list[Entry]) -> str:
    """docs/reference/keras.md with the lists of now."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    return f"{before}{BEGIN}\n{page(table)}\n{END}{rest.partition(END)[2]}"


def main() -> None:
    """Counts, or writes."""
    table = list(entries())
    if "--write" in sys.argv:
        PAGE.write_text(written(table), encoding="utf-8")
    for status, number in counts(table).items():
        sys.stdout.write(f"{status:8} {number:5}\n")


if __name__ == "__main__":
    main()
