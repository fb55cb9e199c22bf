"""`strokes`: synthetic handwriting, so that everything works offline and without a licence.

    glyphs.py   the ways to write each digit, as text
    shapes.py   that text as control points
    style.py   how much writers differ
    noise.py    chance as arithmetic: the j-th random number of image i
    writer.py     a writer: control points, varied
    curves.py   smooth pen lines through them
    paper.py    lines into MNIST's box, with a pen
    digits.py   image i of a seed: pixels (by the core) or pen paths

It knows handwriting, never a network.
"""

from __future__ import annotations

from spritenet.dataset import Dataset, Split
from spritenet.errors import InputError
from spritenet.sources.strokes.digits import STREAMS, draw_digits, pen_paths

__all__ = ["draw_digits", "pen_paths", "strokes"]


def strokes(train: int = 20_000, test: int = 2_000, seed: int = 0) -> Dataset:
    """The drawn digits as a data set: splits `train` and `test`, 28×28×1, classes "0" to "9".

    Image i of a split depends on the seed and i alone, on any machine: asking for more images
    changes none. Each ten images hold each digit once.

    Args:
        train: how many to learn from.
        test: how many to test with; other drawings by the same writers' habits.
        seed: whose drawings; any integer.

    Raises:
        InputError: a split would be empty.
    """
    names = tuple("0123456789")
    splits = {}
    for name, count in (("train", train), ("test", test)):
        if count < 1:
            raise InputError(
                "too few images", where=f"strokes, {name}", expected="1 or more", got=count
            )
        images, labels = draw_digits(count, seed=seed, stream=STREAMS[name])
        splits[name] = Split(images, labels, names, name)
    return Dataset(
        name="strokes",
        splits=splits,
        class_names=names,
        source=f"drawn by Spritenet, seed {seed}",
        licence="Apache-2.0",
    )
