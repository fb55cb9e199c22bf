"""The sprite format, version 1: a data set in a PNG. See docs/reference/sprite-format.md.

    pack.py           a data set → one sprite, or a folder of them
    sprite.py         an open sprite: labels at once, any images on demand
    folder.py         many sprites and their dataset.json
    verify.py         all errors in one

    tiling.py         the place of each image in the PNG
    chunks.py         PNG chunks; Blob, the protocol of their sources
    header.py         all before the pixels: metadata.py (iTXt), labels.py (snLB), index.py (snIX)
    segments.py       rows that are compressed together; filters.py filters them
    image_block.py    a range of a lazy data set, read by threads
    writer.py         the writer of one sprite; shard.py, process_pool.py, cluster.py of many

It knows data sets and PNGs, never where data sets come from.
"""

from spritenet.sprites.folder import INDEX, SpriteFolder
from spritenet.sprites.pack import pack
from spritenet.sprites.sprite import Sprite
from spritenet.sprites.verify import count, verify

__all__ = ["INDEX", "Sprite", "SpriteFolder", "count", "pack", "verify"]
