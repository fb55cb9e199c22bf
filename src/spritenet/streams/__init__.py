"""Data sets larger than memory, or on other machines: sprites read while they are used.

    open_stream.py     `open`: a stream of the sprites at paths and addresses
    settings.py        memory, workers, order; "400MB" as a number
    stream.py          Stream: its splits
    stream_split.py    StreamSplit: the interface of `Split`, without the images in memory
    sample_order.py    orders: shuffled, windowed, stored
    epoch_iterator.py  batches of one epoch after another
    rank_slice.py      the part of each batch that one rank sees
    prefetch.py        the next images, read while the last ones are used
    subset.py          validation sets, and what remains
    segment_reader.py  images by their number; segment_cache.py keeps inflated segments
    shard.py           one sprite: its header in few bytes, its segments
    blobs.py           bytes of local files
    remote_blob.py     bytes of files on other machines; disk_cache.py keeps them
    range_reader.py    the protocol of remote files; http.py and object_store.py implement it
    verify.py          all errors in sprites on other machines

It knows sprites and splits, never a network or a training.
"""

from spritenet.streams.open_stream import open_stream as open  # noqa: A004 - as gzip.open
from spritenet.streams.stream import Stream
from spritenet.streams.stream_split import StreamSplit
from spritenet.streams.verify import verify

__all__ = ["Stream", "StreamSplit", "open", "verify"]
