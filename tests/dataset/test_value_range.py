"""Values that are not 0 to 255 become pixels by a range that is stated, never by a guess."""

from __future__ import annotations

import pickle
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

import spritenet as sn
from spritenet.dataset.value_range import ValueRange, likely_range
from spritenet.errors import DataError, DataWarning, InputError

Y = np.arange(20) % 2
RANDOM = np.random.default_rng(0)
finite = st.floats(-1e6, 1e6, width=32)


@given(ends=st.tuples(finite, finite).filter(lambda pair: pair[1] - pair[0] > 1e-3), data=st.data())
def test_no_value_is_further_than_half_a_level_from_its_pixel(
    ends: tuple[float, float], data: st.DataObject
) -> None:
    """Whatever the range and whatever the type of the values."""
    low, high = ends
    values = data.draw(hnp.arrays(np.float64, 12, elements=st.floats(low, high)))
    dtype = data.draw(st.sampled_from(["float32", "float64"]))
    values = np.clip(values.astype(dtype), low, high)
    pixels = ValueRange(low, high).quantize(values)
    level = (high - low) / 255
    assert pixels.dtype == np.uint8
    assert np.abs(low + pixels * level - values.astype(np.float64)).max() <= level * (0.5 + 1e-5)


@given(pixels=hnp.arrays(np.uint8, (4, 3, 2, 1)), dtype=st.sampled_from(["float32", "float64"]))
def test_normalised_pixels_come_back_exactly(pixels: NDArray[np.uint8], dtype: str) -> None:
    """`Normalize(0.5, 0.5)` of `ToTensor` makes -1 to 1 of them: `range=(-1, 1)` undoes it."""
    scaled = (pixels / 255).astype(dtype)
    pixels.flat[:2] = 0, 255
    scaled.flat[:2] = 0, 1
    found = sn.Split.from_arrays((scaled - 0.5) / 0.5, [0, 1, 0, 1], range=(-1, 1))
    assert np.array_equal(found.images, pixels)
    assert found.pixel_range == (-1, 1)


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32", "float64"])
@pytest.mark.parametrize("top", [1, 16, 100])
def test_integers_of_another_scale_are_spread(top: int, dtype: str) -> None:
    """Each has a level of its own: 0 is black, the highest white."""
    values = np.arange(20 * 4).reshape(20, 2, 2).astype(int) % (top + 1)
    values[0] = top
    found = sn.Split.from_arrays(values.astype(dtype), Y, range=(0, top))
    assert found.images.max() == 255
    assert np.array_equal(np.rint(found.images[..., 0] * (top / 255)), values)


def test_scikit_learns_digits_are_said_to_be_dark() -> None:
    """0 to 16, as floats and as bytes: the warning names the call, and the call works."""
    digits = pytest.importorskip("sklearn.datasets").load_digits()
    for images in (digits.images, digits.images.astype(np.uint8)):
        with pytest.warns(DataWarning, match=r"highest pixel is 16 of 255.*range=\(0, 16\)"):
            sn.Split.from_arrays(images, digits.target)
        found = sn.Split.from_arrays(images, digits.target, range=(0, 16))
        assert np.array_equal(np.rint(found.images[..., 0] / 255 * 16), digits.images)


def dark(dtype: str = "uint8", top: int = 1) -> NDArray[np.generic]:
    """Images of few, low values."""
    values = RANDOM.integers(0, top + 1, (20, 4, 4))
    values[0] = top
    return values.astype(dtype)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32"])
def test_dark_images_are_said_everywhere(dtype: str, tmp_path: Path) -> None:
    """`Split`, `Dataset`, `fit`, `evaluate`, `pack`; npz says it in words of its own."""
    x = dark(dtype, 16)
    model = sn.Sequential([sn.layers.Flatten(), sn.layers.Dense(2, activation="softmax")])
    model.compile("sgd", "categorical_crossentropy")
    for call in (
        lambda: sn.Split.from_arrays(x, Y),
        lambda: sn.Dataset.from_arrays((x, Y), (x[:5], Y[:5])),
        lambda: model.fit(x, Y, verbose=0),
        lambda: model.evaluate(x, Y),
        lambda: sn.pack((x, Y), tmp_path / "a.png"),
    ):
        with pytest.warns(DataWarning, match=r"pass range=\(0, 16\) to .*from_arrays") as caught:
            call()
        assert caught[0].filename == __file__
    np.savez(tmp_path / "a.npz", x=x, y=Y)
    with pytest.warns(DataWarning, match=r"range=\(0, 16\) \(--range=0..16\)"):
        sn.load(tmp_path / "a.npz")
    with pytest.raises(DataError, match="nearly black"):
        sn.load(tmp_path / "a.npz", strict=True)
    found = sn.load(tmp_path / "a.npz", range=(0, 16), strict=True)
    assert {found.pixel_range, found.train.pixel_range} == {(0, 16)}
    assert found.train.images.max() == 255
    assert sn.load(tmp_path / "a.npz", range="0..255", strict=True).train.images.max() == 16


def test_images_of_8_bits_are_left_alone() -> None:
    """As soon as one pixel is bright, or all are black; in one split of several."""
    x = dark()
    x[3, 2, 2] = 64
    black = np.zeros_like(x)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert sn.Split.from_arrays(x, Y).images.max() == 64
        sn.Split.from_arrays(black, Y)
        sn.Split.from_arrays(dark(), Y, range=(0, 255))
        sn.Dataset.from_arrays((x, Y), (dark(), Y))
        assert sn.Split.from_arrays(x, Y).pixel_range is None


def test_bits_are_black_and_white() -> None:
    """Booleans have one meaning."""
    x = dark().astype(bool)
    found = sn.Split.from_arrays(x, Y)
    assert np.array_equal(found.images[..., 0], x * np.uint8(255))


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (RANDOM.uniform(-1, 1, (20, 4, 4)), r"black and white: range=\(-1, 1\) to Split"),
        (RANDOM.uniform(0, 1, (20, 4, 4)).astype("float32"), r"range=\(0, 1\)"),
        (RANDOM.uniform(0, 255, (20, 4, 4)), r"range=\(0, 255\)"),
        (RANDOM.normal(size=(20, 4, 4)) * 0 + np.linspace(-2.1, 2.64, 16).reshape(4, 4), r"-2\.1"),
        (np.full((20, 4, 4), 4032, np.uint16) - np.arange(4, dtype=np.uint16), r"\(0, 4095\)"),
        (np.full((20, 4, 4), 65535, np.uint16) - np.arange(4, dtype=np.uint16), r"\(0, 65535\)"),
    ],
)
def test_what_is_no_pixel_names_the_range(
    values: NDArray[np.generic], says: str, tmp_path: Path
) -> None:
    """In arrays and in files; the range that is named takes the values."""
    with pytest.raises(DataError, match=says):
        sn.Split.from_arrays(values, Y)
    likely = likely_range(values)
    assert likely is not None
    np.savez(tmp_path / "a.npz", x=values, y=Y)
    with pytest.raises(DataError, match="--range="):
        sn.load(tmp_path / "a.npz")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)  # some of these use few levels
        split = sn.Split.from_arrays(values, Y, range=likely.pair)
        loaded = sn.load(tmp_path / "a.npz", range=likely.pair)
    assert np.array_equal(loaded.train.images, split.images)


def test_standardised_images() -> None:
    """Mean 0 and deviation 1: a range of the caller's own, with the same bound of the error."""
    pixels = RANDOM.integers(0, 256, (20, 8, 8, 3))
    x = ((pixels - pixels.mean()) / pixels.std()).astype(np.float32)
    low, high = float(x.min()), float(x.max())
    found = sn.Split.from_arrays(x, Y, range=(low, high))
    error = np.abs(low + found.images * (high - low) / 255 - x).max()
    assert error <= (high - low) / 510 * (1 + 1e-5)


def test_values_beyond_a_range_are_refused() -> None:
    """With a range that would hold them; and so is what is no number."""
    x = RANDOM.uniform(-1, 1, (20, 4, 4))
    with pytest.raises(DataError, match=r"beyond the range: expected 0 to 1.*range=\(-1, 1\)"):
        sn.Split.from_arrays(x, Y, range=(0, 1))
    x[0, 0, 0] = np.nan
    with pytest.raises(DataError, match="got nan"):
        sn.Split.from_arrays(x, Y, range=(-1, 1))
    x[0, 0, 0] = np.inf
    with pytest.raises(DataError, match="got inf"):
        sn.Split.from_arrays(x, Y, range=(-1, 1))


def test_a_range_that_is_far_too_wide_is_said() -> None:
    """It would leave a handful of levels."""
    x = RANDOM.uniform(0, 1, (20, 4, 4))
    with pytest.warns(DataWarning, match=r"use \d of the 256 levels of their range"):
        sn.Split.from_arrays(x, Y, range=(0, 100))


@pytest.mark.parametrize("given", [(1, 1), (2, 1), "1", "a..b", (0, np.inf), (0,), (None, 1), 3])
def test_what_is_no_range_is_refused(given: object) -> None:
    """In one line."""
    with pytest.raises(InputError, match="invalid range of values"):
        sn.Split.from_arrays(dark(), Y, range=given)  # type: ignore[arg-type]  # that's the test


@pytest.mark.parametrize("text", ["-1..1", "-1, 1", " -1.0 .. +1.0 ", "-1:1", "-1e0..1"])
def test_ranges_are_written_in_several_ways(text: str) -> None:
    """As the command line takes them."""
    assert ValueRange.of(text) == ValueRange(-1, 1)


def test_the_range_stays_with_the_images() -> None:
    """In parts, in what is set aside, in pickles and in data sets, which must agree."""
    x = RANDOM.uniform(-1, 1, (20, 4, 4))
    split = sn.Split.from_arrays(x, Y, range=(-1, 1))
    kept, held = split.split(0.5)
    again = pickle.loads(pickle.dumps(split))
    for part in (split[:3], kept, held, again):
        assert part.pixel_range == (-1, 1)
    data = sn.Dataset.from_arrays((x, Y), (x, Y), range=(-1, 1))
    assert {data.pixel_range, data.test.pixel_range} == {(-1, 1)}
    plain = sn.Split(split.images, split.labels, split.class_names)
    with pytest.raises(DataError, match="the splits have different pixel ranges"):
        sn.Dataset("a", {"train": split, "test": plain}, split.class_names)


def test_bits_of_arrays_in_files(tmp_path: Path) -> None:
    """12 bits are 0 to 4095, in the range's place."""
    x = RANDOM.integers(0, 4096, (20, 4, 4)).astype(np.uint16)
    x[0, 0, :2] = 0, 4095
    np.savez(tmp_path / "a.npz", x=x, y=Y)
    with pytest.raises(DataError, match=r"range=\(0, 4095\)"):
        sn.load(tmp_path / "a.npz")
    found = sn.load(tmp_path / "a.npz", bits=12)
    assert np.array_equal(found.train.images[..., 0], np.rint(x / 4095 * 255))
    with pytest.raises(InputError, match="mutually exclusive"):
        sn.load(tmp_path / "a.npz", bits=12, range=(0, 1))
    with pytest.raises(InputError, match="expected 1 to 16, got 40"):
        sn.load(tmp_path / "a.npz", bits=40)
