"""`spritenet pack` of everything that is a data set, as a user types it."""

from __future__ import annotations

import json
import os
import pty
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

import spritenet as sn
from picture_folders import encoded, noise, write_pictures
from program import PROGRAM, environment, spritenet

OK = 0
WRONG = 2


@pytest.fixture(scope="module")
def sources(data: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One data set in every form, by the program itself where it can write it."""
    folder = tmp_path_factory.mktemp("sources")
    found = sn.load(data)
    made = {"idx": Path(data), "sprite": sn.pack(found, folder / "s.png")}
    for form in ("folder", "npz"):
        done = spritenet("unpack", data, form, "--to", form, folder=folder)
        assert done.returncode == OK, done.stderr
        made[form] = folder / form
    made["npz"] = made["npz"].rename(folder / "a.npz")
    shutil.make_archive(str(folder / "z"), "zip", folder, "folder")
    shutil.make_archive(str(folder / "t"), "gztar", folder, "folder")
    made |= {"zip": folder / "z.zip", "tar": folder / "t.tar.gz", "csv": folder / "csv"}
    made["csv"].mkdir()
    for name, split in found.splits.items():
        rows = np.column_stack([split.labels, split.images.reshape(len(split), -1)])
        np.savetxt(made["csv"] / f"{name}.csv", rows, "%d", ",")
        for letter, array in (("x", split.images), ("y", split.labels)):
            (folder / "npy").mkdir(exist_ok=True)
            np.save(folder / "npy" / f"{letter}_{name}.npy", array)
    return made | {"npy": folder / "npy"}


FORMS = ("idx", "sprite", "folder", "npz", "zip", "tar", "csv", "npy")


@pytest.mark.parametrize("form", FORMS)
def test_every_source_packs_to_the_same_images(
    sources: dict[str, Path], form: str, data: str, tmp_path: Path
) -> None:
    """The command, its JSON, and what is in the file."""
    done = spritenet("pack", sources[form], "a.png", "--json", folder=tmp_path)
    assert (done.returncode, done.stderr) == (OK, "")
    said = json.loads(done.stdout)
    assert (said["images"], said["splits"]) == (500, {"train": 400, "test": 100})
    found, known = sn.load(tmp_path / "a.png"), sn.load(data)
    assert said["content_hash"] == found.content_hash
    for name, split in known.splits.items():
        order = np.arange(len(split))
        if form in {"folder", "zip", "tar"}:  # sorted by class
            order = np.argsort(split.labels, kind="stable")
        assert np.array_equal(found[name].images, split.images[order])


@pytest.mark.parametrize("form", ["folder", "npz", "zip", "csv", "npy"])
def test_every_source_is_data_for_other_commands(
    sources: dict[str, Path], form: str, run: Path, tmp_path: Path
) -> None:
    """Its path, typed where a data set is wanted."""
    done = spritenet("train", sources[form], "--steps", "2", "--json", folder=tmp_path)
    assert done.returncode == OK, done.stderr
    if form == "zip":
        done = spritenet("info", sources[form], "--json")
        assert json.loads(done.stdout.splitlines()[-1])["splits"]["test"]["images"] == 100
        done = spritenet("evaluate", run, sources[form], "--json")
        assert json.loads(done.stdout.splitlines()[-1])["images"] == 100, done.stderr


def test_splits_are_made_and_chosen(sources: dict[str, Path], tmp_path: Path) -> None:
    """A share, a number, a name; the same ones for the same seed."""
    packed = [
        ("--split", "validation=10%", "--split", "dev=30"),
        ("--split", "validation=10%", "--split", "dev=30", "--seed", "0"),
        ("--split", "validation=10%", "--split", "dev=30", "--seed", "1"),
        ("--split", "train", "--split", "dev=0.25"),
        ("--split", "val=50", "--split", "test"),
    ]
    said = []
    for options in packed:
        done = spritenet("pack", sources["npz"], "a.png", "--json", *options, folder=tmp_path)
        assert done.returncode == OK, done.stderr
        said.append(json.loads(done.stdout))
    assert said[0]["splits"] == {"train": 330, "test": 100, "validation": 40, "dev": 30}
    assert said[0]["content_hash"] == said[1]["content_hash"] != said[2]["content_hash"]
    assert said[3]["splits"] == {"train": 300, "dev": 100}
    assert said[4]["splits"] == {"test": 100, "val": 50}
    for wrong in ("dev=1.5", "test=10%"):
        done = spritenet("pack", sources["npz"], "b.png", "--split", wrong, folder=tmp_path)
        assert (done.returncode, done.stderr.count("\n")) == (WRONG, 1), done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_pictures_get_a_size_a_fit_and_a_colour(tmp_path: Path) -> None:
    """Photographs of different sizes: first the line that says what to type, then that."""
    write_pictures(tmp_path / "pets", "cat/1.png", shape=(40, 30, 3))
    write_pictures(tmp_path / "pets", "dog/1.png", shape=(20, 50))
    done = spritenet("pack", "pets", "pets.png", folder=tmp_path)
    assert done.returncode == WRONG
    assert 'Pass size="32x32" (--size 32x32)' in done.stderr
    options = ("--size", "16x16", "--fit", "crop", "--color", "grey", "--layout", "grid")
    done = spritenet("pack", "pets", "pets.png", *options, folder=tmp_path)
    assert done.returncode == OK, done.stderr
    assert done.stdout.startswith("pets.png: 2 images of 16×16×1, ")


def test_what_could_not_be_read_is_listed_at_the_end(tmp_path: Path) -> None:
    """A line each on standard error, a list in JSON, exit code 0; with --strict a mistake."""
    write_pictures(tmp_path / "pets", *(f"cat/{number}.png" for number in range(5)))
    (tmp_path / "pets/cat/2.png").write_bytes(b"no image")
    (tmp_path / "pets/cat/3.png").write_bytes(encoded(noise())[:60])
    (tmp_path / "pets/notes.txt").touch()
    done = spritenet("pack", "pets", "pets.png", "--json", folder=tmp_path)
    assert done.returncode == OK
    left = done.stderr.splitlines()
    assert len(left) == 3
    assert left[0].startswith("left out: pets/cat/2.png: damaged or unsupported image file")
    assert left[1].startswith("left out: pets/cat/3.png: the image is damaged")
    assert left[2] == "note: skipped files that are no images: notes.txt."
    said = json.loads(done.stdout)
    assert (said["images"], len(said["left_out"]), len(said["notes"])) == (3, 2, 1)
    refused = "error: pets: skipped files that are no images: notes.txt."
    for first in (refused, "error: pets/cat/2.png: damaged or unsupported image"):
        done = spritenet("pack", "pets", "pets.png", "--strict", folder=tmp_path)
        assert (done.returncode, done.stderr.count("\n")) == (WRONG, 1)
        assert done.stderr.startswith(first)
        (tmp_path / "pets/notes.txt").unlink(missing_ok=True)


def test_tensorflows_labels_lie_beside(sources: dict[str, Path], tmp_path: Path) -> None:
    """One-hot rows of bytes, in the order of the images."""
    done = spritenet("pack", sources["csv"], "digits.png", "--tfjs", folder=tmp_path)
    assert done.returncode == OK, done.stderr
    rows = np.fromfile(tmp_path / "digits_labels_uint8", np.uint8).reshape(500, -1)
    data = sn.load(tmp_path / "digits.png")
    assert rows.argmax(1)[:400].tolist() == data.train.labels.tolist()
    assert rows.sum() == 500


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty", "", "holds no data set: expected IDX files"),
        ("photos", "loose.png", "an image is in no class folder"),
        ("a.csv", "label,p0,p1,p2,p3\n1,2,3,4,256\n", "invalid pixel 3"),
        ("a.npz", "no zip", "damaged or unsupported npz"),
        ("a.zip", "no zip", "damaged or unsupported zip"),
        ("a.parquet", "no parquet", "damaged or unsupported parquet file"),
    ],
)
def test_every_mistake_is_one_line(tmp_path: Path, name: str, content: str, words: str) -> None:
    """Exit code 2, what is wrong, and nothing left behind."""
    path = tmp_path / name
    if "." in name:
        path.write_text(content, encoding="utf-8")
    else:
        path.mkdir()
        if content:
            (path / content).write_bytes(encoded(noise()))
    done = spritenet("pack", name, "out.png", folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (WRONG, "", 1), done.stderr
    assert done.stderr.startswith("error: ")
    assert words in done.stderr
    assert not (tmp_path / "out.png").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="not on this machine: no terminal to ask")
def test_a_terminal_sees_a_bar(sources: dict[str, Path], tmp_path: Path) -> None:
    """It counts images; anything else than a terminal sees none."""
    import subprocess

    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*PROGRAM, "pack", str(sources["folder"]), "a.png"],
        cwd=tmp_path,
        env=environment(TERM="xterm"),
        stderr=theirs,
        stdout=subprocess.PIPE,
    ) as process:
        os.close(theirs)
        seen = b""
        try:
            while piece := os.read(ours, 4096):
                seen += piece
        except OSError:  # the terminal is closed when the program ends
            pass
    os.close(ours)
    assert process.returncode == OK
    assert b"packing" in seen
    assert b"500/500" in seen
