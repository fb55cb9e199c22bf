"""Data sets larger than memory, or on other machines: sprites read while they are used.

    open_stream.py   `open`: paths and addresses → a stream
    stream.py    Stream: its splits, and how it is read
    split.py     StreamSplit: what a `Split` does, without holding the images
    order.py     which image comes when: shuffled, by windows, or as stored
    epoch_iterator.py      through an epoch and the next: units, batches
    part.py      what was set aside, and what remains
    share.py     which part of a batch is a rank's
    prefetch.py     the next images, read while these are used
    reader.py    images by their number, each segment inflated once
    shard.py    one sprite: its head in few bytes, its segments
    cache.py     inflated segments in memory
    blobs.py     bytes of local files
    remote.py    bytes of files on other machines: http.py, objects.py; disk_cache.py keeps them
    verify.py    all that is wrong with sprites on other machines
    size.py      "400MB" → a number

It knows sprites and splits, never a network or a training.
"""

from spritenet.streams.open_stream import open_stream as open  # noqa: A004 - as gzip.open
from spritenet.streams.split import StreamSplit
from spritenet.streams.stream import Stream
from spritenet.streams.verify import verify

__all__ = ["Stream", "StreamSplit", "open", "verify"]
