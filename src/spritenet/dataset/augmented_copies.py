"""Augmented copies beside their originals: what training sees of some images of a split."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from spritenet.augmentation import Step, augmented, flip_note, flips
from spritenet.dataset.contact_sheet import Row, draw_rows
from spritenet.dataset.load_warnings import warn
from spritenet.dataset.multi_label import Labels, is_multi_label, label_text
from spritenet.permutation import permutation

__all__ = ["COLUMNS", "captioned_copies", "copies_sheet", "some_places", "with_copies"]

COLUMNS = 10
"""Images in a row of a figure, with the original."""

HEADS = ("original", "augmented, as training sees it in its first epochs")


def with_copies(
    images: NDArray[np.uint8],
    places: NDArray[np.int64],
    steps: Sequence[Step],
    copies: int,
    class_names: Sequence[str] = (),
    seed: int = 0,
) -> NDArray[np.uint8]:
    """Returns images, each before its copies: uint8, m (1 + copies) h w c.

    Copy k is what training with that seed sees of the image in epoch k, without MixUp and CutMix.

    Args:
        images: uint8, n h w c.
        places: the indices of m of them.
        steps: the augmentation.
        copies: of each image.
        class_names: of the classes, for a warning of flipped letters and digits.
        seed: of the training.

    Raises:
        ModelError: a step doesn't fit the images.
    """
    if flips(steps) and (note := flip_note(class_names)):
        warn(note)
    some = images[places]
    made = [augmented(some, steps, seed=seed, epoch=k, identities=places) for k in range(copies)]
    return np.stack([some, *made], axis=1)


def some_places(
    labels: Labels, count: int, *, classes: int = 0, seed: int | None = 0
) -> NDArray[np.int64]:
    """Returns the indices of some images.

    Args:
        labels: class indices, n, or rows of 0 and 1, n k.
        count: of images, at most.
        classes: 0, or the number of classes of which each gives one image.
        seed: of the choice; None for the first ones.
    """
    size = len(labels)
    if seed is None or not size:
        mixed = np.arange(size, dtype=np.int64)
    else:
        mixed = permutation(seed, 0, size, 0, size)
    if not classes:
        return mixed[:count]
    found: list[int] = []
    for number in range(classes):
        has = labels[mixed, number] == 1 if is_multi_label(labels) else labels[mixed] == number
        found += [place for place in mixed[has].tolist() if place not in found][:1]
    return np.array(found[:count], np.int64)


def captioned_copies(
    images: NDArray[np.uint8],
    labels: Labels,
    class_names: Sequence[str],
    steps: Sequence[Step],
    *,
    rows: int,
    seed: int,
) -> tuple[NDArray[np.uint8], list[str]]:
    """Returns rows of COLUMNS images, each an image and copies of it, and their captions.

    Args:
        images: uint8, n h w c.
        labels: class indices, n, or rows of 0 and 1, n k.
        class_names: the names of classes 0, 1, …
        steps: the augmentation.
        rows: of images, chosen by the seed.
        seed: of the choice and of the augmentation.

    Raises:
        ModelError: a step doesn't fit the images.
    """
    places = some_places(labels, rows, seed=seed)
    shown = with_copies(images, places, steps, COLUMNS - 1, class_names, seed)
    captions = [
        f"{label_text(label, class_names)}, original" if column == 0 else ""
        for label in labels[places]
        for column in range(COLUMNS)
    ]
    return shown.reshape(-1, *images.shape[1:]), captions


def copies_sheet(
    images: NDArray[np.uint8],
    labels: Labels,
    class_names: Sequence[str],
    steps: Sequence[Step],
    places: NDArray[np.int64],
    *,
    columns: int = 14,
    seed: int = 0,
) -> bytes:
    """Draws a row for each of some images: the image and augmented copies of it.

    Args:
        images: uint8, n h w c.
        labels: class indices, n.
        class_names: the names of classes 0, 1, …
        steps: the augmentation.
        places: the indices of the images; see `some_places`.
        columns: images in a row, with the original.
        seed: of the augmentation.

    Returns:
        A PNG file.

    Raises:
        ModelError: a step doesn't fit the images.
    """
    shown = with_copies(images, places, steps, max(1, columns - 1), class_names, seed)
    rows = [
        Row(label_text(labels[place], class_names), f"image {place:,}", tiles)
        for place, tiles in zip(places.tolist(), shown, strict=True)
    ]
    return draw_rows(rows, images.shape[1:], heads=HEADS)
