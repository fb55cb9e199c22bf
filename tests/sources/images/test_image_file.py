"""People's image files become pixels: every common kind, and no broken one."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from spritenet.errors import DataError
from spritenet.sources.images.image_file import read_image

CHANCE = np.random.default_rng(0)
COLOURS = CHANCE.integers(0, 256, (7, 5, 3), dtype=np.uint8)
GREYS = CHANCE.integers(0, 256, (7, 5), dtype=np.uint8)


def file_of(picture: Image.Image, kind: str, **options: object) -> bytes:
    """An image as Pillow writes it."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM", "WEBP"])
def test_lossless_kinds_keep_every_pixel(kind: str, tmp_path: Path) -> None:
    """From a path, from bytes and from an open file."""
    options = {"lossless": True} if kind == "WEBP" else {}
    content = file_of(Image.fromarray(COLOURS), kind, **options)
    path = tmp_path / "image"
    path.write_bytes(content)
    for source in (path, str(path), content, io.BytesIO(content)):
        pixels = read_image(source)
        assert pixels.dtype == np.uint8
        assert np.array_equal(pixels, COLOURS)


def test_grey_has_one_channel() -> None:
    """Modes L and 1."""
    assert np.array_equal(read_image(file_of(Image.fromarray(GREYS), "PNG"))[:, :, 0], GREYS)
    bits = Image.fromarray(GREYS).point(lambda v: 255 * (v > 127)).convert("1")
    assert np.array_equal(read_image(file_of(bits, "PNG"))[:, :, 0], 255 * (GREYS > 127))


def test_a_jpeg_is_close() -> None:
    """Lossy, but the image."""
    smooth = np.linspace(0, 255, 64 * 64).reshape(64, 64).astype(np.uint8)
    pixels = read_image(file_of(Image.fromarray(smooth), "JPEG", quality=95))
    assert np.abs(pixels[:, :, 0].astype(int) - smooth).max() < 12


def test_other_colour_spaces_become_colours() -> None:
    """CMYK as Pillow converts it."""
    cmyk = Image.fromarray(COLOURS).convert("CMYK")
    assert np.array_equal(read_image(file_of(cmyk, "TIFF")), np.array(cmyk.convert("RGB")))


def test_palettes_are_resolved() -> None:
    """To colours; with a transparent entry, to colours and opacity."""
    picture = Image.fromarray(COLOURS).quantize(8)
    assert np.array_equal(read_image(file_of(picture, "PNG")), np.array(picture.convert("RGB")))
    content = file_of(picture, "PNG", transparency=0)
    pixels = read_image(content)
    assert pixels.shape == (7, 5, 4)
    assert np.array_equal(pixels[:, :, 3] == 0, np.array(picture) == 0)


def test_opacity_is_kept() -> None:
    """RGBA as it is; grey with opacity becomes RGBA."""
    colours = CHANCE.integers(0, 256, (4, 6, 4), dtype=np.uint8)
    assert np.array_equal(read_image(file_of(Image.fromarray(colours), "PNG")), colours)
    grey = Image.fromarray(colours).convert("LA")
    assert np.array_equal(read_image(file_of(grey, "PNG"))[:, :, 3], colours[:, :, 3])


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_are_reduced(kind: str) -> None:
    """By 257, rounded."""
    wide = np.array([[0, 128, 129, 257, 32768, 65535]], np.uint16)
    pixels = read_image(file_of(Image.fromarray(wide), kind))
    assert pixels[0, :, 0].tolist() == [0, 0, 1, 1, 128, 255]


def test_floating_point_has_a_scale_or_is_refused() -> None:
    """0 to 1 becomes 0 to 255; anything else has no meaning that we know."""
    unit = np.array([[0, 0.5, 1]], np.float32)
    assert read_image(file_of(Image.fromarray(unit), "TIFF"))[0, :, 0].tolist() == [0, 128, 255]
    for values in ([[0, 3]], [[-1, 0]], [[np.nan, 0]]):
        with pytest.raises(DataError, match="floating-point"):
            read_image(file_of(Image.fromarray(np.array(values, np.float32)), "TIFF"))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photographs_are_turned_upright_if_asked(orientation: int) -> None:
    """Each of EXIF's eight: the tall image's bright corner comes back to where it was."""
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Image.Transpose that undoes each
    upright = Image.fromarray(COLOURS)
    stored = upright if orientation == 1 else upright.transpose(Image.Transpose(back[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = file_of(stored, "PNG", exif=exif)
    assert np.array_equal(read_image(content, upright=True), COLOURS)
    assert np.array_equal(read_image(content), np.array(stored))


def test_of_an_animation_the_first_picture_counts() -> None:
    """GIF and PNG with frames; TIFF with pages."""
    frames = [Image.fromarray(GREYS), Image.fromarray(255 - GREYS)]
    for kind in ("GIF", "PNG", "TIFF"):
        content = file_of(frames[0], kind, save_all=True, append_images=frames[1:])
        assert np.array_equal(read_image(content)[:, :, 0], GREYS)


def test_too_large_a_picture_is_refused_before_it_is_decoded() -> None:
    """By the header alone: this file has no pixels at all."""
    for side in (10_000, 200_000):  # beyond our limit; beyond Pillow's
        header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
        chunks = b"".join(
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
            for kind, data in ((b"IHDR", header), (b"IDAT", b""), (b"IEND", b""))
        )
        with pytest.raises(DataError, match="too large"):
            read_image(b"\x89PNG\r\n\x1a\n" + chunks)
    with pytest.raises(DataError, match="at most 34 pixels"):
        read_image(file_of(Image.fromarray(GREYS), "PNG"), largest=34)


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"GIF89a", b"\xff\xd8\xff"],
)
def test_what_is_no_picture_is_refused(content: bytes, tmp_path: Path) -> None:
    """One line, with the file's name."""
    path = tmp_path / "notes.png"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"notes\.png"):
        read_image(path)


def test_a_missing_file_or_a_folder_is_refused(tmp_path: Path) -> None:
    """The system's reason, with the name."""
    with pytest.raises(DataError, match=r"none\.png: can't be read"):
        read_image(tmp_path / "none.png")
    with pytest.raises(DataError, match="can't be read"):
        read_image(tmp_path)


FILES = {
    kind: file_of(Image.fromarray(COLOURS.repeat(9, axis=0)), kind)
    for kind in ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF")
}


@settings(max_examples=300)
@given(st.sampled_from(sorted(FILES)), st.data())
def test_damage_never_escapes_as_another_error(kind: str, data: st.DataObject) -> None:
    """A file cut or with bytes changed gives an image or a DataError, nothing else."""
    content = bytearray(FILES[kind])
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    try:
        pixels = read_image(bytes(content[:cut]), largest=10_000_000)
    except DataError:
        return
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3
