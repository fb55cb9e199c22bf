"""A folder of images as a data set."""

from __future__ import annotations

import os
import struct
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import spritenet as sn
from picture_folders import encoded, noise, write_pictures
from spritenet.prepare import Preparation, prepare
from spritenet.sources import survey
from spritenet.sources.images.image_file import read_image
from spritenet.sprites.chunks import chunk
from spritenet.sprites.image_block import read_block


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes and two splits, of 6×5 grey images."""
    write_pictures(tmp_path, "train/cat/1.png", "train/cat/10.png", "train/dog/2.png")
    write_pictures(tmp_path / "test", "dog/3.png")
    return tmp_path


def test_pixels_and_labels_are_those_of_the_files(folder: Path) -> None:
    """In natural order, by split and class."""
    data = sn.load(folder)
    assert (list(data.splits), data.class_names) == (["train", "test"], ("cat", "dog"))
    assert data.train.labels.tolist() == [0, 0, 1]
    for place, seed in enumerate((0, 1, 2)):
        assert np.array_equal(data.train.images[place, ..., 0], noise(seed=seed))
    assert data.name == folder.name


@pytest.mark.parametrize(
    ("name", "form", "options"),
    [
        ("a.bmp", "BMP", {}),
        ("a.gif", "GIF", {}),
        ("a.tif", "TIFF", {}),
        ("a.pgm", "PPM", {}),
        ("a.webp", "WEBP", {"lossless": True}),
        ("a.JPG", "JPEG", {}),
    ],
)
def test_every_format_that_pillow_reads(
    tmp_path: Path, name: str, form: str, options: dict[str, object]
) -> None:
    """A class of a PNG, and one of something else: the pixels are those that Pillow decodes."""
    write_pictures(tmp_path, "png/a.png")
    path = tmp_path / "other" / name
    path.parent.mkdir()
    path.write_bytes(encoded(noise(seed=9), form, **options))
    with Image.open(path) as picture:
        expected = np.asarray(picture.convert("L"))
    assert np.array_equal(sn.load(tmp_path).train.images[0, ..., 0], expected)


def test_photographs_are_upright(tmp_path: Path) -> None:
    """EXIF's orientation 6: the camera was turned."""
    pixels = noise((4, 6, 3))
    exif = Image.Exif()
    exif[274] = 6
    for name in ("a/1.png", "a/2.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(encoded(pixels, exif=exif))
    assert np.array_equal(sn.load(tmp_path).train.images[0], np.rot90(pixels, -1))


def test_different_sizes_say_what_to_type(folder: Path) -> None:
    """The file, both sizes, and a square to resize to: the first image's if it is small."""
    (folder / "train/dog/9.png").write_bytes(encoded(noise((7, 8))))
    with pytest.raises(
        sn.DataError,
        match=r"dog.9\.png: the images are of different sizes: expected 6×5 as .*cat.1\.png, got "
        r"7×8\. Pass size=\"6x6\" \(--size 6x6\), .*fit=\"crop\"",
    ):
        sn.load(folder)


@pytest.mark.parametrize("fit", ["fit", "crop", "stretch"])
def test_sizes_are_made_as_predict_makes_them(tmp_path: Path, fit: str) -> None:
    """The same arithmetic as `spritenet.prepare`: trained on what will be asked."""
    pictures = [noise((9, 13, 3)), noise((20, 8, 3), 1), noise((1500, 30, 3), 2)]
    for number, pixels in enumerate(pictures):
        (tmp_path / "a").mkdir(exist_ok=True)
        (tmp_path / "a" / f"{number}.png").write_bytes(encoded(pixels))
    for color, channels in ((None, 3), ("grey", 1), ("rgba", 4)):
        images = sn.load(tmp_path, size="7x6", fit=fit, color=color).train.images
        for image, pixels in zip(images, pictures, strict=True):
            assert np.array_equal(image, prepare(pixels, Preparation(fit, 7, 6, channels)))


def test_padding_leaves_pixels_alone(folder: Path) -> None:
    """Black around them; an image that is larger is refused."""
    images = sn.load(folder, size=(8, 8), fit="pad").train.images
    assert np.array_equal(images[0, 1:7, 1:6, 0], noise())
    assert int(images[0].sum()) == int(noise().sum())
    with pytest.raises(sn.DataError, match="larger than the size to pad to"):
        sn.load(folder, size=(5, 8), fit="pad")


def test_colours_are_kept_where_there_are_some(tmp_path: Path) -> None:
    """The least number of channels that loses nothing; any other if asked for."""
    grey = np.repeat(noise((6, 5, 1)), 3, axis=2)
    (tmp_path / "a").mkdir()
    (tmp_path / "a/1.png").write_bytes(encoded(grey))
    assert sn.load(tmp_path).image_shape == (6, 5, 1)
    (tmp_path / "a/2.png").write_bytes(encoded(noise((6, 5, 3))))
    data = sn.load(tmp_path)
    assert data.image_shape == (6, 5, 3)
    assert np.array_equal(data.train.images[0], grey)
    (tmp_path / "a/3.png").write_bytes(encoded(noise((6, 5, 4))))
    assert sn.load(tmp_path).image_shape == (6, 5, 4)
    assert sn.load(tmp_path, color="grey").image_shape == (6, 5, 1)
    expected = np.asarray(Image.fromarray(noise((6, 5, 3))).convert("L"))
    assert np.array_equal(sn.load(tmp_path, color="grey").train.images[1, ..., 0], expected)


def test_a_late_colour_is_not_lost(tmp_path: Path) -> None:
    """Some images are looked at first; one that is not may be the only one in colour."""
    write_pictures(tmp_path, *(f"a/{number}.png" for number in range(250)))
    (tmp_path / "a/1.png").write_bytes(encoded(noise((6, 5, 3))))
    with pytest.raises(sn.DataError, match=r"1\.png: the image is in colour.*--color rgb"):
        sn.load(tmp_path)
    assert sn.load(tmp_path, color="rgb").image_shape == (6, 5, 3)


def test_unreadable_files_are_left_out_and_named(folder: Path) -> None:
    """A truncated one, an empty one, a text, a link to nowhere; the others keep their labels."""
    whole = sn.load(folder)
    good = encoded(noise())
    (folder / "train/cat/2.png").write_bytes(good[:60])
    (folder / "train/cat/3.png").touch()
    (folder / "train/dog/1.jpg").write_text("hello", encoding="utf-8")
    if sys.platform != "win32":
        (folder / "train/dog/7.png").symlink_to(folder / "nowhere.png")
    with pytest.warns(UserWarning, match=r"[34] images can't be read and left out: .*2\.png"):
        data = sn.load(folder)
    assert data.content_hash == whole.content_hash
    with pytest.raises(sn.DataError, match=r"cat.2\.png: the image is damaged"):
        sn.load(folder, strict=True)


def test_nothing_readable_is_an_error(tmp_path: Path) -> None:
    """With the first reason."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a/1.png").write_bytes(b"no image")
    with pytest.raises(sn.DataError, match=r"none of its images can be read: got .*1\.png"):
        sn.load(tmp_path)


def test_bombs_are_refused_before_they_are_decoded(folder: Path) -> None:
    """A header of 2³¹ pixels."""
    header = struct.pack(">IIBBBBB", 1 << 16, 1 << 15, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", b"x\x9c\x03\x00") + chunk(b"IEND", b"")
    (folder / "train/cat/5.png").write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    with pytest.warns(UserWarning, match=r"5\.png: the image is too large"):
        assert len(sn.load(folder).train) == 3


def test_the_first_picture_of_an_animation_is_taken_and_said_so(folder: Path) -> None:
    """GIF; the same goes for pages of a TIFF."""
    frames = [Image.fromarray(noise(seed=seed)) for seed in (7, 8)]
    frames[0].save(folder / "train/cat/0.gif", save_all=True, append_images=frames[1:])
    with pytest.warns(UserWarning, match=r"0\.gif: only the first of its images was taken"):
        data = sn.load(folder)
    first = read_image(folder / "train/cat/0.gif")
    assert np.array_equal(data.train.images[0], first[..., :1])


def test_litter_is_ignored_and_other_files_are_named(folder: Path) -> None:
    """System files are no class; a skipped file that may be an image is reported."""
    for name in (
        "train/cat/.DS_Store",
        "train/cat/Thumbs.db",
        "__MACOSX/x/._1.png",
        ".git/a/b.png",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert sn.load(folder).class_names == ("cat", "dog")
    (folder / "train/cat/photo.txt").touch()
    with pytest.warns(UserWarning, match=r"skipped files that are no images: .*photo\.txt"):
        sn.load(folder)


@pytest.mark.skipif(sys.platform == "win32", reason="not on this machine: no links, no pipes")
def test_links_in_circles_end_and_pipes_do_not_block(folder: Path) -> None:
    """A link to a folder above is not followed; a link to a pipe is no image."""
    (folder / "train/cat/again").symlink_to(folder, target_is_directory=True)
    os.mkfifo(folder / "pipe")
    (folder / "train/dog/9.png").symlink_to(folder / "pipe")
    with pytest.warns(UserWarning, match=r"1 image can't be read"):
        assert len(sn.load(folder).train) == 3


def test_options_that_mean_nothing_are_refused(folder: Path, tmp_path: Path) -> None:
    """A size for a sprite, labels for a folder, a fit without a size, a size that is none."""
    sprite = sn.pack(sn.load(folder), tmp_path / "a.png")
    with pytest.raises(sn.InputError, match="size is for image files"):
        sn.load(sprite, size="28x28")
    with pytest.raises(sn.InputError, match="labels is for a PNG that is not a sprite"):
        sn.load(folder, labels="x")
    with pytest.raises(sn.InputError, match=r"fit: missing size"):
        sn.load(folder, fit="crop")
    with pytest.raises(sn.InputError, match=r"size: invalid image size: .* got '28'"):
        sn.load(folder, size="28")
    with pytest.raises(sn.InputError, match="unsupported color: expected grey, rgb"):
        sn.load(folder, color="red")
    with pytest.raises(sn.InputError, match="sides of at most 1024"):
        sn.load(folder, size="2000x2000")


def test_any_part_can_be_read_on_any_number_of_threads(tmp_path: Path) -> None:
    """Large images are decoded on several; what comes out is the same."""
    write_pictures(tmp_path, *(f"{n % 3}/{n}.png" for n in range(30)), shape=(70, 70, 3))
    (tmp_path / "1/1.png").write_bytes(b"broken")
    listing = survey(tmp_path)
    assert listing.images.threads
    one, many = (read_block(listing, 2, 25, workers=workers) for workers in (1, 5))
    assert np.array_equal(one.images, many.images)
    assert len(one.images) == 22
    assert [str(error) for error in one.left_out] == [str(error) for error in many.left_out]
