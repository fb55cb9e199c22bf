"""`spritenet predict`: pictures of all kinds in, classes out."""

from __future__ import annotations

import contextlib
import json
import zlib
from pathlib import Path

import numpy as np
import pytest

import spritenet as sn
from program import spritenet
from spritenet.cli.preparation import for_data
from spritenet.dataset import Dataset, Split
from spritenet.prepare import Preparation, prepare

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
    done = spritenet("predict", run, *files, run / "example.png", tmp_path)
    assert done.returncode == 2
    assert done.stdout.startswith(f"{run / 'example.png'}: ")
    lines = done.stderr.splitlines()
    assert len(lines) == 5
    assert all(line.startswith("error: ") for line in lines)
    assert "missing.png: there is no such file" in lines[3]
    found = json.loads(spritenet("predict", run, *files, "--json").stdout)
    assert all("error" in answer for answer in found["predictions"])


def test_a_photograph_is_turned_upright(run: Path, tmp_path: Path) -> None:
    """As its camera noted: the sensor's rows are the picture's columns."""
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
    assert "--prepare: there is no such mode: expected one of digit, fit, crop" in done.stderr


def dataset(images: np.ndarray, name: str = "mine") -> Dataset:
    """A data set of these images."""
    labels = (np.arange(len(images)) % 10).astype(np.int32)
    split = Split(images, labels, tuple("0123456789"), "train")
    return Dataset(name, {"train": split}, split.class_names)


def test_characters_are_told_from_other_images() -> None:
    """By their corners and their centre of mass, whatever the data set is called."""
    noise = np.random.default_rng(0).integers(0, 256, (30, 28, 28, 1), np.uint8)
    assert for_data(dataset(noise)).mode == "fit"
    centred = np.zeros((30, 28, 28, 1), np.uint8)
    centred[:, 9:20, 10:19] = 255
    assert for_data(dataset(centred)).mode == "digit"
    assert for_data(dataset(np.roll(centred, 4, 1))).mode == "fit"
    assert for_data(dataset(np.roll(centred, 4, 1), "kmnist")).mode == "digit"
    assert for_data(dataset(centred.repeat(3, 3))) == Preparation("fit", 28, 28, 3)
    assert for_data(dataset(np.zeros((5, 8, 9, 1), np.uint8))) == Preparation("fit", 8, 9, 1)


def test_the_real_digits_are_characters(mnist_folder: Path) -> None:
    """And so are ours."""
    assert for_data(sn.load(mnist_folder)).mode == "digit"
    assert for_data(sn.load("strokes")).mode == "digit"
