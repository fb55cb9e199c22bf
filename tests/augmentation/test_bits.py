"""Augmented pixels are the same bytes on every processor: their hash is written here."""

from __future__ import annotations

from hashlib import sha256

import numpy as np

from spritenet.augmentation import augmented, find_steps

AUGMENTS = ("digits", "photos,erasing=1", "elastic=1,rotation=90,fill=wrap")
HASHES = ("7f86a08cf27abe15", "22918d8588e878df", "33d15c703ab47f95")


def hashed(augment: str) -> str:
    """The start of the hash of some augmented images."""
    images = (np.arange(20 * 13 * 17 * 3) * 7919 % 251).astype(np.uint8).reshape(20, 13, 17, 3)
    return sha256(augmented(images, find_steps(augment), seed=9, epoch=4).tobytes()).hexdigest()[
        :16
    ]


def test_the_bytes_are_those_of_every_other_machine() -> None:
    """Whatever instructions there are for products and sums."""
    assert tuple(map(hashed, AUGMENTS)) == HASHES
