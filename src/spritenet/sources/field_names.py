"""Field names: the words by which arrays, columns, files and folders are recognized.

x_train, y_train            Keras
train_images, val_labels    MedMNIST
images, labels              a plain pair
mnist_test.csv              Kaggle
"""

from __future__ import annotations

import re

__all__ = ["CLASS_NAMES", "LABELS", "ORDER", "SPLITS", "role_of", "sort_splits", "split_in_name"]

SPLITS = {
    "train": "train",
    "training": "train",
    "test": "test",
    "testing": "test",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
}
"""Words for splits, in lower case."""

ORDER = ("train", "validation", "test")


IMAGES = frozenset({"images", "image", "imgs", "img", "x", "data", "pixels", "features"})
LABELS = frozenset({"labels", "label", "y", "targets", "target", "class", "classes", "digit"})
CLASS_NAMES = frozenset({"class_names", "label_names", "classes_names", "target_names"})
APART = re.compile(r"[^a-z0-9]+")

Role = tuple[str, str]
"""A split, and "images" or "labels"."""


def role_of(name: str) -> Role | None:
    """Returns an array's split and kind by its name; None if the name is another.

    >>> role_of("x_train"), role_of("val_labels"), role_of("images"), role_of("notes")
    (('train', 'images'), ('validation', 'labels'), ('train', 'images'), None)
    """
    words = [word for word in APART.split(name.lower()) if word]
    kinds = ["images" if word in IMAGES else "labels" for word in words if word in IMAGES | LABELS]
    splits = [SPLITS[word] for word in words if word in SPLITS]
    if len(kinds) != 1 or len(splits) > 1 or len(words) != len(kinds) + len(splits):
        return None
    return (splits or ["train"])[0], kinds[0]


def split_in_name(name: str) -> str | None:
    """Returns the split that a file's name contains; None if there is none, or several.

    >>> [split_in_name(name) for name in ("mnist_test.csv", "train-0-of-2.parquet", "a.csv")]
    ['test', 'train', None]
    """
    found = {SPLITS[word] for word in APART.split(name.lower()) if word in SPLITS}
    return found.pop() if len(found) == 1 else None


def sort_splits(names: set[str] | list[str]) -> list[str]:
    """Sorts splits into stored order: train, validation, test, then others by name."""
    rank = {name: place for place, name in enumerate(ORDER)}
    return sorted(names, key=lambda name: (rank.get(name, len(ORDER)), name))
