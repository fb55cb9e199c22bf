"""The order of images: a permutation, the same everywhere for ever, and as good as a shuffle."""

import ctypes
import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from spritenet import permutation as module
from spritenet.core.library import ERROR_BYTES, builds, load
from spritenet.errors import InputError
from spritenet.permutation import permutation, step_indices, steps_per_epoch

words = st.integers(0, 2**64 - 1)


@given(seed=words, epoch=words, size=st.integers(1, 3000))
def test_every_epoch_is_a_permutation(seed: int, epoch: int, size: int) -> None:
    """Each index occurs once: no image is missed, none is seen twice."""
    assert np.array_equal(np.sort(permutation(seed, epoch, size)), np.arange(size))


@pytest.mark.parametrize("size", [32767, 32768, 32769, 60_000, 2**18 + 1])
def test_block_edges_do_not_show(size: int) -> None:
    """Sizes around the blocks of the computation and around powers of two are permutations too."""
    assert np.array_equal(np.sort(permutation(3, 1, size)), np.arange(size))


@given(
    seed=words, epoch=words, size=st.integers(1, 2**62), where=st.floats(0, 1), n=st.integers(0, 50)
)
def test_a_part_is_cut_from_the_whole(
    seed: int, epoch: int, size: int, where: float, n: int
) -> None:
    """Any places can be asked for by themselves, in data sets of any size."""
    start = min(int(where * size), size)
    stop = min(start + n, size)
    part = permutation(seed, epoch, size, start, stop)
    singly = [
        permutation(seed, epoch, size, i, i + 1)[0] for i in range(start, min(stop, start + 3))
    ]
    assert part.dtype == np.int64
    assert len(part) == stop - start
    assert part[:3].tolist() == singly
    assert len(set(part.tolist())) == len(part)
    assert all(0 <= index < size for index in part)


GOLDEN: list[tuple[int, int, int, list[int]]] = [
    (0, 0, 1, [0]),
    (0, 0, 10, [0, 6, 2, 7, 3, 8, 1, 5, 9, 4]),
    (0, 1, 10, [9, 5, 3, 1, 4, 8, 7, 6, 0, 2]),
    (1, 0, 10, [2, 7, 6, 8, 0, 1, 3, 5, 9, 4]),
    (7, 3, 2, [1, 0]),
    (42, 5, 3, [1, 0, 2]),
    (0, 0, 60_000, [39008, 815, 39295, 4726, 39820, 42481, 5717, 49382]),
    (2**64 - 1, 2**40, 60_000, [1765, 33186, 53582, 20006, 19053, 50112, 25207, 7391]),
    (12345, 67, 65_537, [41309, 49715, 52549, 42885, 59596, 62759, 860, 45755]),
]


@pytest.mark.parametrize(("seed", "epoch", "size", "first"), GOLDEN)
def test_the_integers_never_change(seed: int, epoch: int, size: int, first: list[int]) -> None:
    """Published runs name their batches by these: a change here breaks every one of them."""
    assert permutation(seed, epoch, size, 0, len(first)).tolist() == first


def slowly(seed: int, epoch: int, size: int, place: int) -> int:
    """The definition in `docs/explanation/permutation.md`, in plain Python integers."""

    def mix(z: int) -> int:
        z %= 2**64
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
        return z ^ (z >> 31)

    def scramble(x: int, key: int) -> int:
        h = (x ^ key) * 0x9E3779B1 % 2**32
        h = (h ^ (h >> 15)) * 0x85EBCA77 % 2**32
        h = (h ^ (h >> 13)) * 0xC2B2AE3D % 2**32
        return h ^ (h >> 16)

    golden = 0x9E3779B97F4A7C15
    key = mix(mix(seed + golden) + epoch * golden + golden)
    bits = max(8, (size - 1).bit_length())
    a, c = bits // 2, bits - bits // 2
    while True:
        left, right = divmod(place, 2**c)
        for r in range(8):
            round_key = mix(key + (r + 1) * golden) >> 32
            if r % 2 == 0:
                left ^= scramble(right, round_key) >> (32 - a)
            else:
                right ^= scramble(left, round_key) >> (32 - c)
        place = left * 2**c + right
        if place < size:
            return place


@given(seed=words, epoch=words, size=st.integers(1, 2**62), where=st.floats(0, 1))
def test_it_is_the_documented_arithmetic(seed: int, epoch: int, size: int, where: float) -> None:
    """The vectorised code and the definition agree, up to the largest size."""
    place = min(int(where * size), size - 1)
    expected = slowly(seed, epoch, size, place)
    assert permutation(seed, epoch, size, place, place + 1).tolist() == [expected]


@pytest.mark.parametrize("level", builds())
@given(
    seed=words, epoch=words, size=st.integers(1, 2**62), where=st.floats(0, 1), n=st.integers(0, 99)
)
def test_the_core_yields_the_same_integers(
    level: str, seed: int, epoch: int, size: int, where: float, n: int
) -> None:
    """Every build of it, for data sets of any size: training sees the batches that Python names."""
    first = min(int(where * size), size)
    n = min(n, size - first)
    found = np.empty(n, np.int64)
    error = ctypes.create_string_buffer(ERROR_BYTES)
    status = load(level).sn_order(seed, epoch, size, first, n, found.ctypes.data, error)
    assert (status, error.value) == (0, b"")
    assert np.array_equal(found, permutation(seed, epoch, size, first, first + n))


def test_negative_seeds_count_from_the_top() -> None:
    """A seed is taken modulo 2⁶⁴, as the core takes it."""
    assert np.array_equal(permutation(-1, 0, 100), permutation(2**64 - 1, 0, 100))


@given(size=st.integers(1, 300), batch_size=st.integers(1, 400), seed=words)
def test_steps_walk_through_epochs(size: int, batch_size: int, seed: int) -> None:
    """One epoch's steps, laid end to end, are the epoch; the next step begins the next epoch."""
    steps = steps_per_epoch(size, batch_size)
    first = np.concatenate([step_indices(seed, step, size, batch_size) for step in range(steps)])
    assert np.array_equal(first, permutation(seed, 0, size))
    following = step_indices(seed, steps, size, batch_size)
    assert np.array_equal(following, permutation(seed, 1, size)[:batch_size])


@pytest.mark.parametrize(
    ("size", "start", "stop"),
    [(0, 0, 0), (-1, 0, 0), (2**62 + 1, 0, 1), (5, -1, 2), (5, 3, 2), (5, 0, 6)],
)
def test_places_outside_are_refused(size: int, start: int, stop: int) -> None:
    """A caller's mistake is an error of ours, never a wrong index."""
    with pytest.raises(InputError):
        permutation(0, 0, size, start, stop)


def test_steps_outside_are_refused() -> None:
    """There is no step -1, no empty batch and no empty data set."""
    for step, size, batch_size in [(-1, 5, 2), (0, 0, 2), (0, 5, 0)]:
        with pytest.raises(InputError):
            step_indices(0, step, size, batch_size)


# Quality. Seeds are fixed, so these can't flake; NumPy's own shuffle passes the same thresholds,
# and a weakened variant of ours fails them, so they can fail.

Shuffles = Callable[[int, int], NDArray[np.int64]]


def ours(size: int, epochs: int) -> NDArray[np.int64]:
    """Epochs of seed 2024, one a row."""
    return np.stack([permutation(2024, epoch, size) for epoch in range(epochs)])


def numpys(size: int, epochs: int) -> NDArray[np.int64]:
    """As many shuffles by NumPy's generator."""
    rows = np.tile(np.arange(size), (epochs, 1))
    return np.random.default_rng(2024).permuted(rows, axis=1)


both = pytest.mark.parametrize("shuffles", [ours, numpys])
SIGNIFICANT = 1e-4


def uniformity(counts: NDArray[np.int64], freedom: int) -> float:
    """The p-value of counts that ought to be equal (chi-square)."""
    expected = counts.mean()
    return float(stats.chi2.sf(((counts - expected) ** 2 / expected).sum(), freedom))


@both
@pytest.mark.parametrize("size", [2, 3, 5, 10, 16, 33])
def test_every_place_sees_every_image_equally_often(shuffles: Shuffles, size: int) -> None:
    """The table of place × index over 4,000 epochs is flat."""
    rows = shuffles(size, 4000)
    table = np.stack([np.bincount(rows[:, place], minlength=size) for place in range(size)])
    assert uniformity(table, (size - 1) ** 2) > SIGNIFICANT


def whole_permutations(rows: NDArray[np.int64]) -> float:
    """The p-value of all size! permutations being equally frequent."""
    size = rows.shape[1]
    codes = rows @ size ** np.arange(size)
    seen = np.unique(codes, return_counts=True)[1]
    counts = np.pad(seen, (0, math.factorial(size) - len(seen)))
    return uniformity(counts, len(counts) - 1)


@both
@pytest.mark.parametrize("size", [2, 3, 4, 5])
def test_every_permutation_is_equally_frequent(shuffles: Shuffles, size: int) -> None:
    """All orders of up to five images occur equally often over 6,000 epochs."""
    assert whole_permutations(shuffles(size, 6000)) > SIGNIFICANT


def test_the_frequency_test_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """With halves of one or two bits, as first designed, the test above says no."""
    monkeypatch.setattr(module, "FEWEST_BITS", 2)
    assert whole_permutations(ours(5, 6000)) < 1e-9


@both
def test_neighbours_are_strangers(shuffles: Shuffles) -> None:
    """The index at a place says nothing of the next one's: pairs are equally frequent."""
    size = 12
    rows = shuffles(size, 5000)
    pairs = np.bincount((rows[:, :-1] * size + rows[:, 1:]).ravel(), minlength=size * size)
    unequal = pairs.reshape(size, size)[~np.eye(size, dtype=bool)]
    assert uniformity(unequal, size * (size - 1) - 1) > SIGNIFICANT


@both
def test_long_epochs_have_no_serial_correlation(shuffles: Shuffles) -> None:
    """Within an epoch of 60,000, places 1 to 64 apart are uncorrelated (5 standard errors)."""
    (row,) = shuffles(60_000, 1)
    centred = row - row.mean()
    variance = float(centred @ centred)
    for lag in (1, 2, 3, 8, 64):
        assert abs(centred[lag:] @ centred[:-lag]) / variance < 5 / math.sqrt(len(row))


def correlations(rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Pearson's coefficient of every two rows."""
    return np.asarray(np.corrcoef(rows))[np.triu_indices(len(rows), 1)]


@both
def test_epochs_are_independent(shuffles: Shuffles) -> None:
    """One epoch's order is uncorrelated with the next one's, and shares one place with it."""
    rows = shuffles(60_000, 6)
    assert np.abs(correlations(rows)).max() < 5 / math.sqrt(60_000)
    assert max(int((a == b).sum()) for a, b in itertools.pairwise(rows)) < 10


def test_seeds_are_independent() -> None:
    """Neighbouring seeds, and (seed, epoch) swapped, give unrelated orders."""
    rows = [permutation(seed, epoch, 60_000) for seed, epoch in ((0, 1), (1, 0), (1, 1), (2, 1))]
    assert np.abs(correlations(np.stack(rows))).max() < 5 / math.sqrt(60_000)


@both
def test_fixed_points_are_as_many_as_chance_leaves(shuffles: Shuffles) -> None:
    """A random permutation leaves one place alone on average, with variance one."""
    rows = shuffles(40, 5000)
    fixed = (rows == np.arange(40)).sum(axis=1)
    assert abs(fixed.mean() - 1) < 5 / math.sqrt(len(rows))
    assert abs(fixed.var() - 1) < 5 * math.sqrt(3 / len(rows))
