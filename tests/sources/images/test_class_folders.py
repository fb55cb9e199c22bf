"""Paths of images → splits, classes and an order, whatever holds them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spritenet.dataset.natural_order import natural
from spritenet.errors import DataError
from spritenet.sources.images.class_folders import LabelledFiles, Parts, label_by_folder


def parts(*paths: str) -> list[Parts]:
    """Paths as tuples."""
    return [tuple(path.split("/")) for path in paths]


def found(tree: LabelledFiles, paths: list[Parts]) -> list[tuple[str, str, str]]:
    """Split, class and file of each image, in order."""
    return [
        (tree.split_names[split], tree.class_names[label], paths[number][-1])
        for number, label, split in zip(
            tree.chosen.tolist(), tree.labels.tolist(), tree.split_of.tolist(), strict=True
        )
    ]


def test_classes_and_files_come_in_natural_order() -> None:
    """2 before 10, in names of classes and of files; case does not count."""
    paths = parts("10/a10.png", "10/a9.png", "2/x.PNG", "Dog/1.jpg", "cat/1.jpg")
    tree = label_by_folder(paths, [], "x")
    assert tree.class_names == ("2", "10", "cat", "Dog")
    assert [name for *_, name in found(tree, paths)][:3] == ["x.PNG", "a9.png", "a10.png"]


def test_folders_that_are_splits_are_splits() -> None:
    """Under their names or the usual short ones; train comes first."""
    paths = parts("test/b/1.png", "val/a/1.png", "Train/a/1.png", "Train/b/2.png")
    tree = label_by_folder(paths, [], "x")
    assert tree.split_names == ("train", "validation", "test")
    assert found(tree, paths) == [
        ("train", "a", "1.png"),
        ("train", "b", "2.png"),
        ("validation", "a", "1.png"),
        ("test", "b", "1.png"),
    ]


def test_a_class_may_be_called_test() -> None:
    """As long as something else is beside it."""
    assert label_by_folder(parts("test/1.png", "other/1.png"), [], "x").class_names == (
        "other",
        "test",
    )


def test_one_folder_around_everything_is_passed_through() -> None:
    """As archives have it; but a single class is a class."""
    tree = label_by_folder(parts("mnist_png/train/0/1.png", "mnist_png/test/1/1.png"), [], "x")
    assert (tree.split_names, tree.class_names) == (("train", "test"), ("0", "1"))
    assert label_by_folder(parts("cats/1.png", "cats/2.png"), [], "x").class_names == ("cats",)


def test_folders_within_a_class_belong_to_it() -> None:
    """Its own images come first."""
    paths = parts("cat/indoors/1.png", "cat/2.png", "dog/1.png")
    assert found(label_by_folder(paths, [], "x"), paths) == [
        ("train", "cat", "2.png"),
        ("train", "cat", "1.png"),
        ("train", "dog", "1.png"),
    ]


def test_an_empty_folder_is_a_class_without_images() -> None:
    """So that what was unpacked has its classes again."""
    tree = label_by_folder(parts("a/1.png"), parts("a", "b"), "x")
    assert tree.class_names == ("a", "b")


def test_two_ways_to_write_one_letter_are_one_class() -> None:
    """A Mac writes é as two characters, others as one."""
    paths = parts("train/caf\u00e9/1.png", "test/cafe\u0301/1.png")
    assert label_by_folder(paths, [], "x").class_names == ("caf\u00e9",)


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        (["a.png", "b.png"], r"in no class folder: expected CLASS/file.png, got a.png and 1"),
        (["train/a.png", "test/b.png"], r"expected train/CLASS/file.png, got train/a.png and 1"),
        (["notes.txt", "a/b.csv"], r"no images found: .* got notes.txt, a/b.csv"),
        ([], "got no files"),
    ],
)
def test_what_is_no_data_set_says_what_it_should_be(paths: list[str], words: str) -> None:
    """One line, with the layout to make."""
    with pytest.raises(DataError, match=words):
        label_by_folder(parts(*paths), [], "here")


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 200)), min_size=1, unique=True))
def test_the_order_does_not_depend_on_the_disk(names: list[tuple[str, int]]) -> None:
    """Systems list folders in any order; the data set is the same."""
    paths = [(folder, f"{number}.png") for folder, number in names]
    mixed = random.Random(0).sample(paths, len(paths))  # noqa: S311 - no secret
    first, second = label_by_folder(paths, [], "x"), label_by_folder(mixed, [], "x")
    assert [paths[n] for n in first.chosen] == [mixed[n] for n in second.chosen]
    assert first.class_names == second.class_names
    numbers = [(folder, int(name[:-4])) for folder, name in (paths[n] for n in first.chosen)]
    assert numbers == sorted(numbers)


@given(st.text("aB1 0_.", max_size=6), st.text("aB1 0_.", max_size=6))
def test_any_two_names_can_be_compared(one: str, other: str) -> None:
    """Letters with digits, nothing with something; equal only where case alone differs."""
    assert (natural(one) < natural(other)) + (natural(other) < natural(one)) == 1 or (
        natural(one) == natural(other)
    )
