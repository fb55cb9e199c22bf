"""A split as a picture for people: a row a class, its name, how many there are, and some images.

Pillow is imported here and in `sources` only, and only when a picture is asked for.
"""

from __future__ import annotations

import base64
import html
import io
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spritenet.permutation import permutation

if TYPE_CHECKING:
    from PIL import Image

    from spritenet.dataset.dataset import Dataset
    from spritenet.dataset.split import Split

__all__ = ["contact_sheet", "figure", "figures", "mosaic"]

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


def contact_sheet(
    split: Split, columns: int = COLUMNS, rows: int = MOST_ROWS, seed: int | None = None
) -> bytes:
    """Draws some images of each class, a class a row.

    Args:
        split: what to show.
        columns: images a row, at most.
        rows: classes, at most; the first ones.
        seed: picks the images; None for the first ones.

    Returns:
        A PNG file.
    """
    from PIL import Image, ImageDraw, ImageFont

    rows_shown = _rows(split, columns, rows, seed)
    names = [_shortened(split.class_names[number], 24) for number, _ in rows_shown]
    counts = [f"{count:,}" for count in list(split.class_counts.values())[: len(rows_shown)]]
    rest = len(split.class_names) - len(rows_shown)
    more = f"and {rest:,} more class{'es' * (rest != 1)}" if rest else ""
    name_font = ImageFont.load_default(NAME_SIZE)
    count_font = ImageFont.load_default(COUNT_SIZE)

    tile_width, tile_height = _tile_size(split.image_shape)
    row_height = max(tile_height, NAME_SIZE + COUNT_SIZE + 8)
    column_count = max(1, *(len(members) for _, members in rows_shown))
    text_right = MARGIN + round(
        max(
            *(name_font.getlength(name) for name in names),
            *(count_font.getlength(text) for text in [more, *counts]),
        )
    )
    left = text_right + MARGIN
    width = left + column_count * (tile_width + GAP) - GAP + MARGIN
    height = 2 * MARGIN + len(rows_shown) * (row_height + GAP) - GAP + (24 if rest else 0)
    sheet = Image.new("RGB", (width, height), PAPER)
    draw = ImageDraw.Draw(sheet)
    top = MARGIN
    for (_, members), name, count in zip(rows_shown, names, counts, strict=True):
        middle = top + row_height // 2
        draw.text((text_right, middle - 9), name, INK, name_font, anchor="rm")
        draw.text((text_right, middle + 11), count, FAINT, count_font, anchor="rm")
        for column, index in enumerate(members.tolist()):
            tile = _tile(split.images[index], (tile_width, tile_height))
            place = (left + column * (tile_width + GAP), middle - tile_height // 2)
            sheet.paste(tile, place, tile if tile.mode == "RGBA" else None)
        top += row_height + GAP
    draw.text((text_right, top + 12), more, FAINT, count_font, anchor="rm")
    file = io.BytesIO()
    sheet.save(file, "PNG")
    return file.getvalue()


def mosaic(split: Split, columns: int = COLUMNS, rows: int = 8, seed: int = 0) -> bytes:
    """Draws images at random, the name of its class below each.

    Args:
        split: what to show.
        columns: images a row, at most.
        rows: rows, at most.
        seed: picks the images, in the order of this seed's first epoch.

    Returns:
        A PNG file.
    """
    from PIL import Image, ImageDraw, ImageFont

    picked = permutation(seed, 0, len(split), 0, min(len(split), columns * rows)).tolist()
    font = ImageFont.load_default(COUNT_SIZE)
    tile_width, tile_height = _tile_size(split.image_shape)
    names = [_shortened(name, 24) for name in split.class_names]
    used = {int(split.labels[index]) for index in picked}
    widest = max((font.getlength(names[label]) for label in used), default=0)
    step_x = max(tile_width, min(round(widest), 2 * TILE)) + 2 * GAP
    step_y = tile_height + COUNT_SIZE + 3 * GAP
    across, down = min(columns, max(1, len(picked))), max(1, -(-len(picked) // columns))
    sheet = Image.new("RGB", (2 * MARGIN + across * step_x, 2 * MARGIN + down * step_y), PAPER)
    draw = ImageDraw.Draw(sheet)
    for place, index in enumerate(picked):
        middle = MARGIN + place % columns * step_x + step_x // 2
        top = MARGIN + place // columns * step_y
        tile = _tile(split.images[index], (tile_width, tile_height))
        corner = (middle - tile_width // 2, top)
        sheet.paste(tile, corner, tile if tile.mode == "RGBA" else None)
        name = names[int(split.labels[index])]
        while font.getlength(name) > step_x and len(name) > 2:
            name = _shortened(name, len(name) - 1)
        draw.text((middle, top + tile_height + GAP), name, INK, font, anchor="mt")
    file = io.BytesIO()
    sheet.save(file, "PNG")
    return file.getvalue()


def _rows(
    split: Split, columns: int, rows: int, seed: int | None
) -> list[tuple[int, NDArray[np.int64]]]:
    """The first classes, each with the indices of a few of its images."""
    count = len(split)
    mixed = np.arange(count) if seed is None else permutation(seed, 0, count, 0, count)
    order = mixed[np.argsort(split.labels[mixed], kind="stable")]
    edges = np.searchsorted(split.labels[order], np.arange(len(split.class_names) + 1))
    return [
        (number, order[edges[number] : edges[number + 1]][:columns])
        for number in range(min(rows, len(split.class_names)))
    ]


def _tile_size(image_shape: tuple[int, int, int]) -> tuple[int, int]:
    """Width and height of a tile: the image's by a whole factor, or made smaller to fit."""
    height, width, _ = image_shape
    factor = TILE / max(height, width)
    if factor >= 1:
        return width * int(factor), height * int(factor)
    return max(1, round(width * factor)), max(1, round(height * factor))


def _tile(image: NDArray[np.uint8], size: tuple[int, int]) -> Image.Image:
    """One image (h w c) in this width and height: grey, RGB, RGBA, or else its first channel."""
    from PIL import Image

    picture = Image.fromarray(image if image.shape[2] in {3, 4} else image[:, :, 0])
    larger = size[0] >= picture.width
    return picture.resize(size, Image.Resampling.NEAREST if larger else Image.Resampling.LANCZOS)


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def figure(split: Split) -> str:
    """The contact sheet as HTML with a caption, as notebooks show it."""
    picture = base64.b64encode(contact_sheet(split)).decode()
    title = html.escape(split.name or "images")
    return (
        '<figure style="margin:0">'
        f'<figcaption style="padding:4px 0"><b>{title}</b> · {split.summary}</figcaption>'
        f'<img alt="Some images of each class" style="max-width:100%;border-radius:8px" '
        f'src="data:image/png;base64,{picture}">'
        "</figure>"
    )


def figures(data: Dataset) -> str:
    """A data set as HTML: what it is, and the contact sheet of each split."""
    facts = " · ".join(html.escape(fact) for fact in (data.source, data.licence) if fact)
    title = f"<b>{html.escape(data.name)}</b>" + (f" · {facts}" if facts else "")
    return f"<div>{title}</div>" + "".join(map(figure, data.splits.values()))
