"""Splits: what goes in is checked, what comes out is frozen, and parts are parts."""

import copy
import hashlib
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from spritenet.dataset import Split
from spritenet.errors import DataError, DataWarning, InputError

NAMES = ("a", "b", "c", "d")


def noise(count: int, seed: int = 0, classes: int = 4) -> Split:
    """A split of random 3×2 pictures."""
    generator = np.random.default_rng(seed)
    pixels = generator.integers(0, 256, (count, 3, 2, 1), np.uint8)
    labels = generator.integers(0, classes, count, np.int32)
    return Split(pixels, labels, NAMES[:classes], "train")


def same(a: Split, b: Split) -> bool:
    """Returns True if two splits have the same images and labels."""
    return (
        np.array_equal(a.images, b.images)
        and np.array_equal(a.labels, b.labels)
        and (a.class_names, a.name) == (b.class_names, b.name)
    )


IMAGES = np.zeros((2, 3, 2, 1), np.uint8)
LABELS = np.zeros(2, np.int32)


@pytest.mark.parametrize(
    ("images", "labels", "names", "says"),
    [
        (IMAGES.astype(float), LABELS, NAMES, r"expected a uint8 array n h w c, got float64 of"),
        (IMAGES[0], LABELS, NAMES, r"got uint8 of shape \(3, 2, 1\)"),
        ([[1]], LABELS, NAMES, "got list. Split.from_arrays converts"),
        (IMAGES[:, :0], LABELS, NAMES, "the images are empty"),
        (IMAGES, LABELS.astype("int64"), NAMES, "expected an int32 array of class indices"),
        (IMAGES, LABELS[:, None], NAMES, "unsupported labels"),
        (IMAGES, LABELS[:1], NAMES, "a label for each of 2 images, got 1 labels"),
        (IMAGES, LABELS + 4, NAMES, "the label of image 0 is out of range: expected 0 to 3, got 4"),
        (
            IMAGES,
            LABELS - 1,
            NAMES,
            "the label of image 0 is out of range: expected 0 to 3, got -1",
        ),
        (IMAGES, LABELS, (), "missing class names"),
        (IMAGES, LABELS, "abcd", "missing class names"),
        (IMAGES, LABELS, ("a", 1), "missing class names"),
        (IMAGES, LABELS, ("a", "b", "a"), "two classes have the same name: got 'a'"),
    ],
)
def test_what_does_not_fit_is_refused(
    images: NDArray[np.uint8], labels: NDArray[np.int32], names: tuple[str, ...], says: str
) -> None:
    """One line, which begins with the split's name."""
    with pytest.raises(DataError, match=f"^train: .*{says}"):
        Split(images, labels, names, "train")


def test_nothing_in_it_can_be_changed() -> None:
    """Neither fields nor pixels; and the caller's own array stays the caller's."""
    mine = IMAGES.copy()
    split = Split(mine, LABELS, NAMES)
    with pytest.raises(AttributeError):
        split.name = "test"  # type: ignore[misc]  # the point of the test
    for array in (split.images, split.labels, split[0][0], split[:1].images):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    mine[0] = 1


def test_copies_are_frozen_too() -> None:
    """By way of pickle (other processes) and of copy."""
    split = noise(5)
    for other in (pickle.loads(pickle.dumps(split)), copy.copy(split), copy.deepcopy(split)):
        assert same(other, split)
        assert not other.images.flags.writeable


def test_pixels_are_made_contiguous() -> None:
    """The core reads n h w c in that order."""
    transposed = np.zeros((2, 3, 4, 1), np.uint8).transpose(0, 2, 1, 3)
    assert Split(transposed, LABELS, NAMES).images.flags.c_contiguous


@given(count=st.integers(0, 20), start=st.integers(-25, 25), stop=st.integers(-25, 25))
def test_slices_are_those_of_a_list(count: int, start: int, stop: int) -> None:
    """Images and labels stay together."""
    split = noise(count)
    for chosen in (slice(start, stop), slice(None, stop, 3), slice(start, None, -2)):
        part = split[chosen]
        assert np.array_equal(part.images, split.images[chosen])
        assert np.array_equal(part.labels, split.labels[chosen])
        assert (part.class_names, part.name) == (split.class_names, "train")


def test_indices_and_masks_choose() -> None:
    """As in NumPy; an empty list chooses nothing."""
    split = noise(6)
    assert split[[3, 0, 3]].labels.tolist() == [split.labels[i] for i in (3, 0, 3)]
    assert same(split[split.labels >= 0], split)
    assert len(split[[]]) == 0


def test_one_image_is_a_pair() -> None:
    """H w c and an int; negative indices count from the end, and beyond it there is none."""
    split = noise(6)
    image, label = split[-1]
    assert image.shape == (3, 2, 1)
    assert type(label) is int
    assert label == split.labels[5]
    assert np.array_equal(split[np.int64(2)][0], split.images[2])
    with pytest.raises(IndexError):
        split[6]
    pairs = list(split)
    assert len(pairs) == 6
    assert pairs[2][1] == split[2][1]


def test_what_it_says_of_itself() -> None:
    """Numbers a person can read."""
    split = Split(np.zeros((1200, 3, 2, 1), np.uint8), np.zeros(1200, np.int32), NAMES, "train")
    assert repr(split) == "Split('train': 1,200 images of 3×2×1, 4 classes)"
    assert repr(Split(IMAGES[:1], LABELS[:1], ("a",))) == "Split(1 image of 3×2×1, 1 class)"
    assert split.class_counts == {"a": 1200, "b": 0, "c": 0, "d": 0}
    assert split.image_shape == (3, 2, 1)


def test_the_content_hash_is_what_the_manual_says() -> None:
    """Shape, pixels, labels; not the names."""
    split = noise(3)
    text = b"3 3 2 1\n" + split.images.tobytes() + split.labels.astype("<i4").tobytes()
    assert split.content_hash == hashlib.sha256(text).hexdigest()
    assert Split(split.images, split.labels, tuple("wxyz")).content_hash == split.content_hash
    assert split[::-1].content_hash != split.content_hash
    assert len(noise(0).content_hash) == 64


@given(
    count=st.integers(2, 300),
    share=st.floats(0.01, 0.99),
    seed=st.integers(0, 2**64 - 1),
    classes=st.integers(1, 4),
)
def test_setting_aside_is_stratified(count: int, share: float, seed: int, classes: int) -> None:
    """The total is exact, each class gives its share to within one, and order is kept."""
    split = noise(count, classes=classes)
    numbered = Split(
        np.arange(count, dtype="<u4").view(np.uint8).reshape(count, 2, 2, 1),
        split.labels,
        split.class_names,
        "train",
    )
    total = round(share * count)
    if not 0 < total < count:
        with pytest.raises(InputError, match="validation"):
            numbered.split(share, seed)
        return
    kept, aside = numbered.split(share, seed)
    assert (kept.name, aside.name) == ("train", "validation")
    assert (len(kept), len(aside)) == (count - total, total)
    places = [part.images.reshape(-1).view("<u4").tolist() for part in (kept, aside)]
    assert sorted(places[0] + places[1]) == list(range(count))
    assert all(part == sorted(part) for part in places)
    for name, found in numbered.class_counts.items():
        assert abs(aside.class_counts[name] - found * total / count) < 1
    again = numbered.split(share, seed)[1]
    assert same(again, aside)


def test_other_seeds_set_others_aside() -> None:
    """And a number of images is as good as a share."""
    split = noise(200)
    kept, aside = split.split(50, seed=1)
    assert (len(kept), len(aside)) == (150, 50)
    assert same(aside, split.split(0.25, seed=1)[1])
    assert not same(aside, split.split(50, seed=2)[1])


@pytest.mark.parametrize("validation", [0, 0.0, 1.0, 1.5, -0.1, 200, 1e-9, float("nan")])
def test_nothing_or_all_can_not_be_set_aside(validation: float) -> None:
    """Both parts must hold something."""
    with pytest.raises(InputError, match="validation"):
        noise(200).split(validation)


def test_from_arrays_is_the_way_in() -> None:
    """Scaled floats and one-hot rows, as other libraries hand them on."""
    split = noise(7)
    made = Split.from_arrays(
        split.images[..., 0] / 255, np.eye(4)[split.labels], split.class_names, "train"
    )
    assert same(made, split)


def test_all_at_once_in_the_form_asked_for() -> None:
    """For other libraries: rows from 0 to 1, and one-hot."""
    split = noise(7)
    x, y = split.arrays(dtype=np.float32, one_hot=True, flat=True)
    assert np.array_equal(x, split.images.reshape(7, 6) / np.float32(255))
    assert np.array_equal(y.argmax(axis=1), split.labels)
    assert x.dtype == y.dtype == np.float32
    assert np.array_equal(split.arrays()[0], split.images)


def test_counts_are_compared_before_contents() -> None:
    """65 labels for 2 images: not what is wrong with one of the labels."""
    with pytest.raises(DataError, match="a label for each of 2 images, got 65 labels"):
        Split.from_arrays(np.zeros((2, 4, 4), np.uint8), np.zeros((65, 3)))


def test_suspicious_labels_of_arrays_warn() -> None:
    """Labels from 1 on, a gap, and names alike but for case; names that are given are right."""
    images = np.zeros((3, 4, 4), np.uint8)
    with pytest.warns(DataWarning, match="the labels begin at 1: class 0 has no images"):
        Split.from_arrays(images, [1, 2, 3])
    with pytest.warns(DataWarning, match="class 1 has no images"):
        Split.from_arrays(images, [0, 2, 0])
    with pytest.warns(DataWarning, match="'Cat' and 'cat' differ in case only"):
        Split.from_arrays(images, ["cat", "Cat", "dog"])
    assert Split.from_arrays(images, [1, 2, 2], ["a", "b", "c"]).class_names == ("a", "b", "c")


def test_labels_may_be_bytes_and_a_pixel_that_is_no_number_is_named() -> None:
    """Names as HDF5 and older NumPy files have them; and NaN, not another pixel, is shown."""
    images = np.zeros((4, 3, 2, 1), np.uint8)
    split = Split.from_arrays(images, np.array([b"a", "ü".encode()] * 2))
    assert split.class_names == ("a", "ü")
    for wrong in (np.nan, np.inf):
        floats = np.linspace(0, 1, 24).reshape(4, 3, 2, 1)
        floats[2, 1, 1] = wrong
        with pytest.raises(DataError, match=f"a pixel is not a finite number: got {wrong}"):
            Split.from_arrays(floats, [0, 1, 0, 1])
