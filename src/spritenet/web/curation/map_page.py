"""The page that shows images as points on a map, each with its nearest neighbours."""

from __future__ import annotations

import base64

import numpy as np

from spritenet.core.png import COLOUR_TYPES, encode_png
from spritenet.curation import Embedding
from spritenet.curation.outliers import nearest
from spritenet.dataset.multi_label import label_text
from spritenet.formatting import html, plural
from spritenet.prepare.resample import shrink
from spritenet.web.curation.document import document

__all__ = ["map_page"]

LARGEST = 48
"""Pixels of a tile's longer side, at most."""

COLUMNS = 64
NEIGHBOURS = 8
METHODS = {"pca": "two principal components", "tsne": "t-SNE", "umap": "UMAP"}


def map_page(made: Embedding, name: str) -> str:
    """Returns a map of images, as HTML that loads nothing.

    Args:
        made: the images and their places.
        name: the data set's.
    """
    split = made.split
    tiles = []
    for image in split.images:
        own = image if image.shape[2] in COLOUR_TYPES else image[:, :, :1]
        tiles.append(shrink(own, LARGEST))
    height, width, channels = tiles[0].shape
    rows = -(-len(tiles) // COLUMNS)
    sheet = np.zeros((rows * COLUMNS, height, width, channels), np.uint8)
    sheet[: len(tiles)] = tiles
    pixels = sheet.reshape(rows, COLUMNS, height, width, channels).swapaxes(1, 2)
    png = encode_png(pixels.reshape(rows * height, COLUMNS * width, channels))
    alike, _ = nearest(made.features, made.features, NEIGHBOURS + 1)
    own_first = [[x for x in row if x != i][:NEIGHBOURS] for i, row in enumerate(alike.tolist())]
    labels = [label_text(label, split.class_names) for label in split.labels]
    body = f"""<div class="page wide">
<header><h1>{html(name)}: a map of {plural(len(split), "image")}</h1>
<p class="faint">{html(split.name)} · {METHODS[made.method]} of {made.features.shape[1]} features ·
similar images are near each other</p></header>
<main class="map"><div class="panel">
<canvas id="map" tabindex="0" role="img" aria-label="Map of the images by similarity"></canvas>
<p class="small faint">Drag to move, turn the wheel or pinch to zoom, point at an image to see it
and those most like it. By keyboard: arrows choose the next image, + and - zoom.</p></div>
<aside class="panel"><label>Class <select id="class"></select></label>
<div id="chosen" role="status"></div><ul id="legend" class="legend"></ul></aside></main>
</div>"""
    values = {
        "classes": split.class_names,
        "points": [[round(float(x), 4), round(float(y), 4)] for x, y in made.points],
        "labels": labels,
        "neighbours": own_first,
        "tile": [width, height, COLUMNS],
        "sheet": "data:image/png;base64," + base64.b64encode(png).decode(),
    }
    return document(f"{name}: a map of its images", "map.js", body, values)
