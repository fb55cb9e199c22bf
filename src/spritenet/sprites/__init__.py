"""The sprite format, version 1: a data set in a PNG. See docs/reference/sprite-format.md.

    pack.py           a data set → one sprite, or a folder of them
    sprite.py         an open sprite: labels at once, any images on demand
    folder.py         many sprites and their dataset.json
    verify.py         all that is wrong with one

    layout.py          where each image is in the picture
    chunks.py         PNG chunks; Blob, where bytes come from
    header.py           all before the pixels: metadata.py (iTXt), labels.py (snLB), index.py (snIX)
    segments.py       rows, compressed so that they can be read alone; filters.py chooses filters
    gather.py         a part of a listing, read on a few threads
    writer.py          the file
    parallel.py       the same work on a few threads

It knows data sets and PNGs, never where data sets come from.
"""

from spritenet.sprites.folder import INDEX, SpriteFolder
from spritenet.sprites.pack import pack
from spritenet.sprites.sprite import Sprite
from spritenet.sprites.verify import count, verify

__all__ = ["INDEX", "Sprite", "SpriteFolder", "count", "pack", "verify"]
