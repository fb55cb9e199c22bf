"""`Reading`: the options that say how DATA is read, the same for each command that takes DATA.

They are the fields of `spritenet.sources.options.ReadOptions`, and `--strict`; only here do they
become options of the command line. A test compares the two.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import wraps
from typing import Annotated, Any

import typer

from spritenet.errors import DataWarning, InputError

__all__ = ["OPTIONS", "PANEL", "Reading", "reads_data"]

PANEL = "How DATA is read"
"""The heading in help."""


class Fit(StrEnum):
    """How a picture gets its size."""

    FIT = "fit"
    CROP = "crop"
    STRETCH = "stretch"
    PAD = "pad"


class Color(StrEnum):
    """What channels a picture gets."""

    GREY = "grey"
    RGB = "rgb"
    RGBA = "rgba"


class LabelFrom(StrEnum):
    """Where the class of a picture is written."""

    FOLDER = "folder"
    NAME = "name"


def _option(metavar: str | None, text: str, default: bool | str = False) -> Any:  # noqa: ANN401 - typer's own type is private
    """An option of the panel that all of them share."""
    return typer.Option(metavar=metavar, help=text, show_default=default, rich_help_panel=PANEL)


OPTIONS: dict[str, Any] = {
    "size": Annotated[str | None, _option("HxW", "The size that images in files get.")],
    "fit": Annotated[
        Fit | None,
        _option(
            None,
            "How: all of it with black bars, its middle, out of proportion, or untouched with "
            "black around it.",
            "fit",
        ),
    ],
    "color": Annotated[
        Color | None, _option(None, "Their channels.", "the least that lose nothing")
    ],
    "image_size": Annotated[
        str | None,
        _option("HxW", "Of images stored as rows: in a PNG that is no sprite, a CSV, an npz."),
    ],
    "labels": Annotated[
        str | None,  # and no path: it may be an address
        _option("FILE", "The labels of such a PNG, or of an npy file."),
    ],
    "train": Annotated[
        int | None,
        _option(
            "N",
            "How many images of such a PNG are training images; the others are test images.",
            "all",
        ),
    ],
    "label_column": Annotated[
        str | None,
        _option("NAME|N", "A table's label column; 0 is the first, -1 the last.", "it is found"),
    ],
    "label_from": Annotated[
        LabelFrom | None,
        _option(None, "An image's class: its folder, or how its name begins.", "folder"),
    ],
    "class_names": Annotated[
        str | None, _option("A,B,…", "Names of classes, for files that don't hold them.")
    ],
    "tile": Annotated[
        str | None, _option("HxW", "Of images that lie side by side in a PNG that is no sprite.")
    ],
    "bits": Annotated[
        int | None, _option("N", "How many bits of 16-bit images hold the value, such as 12.")
    ],
    "range": Annotated[
        str | None,
        _option("LOW..HIGH", "Lowest and highest value of pixels not stored as 0 to 255."),
    ],
}
"""Each option's type, by its name in the library; the command line's has dashes."""

STRICT = Annotated[
    bool,
    typer.Option(
        "--strict",
        help="End at an image that can't be read, and at each doubtful reading.",
        rich_help_panel=PANEL,
    ),
]


@dataclass(frozen=True, slots=True)
class Reading:
    """How DATA is read.

    Attributes:
        given: what was typed, by the library's names, as JSON can hold it.
        strict: whether an image that can't be read, or a doubtful reading, is an error.
    """

    given: Mapping[str, Any] = field(default_factory=dict)
    strict: bool = False

    @property
    def arguments(self) -> dict[str, Any]:
        """Arguments of `spritenet.sources.survey`.

        Raises:
            InputError: a class has no name.
        """
        values = dict(self.given)
        column = values.get("label_column")
        if isinstance(column, str) and column.removeprefix("-").isdecimal():
            values["label_column"] = int(column)
        if "class_names" in values:
            values["class_names"] = _names(values["class_names"])
        return values

    def over(self, other: Reading) -> Reading:
        """This, and the rest as another has it."""
        return Reading({**other.given, **self.given}, self.strict or other.strict)

    def to_json(self) -> dict[str, object]:
        """For a run's config.json."""
        return {**self.given, **({"strict": True} if self.strict else {})}

    @classmethod
    def from_json(cls, kept: object) -> Reading:
        """The inverse of `to_json`; what is unknown here is left out."""
        values = kept if isinstance(kept, Mapping) else {}
        return cls({k: v for k, v in values.items() if k in OPTIONS}, values.get("strict") is True)

    @property
    def words(self) -> list[str]:
        """What to type for it."""
        words = []
        for name, value in self.given.items():
            words += [f"--{name.replace('_', '-')}", str(value)]
        return words + (["--strict"] if self.strict else [])

    def refused(self, where: str, why: str) -> None:
        """Raises InputError if anything was asked for: it has no meaning here."""
        if self.given:
            name = next(iter(self.given)).replace("_", "-")
            raise InputError(f"--{name} {why}", where=where)


def reads_data(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command these options; it gets what was typed as its argument `reading`."""

    @wraps(command)
    def wrapper(**values: Any) -> None:
        typed = {name: values.pop(name) for name in OPTIONS}
        strict = values.pop("strict")
        if strict:
            warnings.filterwarnings("error", category=DataWarning)
        given = {k: _plain(v) for k, v in typed.items() if v is not None}
        command(**values, reading=Reading(given, strict))

    signature = inspect.signature(command, eval_str=True)
    own = [part for part in signature.parameters.values() if part.name != "reading"]
    kind = inspect.Parameter.KEYWORD_ONLY
    types = {**OPTIONS, "strict": STRICT}
    more = [
        inspect.Parameter(name, kind, default=False if name == "strict" else None, annotation=type_)
        for name, type_ in types.items()
    ]
    wrapper.__signature__ = signature.replace(parameters=[*own, *more])  # type: ignore[attr-defined]  # what typer reads
    return wrapper


def _plain(value: object) -> object:
    """A typed value as JSON can hold it."""
    return str(value) if isinstance(value, StrEnum) else value


def _names(text: str) -> tuple[str, ...]:
    """The names of classes in a list with commas."""
    names = tuple(name.strip() for name in text.split(","))
    if not all(names):
        raise InputError(
            "a class has no name", where="--class-names", expected="names with commas", got=text
        )
    return names
