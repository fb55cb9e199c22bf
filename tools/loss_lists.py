"""Writes the lists that name every loss, from the losses' own modules.

    python tools/loss_lists.py            writes those that are not current
    python tools/loss_lists.py --check    only says which

A loss is a class of `src/spritenet/losses` whose name is a row of the core's table. Lists are: the
imports, `__all__` and `MODULES` of `spritenet.losses`; the names of `spritenet`; and the table of
docs/reference/losses.md. JavaScript reads the core's table itself.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tools")]

from layer_lists import formatted, lazy_init, lines, public, replaced  # noqa: E402 - after the path is set

from spritenet.core.losses import loss_rows  # noqa: E402 - the same
from spritenet.losses.base import Loss  # noqa: E402 - the same

PACKAGE = ROOT / "src" / "spritenet"
LOSSES = PACKAGE / "losses"
PAGE = ROOT / "docs" / "reference" / "losses.md"


def losses() -> dict[str, type[Loss]]:
    """Every loss by its name, in alphabetical order."""
    found: dict[str, type[Loss]] = {}
    for path in sorted(LOSSES.glob("[!_]*.py")):
        module = importlib.import_module(f"spritenet.losses.{path.stem}")
        for name in module.__all__:
            if name in loss_rows():
                found[name] = getattr(module, name)
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


def package_init(text: str, found: dict[str, type[Loss]]) -> str:
    """`spritenet/losses/__init__.py` with its imports, `__all__` and `MODULES`."""
    return lazy_init(text, "losses", found, [*found, "Loss", "get"])


def front_init(text: str, found: dict[str, type[Loss]]) -> str:
    """`spritenet/__init__.py` with the losses' names in its three lists."""
    names = list(found)
    pattern = r'"spritenet\.losses": \([^)]*\)'
    text = replaced(text, pattern, f'"spritenet.losses": (\n{lines(names)})')
    pattern = r"from spritenet\.losses import (\([^)]*\)|[^\n]*)"
    text = replaced(text, pattern, f"from spritenet.losses import (\n{lines(names, quote='')})")
    comment, rest = public(text, frozenset())
    every = lines(sorted(rest | set(found)))
    return replaced(text, r"^__all__ = \[.*?\]", f"__all__ = [{comment}\n{every}]")


def page(text: str, found: dict[str, type[Loss]]) -> str:
    """docs/reference/losses.md with its table."""
    rows = ["| loss | other names | value of an image | after |", "| --- | --- | --- | --- |"]
    for name, cls in found.items():
        row = loss_rows()[name]
        own = [f"{p.name}={p.default!r}" for p in inspect.signature(cls).parameters.values()]
        summary = inspect.cleandoc(cls.__doc__ or "").partition("\n")[0].replace("|", "\\|")
        words = ", ".join(f"`{word}`" for word in row.words)
        after = row.activation if row.required else "any"
        rows.append(f"| `{name}({', '.join(own)})` | {words} | {summary} | {after} |")
    return replaced(
        text, r"^\| loss \| other names \|[^\n]*\n(?:\|[^\n]*\n)*", "\n".join(rows) + "\n"
    )


def main() -> int:
    """Write or compare the lists."""
    found = losses()
    stale = []
    for path, write in (
        (LOSSES / "__init__.py", package_init),
        (PACKAGE / "__init__.py", front_init),
        (PAGE, page),
    ):
        before = path.read_text(encoding="utf-8")
        text = formatted(path, write(before, found))
        if text != before:
            stale.append(path)
            print(path.relative_to(ROOT))
            if "--check" not in sys.argv:
                path.write_text(text, encoding="utf-8")
    return int(bool(stale) and "--check" in sys.argv)


if __name__ == "__main__":
    raise SystemExit(main())
