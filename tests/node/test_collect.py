"""The Collect page without a page: its project, undo, findings, sprites and files."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spritenet as sn
from second_sprite_reader import read

SCRIPT = Path(__file__).parent / "collect.mjs"


def ask(node: str, do: str, **task: Any) -> Any:  # noqa: ANN401 - JSON
    """The answer of the page's modules."""
    text = json.dumps({"do": do, **task})
    done = subprocess.run([node, SCRIPT], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_undo_leads_back_through_every_state(node: str, seed: int) -> None:
    """And redo forward again: sixty random edits, each with its words."""
    found = ask(node, "undo", seed=seed, count=60)
    assert found["back"] == found["states"][:-1]
    assert found["again"] == found["states"][1:]
    assert found["words"] == [f"step {i}" for i in range(60)]


def test_a_recording_is_undone_as_one(node: str) -> None:
    """Images of one burst go together, single ones alone."""
    assert ask(node, "merge") == [5, 4, 3, 0]


def test_names_of_classes_differ(node: str) -> None:
    """An empty, long or taken name is refused in words; spaces are tidied."""
    empty, blank, taken, long, tidy, greek = ask(node, "names")
    assert empty == blank == "DataError: a class needs a name."
    assert "another class has this name" in taken
    assert "at most 60 letters" in long
    assert (tidy, greek) == ("A b", "Ω")


def test_limits_are_said(node: str) -> None:
    """Too many images, and sizes out of range."""
    many, *sizes = ask(node, "limits")
    assert "expected at most 4000, got 4001" in many
    assert all("a whole number from 8 to 128" in line for line in sizes)


def test_the_images_suggest_their_preparation(node: str) -> None:
    """Drawings are centred like digits; small images keep their size; choices come first."""
    assert ask(node, "preparation") == [
        ["crop", 32, 3, 255],
        ["digit", 28, 1, 0],
        ["crop", 32, 3, 255],
        ["crop", 28, 1, 255],
        ["crop", 32, 3, 255],
        ["crop", 20, 1, 255],
    ]


def test_grey_images_are_kept_with_one_channel(node: str) -> None:
    """Those whose colours are all equal; a single other pixel keeps three."""
    grey = np.arange(6 * 6, dtype=np.uint8).reshape(6, 6, 1).repeat(3, axis=2)
    tinted = grey.copy()
    tinted[3, 4, 2] += 1
    opaque = np.full((6, 6, 1), 255, np.uint8)
    pictures = [np.concatenate([image, opaque], axis=2) for image in (grey, tinted)]
    found = ask(
        node,
        "greys",
        pictures=[image.ravel().tolist() for image in pictures],
        images=[image.ravel().tolist() for image in (grey, tinted)],
        shape=[6, 6],
    )
    expected = [[1, grey[..., 0].ravel().tolist()], [3, tinted.ravel().tolist()]]
    assert found == expected * 2


def test_a_selection_grows_and_shrinks(node: str) -> None:
    """A range from the anchor; single images; those that are gone are forgotten."""
    assert ask(node, "selection") == [[2, 3, 4], [2, 4], [4]]


def test_duplicates_are_found(node: str) -> None:
    """Exact ones, near ones, and those in two classes; others are none."""
    random = np.random.default_rng(0)
    base = random.integers(0, 256, (6, 16, 16, 1))
    images = [*base, base[0], np.clip(base[1] + random.integers(-3, 4, base[1].shape), 0, 255)]
    images += [base[2]]
    labels = [1, 1, 1, 2, 2, 2, 1, 1, 2]
    found = ask(
        node,
        "duplicates",
        images=[image.ravel().tolist() for image in images],
        labels=labels,
        shape=[16, 16, 1],
    )
    groups = {tuple(group["ids"]): (group["exact"], sorted(group["classes"])) for group in found}
    assert groups == {(0, 6): (True, [1]), (1, 7): (False, [1]), (2, 8): (True, [1, 2])}


def test_folds_keep_neighbours_together(node: str) -> None:
    """Each class is spread over all folds, in runs."""
    labels = [0] * 8 + [1] * 4 + [0] * 4
    folds = ask(node, "folds", labels=labels, folds=4)
    assert [f for f, label in zip(folds, labels, strict=True) if label == 0] == [
        *(0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3)
    ]
    assert [f for f, label in zip(folds, labels, strict=True) if label == 1] == [0, 1, 2, 3]


def test_labels_that_may_be_wrong_are_found(node: str) -> None:
    """By confident learning; and what classes need, from their recall and their size."""
    labels = [0] * 30 + [1] * 30 + [2] * 5
    probabilities = [[0.9, 0.08, 0.02]] * 30 + [[0.1, 0.88, 0.02]] * 30 + [[0.2, 0.2, 0.6]] * 5
    probabilities[3] = [0.05, 0.94, 0.01]  # surely the other class
    probabilities[4] = [0.4, 0.55, 0.05]  # not surely
    for i in range(40, 50):
        probabilities[i] = [0.52, 0.46, 0.02]
    found = ask(node, "judged", labels=labels, probabilities=probabilities, names=["a", "b", "c"])
    assert [one["id"] for one in found["suspects"]] == [3]
    assert (found["suspects"][0]["label"], found["suspects"][0]["looks"]) == (1, 2)
    assert found["accuracy"] == pytest.approx(53 / 65)
    assert found["each"] == pytest.approx([28 / 30, 20 / 30, 1])
    assert [one["words"] for one in found["needs"]] == [
        "b needs more, and more varied images: 67 % are recognised.",
        "c has 5 images: 20 or more are better.",
    ]


@pytest.mark.parametrize("shape", [(28, 28, 1), (9, 13, 3), (8, 8, 4), (64, 64, 3)])
def test_python_reads_a_sprite_of_the_page(
    node: str, tmp_path: Path, shape: tuple[int, int, int]
) -> None:
    """Byte by byte as it was written: by Spritenet, by the second reader, and in JavaScript."""
    random = np.random.default_rng(sum(shape))
    count = 70
    images = random.integers(0, 256, (count, *shape), np.uint8)
    images[::2] = images[::2] // 200 * 200  # some that compress, some that don't
    labels = np.sort(random.integers(0, 3, count))
    found = ask(
        node,
        "sprite",
        pixels=base64.b64encode(images.tobytes()).decode(),
        labels=labels.tolist(),
        shape=list(shape),
        names=["a", "ü", "c"],
        splits={"train": [0, 50], "test": [50, 70]},
    )
    path = tmp_path / "page.png"
    path.write_bytes(base64.b64decode(found["bytes"]))
    assert found["same"]
    assert found["labels"] == labels.tolist()
    assert {split: len(stream) for split, stream in sn.open(path).splits.items()} == {
        "train": 50,
        "test": 20,
    }
    data = sn.load(path)
    assert data.class_names == ("a", "ü", "c")
    assert (np.concatenate([data.train.images, data.test.images]) == images).all()
    assert (np.concatenate([data.train.labels, data.test.labels]) == labels).all()
    assert sn.sprites.verify(path) == []
    _, second_labels, second_images = read(path)
    assert second_labels == labels.tolist()
    assert b"".join(second_images) == images.tobytes()


def test_a_project_comes_back_from_its_file(node: str) -> None:
    """Classes without images too; and damaged files are refused in a line."""
    changes = [
        ['"version": 1', '"version": 2'],
        ['"spritenet collect"', '"another program.."'],
        ['"class": 0', '"class": 1'],
        ['"class": 0', '"class": 9'],
        ['"source": "video"', '"source": "radio"'],
        ["images-4x4x3.png", "images-4x4x4.png"],
        ['"size": 16', '"size": 99'],
        ["IHDR", "IHDX"],
        ['{\n "format"', '[\n "format"'],
    ]
    found = ask(node, "project", changes=changes)
    assert found["again"] == found["before"]
    assert found["rest"] == ["T", 16, "grey", ["ä", "empty", "b"]]
    *words, size, chunk, json_text, empty, short, cut = found["refused"]
    for line, part in zip(
        words,
        (
            "invalid version",
            "invalid format",
            "don't fit the list",
            "invalid images",
            "invalid images",
            "missing",
        ),
        strict=True,
    ):
        assert part in line, line
    assert size == "read"  # 99 is a size
    for line in (chunk, json_text, empty, short, cut):
        assert line.split(":")[0] in {"DataError", "ModelError"}, line
        assert "\n" not in line
