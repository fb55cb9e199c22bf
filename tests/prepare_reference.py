"""A second implementation of docs/reference/prepare.md, in Python's integers and loops.

A picture is a list of rows of pixels, a pixel a list of channels.
"""

from __future__ import annotations

Picture = list[list[list[int]]]
Plane = list[list[int]]


def prepare(
    picture: Picture, mode: str, height: int, width: int, channels: int, background: int
) -> Picture:
    """The page's modes."""
    picture = reduced(picture)
    if mode == "digit":
        return digit(picture, height, width)
    picture = with_channels(picture, channels, background)
    h, w = len(picture), len(picture[0])
    if mode == "crop":
        if h * width > w * height:
            rows = max(1, (2 * w * height + width) // (2 * width))
            first = (h - rows) // 2
            picture = picture[first : first + rows]
        else:
            columns = max(1, (2 * h * width + height) // (2 * height))
            first = (w - columns) // 2
            picture = [row[first : first + columns] for row in picture]
    if mode in {"stretch", "crop"}:
        return stretched(picture, height, width)
    if h * width > w * height:
        tall, wide = height, max(1, (2 * w * height + h) // (2 * h))
    else:
        tall, wide = max(1, (2 * h * width + w) // (2 * w)), width
    empty = [background] * channels if channels < 4 else [background] * 3 + [255]
    result = [[list(empty) for _ in range(width)] for _ in range(height)]
    top, left = (height - tall) // 2, (width - wide) // 2
    for r, row in enumerate(stretched(picture, tall, wide)):
        for c, pixel in enumerate(row):
            result[top + r][left + c] = pixel
    return result


def reduced(picture: Picture) -> Picture:
    """Before every mode."""
    h, w, channels = len(picture), len(picture[0]), len(picture[0][0])
    f = -(-max(h, w) // 1024)
    if f == 1:
        return picture
    tall, wide = min(f, h), min(f, w)
    n = tall * wide
    return [
        [
            [
                (
                    sum(
                        picture[r * tall + i][c * wide + j][k]
                        for i in range(tall)
                        for j in range(wide)
                    )
                    + n // 2
                )
                // n
                for k in range(channels)
            ]
            for c in range(w // wide)
        ]
        for r in range(h // tall)
    ]


def area_means(
    old: Plane, size: tuple[int, int], p: tuple[int, int], q: tuple[int, int], s: tuple[int, int]
) -> Plane:
    """Area means of one channel; each pair is for rows, then columns."""

    def cover(axis: int, i: int, j: int) -> int:
        begin, end = s[axis] + i * q[axis], s[axis] + (i + 1) * q[axis]
        return max(0, min(end, (j + 1) * p[axis]) - max(begin, j * p[axis]))

    area = q[0] * q[1]
    result = []
    for r in range(size[0]):
        rows = [(i, cover(0, r, i)) for i in range(len(old)) if cover(0, r, i)]
        line = []
        for c in range(size[1]):
            columns = [(j, cover(1, c, j)) for j in range(len(old[0])) if cover(1, c, j)]
            total = sum(a * b * old[i][j] for i, a in rows for j, b in columns)
            line.append((total + area // 2) // area)
        result.append(line)
    return result


def stretched(picture: Picture, height: int, width: int) -> Picture:
    """Mode stretch, for pictures that have the channels wanted."""
    h, w = len(picture), len(picture[0])
    planes = [
        area_means(
            [[pixel[k] for pixel in row] for row in picture],
            (height, width),
            (height, width),
            (h, w),
            (0, 0),
        )
        for k in range(len(picture[0][0]))
    ]
    return [[[plane[r][c] for plane in planes] for c in range(width)] for r in range(height)]


def grey(pixel: list[int]) -> int:
    """Grey from one channel or from colours."""
    if len(pixel) == 1:
        return pixel[0]
    return (19595 * pixel[0] + 38470 * pixel[1] + 7471 * pixel[2] + 32768) // 65536


def over(v: int, a: int, background: int) -> int:
    """A level of opacity a before a background."""
    return (v * a + background * (255 - a) + 127) // 255


def with_channels(picture: Picture, channels: int, background: int) -> Picture:
    """Step 1 of the three modes."""

    def changed(pixel: list[int]) -> list[int]:
        if len(pixel) == channels:
            return pixel
        if len(pixel) == 4:
            pixel = [over(v, pixel[3], background) for v in pixel[:3]]
        if channels == 1:
            return [grey(pixel)]
        colours = pixel * 3 if len(pixel) == 1 else pixel
        return colours if channels == 3 else [*colours, 255]

    return [[changed(pixel) for pixel in row] for row in picture]


def histogram(plane: Plane) -> list[int]:
    """Pixels of each level."""
    counts = [0] * 256
    for row in plane:
        for v in row:
            counts[v] += 1
    return counts


def half(counts: list[int]) -> int:
    """The least level at or under which lies at least half."""
    total, below = sum(counts), 0
    for level, count in enumerate(counts):
        below += count
        if 2 * below >= total:
            return level
    raise AssertionError


def usual(counts: list[int], left_out: int) -> int:
    """The page's `full`."""
    above, strongest = 0, 0
    for level in range(255, -1, -1):
        above += counts[level]
        if above > left_out:
            strongest = level
            break
    part = [0 if level <= strongest // 2 else count for level, count in enumerate(counts)]
    return half(part) if any(part) else 0


def digit(picture: Picture, height: int, width: int) -> Picture:
    """Mode digit."""
    h, w = len(picture), len(picture[0])
    plane = [[grey(pixel[:3]) for pixel in row] for row in picture]
    if len(picture[0][0]) == 4:
        opacity = [[pixel[3] for pixel in row] for row in picture]
        shown = sum(
            v * a for r, s in zip(plane, opacity, strict=True) for v, a in zip(r, s, strict=True)
        )
        paper = 255 if 2 * shown < 255 * sum(map(sum, opacity)) else 0
        plane = [
            [over(v, a, paper) for v, a in zip(r, s, strict=True)]
            for r, s in zip(plane, opacity, strict=True)
        ]
    frame = max(1, min(h, w) // 16)
    outer = [
        [v for j, v in enumerate(row) if i < frame or i >= h - frame or j < frame or j >= w - frame]
        for i, row in enumerate(plane)
    ]
    paper = half(histogram(outer))
    darker = sum((v - paper) ** 2 for row in plane for v in row if v < paper)
    lighter = sum((v - paper) ** 2 for row in plane for v in row if v > paper)
    if darker >= lighter:
        plane = [[255 - v for v in row] for row in plane]
    levels = paper_levels(plane)
    above = [
        [max(0, v - p) for v, p in zip(row, papers, strict=True)]
        for row, papers in zip(plane, levels, strict=True)
    ]
    counts = histogram(above)
    full = usual(counts, h * w // 2000)
    noise = min(4 * half(counts), full // 2)
    if full - noise < 24:
        return [[[0] for _ in range(width)] for _ in range(height)]
    span = full - noise
    ink = [
        [min(255, max(0, ((v - noise) * 255 + span // 2) // span)) for v in row] for row in above
    ]
    placed = place(ink, height, width)
    full = usual(histogram(placed), 0)
    if full:
        placed = [[min(255, (v * 255 + full // 2) // full) for v in row] for row in placed]
    return [[[v] for v in row] for row in placed]


def paper_levels(plane: Plane) -> Plane:
    """The page's paragraph on paper."""
    h, w = len(plane), len(plane[0])
    rows, columns = min(8, -(-h // 3)), min(8, -(-w // 3))
    tiles = []
    for i in range(rows):
        line = []
        for j in range(columns):
            values = sorted(
                plane[r][c]
                for r in range(i * h // rows, (i + 1) * h // rows)
                for c in range(j * w // columns, (j + 1) * w // columns)
            )
            line.append(values[len(values) // 4])
        tiles.append(line)
    lowest = [
        [
            min(
                tiles[a][b]
                for a in range(max(0, i - 1), min(rows, i + 2))
                for b in range(max(0, j - 1), min(columns, j + 2))
            )
            for j in range(columns)
        ]
        for i in range(rows)
    ]

    def shares(k: int, pixels: int, tiles: int) -> list[int]:
        x = min(max((2 * k + 1) * tiles - pixels, 0), 2 * pixels * (tiles - 1))
        return [max(0, 2 * pixels - abs(x - 2 * pixels * t)) for t in range(tiles)]

    result = []
    for r in range(h):
        down = shares(r, h, rows)
        line = []
        for c in range(w):
            across = shares(c, w, columns)
            total = sum(
                down[i] * lowest[i][j] * across[j] for i in range(rows) for j in range(columns)
            )
            line.append((total + 2 * h * w) // (4 * h * w))
        result.append(line)
    return result


def place(ink: Plane, height: int, width: int) -> Plane:
    """The page's paragraph on placing."""
    strong_rows = [i for i, row in enumerate(ink) if max(row) >= 48]
    strong_columns = [j for j, column in enumerate(zip(*ink, strict=True)) if max(column) >= 48]
    extents = [s[-1] - s[0] + 1 for s in (strong_rows, strong_columns)]
    longest = max(extents)
    box = max(1, (20 * min(height, width) + 14) // 28)
    starts = []
    for sums, first, extent, size in (
        ([sum(row) for row in ink], strong_rows[0], extents[0], height),
        ([sum(column) for column in zip(*ink, strict=True)], strong_columns[0], extents[1], width),
    ):
        mass = sum(sums)
        twice = sum(m * (2 * (k - first) + 1) for k, m in enumerate(sums))
        offset = ((size + 2) * mass * longest - twice * box) // (2 * mass * longest)
        offset = min(max(offset, 0), size - -(-extent * box // longest))
        starts.append(first * box - offset * longest)
    return area_means(ink, (height, width), (box, box), (longest, longest), (starts[0], starts[1]))
