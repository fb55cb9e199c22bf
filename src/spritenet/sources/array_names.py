"""What an array, a column or a file holds, and of which split, by its name.

x_train, y_train            Keras
train_images, val_labels    MedMNIST
images, labels              a plain pair
mnist_test.csv              Kaggle
"""

from __future__ import annotations

import re

from spritenet.sources.class_folders import ORDER, SPLITS

__all__ = ["CLASS_NAMES", "LABELS", "ordered", "role_of", "split_of"]

IMAGES = frozenset({"images", "image", "imgs", "img", "x", "data", "pixels", "features"})
LABELS = frozenset({"labels", "label", "y", "targets", "target", "class", "classes", "digit"})
CLASS_NAMES = frozenset({"class_names", "label_names", "classes_names"})
APART = re.compile(r"[^a-z0-9]+")

Role = tuple[str, str]
"""A split, and "images" or "labels"."""


def role_of(name: str) -> Role | None:
    """What an array is by its name; None if it doesn't say.

    >>> role_of("x_train"), role_of("val_labels"), role_of("images"), role_of("notes")
    (('train', 'images'), ('validation', 'labels'), ('train', 'images'), None)
    """
    words = [word for word in APART.split(name.lower()) if word]
    kinds = ["images" if word in IMAGES else "labels" for word in words if word in IMAGES | LABELS]
    splits = [SPLITS[word] for word in words if word in SPLITS]
    if len(kinds) != 1 or len(splits) > 1 or len(words) != len(kinds) + len(splits):
        return None
    return (splits or ["train"])[0], kinds[0]


def split_of(name: str) -> str | None:
    """The split that a file's name names; None if it names none, or several.

    >>> split_of("mnist_test.csv"), split_of("train-00000-of-00002.parquet"), split_of("a.csv")
    ('test', 'train', None)
    """
    found = {SPLITS[word] for word in APART.split(name.lower()) if word in SPLITS}
    return found.pop() if len(found) == 1 else None


def ordered(names: set[str] | list[str]) -> list[str]:
    """Splits in the order in which they are stored: train, validation, test, others by name."""
    rank = {name: place for place, name in enumerate(ORDER)}
    return sorted(names, key=lambda name: (rank.get(name, len(ORDER)), name))
