"""Tile sheets: PNGs of other programs whose images lie side by side, and folders of them.

sheet.png and its labels             the tiles row by row, from the top left
cat.png, dog.png                     one class per sheet
cat/1.png, cat/2.png, dog/1.png      likewise; and any of these in train/ and test/
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spritenet.dataset.lazy_dataset import ArrayImages, LazyDataset
from spritenet.dataset.natural_order import natural
from spritenet.errors import DataError, InputError
from spritenet.sources.field_names import SPLITS, sort_splits
from spritenet.sources.folder_files import MAX_NAMED
from spritenet.sources.image_size import ImageSize, parse_image_size
from spritenet.sources.png_rows import is_png, possible_label_counts, read_labels, read_png

__all__ = ["survey_tile_folder", "survey_tiles"]

MOST_BYTES = 1 << 32
"""Of all the tiles of a folder."""

MOST_SHEETS = 100_000


def _tiles_of(path: Path, tile: ImageSize) -> tuple[NDArray[np.uint8], int]:
    """Returns all tiles of a PNG (n h w c), and their number without blank ones at the end.

    Args:
        path: the PNG.
        tile: height and width of a tile.

    Raises:
        DataError: the PNG is damaged, or its size is no multiple of the tile's.
        InputError: the tile size is invalid.
    """
    height, width = parse_image_size(tile, "tile")
    pixels = read_png(path)
    rows, columns = pixels.shape[0] // height, pixels.shape[1] // width
    if pixels.shape[:2] != (rows * height, columns * width) or not rows * columns:
        raise DataError(
            f"the image size is not a multiple of the tile size {height}×{width}",
            where=path,
            got=f"an image of {pixels.shape[0]:,}×{pixels.shape[1]:,}",
            do="Pass the size as tile (--tile HxW). Gaps between tiles are unsupported.",
        )
    channels = pixels.shape[2]
    cut = pixels.reshape(rows, height, columns, width, channels).swapaxes(1, 2)
    tiles = np.ascontiguousarray(cut).reshape(-1, height, width, channels)
    blank = (tiles == tiles[-1:, :1, :1]).all(axis=(1, 2, 3))
    count = len(tiles) - int(np.argmin(blank[::-1])) if not blank.all() else 1
    return tiles, count


def survey_tiles(
    path: Path,
    tile: ImageSize,
    labels: Path | None,
    train: int | None = None,
    class_names: Sequence[str] | None = None,
) -> LazyDataset:
    """Reads a sheet with a label file.

    Args:
        path: the PNG.
        tile: height and width of a tile.
        labels: one-hot rows, one byte per image, or IDX. If there are fewer labels than tiles, the
            tiles left over at the end must be blank.
        train: the number of images, from the first on, in the split `train`; by default all.
        class_names: the names of classes 0, 1, …

    Raises:
        DataError: the PNG is damaged, or the labels don't match the tiles.
        InputError: there are no labels, or the split is invalid.
    """
    if labels is None:
        raise InputError(
            "missing labels of the tiles", where=path, do="Name their file (--labels FILE)."
        )
    tiles, shown = _tiles_of(path, tile)
    fitting = [c for c in possible_label_counts(labels, len(tiles)) if shown <= c <= len(tiles)]
    count = max(fitting, default=shown)  # the number of tiles, or of tiles that aren't blank
    indices, names = read_labels(labels, count, class_names)
    first = count if train is None else train
    if not 0 < first <= count:
        raise InputError("out of range", where="train", expected=f"1 to {count:,}", got=first)
    splits = [("train", 0, first)] + ([("test", first, count)] if first < count else [])
    shape = tiles.shape[1:]
    return LazyDataset(
        path.stem,
        (shape[0], shape[1], shape[2]),
        indices,
        names,
        tuple(splits),
        ArrayImages((tiles[:count],)),
        source=str(path),
        notes=_left_out(path, len(tiles) - count),
    )


def survey_tile_folder(path: Path, tile: ImageSize) -> LazyDataset:
    """Reads a folder of sheets with one class each.

    Args:
        path: the folder.
        tile: height and width of a tile.

    Raises:
        DataError: there are no PNGs, or they don't fit together.
    """
    sheets = sorted(_sheets(path), key=lambda one: (one[0], natural(one[1]), natural(one[2].name)))
    if not sheets:
        raise DataError("no tile sheets found", where=path, expected="cat.png, or cat/1.png")
    parts, held = [], 0
    used = {file for _, _, file in sheets}
    unused = [
        file.name for file in sorted(path.rglob("*.*")) if file not in used and file.is_file()
    ]
    few = ", ".join(unused[:MAX_NAMED]) + ", …" * (len(unused) > MAX_NAMED)
    notes = [f"skipped files that are no PNGs: {few}"] if unused else []
    for _, _, file in sheets:
        tiles, count = _tiles_of(file, tile)
        parts.append(tiles[:count].copy() if count < len(tiles) else tiles)
        notes += _left_out(file, len(tiles) - count)
        held += parts[-1].nbytes
        if held > MOST_BYTES:
            raise DataError(
                "is too large", where=path, expected=f"at most {MOST_BYTES:,} bytes of pixels"
            )
    names = sorted({name for _, name, _ in sheets}, key=natural)
    splits = sort_splits({split for split, _, _ in sheets})
    counts = [len(part) for part in parts]
    images = tuple(_widened(parts, max(part.shape[3] for part in parts)))
    shape = images[0].shape[1:]
    return LazyDataset.sorted_by_split(
        path.resolve().name,
        (shape[0], shape[1], shape[2]),
        np.repeat([names.index(name) for _, name, _ in sheets], counts).astype(np.int32),
        names,
        np.repeat([splits.index(split) for split, _, _ in sheets], counts),
        splits,
        ArrayImages(images),
        source=str(path),
        notes=tuple(notes),
    )


def _sheets(folder: Path) -> list[tuple[str, str, Path]]:
    """Returns the split, class and path of each sheet in a folder."""
    inside = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    folders = [path for path in inside if path.is_dir()]
    splits = [path for path in folders if path.name.casefold() in SPLITS]
    found = []
    if splits and splits == folders:
        for place in splits:
            split = SPLITS[place.name.casefold()]
            found += [(split, name, path) for _, name, path in _sheets(place)]
    found += [("train", path.stem, path) for path in inside if is_png(path)]
    for place in folders if not splits else []:
        images = [path for path in sorted(place.iterdir()) if is_png(path)]
        found += [("train", place.name, path) for path in images]
    if len(found) > MOST_SHEETS:
        raise DataError("has too many sheets", where=folder, expected=f"at most {MOST_SHEETS:,}")
    return found


def _widened(parts: Sequence[NDArray[np.uint8]], channels: int) -> list[NDArray[np.uint8]]:
    """Adds channels to match other images: grey to RGB, RGB to opaque RGBA."""
    made = []
    for part in parts:
        wide = part
        if channels >= 3 and wide.shape[3] == 1:
            wide = np.repeat(wide, 3, axis=3)
        if channels == 4 and wide.shape[3] == 3:
            wide = np.concatenate([wide, np.full_like(wide[..., :1], 255)], axis=3)
        made.append(wide)
    return made


def _left_out(path: Path, count: int) -> tuple[str, ...]:
    if not count:
        return ()
    tiles = "tile is" if count == 1 else f"{count:,} tiles are"
    return (f"{path.name}: the last {tiles} blank, and left out",)
