"""`strokes`: synthetic handwriting, which works offline and needs no licence.

    glyphs.py   the variants of each digit, as text
    more_glyphs.py   those that version 2 adds
    shapes.py   that text as control points
    style.py   HandwritingStyle: the variation between writers
    noise.py    Noise: the j-th random number of image i, computed from the seed
    writer.py     control points, varied at random
    curves.py   smooth curves through them
    paper.py    curves scaled into MNIST's box, and pen widths
    pseudo_glyphs.py, composed_glyphs.py   characters of no script
    digits.py   image i of a seed, as pixels (drawn by the core) or pen paths

The package has no networks or training.
"""

from __future__ import annotations

from spritenet.dataset import Dataset, Split
from spritenet.errors import InputError
from spritenet.sources.strokes.digits import STREAMS, VERSIONS, draw_digits, pen_paths

__all__ = ["draw_digits", "pen_paths", "strokes"]


def strokes(train: int = 20_000, test: int = 2_000, seed: int = 0, *, version: int = 1) -> Dataset:
    """Returns synthetic digits: splits `train` and `test`, 28×28×1, classes "0" to "9".

    Image i of a split depends only on the seed and i, on any machine, so a larger set starts with
    the images of a smaller one. Every ten images contain each digit once.

    Args:
        train: the number of training images.
        test: the number of test images: other drawings in the same handwriting styles.
        seed: the random seed, any integer.
        version: of the ways to write. Version 2 adds a 1 with a long flag and no foot, a slashed 0
            and a narrow 0; its name is `strokes2`. A version's images never change.

    Raises:
        InputError: a split would be empty, or an unknown version.
    """
    if version not in VERSIONS:
        raise InputError(
            "unknown version", where="strokes", expected=f"one of {[*VERSIONS]}", got=version
        )
    names = tuple("0123456789")
    splits = {}
    for name, count in (("train", train), ("test", test)):
        if count < 1:
            raise InputError(
                "too few images", where=f"strokes, {name}", expected="1 or more", got=count
            )
        images, labels = draw_digits(count, seed=seed, stream=STREAMS[name], version=version)
        splits[name] = Split(images, labels, names, name)
    return Dataset(
        name="strokes" if version == 1 else f"strokes{version}",
        splits=splits,
        class_names=names,
        source=f"drawn by Spritenet, seed {seed}",
        licence="Apache-2.0",
    )
