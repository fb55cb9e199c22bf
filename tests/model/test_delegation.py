"""Delegated methods and properties look like the part's, and act on the part."""

from __future__ import annotations

import inspect

import pytest

from spritenet.model import Model, Sequential
from spritenet.model.delegation import PartProperty, part_method
from spritenet.model.weights import Weights


class Engine:
    """A part."""

    fuel = 5

    @property
    def noise(self) -> str:
        """The sound it makes."""
        return "brr"

    def start(self, times: int, *, slowly: bool = False) -> list[object]:
        """Starts it."""
        return [self, times, slowly]


class Car:
    """The whole."""

    start = part_method("_engine", Engine.start)
    noise = PartProperty[str]("_engine", Engine)
    fuel = PartProperty[int]("_engine", Engine, settable=True, doc="Litres.")

    def __init__(self) -> None:
        self._engine = Engine()


def test_a_method_is_the_parts() -> None:
    """It has the part's signature and docstring, and is called on the part."""
    car = Car()
    assert car.start(3, slowly=True) == [car._engine, 3, True]
    assert inspect.signature(car.start) == inspect.signature(car._engine.start)
    assert inspect.getdoc(Car.start) == "Starts it."
    with pytest.raises(TypeError, match="times"):
        car.start()  # type: ignore[call-arg]  # that is the point


def test_a_property_is_the_parts() -> None:
    """It reads and sets the attribute of the part, each whole its own."""
    car, other = Car(), Car()
    car.fuel = 7
    assert (car.fuel, car._engine.fuel, other.fuel, car.noise) == (7, 7, 5, "brr")
    assert (inspect.getdoc(Car.noise), inspect.getdoc(Car.fuel)) == (
        "The sound it makes.",
        "Litres.",
    )
    with pytest.raises(AttributeError):
        car.noise = "silence"


def test_a_model_is_one_class_of_parts() -> None:
    """No chain of base classes: Sequential is a Model, and that is all."""
    assert Sequential.__mro__ == (Sequential, Model, object)
    assert inspect.getdoc(Model.count_params) == inspect.getdoc(Weights.count_params)
    public = [name for name in dir(Model) if not name.startswith("_")]
    assert [name for name in public if not inspect.getdoc(getattr(Model, name))] == []
