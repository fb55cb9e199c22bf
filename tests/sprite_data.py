"""Data sets to write sprites of."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from spritenet import Dataset, Split

__all__ = ["data_set", "data_sets", "same"]


def data_set(
    count: int = 20,
    shape: tuple[int, int, int] = (5, 4, 1),
    *,
    classes: int = 3,
    test: int = 0,
    seed: int = 0,
    smooth: bool = False,
) -> Dataset:
    """Random images in which some pixels are zero; `smooth` ones want the filter Sub."""
    random = np.random.default_rng(seed)
    total = count + test
    if smooth:
        steps = random.integers(0, 3, (total, *shape))
        values = (np.cumsum(steps, axis=2) + random.integers(0, 200, (total, 1, 1, 1))) % 256
    else:
        values = random.integers(0, 256, (total, *shape)) * random.integers(0, 2, (total, *shape))
    images = values.astype(np.uint8)
    labels = random.integers(0, classes, total).astype(np.int32)
    names = tuple(f"class {number}" for number in range(classes))
    splits = {"train": Split(images[:count], labels[:count], names, "train")}
    if test:
        splits["test"] = Split(images[count:], labels[count:], names, "test")
    return Dataset("made up", splits, names, "nowhere", "CC0-1.0")


@st.composite
def data_sets(draw: st.DrawFn) -> Dataset:
    """Any small data set."""
    sides = st.integers(1, 9)
    shape = (draw(sides), draw(sides), draw(st.sampled_from([1, 3, 4])))
    return data_set(
        draw(st.integers(1, 40)),
        shape,
        classes=draw(st.sampled_from([1, 2, 10, 257])),
        test=draw(st.integers(0, 9)),
        seed=draw(st.integers(0, 99)),
        smooth=draw(st.booleans()),
    )


def same(a: Dataset, b: Dataset) -> bool:
    """Returns True if two data sets have the same images and labels in the same splits."""
    return (
        list(a.splits) == list(b.splits)
        and a.class_names == b.class_names
        and a.content_hash == b.content_hash
        and (a.name, a.source, a.licence) == (b.name, b.source, b.licence)
    )
