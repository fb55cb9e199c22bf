"""Data options: the options of every command that takes DATA, which say how to read it.

The fields of `spritenet.sources.options.ReadOptions`, and `--strict`; a test compares the two.
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

__all__ = ["OPTIONS", "PANEL", "DataOptions", "with_data_options"]

PANEL = "Data options"
"""Heading in the help."""


class Fit(StrEnum):
    """Ways to resize an image."""

    FIT = "fit"
    CROP = "crop"
    STRETCH = "stretch"
    PAD = "pad"


class Color(StrEnum):
    """Channels of images."""

    GREY = "grey"
    RGB = "rgb"
    RGBA = "rgba"


class LabelFrom(StrEnum):
    """Sources of an image's class."""

    FOLDER = "folder"
    NAME = "name"


def _option(metavar: str | None, text: str, default: bool | str = False) -> Any:  # noqa: ANN401 - typer's own type is private
    """Returns an option in the panel of data options."""
    return typer.Option(metavar=metavar, help=text, show_default=default, rich_help_panel=PANEL)


OPTIONS: dict[str, Any] = {
    "size": Annotated[
        str | None, _option("HxW", "Resize images in files to this height and width.")
    ],
    "fit": Annotated[
        Fit | None,
        _option(
            None,
            "Resize to fit with black bars, crop the middle, stretch, or pad without resizing.",
            "fit",
        ),
    ],
    "color": Annotated[
        Color | None, _option(None, "Channels of images in files.", "the fewest without loss")
    ],
    "image_size": Annotated[
        str | None,
        _option("HxW", "Height and width of images stored as rows, in PNG, CSV or npz files."),
    ],
    "labels": Annotated[
        str | None,  # and no path: it may be an address
        _option("FILE", "Labels of a PNG of rows, or of an npy file."),
    ],
    "train": Annotated[
        int | None,
        _option(
            "N",
            "Number of training images in a PNG of rows; the others are the test set.",
            "all",
        ),
    ],
    "label_column": Annotated[
        str | None,
        _option(
            "NAME|N",
            "Label column of a table: its name or number (0 the first, -1 the last); several, with "
            "commas, for several labels.",
            "detected",
        ),
    ],
    "label_from": Annotated[
        LabelFrom | None,
        _option(
            None, "Take an image's class from its folder, or from the start of its name.", "folder"
        ),
    ],
    "class_names": Annotated[
        str | None, _option("A,B,…", "Names of the classes, for files without them.")
    ],
    "tile": Annotated[
        str | None, _option("HxW", "Height and width of the tiles in a PNG of other programs.")
    ],
    "bits": Annotated[int | None, _option("N", "Significant bits of 16-bit images, such as 12.")],
    "range": Annotated[
        str | None,
        _option("LOW..HIGH", "Lowest and highest pixel value, if not 0 and 255."),
    ],
}
"""Type of each option, by its name in the library; on the command line, it has dashes."""

STRICT = Annotated[
    bool,
    typer.Option(
        "--strict",
        help="Treat unreadable images and ambiguous data as errors.",
        rich_help_panel=PANEL,
    ),
]


@dataclass(frozen=True, slots=True)
class DataOptions:
    """The data options of a command.

    Attributes:
        given: values of the options that were used, by their names in the library.
        strict: if True, unreadable images and ambiguous data are errors.
    """

    given: Mapping[str, Any] = field(default_factory=dict)
    strict: bool = False

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of `spritenet.sources.survey`.

        Raises:
            InputError: a class name is empty.
        """
        values = dict(self.given)
        column = values.get("label_column")
        if isinstance(column, str) and column.removeprefix("-").isdecimal():
            values["label_column"] = int(column)
        if "class_names" in values:
            values["class_names"] = _split_names(values["class_names"])
        return values

    def or_else(self, other: DataOptions) -> DataOptions:
        """Returns these options, and those of another where these have none."""
        return DataOptions({**other.given, **self.given}, self.strict or other.strict)

    def to_json(self) -> dict[str, object]:
        """Returns the entry of a run's config.json."""
        return {**self.given, **({"strict": True} if self.strict else {})}

    @classmethod
    def from_json(cls, entry: object) -> DataOptions:
        """Returns the options of an entry of config.json; unknown ones are ignored."""
        values = entry if isinstance(entry, Mapping) else {}
        return cls({k: v for k, v in values.items() if k in OPTIONS}, values.get("strict") is True)

    @classmethod
    def of_command(cls, command: Mapping[str, Any]) -> DataOptions:
        """Returns the options of a command in a run's config.json, also under their older key."""
        return cls.from_json(command.get("data_options", command.get("reading")))

    @property
    def words(self) -> list[str]:
        """The words of a command with these options."""
        words = []
        for name, value in self.given.items():
            words += [f"--{name.replace('_', '-')}", str(value)]
        return words + (["--strict"] if self.strict else [])

    def refuse(self, where: str, why: str) -> None:
        """Raises InputError if an option was used, where none has a meaning."""
        if self.given:
            name = next(iter(self.given)).replace("_", "-")
            raise InputError(f"--{name} {why}", where=where)


def with_data_options(command: Callable[..., None]) -> Callable[..., None]:
    """Adds the data options to a command, which takes them as its argument `data_options`."""

    @wraps(command)
    def wrapper(**values: Any) -> None:
        options = {name: values.pop(name) for name in OPTIONS}
        strict = values.pop("strict")
        if strict:
            warnings.filterwarnings("error", category=DataWarning)
        given = {k: _plain(v) for k, v in options.items() if v is not None}
        command(**values, data_options=DataOptions(given, strict))

    signature = inspect.signature(command, eval_str=True)
    own = [part for part in signature.parameters.values() if part.name != "data_options"]
    kind = inspect.Parameter.KEYWORD_ONLY
    types = {**OPTIONS, "strict": STRICT}
    more = [
        inspect.Parameter(name, kind, default=False if name == "strict" else None, annotation=type_)
        for name, type_ in types.items()
    ]
    wrapper.__signature__ = signature.replace(parameters=[*own, *more])  # type: ignore[attr-defined]  # what typer reads
    return wrapper


def _plain(value: object) -> object:
    """Returns a value as JSON can hold it."""
    return str(value) if isinstance(value, StrEnum) else value


def _split_names(text: str) -> tuple[str, ...]:
    """Returns the class names of a comma-separated list."""
    names = tuple(name.strip() for name in text.split(","))
    if not all(names):
        raise InputError(
            "empty class name",
            where="--class-names",
            expected="names separated by commas",
            got=text,
        )
    return names
