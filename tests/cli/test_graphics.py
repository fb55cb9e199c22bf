"""Images and matrices in a terminal: in colour and without, never wider than it is."""

from __future__ import annotations

import io

import numpy as np
import pytest
from rich.console import Console

from spritenet.cli.graphics import confusion_table, image_grid, image_lines

RANDOM = np.random.default_rng(0)


def printed(*things: object, width: int = 80) -> list[str]:
    """Returns the output for a terminal without colours."""
    file = io.StringIO()
    console = Console(file=file, width=width, markup=False, color_system=None)
    for thing in things:
        console.print(thing, no_wrap=True)
    return file.getvalue().splitlines()


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_two_rows_of_pixels_are_a_line(channels: int) -> None:
    """The upper one the character's, the lower one its ground's; an odd last one stands alone."""
    image = RANDOM.integers(0, 256, (5, 4, channels), np.uint8)
    lines = image_lines(image)
    assert [line.plain for line in lines] == ["▀▀▀▀"] * 3
    styles = [str(span.style) for span in lines[1].spans]
    red, green, blue = (
        int(v) for v in (image[2, 1] if channels == 3 else [image[2, 1, 0]] * 3)[:3]
    )
    if channels != 4:
        assert styles[1].startswith(f"#{red:02x}{green:02x}{blue:02x} on #")
    assert " on " not in str(lines[2].spans[0].style)


def test_without_colours_shades_tell_light_from_dark() -> None:
    """Black is empty, white is full."""
    image = np.zeros((4, 3, 1), np.uint8)
    image[:2] = 255
    assert [line.plain for line in image_lines(image, colour=False)] == ["███", "   "]


def test_large_images_are_made_smaller() -> None:
    """In proportion."""
    lines = image_lines(RANDOM.integers(0, 256, (100, 200, 3), np.uint8), width=40)
    assert {line.cell_len for line in lines} == {40}
    assert len(lines) == 10


@pytest.mark.parametrize("columns", [20, 80, 110])
def test_images_side_by_side_fit_the_terminal(columns: int) -> None:
    """As many in a row as fit, each with its caption."""
    images = list(RANDOM.integers(0, 256, (5, 28, 28, 1), np.uint8))
    captions = ["7 99.9 %, is 1", "b", "a very long caption that can't possibly fit", "d", "e"]
    lines = image_grid(images, captions, columns=columns, colour=False)
    assert max(line.cell_len for line in lines) <= columns
    whole = " ".join(line.plain for line in lines)
    assert all(caption[:12] in whole for caption in captions)
    assert image_grid([], [], columns=80) == []


def test_ten_classes_fit_eighty_columns() -> None:
    """MNIST's counts and Fashion-MNIST's names; every number is there, zeros are dots."""
    counts = RANDOM.integers(0, 30, (10, 10))
    counts[np.diag_indices(10)] = 1123
    counts[3, 4] = 0
    names = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker")
    for row_names in (tuple("0123456789"), (*names, "Bag", "Ankle boot")):
        table = confusion_table(counts, row_names, 80)
        assert table is not None
        lines = printed(table)
        assert max(map(len, lines)) <= 80
        row = next(line for line in lines if line.strip().startswith(row_names[3]))
        cells = row.strip().removeprefix(row_names[3]).split()
        assert cells == [str(count) if count else "·" for count in counts[3].tolist()]


@pytest.mark.parametrize("columns", range(70, 111))
def test_a_matrix_that_is_drawn_fits(columns: int) -> None:
    """No count is cut off at any width."""
    counts = np.full((10, 10), 1123)
    table = confusion_table(counts, tuple("0123456789"), columns)
    if table is not None:
        assert all(line.count("1123") == 10 for line in printed(table, width=columns)[3:13])
    assert (table is not None) == (columns >= 80)


def test_colours_tell_right_from_wrong() -> None:
    """And many mistakes from few."""
    counts = np.array([[90, 1, 0], [30, 60, 0], [0, 0, 9]])
    table = confusion_table(counts, ("a", "b", "c"), 80)
    assert table is not None
    styles = [
        [str(getattr(cell, "style", "")) for cell in column.cells] for column in table.columns[1:]
    ]
    assert styles[0][0] == styles[1][1] == styles[2][2]
    assert len({styles[0][0], styles[1][0], styles[0][1], styles[2][0]}) == 4


def test_what_does_not_fit_is_left_out() -> None:
    """Many classes, or a narrow terminal."""
    assert confusion_table(np.eye(21, dtype=int), tuple(map(str, range(21))), 200) is None
    assert confusion_table(np.eye(10, dtype=int) * 10**6, tuple("0123456789"), 60) is None
