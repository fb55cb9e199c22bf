"""clean, its changes and its command: planted faults are found, and corrected in a copy."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import spritenet as sn
from spritenet.curation import Change, Findings, apply_changes, read_changes, write_changes
from spritenet.dataset import Dataset, Split
from spritenet.errors import DataError
from spritenet.web.curation import review_page


@pytest.fixture(scope="module")
def faulty() -> Dataset:
    """Drawn digits with wrong labels, copies and strange images."""
    data = sn.load("strokes")
    train, test = data.train[:1000], data["test"][:60]
    images, labels = train.images.copy(), train.labels.copy()
    labels[:30] = (labels[:30] + 3) % 10
    images[40] = images[41]
    images[50] = 255 - images[50]
    images[51] = np.random.default_rng(0).integers(0, 256, images[51].shape)
    seen = test.images.copy()
    seen[5] = images[100]
    splits = {"train": replace(train, images=images, labels=labels)}
    return replace(data, splits={**splits, "test": replace(test, images=seen)})


@pytest.fixture(scope="module")
def found(faulty: Dataset) -> Findings:
    """The findings in it."""
    return sn.clean(faulty, folds=3, rounds=1)


def test_planted_faults_are_found(found: Findings) -> None:
    """Wrong labels, copies within and between splits, inverted and random images."""
    labels = {one.index for one in found.of("label") if one.split == "train"}
    assert len(labels & set(range(30))) >= 22
    assert len(labels - set(range(30)) - {50, 51}) <= 40
    copies = {(one.split, one.index): one.other for one in found.of("duplicate")}
    assert copies["train", 41] == ("train", 40)
    assert copies["test", 5] == ("train", 100)
    outliers = {(one.split, one.index) for one in found.of("outlier")}
    assert {("train", 50), ("train", 51)} <= outliers
    assert len(outliers) <= 6


def test_changes_make_a_corrected_copy(found: Findings, faulty: Dataset) -> None:
    """The data set itself stays as it was."""
    before = faulty.content_hash
    made = apply_changes(faulty, found.changes())
    assert faulty.content_hash == before
    removed = sum(change.action == "remove" for change in found.changes())
    assert len(made.train) + len(made.test) == 1060 - removed
    right = sn.load("strokes").train.labels[:20]
    assert np.mean(made.train.labels[:20] == right) >= 0.7


def test_changes_survive_a_file(found: Findings, tmp_path: Path) -> None:
    """Names with commas and quotes too."""
    path = tmp_path / "changes.csv"
    odd = Change("train", 3, 'a "b", c', "relabel", "d\ne", "why, then", 0.25)
    write_changes([*found.changes(), odd], path)
    read = read_changes(path)
    assert read[-1] == odd
    assert [(c.split, c.index, c.action, c.to) for c in read[:-1]] == [
        (c.split, c.index, c.action, c.to) for c in found.changes()
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no file of changes"),
        ("a,b\n1,2\n", "no file of changes"),
        ("split,index,action\ntrain,x,remove\n", "the index is no number"),
        ("split,index,action\ntrain,-1,remove\n", "the index is no number"),
        ("split,index,action\ntrain,1,burn\n", "unknown action"),
        ("split,index,action,to\ntrain,1,relabel,\n", "the new class is missing"),
        ("split,index,action,score\ntrain,1,remove,much\n", "the score is no number"),
    ],
)
def test_a_wrong_file_is_refused_by_its_line(tmp_path: Path, text: str, words: str) -> None:
    """No traceback, and the line is named."""
    path = tmp_path / "changes.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=words) as caught:
        read_changes(path)
    assert "changes.csv" in str(caught.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Change("nowhere", 0, "", "remove"), "unknown split"),
        (Change("train", 10_000, "", "remove"), "unknown image"),
        (Change("train", 500, "nine", "remove"), "about other data"),
        (Change("train", 500, "", "relabel", "eleven"), "unknown class"),
    ],
)
def test_changes_of_other_data_are_refused(faulty: Dataset, change: Change, words: str) -> None:
    """Before anything is written."""
    with pytest.raises(DataError, match=words):
        apply_changes(faulty, [change])


def test_contradicting_changes_are_refused(faulty: Dataset) -> None:
    """The last one must not win in silence."""
    both = [Change("train", 1, "", "remove"), Change("train", 1, "", "relabel", "3")]
    with pytest.raises(DataError, match="two changes of one image"):
        apply_changes(faulty, both)


def test_data_that_has_no_wrong_labels_to_find_is_refused() -> None:
    """Several labels an image, or a single class."""
    images = np.zeros((4, 8, 8, 1), np.uint8)
    rows = np.array([[1, 1], [0, 1], [1, 0], [0, 0]], np.uint8)
    with pytest.raises(DataError, match="several labels"):
        sn.clean(Split(images, rows, ("a", "b"), "train"))
    with pytest.raises(DataError, match="only one class"):
        sn.clean(Split(images, np.zeros(4, np.int32), ("a",), "train"))


def test_few_images_are_searched_for_copies_alone() -> None:
    """Ten images are too few to judge labels."""
    images = np.random.default_rng(0).integers(0, 256, (10, 8, 8, 1)).astype(np.uint8)
    images[7] = images[2]
    found = sn.clean(Split(images, np.arange(10, dtype=np.int32) % 2, ("a", "b"), "train"))
    assert found.counts == {"label": 0, "duplicate": 1, "near-duplicate": 0, "outlier": 0}


def test_the_page_shows_each_finding_and_escapes_names(faulty: Dataset) -> None:
    """A class may be called <script>."""
    odd = ("</script><script>alert(1)", *faulty.class_names[1:])
    splits = {name: replace(split, class_names=odd) for name, split in faulty.splits.items()}
    found = sn.clean(replace(faulty, splits=splits, class_names=odd), folds=2, rounds=1)
    page = review_page(found)
    assert page.count('<li class="card"') == len(found.findings)
    assert "<script>alert(1)" not in page


def run(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs the command line."""
    return subprocess.run(
        [sys.executable, "-m", "spritenet", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_finds_writes_and_applies(faulty: Dataset, tmp_path: Path) -> None:
    """From a sprite to a cleaned sprite."""
    sn.pack(faulty, tmp_path / "faulty.png")
    words = ("clean", "faulty.png", "--folds", "2", "--rounds", "1", "--page", "review.html")
    done = run(*words, "--changes", "changes.csv", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    values = json.loads(done.stdout.splitlines()[-1])
    assert values["counts"]["label"] >= 20
    assert (tmp_path / "review.html").stat().st_size > 10_000
    apply = ("clean", "faulty.png", "--apply", "changes.csv", "--out", "cleaned.png")
    done = run(*apply, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "removed" in done.stdout
    assert len(sn.load(tmp_path / "cleaned.png").train) < 1000
    done = run("clean", "faulty.png", "--apply", "changes.csv", folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
