"""Image atlases: one square PNG of many images, for the Embedding Projector and Facets Dive.

Both lay images of one size row by row into a near-square texture and number them by position:
the projector by its line in a table (https://www.tensorflow.org/tensorboard/tensorboard_projector_plugin),
Facets by its entry in a list (https://github.com/PAIR-code/facets/tree/master/facets_dive).
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from spritenet.dataset.multi_label import label_text
from spritenet.dataset.split import Split
from spritenet.permutation import permutation

__all__ = ["LARGEST_SIDE", "atlas", "most_images"]

LARGEST_SIDE = 8192  # pixels: the texture that every WebGL machine has, and the projector's limit


def most_images(image_shape: tuple[int, int, int]) -> int:
    """Returns the number of images of a shape that an atlas holds."""
    return (LARGEST_SIDE // max(image_shape[:2])) ** 2


def atlas(
    split: Split, count: int, seed: int = 0, points: NDArray[np.float32] | None = None
) -> Mapping[str, bytes]:
    """Returns the files of a folder that both programs read.

    Args:
        split: the images.
        count: the number of images; all, in stored order, if there are no more.
        seed: of the choice.
        points: a vector for each image of the split, float32 (n, d); None for its pixels.

    Returns:
        Contents by name: `sprite.png`, the atlas; `metadata.tsv`, a line an image;
        `tensors.bytes`, a vector of little-endian float32 an image; `config.json`, which names the
        three for the projector; `data.json`, a list with an object an image for Facets.
    """
    from PIL import Image

    chosen = np.arange(len(split))
    if count < len(split):
        chosen = np.sort(permutation(seed, 0, len(split), 0, count))
    images, labels = split.images[chosen], split.labels[chosen]
    height, width, channels = split.image_shape
    vectors = images.reshape(len(images), -1) if points is None else points[chosen]
    columns = max(1, math.isqrt(max(0, len(images) - 1)) + 1)
    square = np.zeros((columns * columns, height, width, channels), np.uint8)
    square[: len(images)] = images
    tiles = square.reshape(columns, columns, height, width, channels).swapaxes(1, 2)
    pixels = tiles.reshape(columns * height, columns * width, channels)
    png = io.BytesIO()
    Image.fromarray(pixels if channels in {3, 4} else pixels[:, :, 0]).save(png, "PNG")
    names = [label_text(label, split.class_names) for label in labels]
    places = chosen.tolist()
    lines = [f"{_cell(name)}\t{place}" for name, place in zip(names, places, strict=True)]
    entries = [{"class": name, "index": place} for name, place in zip(names, places, strict=True)]
    return {
        "sprite.png": png.getvalue(),
        "metadata.tsv": "\n".join(["class\tindex", *lines, ""]).encode(),
        "tensors.bytes": np.ascontiguousarray(vectors, dtype="<f4").tobytes(),
        "config.json": _json(
            {
                "embeddings": [
                    {
                        "tensorName": split.name or "images",
                        "tensorShape": list(vectors.shape),
                        "tensorPath": "tensors.bytes",
                        "metadataPath": "metadata.tsv",
                        "sprite": {
                            "imagePath": "sprite.png",
                            "singleImageDim": [width, height],
                        },
                    }
                ]
            }
        ),
        "data.json": _json(entries),
    }


def _cell(text: str) -> str:
    """Replaces tabs and line breaks in a text."""
    return " ".join(text.split())


def _json(value: object) -> bytes:
    """Encodes JSON, with a newline at its end."""
    return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"
