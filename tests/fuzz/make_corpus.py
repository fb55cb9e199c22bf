"""The seeds of the corpus: `python tests/fuzz/make_corpus.py` writes them again.

Small sprites and foreign PNGs of each kind, in each way of putting an input right.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz_input import AS_IT_IS, FOREIGN, RIGHT_CRCS, RIGHT_INDEX
from sprite_data import data_set
from sprite_draft import Draft
from spritenet.sprites import pack

CORPUS = Path(__file__).parent / "corpus"


def sprites() -> dict[str, bytes]:
    """Files by name."""
    files = {"draft": Draft.of(data_set(6, (2, 3, 1), test=2), 3).build()}
    with tempfile.TemporaryDirectory() as folder:
        for name, channels in (("grey", 1), ("rgb", 3), ("rgba", 4)):
            data = data_set(5, (3, 2, channels), classes=2, test=1, smooth=channels == 3)
            path = Path(folder) / f"{name}.png"
            pack(data, path, layout="grid" if channels == 3 else "rows", segment_rows=2)
            files[name] = path.read_bytes()
    return files


def foreign() -> dict[str, bytes]:
    """Files by name."""
    pixels = np.random.default_rng(0).integers(0, 256, (4, 6), np.uint8)
    picture = Image.fromarray(pixels)
    made = {
        "l": picture,
        "rgb": picture.convert("RGB"),
        "rgba": picture.convert("RGBA"),
        "la": picture.convert("LA"),
        "palette": picture.quantize(16),
        "one-bit": picture.convert("1"),
        "sixteen-bit": Image.fromarray(pixels.astype(np.uint16) * 257),
    }
    files = {}
    for name, image in made.items():
        file = io.BytesIO()
        image.save(file, "PNG")
        files[f"foreign-{name}"] = file.getvalue()
    return files


def main() -> None:
    """Write the seeds."""
    CORPUS.mkdir(exist_ok=True)
    for name, content in sprites().items():
        for mode in (AS_IT_IS, RIGHT_CRCS, RIGHT_INDEX):
            (CORPUS / f"{name}-{mode}").write_bytes(bytes([mode]) + content)
    for name, content in foreign().items():
        (CORPUS / name).write_bytes(bytes([FOREIGN]) + content)


if __name__ == "__main__":
    main()
