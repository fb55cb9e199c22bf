"""LazyNames: public names of a package, each fetched from its module when it is first used.

A training needs few of the layers, losses, optimizers and metrics; making the classes of all takes
as long as importing NumPy.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

__all__ = ["LazyNames"]


class LazyNames:
    """Names of a package by module. The package's `__getattr__` asks for them.

    Args:
        package: the package's name.
        modules: names by the module of the package that has them.
        registry: the name of the dictionary of all classes, in alphabetical order; "" for none.
        others: further names, which the registry lacks, by module.
        aliases: other names of names.
    """

    def __init__(
        self,
        package: str,
        modules: Mapping[str, Sequence[str]],
        *,
        registry: str = "",
        others: Mapping[str, Sequence[str]] | None = None,
        aliases: Mapping[str, str] | None = None,
    ) -> None:
        self._package, self._registry = package, registry
        self._aliases = aliases or {}
        self._homes = _by_name(modules)
        self.names: tuple[str, ...] = tuple(sorted(self._homes, key=str.lower))
        self._homes |= _by_name(others or {})

    def __contains__(self, name: object) -> bool:
        """True for a name of the package."""
        return name in self._homes or name in self._aliases or bool(name and name == self._registry)

    def fetch(self, name: str) -> Any:  # noqa: ANN401 - a class, a function or the registry
        """Returns what has the name, and puts it into the package.

        Raises:
            KeyError: the package lacks it.
        """
        if name and name == self._registry:
            value: object = self.all()
        else:
            own = self._aliases.get(name, name)
            value = getattr(import_module(f"{self._package}.{self._homes[own]}"), own)
        setattr(sys.modules[self._package], name, value)
        return value

    def all(self) -> dict[str, Any]:
        """Returns everything in the registry by its name."""
        return {name: self.fetch(name) for name in self.names}


def _by_name(modules: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Returns the module of each name."""
    return {name: module for module, names in modules.items() for name in names}
