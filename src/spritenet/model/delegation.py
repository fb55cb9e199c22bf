"""Delegation: methods and properties of a class that belong to a part of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar

from spritenet.migration import attribute, not_settable

__all__ = ["PartProperty", "part_method", "refuse_foreign_name", "set_if_settable"]

P = ParamSpec("P")
R = TypeVar("R")


def part_method(
    part: str, method: Callable[Concatenate[Any, P], R]
) -> Callable[Concatenate[Any, P], R]:
    """Returns the method that calls one of a part, with the same signature and docstring.

    Args:
        part: the attribute that holds the part.
        method: the method of the part's class.
    """

    @wraps(method)
    def call(self: object, /, *arguments: P.args, **named: P.kwargs) -> R:
        return method(getattr(self, part), *arguments, **named)

    return call


class PartProperty(property, Generic[R]):
    """A property whose value is the attribute of the same name of a part.

    Args:
        part: the attribute that holds the part.
        cls: the part's class; if the attribute is a property there, its docstring is this one's.
        settable: True if the part's attribute can be set.
        doc: the docstring of an attribute that is no property.
    """

    def __init__(self, part: str, cls: type, *, settable: bool = False, doc: str = "") -> None:
        def get(owner: object) -> object:
            return getattr(getattr(owner, part), self._name)

        def assign(owner: object, value: object) -> None:
            setattr(getattr(owner, part), self._name, value)

        super().__init__(get, assign if settable else None)
        self._cls, self._doc = cls, doc

    def __set_name__(self, owner: type, name: str) -> None:
        """Takes the name, and the docstring of the part's property."""
        self._name = name
        member = vars(self._cls).get(name)
        self.__doc__ = member.__doc__ if isinstance(member, property) else self._doc

    if TYPE_CHECKING:

        def __get__(self, instance: object, owner: type | None = None, /) -> R: ...  # type: ignore[override]  # of an instance alone


def refuse_foreign_name(model: object, name: str) -> object:
    """Raises the error that names our way to what Keras's and PyTorch's models have.

    A model's `__getattr__`, which Python calls for names that aren't there.

    Raises:
        UnsupportedError: the name isn't there.
    """
    raise attribute(name, "model", dir(type(model)))


def set_if_settable(model: object, name: str, value: object) -> None:
    """Sets an attribute, but refuses to change what only follows from something else.

    Raises:
        UnsupportedError: the attribute follows from others.
    """
    member = getattr(type(model), name, None)
    if isinstance(member, property) and member.fset is None:
        raise not_settable(name)
    object.__setattr__(model, name, value)
