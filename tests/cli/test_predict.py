"""`spritenet predict`: images of all kinds in, classes out."""

from __future__ import annotations

import contextlib
import csv
import json
import zlib
from pathlib import Path

import numpy as np
import pytest

import spritenet as sn
from program import spritenet
from spritenet.dataset import Dataset, Split
from spritenet.prepare import Preparation, infer_preparation, prepare

Image = pytest.importorskip("PIL.Image")


def test_it_agrees_with_the_library(run: Path, data: str) -> None:
    """The run's example is the first test image; its classes are the model's own outputs."""
    done = spritenet("predict", run, run / "example.png", "--top", "10", "--json")
    assert done.returncode == 0, done.stderr
    [answer] = json.loads(done.stdout)["predictions"]
    model, image = sn.load_model(run / "model"), sn.load(data).test.images[0]
    outputs = model.classify(
        prepare(image, Preparation.from_json(model.preparation or {}))
    ).probabilities
    assert [c["class"] for c in answer["classes"]] == [str(i) for i in np.argsort(-outputs)]
    assert [c["probability"] for c in answer["classes"]] == sorted(outputs.tolist(), reverse=True)


def test_a_line_a_file_for_people(run: Path, tmp_path: Path) -> None:
    """In the order of the arguments, with as many classes as asked for."""
    example = run / "example.png"
    copy = tmp_path / "with space.png"
    copy.write_bytes(example.read_bytes())
    done = spritenet("predict", run, example, copy, "--top", "2")
    first, second = done.stdout.splitlines()
    assert first.startswith(f"{example}: ")
    assert second.startswith(f"{copy}: ")
    assert first.count("%") == 2


def test_every_common_format_is_read(run: Path, tmp_path: Path) -> None:
    """Of any size and colour."""
    pixels = np.random.default_rng(0).integers(0, 256, (61, 47), np.uint8)
    grey = Image.fromarray(pixels)
    pictures = {mode: grey.convert(mode) for mode in ("L", "RGB", "RGBA", "P", "1", "LA", "CMYK")}
    pictures["I;16"] = Image.fromarray(pixels.astype(np.uint16) * 257)
    files = []
    for mode, picture in pictures.items():
        for ending in ("png", "jpg", "bmp", "gif", "tif", "webp"):
            file = tmp_path / f"{mode.replace(';', '-')}.{ending}"
            with contextlib.suppress(
                OSError, KeyError, ValueError
            ):  # a format that doesn't have the mode
                picture.save(file)
                files.append(file)
    assert len(files) > 35
    done = spritenet("predict", run, *files)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("%)") == 3 * len(files)


def test_files_that_are_no_pictures_are_named_and_the_others_answered(
    run: Path, tmp_path: Path
) -> None:
    """One line each on standard error; exit code 2."""
    (tmp_path / "text.png").write_text("hello")
    (tmp_path / "cut.png").write_bytes((run / "example.png").read_bytes()[:60])
    (tmp_path / "empty.png").write_bytes(b"")
    files = [tmp_path / name for name in ("text.png", "cut.png", "empty.png", "missing.png")]
    (tmp_path / "empty").mkdir()
    done = spritenet("predict", run, *files, run / "example.png", tmp_path / "empty")
    assert done.returncode == 2
    assert "%)" in done.stdout  # of the one that is an image
    lines = done.stderr.splitlines()
    assert len(lines) == 5
    assert all(line.startswith("error: ") for line in lines)
    assert "missing.png: no such file" in lines[3]
    found = json.loads(spritenet("predict", run, *files, "--json").stdout)
    assert all("error" in answer for answer in found["predictions"])


@pytest.fixture
def folder(run: Path, tmp_path: Path) -> Path:
    """A folder of three images, one of them in a folder of its own, and of other files."""
    found = tmp_path / "images"
    (found / "more").mkdir(parents=True)
    (found / ".hidden").mkdir()
    content = (run / "example.png").read_bytes()
    for name in ("2.png", "10.png", "more/1.png", ".hidden/0.png"):
        (found / name).write_bytes(content)
    (found / "notes.txt").write_text("hello")
    return found


def test_a_folder_s_images_are_a_table(run: Path, folder: Path) -> None:
    """In natural order; with --json the same as one by one."""
    done = spritenet("predict", run, "images", folder=folder.parent, COLUMNS="80")
    assert (done.returncode, done.stderr) == (0, "")
    rows = [line.split() for line in done.stdout.splitlines() if "images/" in line]
    assert [row[0] for row in rows] == ["images/2.png", "images/10.png", "images/more/1.png"]
    assert len({tuple(row[1:]) for row in rows}) == 1
    assert all(len(line) <= 80 for line in done.stdout.splitlines())
    found = json.loads(spritenet("predict", run, folder, "--json").stdout)["predictions"]
    one = json.loads(spritenet("predict", run, run / "example.png", "--json").stdout)
    assert [answer["classes"] for answer in found] == [one["predictions"][0]["classes"]] * 3


def test_a_pipe_gets_whole_paths(run: Path, folder: Path) -> None:
    """A row for each image, however long its path; COLUMNS folds it as a terminal does."""
    deep = folder / ("long" * 30)
    deep.mkdir()
    (deep / "0.png").write_bytes((folder / "2.png").read_bytes())
    done = spritenet("predict", run, folder)
    assert (done.returncode, done.stderr) == (0, "")
    rows = [line.split() for line in done.stdout.splitlines() if str(folder) in line]
    names = ["2.png", "10.png", "more/1.png", f"{deep.name}/0.png"]
    assert sorted(row[0] for row in rows) == sorted(str(folder / name) for name in names)
    assert all("%)" in row[-1] for row in rows)
    folded = spritenet("predict", run, folder, COLUMNS="80").stdout
    assert all(len(line) <= 80 for line in folded.splitlines())
    assert str(deep) not in folded


def test_csv_holds_every_file(run: Path, folder: Path, tmp_path: Path) -> None:
    """Also those that can't be read, with the reason; read back by the standard library."""
    (folder / "a, b.png").write_text("no image")
    done = spritenet("predict", run, folder, "--csv", "out.csv", "--top", "2", folder=tmp_path)
    assert done.returncode == 2
    assert done.stdout == "out.csv: 4 images\n"
    assert "a, b.png: damaged or unsupported image file" in done.stderr
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = [*csv.DictReader(file)]
    found = json.loads(spritenet("predict", run, folder, "--json").stdout)["predictions"]
    assert [row["file"] for row in rows] == [answer["file"] for answer in found]
    for row, answer in zip(rows, found, strict=True):
        if "error" in answer:
            assert (row["class"], row["error"]) == ("", answer["error"])
            continue
        first, second = answer["classes"][:2]
        assert (row["class"], float(row["probability"])) == (first["class"], first["probability"])
        assert row["class_2"] == second["class"]
        assert row["sure"] == ("true" if answer["sure"] else "false")
    wrong = spritenet("predict", run, folder, "--csv", "out.png", folder=tmp_path)
    assert wrong.returncode == 2
    assert "ends in .csv" in wrong.stderr


def test_a_data_set_is_called_one(run: Path, data: str, tmp_path: Path) -> None:
    """With the command that reads it: rows in a PNG, a sprite, tables, folders of IDX files."""
    split = sn.load(data).test
    Image.fromarray(split.images.reshape(len(split), -1)).save(tmp_path / "rows.png")
    sn.pack(sn.load(data), tmp_path / "sprite.png")
    split.images.tofile(tmp_path / "images.bin")
    (tmp_path / "digits.csv").write_text("label,p0\n1,2\n")
    line = "error: rows.png: this looks like a data set with one image per row: expected an image, "
    line += f"got 100 rows of 784 pixels. Type: spritenet evaluate {run} rows.png "
    line += "--image-size 28x28 --labels FILE. "
    done = spritenet("predict", run, "rows.png", folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(line)
    for name, kind in (("sprite.png", "a sprite"), ("digits.csv", "CSV"), (data, "IDX files")):
        done = spritenet("predict", run, name, folder=tmp_path)
        assert done.returncode == 2
        assert done.stdout == ""
        assert done.stderr == (
            f"error: {name}: this is a data set, not an image: got {kind}. "
            f"Type: spritenet evaluate {run} {name}\n"
        )
    as_one = spritenet("predict", run, "rows.png", "--prepare", "fit", folder=tmp_path)
    assert as_one.returncode == 0, as_one.stderr


def test_a_photograph_is_turned_upright(run: Path, tmp_path: Path) -> None:
    """As its camera noted: the sensor's rows are the image's columns."""
    image = Image.open(run / "example.png")
    turned = image.transpose(Image.Transpose.ROTATE_90)
    exif = turned.getexif()
    exif[0x0112] = 6  # to be seen upright, turn it by 90° to the right
    turned.save(tmp_path / "turned.png", exif=exif)
    done = spritenet("predict", run, run / "example.png", tmp_path / "turned.png", "--top", "9")
    first, second = (line.partition(": ")[2] for line in done.stdout.splitlines())
    assert first == second


def test_a_picture_too_large_to_open_is_one_line(run: Path, tmp_path: Path) -> None:
    """A few bytes may claim to be gigapixels."""
    for side in (10_000, 30_000):  # Pillow only warns of the one
        png = bytearray((run / "example.png").read_bytes())
        png[16:24] = side.to_bytes(4, "big") * 2
        png[29:33] = zlib.crc32(png[12:29]).to_bytes(4, "big")
        (tmp_path / "huge.png").write_bytes(png)
        done = spritenet("predict", run, tmp_path / "huge.png")
        assert done.returncode == 2
        assert "too large" in done.stderr
        assert done.stderr.count("\n") == 1


def test_a_blank_page_has_no_ink(run: Path, tmp_path: Path) -> None:
    """A model of characters doesn't guess."""
    Image.new("L", (300, 200), 255).save(tmp_path / "blank.png")
    done = spritenet("predict", run, tmp_path / "blank.png", "--prepare", "digit")
    assert done.stdout == f"{tmp_path / 'blank.png'}: no ink\n"


def test_an_unknown_mode_is_one_line(run: Path) -> None:
    """With those there are."""
    done = spritenet("predict", run, run / "example.png", "--prepare", "magic")
    assert done.returncode == 2
    assert "--prepare: unknown mode: expected one of digit, fit, crop" in done.stderr


def dataset(images: np.ndarray, name: str = "mine") -> Dataset:
    """A data set of these images."""
    labels = (np.arange(len(images)) % 10).astype(np.int32)
    split = Split(images, labels, tuple("0123456789"), "train")
    return Dataset(name, {"train": split}, split.class_names)


def test_characters_are_told_from_other_images() -> None:
    """By their corners and their centre of mass, whatever the data set is called."""
    noise = np.random.default_rng(0).integers(0, 256, (30, 28, 28, 1), np.uint8)
    assert infer_preparation(dataset(noise)).mode == "fit"
    centred = np.zeros((30, 28, 28, 1), np.uint8)
    centred[:, 9:20, 10:19] = 255
    assert infer_preparation(dataset(centred)).mode == "digit"
    assert infer_preparation(dataset(np.roll(centred, 4, 1))).mode == "fit"
    assert infer_preparation(dataset(np.roll(centred, 4, 1), "kmnist")).mode == "digit"
    assert infer_preparation(dataset(centred.repeat(3, 3))) == Preparation("fit", 28, 28, 3)
    assert infer_preparation(dataset(np.zeros((5, 8, 9, 1), np.uint8))) == Preparation(
        "fit", 8, 9, 1
    )


def test_the_real_digits_are_characters(mnist_folder: Path) -> None:
    """And so are ours."""
    assert infer_preparation(sn.load(mnist_folder)).mode == "digit"
    assert infer_preparation(sn.load("strokes")).mode == "digit"
