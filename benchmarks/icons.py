"""Real 32×32 colour icons in a folder for colour.py: emoji of three designers, by category.

    npm install --prefix emoji emoji-datasource-google@16.0.0 emoji-datasource-twitter@16.0.0
    npm install --prefix emoji @lobehub/fluent-emoji-3d@1.1.0
    python benchmarks/icons.py emoji/node_modules icons
    python benchmarks/colour.py --images icons --epochs 30 --augment photos

The designs are Google's Noto (Apache-2.0), Twemoji (CC BY 4.0) and Microsoft's Fluent (MIT). A
class is one of Unicode's nine categories, such as "food-drink" and "animals-nature". A fifth of the
emoji are for testing, in all designs, so that no test image shows what a training image of another
designer shows. Skin tones and repeated images are left out.
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from figures import leave

SIZE = 32
TESTED = 5
"""One in so many emoji is for testing."""

DESIGNS = {
    "noto": "emoji-datasource-google/img/google/64/{}.png",
    "twemoji": "emoji-datasource-twitter/img/twitter/64/{}.png",
    "fluent": "@lobehub/fluent-emoji-3d/assets/{}.webp",
}
"""The images of each design in a node_modules folder; {} is the code points."""


def pictures(modules: Path) -> Iterator[tuple[str, str, str, Path]]:
    """Yields code points, category, design and file of every emoji in every design."""
    table = modules / "emoji-datasource-google" / "emoji.json"
    if not table.is_file():
        leave(f"{table} is missing: install the packages that this script's head names.")
    for entry in json.loads(table.read_text(encoding="utf-8")):
        category = "-".join(entry["category"].lower().replace("&", " ").split())
        if category == "component":  # skin tones by themselves
            continue
        code = Path(entry["image"]).stem
        for design, pattern in DESIGNS.items():
            # Some designs leave out FE0F, which asks for the coloured form.
            for spelling in (entry["unified"].lower(), code, code.replace("-fe0f", "")):
                if (path := modules / pattern.format(spelling)).is_file():
                    yield code, category, design, path
                    break


def icon(path: Path) -> Image.Image:
    """Returns a picture of 32×32 on white."""
    with Image.open(path) as picture:
        whole = picture.convert("RGBA")
    page = Image.new("RGBA", whole.size, "white")
    page.alpha_composite(whole)
    return page.convert("RGB").resize((SIZE, SIZE), Image.Resampling.BOX)


def main() -> None:
    """Writes the folder."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("modules", type=Path, help="the node_modules folder with the packages")
    parser.add_argument("folder", type=Path, help="where to write SPLIT/CLASS/NAME.png")
    options = parser.parse_args()
    counts: dict[tuple[str, str], int] = {}
    seen: set[bytes] = set()  # Norway's flag is Svalbard's, too
    for code, category, design, path in pictures(options.modules):
        split = "train" if zlib.crc32(code.encode()) % TESTED else "test"
        place = options.folder / split / category / f"{code}-{design}.png"
        made = icon(path)
        if made.tobytes() in seen:
            continue
        seen.add(made.tobytes())
        place.parent.mkdir(parents=True, exist_ok=True)
        made.save(place)
        counts[split, design] = counts.get((split, design), 0) + 1
    for (split, design), count in sorted(counts.items()):
        print(f"{split}, {design}: {count:,} icons")


if __name__ == "__main__":
    main()
