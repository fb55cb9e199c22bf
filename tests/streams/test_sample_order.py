"""The orders of a stream: every image once an epoch, any part at once, well shuffled."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spritenet.permutation import epoch_key, permutation
from spritenet.streams.sample_order import Extent, Order, Shuffled, Stored, Windowed


def extents(draw: st.DrawFn) -> list[Extent]:
    """Some extents of sprites, one after the other in the split."""
    made, start = [], 0
    for sprite in range(draw(st.integers(1, 6))):
        count = draw(st.integers(1, 60))
        made.append(Extent(sprite, draw(st.integers(0, 40)), start, count))
        start += count
    return made


@st.composite
def windowed(draw: st.DrawFn) -> Windowed:
    """An order by windows of any extents."""
    return Windowed(extents(draw), draw(st.integers(1, 30)), draw(st.integers(1, 9)))


@st.composite
def orders(draw: st.DrawFn) -> Order:
    """Any order of a few images."""
    if draw(st.booleans()):
        return draw(windowed())
    size, most = draw(st.integers(1, 200)), draw(st.integers(1, 250))
    return Shuffled(size, most) if draw(st.booleans()) else Stored(size, most)


SEEDS = st.integers(0, 2**64 - 1)
EPOCHS = st.integers(0, 5)


@given(orders(), SEEDS, EPOCHS)
def test_an_epoch_has_each_image_once(order: Order, seed: int, epoch: int) -> None:
    """For any extents, chunks, windows and seeds."""
    seen = order.indices(seed, epoch, 0, order.size)
    assert sorted(seen.tolist()) == list(range(order.size))


@given(orders(), SEEDS, EPOCHS, st.data())
def test_any_part_of_an_epoch_is_made_alone(
    order: Order, seed: int, epoch: int, data: st.DataObject
) -> None:
    """The part is that of the whole epoch, wherever it begins and ends."""
    whole = order.indices(seed, epoch, 0, order.size)
    start = data.draw(st.integers(0, order.size))
    stop = data.draw(st.integers(start, order.size))
    assert order.indices(seed, epoch, start, stop).tolist() == whole[start:stop].tolist()


@given(orders(), SEEDS, EPOCHS)
def test_units_tile_an_epoch(order: Order, seed: int, epoch: int) -> None:
    """One begins where the one before ended, and each is the unit of all of its places."""
    place = 0
    while place < order.size:
        start, stop = order.unit(seed, epoch, place)
        assert start == place < stop
        assert order.unit(seed, epoch, stop - 1) == (start, stop)
        place = stop
    assert place == order.size


@given(windowed(), SEEDS, EPOCHS)
def test_windows_are_what_the_documentation_says(order: Windowed, seed: int, epoch: int) -> None:
    """Chunks made as lists, shuffled and joined, give the same as the arithmetic."""
    chunks: list[list[int]] = []
    for extent in order.extents:
        by_number: dict[int, list[int]] = {}
        for image in range(extent.count):
            chunk = (extent.first + image) // order.chunk
            by_number.setdefault(chunk, []).append(extent.start + image)
        chunks += by_number.values()
    shuffled = [chunks[number] for number in permutation(seed, epoch, len(chunks))]
    expected = []
    for window in range(-(-len(chunks) // order.window)):
        first = window * order.window
        images = [i for chunk in shuffled[first : first + order.window] for i in chunk]
        inner = permutation(epoch_key(seed, epoch), window, len(images))
        expected += [images[k] for k in inner]
    assert order.indices(seed, epoch, 0, order.size).tolist() == expected


def test_windows_mix_classes_that_lie_one_after_the_other() -> None:
    """Of 10 classes stored in order, a window has of each class about what chance gives it.

    64 chunks of 10 classes: the share of a class varies by sqrt(0.1 · 0.9 / 64) = 0.0375. A chunk
    order that kept neighbours together would give windows of one class, with shares of 0 and 1.
    """
    order = Windowed([Extent(0, 0, 0, 64_000)], 50, 64)
    labels = np.arange(64_000) // 6_400
    shares = []
    for epoch in range(5):
        classes = labels[order.indices(0, epoch, 0, order.size)].reshape(20, 3200)
        shares += [np.bincount(window, minlength=10) / 3200 for window in classes]
    assert 0.030 < np.std(shares) < 0.045


def test_every_image_comes_everywhere() -> None:
    """Over many epochs each image is in each tenth of the epoch equally often (chi-square)."""
    order = Windowed([Extent(0, 3, 0, 97), Extent(1, 0, 97, 103)], 10, 4)
    epochs = 500
    seen = np.zeros((200, 10))
    for epoch in range(epochs):
        seen[order.indices(7, epoch, 0, 200), np.arange(200) // 20] += 1
    expected = epochs / 10
    chi_square = ((seen - expected) ** 2 / expected).sum(1)  # 9 degrees of freedom an image
    # The mean of 200 of them has a deviation of sqrt(2 · 9 / 200) = 0.3 if they were independent;
    # images of one chunk go together, ten or so at a time: 0.95.
    assert 9 - 4 < chi_square.mean() < 9 + 4


def test_neighbours_in_a_window_are_not_neighbours_in_the_file() -> None:
    """No serial correlation within windows, as in a plain shuffle."""
    order = Windowed([Extent(0, 0, 0, 60_000)], 166, 64)
    places = order.indices(1, 0, 0, 60_000)
    start, stop = order.unit(1, 0, 20_000)
    inside = places[start:stop].astype(np.float64)
    correlation = np.corrcoef(inside[:-1], inside[1:])[0, 1]
    assert abs(correlation) < 0.03
