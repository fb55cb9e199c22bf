"""Sheets of tiles by other programs: cut where Pillow put them together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import spritenet as sn
from idx_bytes import label_bytes
from spritenet.errors import DataError, InputError
from spritenet.sources import load

RANDOM = np.random.default_rng(7)
TILES = RANDOM.integers(1, 256, (10, 5, 4, 3), dtype=np.uint8)
LABELS = (np.arange(10) % 3).astype(np.uint8)


def sheet(path: Path, tiles: NDArray[np.uint8], columns: int, rows: int) -> Path:
    """An image of tiles, pasted by Pillow; black where there are none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = tiles.shape[1:3]
    mode = "RGB" if tiles.shape[3] == 3 else "L"
    picture = Image.new(mode, (columns * width, rows * height))
    for place, tile in enumerate(tiles):
        at = (place % columns * width, place // columns * height)
        picture.paste(Image.fromarray(tile if mode == "RGB" else tile[..., 0]), at)
    picture.save(path)
    return path


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("form", ["bytes", "one-hot", "idx"])
def test_a_sheet_with_labels(tmp_path: Path, channels: int, form: str) -> None:
    """Two tiles of twelve are blank: as many as labels are lacking."""
    tiles = TILES[..., :channels]
    path = sheet(tmp_path / "sheet.png", tiles, 4, 3)
    content = {
        "bytes": LABELS.tobytes(),
        "one-hot": np.eye(3, dtype=np.uint8)[LABELS].tobytes(),
        "idx": label_bytes(LABELS),
    }[form]
    (tmp_path / "labels").write_bytes(content)
    with pytest.warns(sn.DataWarning, match=r"sheet\.png: the last 2 tiles are blank"):
        data = load(path, tile="5x4", labels=tmp_path / "labels", train=7)
    assert np.array_equal(data.train.images, tiles[:7])
    assert np.array_equal(data.test.images, tiles[7:])
    assert data.train.labels.tolist() == LABELS[:7].tolist()
    assert data.class_names == ("0", "1", "2")


def test_a_black_image_at_the_end_stays_if_it_has_a_label(tmp_path: Path) -> None:
    """Labels say how many tiles are images."""
    path = sheet(tmp_path / "sheet.png", TILES, 6, 2)
    data = load(path, tile=(5, 4), labels=bytes(12), class_names=("only",))
    assert len(data.train) == 12
    assert not data.train.images[10:].any()


@pytest.mark.parametrize(
    ("names", "splits"),
    [
        (("cat.png", "dog 2.png", "dog 10.png"), ["train"]),
        (("cat/1.png", "dog 2/1.png", "dog 10/1.png", "dog 10/2.png"), ["train"]),
        (
            ("train/cat.png", "train/dog 2.png", "train/dog 10.png", "test/cat.png"),
            ["train", "test"],
        ),
    ],
)
def test_a_folder_of_sheets(tmp_path: Path, names: tuple[str, ...], splits: list[str]) -> None:
    """Classes are files or folders, in natural order; grey among colours becomes colour."""
    for number, name in enumerate(names):
        tiles = TILES[2 * number : 2 * number + 2, ..., : 1 if number else 3]
        sheet(tmp_path / "d" / name, tiles, 2, 1)
    data = load(tmp_path / "d", tile="5x4")
    assert data.class_names == ("cat", "dog 2", "dog 10")
    assert list(data.splits) == splits
    assert data.image_shape == (5, 4, 3)
    assert np.array_equal(data.train.images[:2], TILES[:2])
    assert np.array_equal(data.train.images[2:4], TILES[2:4, ..., :1].repeat(3, 3))
    assert data.train.labels.tolist()[:4] == [0, 0, 1, 1]


def test_blank_tiles_of_a_class_are_left_out(tmp_path: Path) -> None:
    """And it is said, of each sheet."""
    sheet(tmp_path / "cat.png", TILES[:3], 2, 2)
    sheet(tmp_path / "dog.png", TILES[3:7], 2, 2)
    (tmp_path / "notes.txt").write_text("About them.")
    with pytest.warns(
        sn.DataWarning, match=r"no PNGs: notes\.txt; cat\.png: the last tile is blank"
    ):
        data = load(tmp_path, tile="5x4")
    assert len(data.train) == 7


def test_what_does_not_fit_is_said(tmp_path: Path) -> None:
    """No labels, other sizes, too many or too few labels, options that mean nothing here."""
    path = sheet(tmp_path / "d" / "sheet.png", TILES, 4, 3)
    cases: list[tuple[dict[str, object], str]] = [
        ({"tile": "5x4"}, "missing labels of the tiles"),
        ({"tile": "4x4", "labels": bytes(10)}, "not a multiple of the tile size 4×4"),
        ({"tile": "99x99", "labels": bytes(10)}, "not a multiple of the tile size"),
        ({"tile": "0x4", "labels": bytes(10)}, "tile: invalid image size"),
        ({"tile": "5x4", "labels": bytes(7)}, "labels don't match the images: expected 10 labels"),
        ({"tile": "5x4", "labels": label_bytes(np.zeros(13, np.uint8))}, "don't match the images"),
        ({"tile": "5x4", "labels": bytes(12), "train": 13}, "train: out of range"),
        ({"tile": "5x4", "labels": bytes(12), "image_size": "5x4"}, "image_size is for"),
    ]
    for options, said in cases:
        with pytest.raises(InputError, match=said):
            load(path, **options)  # type: ignore[arg-type] # each of its own type
    with pytest.raises(InputError, match="size is for"):
        load(tmp_path / "d", tile="5x4", size="3x3")
    Image.fromarray(TILES[0]).save(tmp_path / "d" / "b.jpg")
    (tmp_path / "d" / "sheet.png").unlink()
    with pytest.raises(DataError, match="no tile sheets found"):
        load(tmp_path / "d", tile="5x4")
