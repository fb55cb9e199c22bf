"""Errors for unsupported names, with the name to use."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dis import opmap
from importlib import import_module

from spritenet.errors import ModelError, UnsupportedError, UnsupportedImportError

__all__ = ["attribute", "module_name", "not_called", "not_settable", "word"]

IMPORT_FROM = opmap["IMPORT_FROM"]


def attribute(name: str, owner: str, known: Iterable[str] = ()) -> Exception:
    """The error for an attribute that an object lacks.

    Args:
        name: of the attribute.
        owner: a key of `advice.ATTRIBUTES`: "model", "layer", "optimizer", "loss", "callback".
        known: the attributes it has.
    """
    if name.startswith("_"):  # Python itself, copying, pickling and notebooks ask for such
        return AttributeError(f"{owner} has no attribute {name!r}")
    from spritenet.migration import advice  # imported late: only errors need it

    return UnsupportedError(
        f"Unsupported attribute {name!r} of {advice.ARTICLES[owner]}",
        do=advice.ATTRIBUTES[owner].get(name, "") or _near(name, known),
    )


def not_settable(name: str) -> UnsupportedError:
    """The error for an attribute of a model that can't be set."""
    from spritenet.migration import advice  # imported late: only errors need it

    do = advice.SETTING.get(name, "")
    return UnsupportedError(f"Unsupported: setting {name} of a model", do=do)


def not_called(label: str) -> UnsupportedError:
    """The error for a layer that is called on an array."""
    do = "Call it on sn.Input(shape) or another layer's tensor, and predict with sn.Model."
    return UnsupportedError("Unsupported: calling a layer on an array", where=label, do=do)


def word(name: object, part: str, supported: Iterable[str]) -> UnsupportedError:
    """The error for a word that names nothing: the loss "hinge", the optimizer "nadam".

    Args:
        name: that was given.
        part: a key of `advice.KINDS`.
        supported: the words there are.
    """
    from spritenet.migration import advice  # imported late: only errors need it

    if isinstance(name, Mapping) and name:  # Keras's, for networks with several outputs
        found = next(iter(name.values()))
        do = f"A network has one output: give {found!r} alone."
        return UnsupportedError(f"Unsupported {part} by output", got=str(name)[:60], do=do)
    known = list(supported)
    plain = str(name).lower().replace("_", "")
    known_advice = {key.lower().replace("_", ""): do for key, do in advice.NAMES[part].items()}
    do = known_advice.get(plain) or _near(str(name), known) or advice.SUPPORTED.get(part, "")
    do = do or f"Supported: {', '.join(known)}."
    return UnsupportedError(f"Unsupported {advice.KINDS[part]} {str(name)[:80]!r}", do=do)


def module_name(name: str, module: str, supported: Iterable[str]) -> Exception:
    """The error for a name that a module lacks. Called in the module's `__getattr__`.

    Args:
        name: that was asked for.
        module: "spritenet.layers".
        supported: the names it has.
    """
    if name.startswith("_"):
        return AttributeError(f"module {module!r} has no attribute {name!r}")
    part = module.removeprefix("spritenet").removeprefix(".")
    what, do = _words(name, part, list(supported)) if part else _anywhere(name, list(supported))
    asking = sys._getframe(2)  # noqa: SLF001 - no public way tells an import from a look-up
    importing = asking.f_lasti >= 0 and asking.f_code.co_code[asking.f_lasti] == IMPORT_FROM
    kind: type[ModelError] = UnsupportedImportError if importing else UnsupportedError
    return kind(what, do=do)


def _anywhere(name: str, supported: list[str]) -> tuple[str, str]:
    """The words for a name after `spritenet.`, which may be of any part."""
    from spritenet.migration import advice  # imported late: only errors need it

    for part in filter(None, advice.KINDS):
        module = import_module(f"spritenet.{part}")
        if name in module.__all__:
            return f"Unsupported name {name!r} of spritenet", f"Use sn.{part}.{name}."
        if name in advice.UNSUPPORTED[part]:
            own: Iterable[str] = getattr(module, "LAYERS", None) or getattr(
                module, "_CLASSES", module.__all__
            )
            return _words(name, part, list(own))
    return _words(name, "", supported)


def _words(name: str, part: str, supported: list[str]) -> tuple[str, str]:
    """Returns the problem with a name of a module, and what to do about it."""
    from spritenet.migration import advice  # imported late: only errors need it

    what = f"Unsupported {advice.KINDS[part]} {name!r}"
    do = advice.NAMES[part].get(name) or advice.TORCH.get(name)
    if not do and name not in advice.UNSUPPORTED.get(part, ()):
        do = _near(name, supported)
    return what, do or advice.SUPPORTED.get(part) or f"Supported: {', '.join(supported)}."


def _near(name: str, known: Iterable[str]) -> str:
    """A question, if a name is nearly one that is known."""
    from difflib import get_close_matches

    plain = {each.lower(): each for each in known if each[0] != "_" and each != name}
    near = [plain[each] for each in get_close_matches(name.lower(), plain, 3, 0.75)]
    return f"Did you mean {' or '.join(near)}?" if near else ""
