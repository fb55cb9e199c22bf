"""The iTXt chunk `spritenet`: JSON with the keys of docs/reference/sprite-format.md."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from spritenet.dataset.multi_label import MOST_COLUMNS
from spritenet.errors import DataError
from spritenet.sprites.tiling import MAX_PIXELS, Tiling

__all__ = [
    "KEYWORD",
    "MAX_BYTES",
    "VERSION",
    "JsonFields",
    "Metadata",
    "Ranges",
    "clip_ranges",
    "parse_json",
]

VERSION, MULTI_LABEL_VERSION = 1, 2
"""Of the format: 2 where labels are multi-label rows, which readers of version 1 refuse."""

MOST_LABEL_BYTES = 1 << 28
"""Of a sprite's multi-label rows."""

KEYWORD = b"spritenet"
HEAD = KEYWORD + b"\0\0\0\0\0"  # not compressed, method 0, no language, no translated keyword
MAX_BYTES = 4 << 20  # of JSON: 65,536 classes with names of 50 letters

Ranges = tuple[tuple[str, int, int], ...]
"""Splits: name, first image, the image behind the last."""

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Metadata:
    """The metadata of a sprite or a folder of sprites.

    Args:
        tiling: image size, count and layout.
        class_names: of classes 0, 1, …
        splits: ranges of images that together are all of them, in order.
        class_counts: the number of images of each class.
        content_hash: the `Dataset.content_hash` of the images and labels.
        name: the data set's name.
        source: the author and the origin.
        licence: the licence's name.
        multi_label: True if an image may have several classes or none.
    """

    tiling: Tiling
    class_names: tuple[str, ...]
    splits: Ranges
    class_counts: tuple[int, ...]
    content_hash: str
    name: str = ""
    source: str = ""
    licence: str = ""
    multi_label: bool = False

    @property
    def label_columns(self) -> int:
        """The number of columns of multi-label rows; 0 for class indices."""
        return len(self.class_names) if self.multi_label else 0

    def to_json(self) -> dict[str, object]:
        """The JSON object."""
        tiling = self.tiling
        return {
            "version": MULTI_LABEL_VERSION if self.multi_label else VERSION,
            "name": self.name,
            "height": tiling.height,
            "width": tiling.width,
            "channels": tiling.channels,
            "count": tiling.count,
            "layout": tiling.layout,
            "columns": tiling.columns,
            "classes": list(self.class_names),
            "class_counts": list(self.class_counts),
            "splits": {name: [first, stop] for name, first, stop in self.splits},
            "sha256": self.content_hash,
            "source": self.source,
            "licence": self.licence,
            **({"multi_label": True} if self.multi_label else {}),
        }

    def to_itxt(self) -> bytes:
        """The chunk's data.

        Raises:
            DataError: the class names are too long, or multi-label rows take too much.
        """
        if self.tiling.count * self.label_columns > MOST_LABEL_BYTES:
            raise DataError(
                "too many labels for a sprite",
                where=self.name,
                expected=f"at most {MOST_LABEL_BYTES:,} images times classes",
                got=f"{self.tiling.count:,} × {self.label_columns:,}",
                do="Pass fewer shard_rows (spritenet pack --shard-rows).",
            )
        data = HEAD + encode_json(self.to_json())
        if len(data) > MAX_BYTES:
            raise DataError(
                "the class names are too long for a sprite",
                where=self.name,
                expected=f"at most {MAX_BYTES:,} bytes of metadata",
                got=f"{len(data):,}",
            )
        return data

    @classmethod
    def from_itxt(cls, data: bytes, where: str) -> Metadata:
        """Reads the chunk's data.

        Raises:
            DataError: it isn't JSON of version 1 or 2, or says something impossible.
        """
        if not data.startswith(HEAD):
            raise DataError(
                "its metadata are compressed or translated", where=where, expected="plain iTXt"
            )
        found = cls.from_json(parse_json(data[len(HEAD) :], where), where)
        if found.tiling.count * found.label_columns > MOST_LABEL_BYTES:
            raise DataError("its labels take too much memory", where=where)
        return found

    @classmethod
    def from_json(cls, values: dict[str, Any], where: str) -> Metadata:
        """Reads the JSON object.

        Raises:
            DataError: a key is missing or says something impossible.
        """
        fields = JsonFields(values, where)
        version = fields.number("version", 1, 2**31)
        if version > MULTI_LABEL_VERSION:
            raise DataError(
                "it is of a newer version",
                where=where,
                expected=f"{VERSION} or {MULTI_LABEL_VERSION}",
                got=values["version"],
                do="Install a newer spritenet.",
            )
        tiling = Tiling(
            height=fields.number("height", 1, MAX_PIXELS),
            width=fields.number("width", 1, MAX_PIXELS),
            channels=fields.choice("channels", (1, 3, 4)),
            count=fields.number("count", 1, 2**62),
            layout=fields.choice("layout", ("rows", "grid")),
            columns=fields.number("columns", 1, MAX_PIXELS),
        )
        if tiling.layout == "rows" and tiling.columns != 1:
            raise fields.wrong("columns", "1 in layout rows")
        names = fields.names("classes")
        counts = tuple(fields.numbers("class_counts", len(names)))
        several = version == MULTI_LABEL_VERSION
        if several:
            fields.choice("multi_label", (True,))
        if several and len(names) > MOST_COLUMNS:
            raise fields.wrong("classes", f"at most {MOST_COLUMNS:,} of multi-label data")
        if several and max(counts) > tiling.count:
            raise fields.wrong("class_counts", f"at most {tiling.count} images each")
        if not several and sum(counts) != tiling.count:
            raise fields.wrong("class_counts", f"{tiling.count} images together")
        return cls(
            tiling,
            names,
            fields.ranges("splits", tiling.count),
            counts,
            fields.hexadecimal("sha256"),
            fields.text("name"),
            fields.text("source"),
            fields.text("licence"),
            several,
        )


def clip_ranges(splits: Ranges, first: int, stop: int) -> Ranges:
    """The splits' parts in a range of images, counted from its beginning.

    Splits without images stay only where the range is all there is.
    """
    parts = [
        (name, max(begin, first) - first, min(end, stop) - first) for name, begin, end in splits
    ]
    whole = (first, stop) == (0, splits[-1][2])
    return tuple(part for part in parts if part[1] < part[2] or whole)


def encode_json(values: dict[str, object]) -> bytes:
    """JSON as it is written: the same bytes for the same values."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()


def parse_json(text: bytes, where: str) -> dict[str, Any]:
    """A JSON object, or DataError."""
    try:
        values = json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise DataError("its metadata are not JSON", where=where, got=error) from None
    if not isinstance(values, dict):
        raise DataError("its metadata are not a JSON object", where=where)
    return values


@dataclass(frozen=True, slots=True)
class JsonFields:
    """A JSON object whose values are checked as they are read.

    Args:
        values: the object.
        where: the file's name, for errors.
    """

    values: dict[str, Any]
    where: str

    def wrong(self, key: str, expected: object) -> DataError:
        """The error of a value that is not as it must be."""
        got = json.dumps(self.values[key])[:60] if key in self.values else "nothing"
        return DataError(f"invalid metadata: {key!r}", where=self.where, expected=expected, got=got)

    def number(self, key: str, least: int, most: int) -> int:
        """A whole number in this range."""
        value = self.values.get(key)
        if not isinstance(value, int) or not _whole(value) or not least <= value <= most:
            raise self.wrong(key, f"a whole number from {least} to {most:,}")
        return value

    def numbers(self, key: str, count: int) -> list[int]:
        """So many whole numbers, none of them negative."""
        value = self.values.get(key)
        if not isinstance(value, list) or len(value) != count:
            raise self.wrong(key, f"a list of {count}")
        if not all(_whole(item) and 0 <= item < 2**62 for item in value):
            raise self.wrong(key, "whole numbers")
        return value

    def choice(self, key: str, of: Sequence[Value]) -> Value:
        """One of these."""
        value = self.values.get(key)
        for allowed in of:
            if type(value) is type(allowed) and value == allowed:
                return allowed
        raise self.wrong(key, "one of " + ", ".join(map(str, of)))

    def text(self, key: str) -> str:
        """A text, empty if it isn't there."""
        value = self.values.get(key, "")
        if not isinstance(value, str):
            raise self.wrong(key, "a text")
        return value

    def names(self, key: str) -> tuple[str, ...]:
        """Names, at least one, all different, none of them empty."""
        value = self.values.get(key)
        fine = isinstance(value, list) and value and all(isinstance(n, str) and n for n in value)
        if not fine or len(set(value or ())) != len(value or ()):
            raise self.wrong(key, "names, all different")
        return tuple(value or ())

    def hexadecimal(self, key: str) -> str:
        """A SHA-256 in hex."""
        value = self.values.get(key)
        if not isinstance(value, str) or len(value) != 64 or set(value) - set("0123456789abcdef"):
            raise self.wrong(key, "64 hexadecimal digits")
        return value

    def ranges(self, key: str, count: int) -> Ranges:
        """Ranges of images under their names, which together are all `count`, in order."""
        value = self.values.get(key)
        if not isinstance(value, dict) or not value:
            raise self.wrong(key, "a range of images for each split")
        ranges = []
        for name, pair in value.items():
            fine = isinstance(pair, list) and len(pair) == 2 and all(map(_whole, pair))
            if not name or not fine:
                raise self.wrong(key, "[first image, image behind the last] for each split")
            ranges.append((name, int(pair[0]), int(pair[1])))
        ranges.sort(key=lambda each: each[1:])
        place = 0
        for _, first, stop in ranges:
            if first != place or stop < first:
                place = -1
                break
            place = stop
        if place != count:
            raise self.wrong(key, f"ranges that together are all {count} images")
        return tuple(ranges)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
