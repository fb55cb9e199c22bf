"""`metadata.json`, which Teachable Machine and others put beside a model: labels and image size."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from spritenet.errors import ModelError
from spritenet.export.class_names import checked_names
from spritenet.export.error_location import quoted
from spritenet.export.weights import read_file

__all__ = ["METADATA_JSON", "Beside", "read_beside"]

METADATA_JSON = "metadata.json"
MAXIMAL_BYTES = 2**20
MAXIMAL_SIDE = 65_535  # pixels
PACKAGES = "@teachablemachine/"
"""Begins `packageName` of Teachable Machine's files."""


@dataclass(frozen=True, slots=True)
class Beside:
    """The content of a model's metadata.json.

    Attributes:
        labels: the class names; empty if there are none.
        image_size: the height and width of images; None if it isn't stated.
        is_teachable_machine: True if Teachable Machine wrote it, and so the model.
    """

    labels: tuple[str, ...] = ()
    image_size: int | None = None
    is_teachable_machine: bool = False


def read_beside(folder: Path) -> Beside:
    """Returns the content of a folder's metadata.json; nothing where there is none.

    Raises:
        ModelError: it is damaged, or that of a model that doesn't take images.
    """
    path = folder / METADATA_JSON
    if not path.is_file():
        return Beside()
    try:
        content = json.loads(read_file(path, MAXIMAL_BYTES))
    except (ValueError, RecursionError) as error:
        raise ModelError("not JSON", where=path, got=quoted(error)) from error
    if not isinstance(content, dict):
        return Beside()
    package = str(content.get("packageName", ""))
    if package.startswith(PACKAGES) and package != f"{PACKAGES}image":
        raise ModelError(
            "the model doesn't take images",
            where=path,
            expected=f"Teachable Machine's {PACKAGES}image",
            got=quoted(package),
        )
    size = content.get("imageSize")
    if type(size) is not int or not 0 < size <= MAXIMAL_SIDE:
        size = None
    return Beside(
        checked_names(content.get("labels", []), path, empty=True),
        size,
        package.startswith(PACKAGES) or isinstance(content.get("tmVersion"), str),
    )
