"""Contact sheets: PNG files that show some images of a split, with the names of their classes.

They are drawn from plain arrays. Pillow is imported when a sheet is drawn.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spritenet.dataset.multi_label import Labels, class_counts, is_multi_label, label_text
from spritenet.permutation import permutation

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["Row", "contact_sheet", "draw_rows", "html_figure", "mosaic"]

TILE = 56  # pixels: MNIST's 28 twice
GAP = 4
MARGIN = 20
COLUMNS = 14
MOST_ROWS = 20
PAPER = (246, 248, 250)
INK = (31, 35, 40)
FAINT = (125, 133, 144)
NAME_SIZE = 17
COUNT_SIZE = 12
HEAD = 20


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A row of a sheet.

    Attributes:
        name: before its images.
        note: a line below the name.
        images: uint8, n h w c.
    """

    name: str
    note: str
    images: NDArray[np.uint8]


def contact_sheet(
    images: NDArray[np.uint8],
    labels: Labels,
    class_names: Sequence[str],
    columns: int = COLUMNS,
    rows: int = MOST_ROWS,
    seed: int | None = None,
) -> bytes:
    """Draws a row of images for each class, with its name and number of images.

    Args:
        images: uint8, n h w c.
        labels: class indices, n; or multi-label rows, n k, whose images are in the row of each of
            their classes.
        class_names: the names of classes 0, 1, …
        columns: images in a row, at most.
        rows: classes, at most; the first ones.
        seed: of the choice of images; None for the first ones.

    Returns:
        A PNG file.
    """
    counted = class_counts(labels, len(class_names)).tolist()
    shown = [
        Row(class_names[number], f"{counted[number]:,}", images[members])
        for number, members in _choose_rows(labels, len(class_names), columns, rows, seed)
    ]
    rest = len(class_names) - len(shown)
    more = f"and {rest:,} more class{'es' * (rest != 1)}" if rest else ""
    return draw_rows(shown, images.shape[1:], more=more)


def draw_rows(
    rows: Sequence[Row],
    image_shape: tuple[int, ...],
    *,
    more: str = "",
    heads: tuple[str, str] | None = None,
) -> bytes:
    """Draws rows of images, each behind its name and its note.

    Args:
        rows: one or more.
        image_shape: height, width and channels of an image.
        more: a line below the last row.
        heads: words above the first column and above the others, which then stand apart.

    Returns:
        A PNG file.
    """
    from PIL import Image, ImageDraw, ImageFont

    names = [_shorten(row.name, 24) for row in rows]
    name_font = ImageFont.load_default(NAME_SIZE)
    note_font = ImageFont.load_default(COUNT_SIZE)
    tile_width, tile_height = _tile_size(image_shape)
    row_height = max(tile_height, NAME_SIZE + COUNT_SIZE + 8)
    column_count = max(1, *(len(row.images) for row in rows))
    text_right = MARGIN + round(
        max(
            *(name_font.getlength(name) for name in names),
            *(note_font.getlength(text) for text in [more, *(row.note for row in rows)]),
        )
    )
    left, apart = text_right + MARGIN, 0
    if heads:
        apart = max(3 * GAP, round(note_font.getlength(heads[0])) + 2 * GAP - tile_width)
    width = left + column_count * (tile_width + GAP) - GAP + MARGIN + apart
    if heads:
        second = left + tile_width + GAP + apart
        width = max(width, second + round(note_font.getlength(heads[1])) + MARGIN)
    height = 2 * MARGIN + len(rows) * (row_height + GAP) - GAP + (24 if more else 0)
    top = MARGIN + (HEAD if heads else 0)
    sheet = Image.new("RGB", (width, height + top - MARGIN), PAPER)
    draw = ImageDraw.Draw(sheet)
    if heads:
        draw.text((left, MARGIN), heads[0], FAINT, note_font)
        draw.text((second, MARGIN), heads[1], FAINT, note_font)
    for row, name in zip(rows, names, strict=True):
        middle = top + row_height // 2
        draw.text((text_right, middle - 9), name, INK, name_font, anchor="rm")
        draw.text((text_right, middle + 11), row.note, FAINT, note_font, anchor="rm")
        for column, image in enumerate(row.images):
            tile = _tile(image, (tile_width, tile_height))
            across = left + column * (tile_width + GAP) + (apart if column else 0)
            corner = (across, middle - tile_height // 2)
            sheet.paste(tile, corner, tile if tile.mode == "RGBA" else None)
        top += row_height + GAP
    draw.text((text_right, top + 12), more, FAINT, note_font, anchor="rm")
    file = io.BytesIO()
    sheet.save(file, "PNG")
    return file.getvalue()


def mosaic(
    images: NDArray[np.uint8],
    labels: Labels,
    class_names: Sequence[str],
    columns: int = COLUMNS,
    rows: int = 8,
    seed: int = 0,
) -> bytes:
    """Draws images chosen at random, each above the name of its class.

    Args:
        images: uint8, n h w c.
        labels: class indices, n, or multi-label rows, n k.
        class_names: the names of classes 0, 1, …
        columns: images in a row, at most.
        rows: rows, at most.
        seed: of the choice: the first images of this seed's first epoch.

    Returns:
        A PNG file.
    """
    from PIL import Image, ImageDraw, ImageFont

    size = len(images)
    chosen = permutation(seed, 0, size, 0, min(size, columns * rows)).tolist()
    font = ImageFont.load_default(COUNT_SIZE)
    tile_width, tile_height = _tile_size(images.shape[1:])
    short = [_shorten(name, 24) for name in class_names]
    names = [_shorten(label_text(labels[index], short), 48) for index in chosen]
    widest = max(map(font.getlength, names), default=0)
    step_x = max(tile_width, min(round(widest), 2 * TILE)) + 2 * GAP
    step_y = tile_height + COUNT_SIZE + 3 * GAP
    across, down = min(columns, max(1, len(chosen))), max(1, -(-len(chosen) // columns))
    sheet = Image.new("RGB", (2 * MARGIN + across * step_x, 2 * MARGIN + down * step_y), PAPER)
    draw = ImageDraw.Draw(sheet)
    for position, (index, text) in enumerate(zip(chosen, names, strict=True)):
        middle = MARGIN + position % columns * step_x + step_x // 2
        top = MARGIN + position // columns * step_y
        tile = _tile(images[index], (tile_width, tile_height))
        corner = (middle - tile_width // 2, top)
        sheet.paste(tile, corner, tile if tile.mode == "RGBA" else None)
        name = text
        while font.getlength(name) > step_x and len(name) > 2:
            name = _shorten(name, len(name) - 1)
        draw.text((middle, top + tile_height + GAP), name, INK, font, anchor="mt")
    file = io.BytesIO()
    sheet.save(file, "PNG")
    return file.getvalue()


def _choose_rows(
    labels: Labels, classes: int, columns: int, rows: int, seed: int | None
) -> list[tuple[int, NDArray[np.int64]]]:
    """Returns the first classes, each with the indices of a few of its images."""
    count = len(labels)
    mixed = np.arange(count) if seed is None else permutation(seed, 0, count, 0, count)
    if is_multi_label(labels):
        some = range(min(rows, classes))
        return [(number, mixed[labels[mixed, number] == 1][:columns]) for number in some]
    order = mixed[np.argsort(labels[mixed], kind="stable")]
    edges = np.searchsorted(labels[order], np.arange(classes + 1))
    return [
        (number, order[edges[number] : edges[number + 1]][:columns])
        for number in range(min(rows, classes))
    ]


def _tile_size(image_shape: tuple[int, ...]) -> tuple[int, int]:
    """Returns width and height of a tile: a multiple of the image's, or reduced to fit."""
    height, width, _ = image_shape
    factor = TILE / max(height, width)
    if factor >= 1:
        return width * int(factor), height * int(factor)
    return max(1, round(width * factor)), max(1, round(height * factor))


def _tile(image: NDArray[np.uint8], size: tuple[int, int]) -> Image.Image:
    """Resizes one image (h w c): grey, RGB or RGBA; of other images the first channel."""
    from PIL import Image

    original = Image.fromarray(image if image.shape[2] in {3, 4} else image[:, :, 0])
    larger = size[0] >= original.width
    return original.resize(size, Image.Resampling.NEAREST if larger else Image.Resampling.LANCZOS)


def _shorten(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def html_figure(png: bytes, title: str, caption: str) -> str:
    """Returns an HTML figure of a contact sheet, as notebooks show it."""
    data = base64.b64encode(png).decode()
    return (
        '<figure style="margin:0">'
        f'<figcaption style="padding:4px 0"><b>{html.escape(title)}</b> · {caption}</figcaption>'
        f'<img alt="Some images of each class" style="max-width:100%;border-radius:8px" '
        f'src="data:image/png;base64,{data}">'
        "</figure>"
    )
