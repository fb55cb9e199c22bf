"""A few images of each class, for a page that goes on learning: as a sprite."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from spritenet import sprites
from spritenet.dataset import Dataset, Split
from spritenet.errors import DataError
from spritenet.export import SavedModel
from spritenet.permutation import permutation
from spritenet.sprites.tiling import fit_tiling

__all__ = ["COUNT", "examples_for", "for_one_sprite", "sprite_bytes"]

COUNT = 1500
"""A page that is taught mixes a drawing with examples of everything, lest it forgets the rest."""


def examples_for(model: SavedModel, data: Dataset, count: int = COUNT) -> Split:
    """Training images to teach a model with, as many of each class as far as there are any.

    Args:
        model: that will be taught.
        data: with the images it takes, of the classes it tells apart.
        count: images of all classes together, about.

    Raises:
        DataError: these are other images or classes, or there is no split to train on.
    """
    split = data.train
    classes = model.metadata.class_names or split.class_names
    outputs = (len(split.class_names),)
    if (split.image_shape, split.class_names, outputs) != (
        model.image_shape,
        classes,
        model.output_shape,
    ):
        height, width, channels = model.image_shape
        raise DataError(
            "the images don't match the model's input",
            where=data.name,
            expected=f"{height}×{width}×{channels} pixels, classes {_short(classes)}",
            got="{}×{}×{} pixels, classes {}".format(*split.image_shape, _short(split.class_names)),
        )
    return _balanced(split, count)


def for_one_sprite(data: Dataset) -> Dataset:
    """As much of a data set as one sprite holds: its largest split gives some up, class by class.

    Raises:
        InputError: that split alone doesn't suffice, or an image is too large for a sprite.
    """
    count = sum(len(split) for split in data.splits.values())
    excess = count - fit_tiling(data.image_shape, count)[1]
    if excess <= 0:
        return data
    name = max(data.splits, key=lambda name: len(data[name]))
    kept, _ = data[name].split(excess)
    splits = {**data.splits, name: kept}
    return Dataset(data.name, splits, data.class_names, data.source, data.licence)


def sprite_bytes(data: Dataset | Split) -> bytes:
    """A data set that fits into one sprite, as the bytes of its PNG."""
    with tempfile.TemporaryDirectory(prefix="spritenet-") as folder:
        return sprites.pack(data, Path(folder) / "data.png").read_bytes()


def _short(names: tuple[str, ...]) -> str:
    """The first few names."""
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")


def _balanced(split: Split, count: int) -> Split:
    """As many images of each class, as far as there are any, in a mixed order.

    Args:
        split: to choose from.
        count: images of all classes together, about.
    """
    each = max(1, count // len(split.class_names))
    chosen = []
    for number in range(len(split.class_names)):
        several = split.is_multi_label
        members = np.flatnonzero(split.labels[:, number] if several else split.labels == number)
        if len(members):
            chosen.append(members[permutation(0, number, len(members), 0, min(each, len(members)))])
    indices = np.concatenate(chosen)
    if split.is_multi_label:  # an image may have been chosen for several classes
        indices = np.unique(indices)
    return split[indices[permutation(0, 0, len(indices))]]
