"""Image files, wherever they lie, as images of one form.

A *store* has the bytes of each image under a number: of a folder, an archive or a table. What is
made of them is the same for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from spritenet.dataset.lazy_dataset import Indices, LazyDataset, ReadResult
from spritenet.errors import DataError
from spritenet.lfs_pointer import refuse_pointer
from spritenet.sources.file_names import unsupported_format, unsupported_notes
from spritenet.sources.folder_files import MAX_NAMED
from spritenet.sources.images.bit_depth import ALL_BITS, likely_bits, too_many_bits
from spritenet.sources.images.class_folders import LabelledFiles
from spritenet.sources.images.fast_png import read_png8
from spritenet.sources.images.image_file import DecodedImage, decode_first
from spritenet.sources.images.image_spec import ImageSpec, least_channels

__all__ = ["MOST_BYTES", "FileStore", "ImageDecoder", "lazy_images"]

MOST_BYTES = 1 << 28  # of one image's file
LOOKED_AT = 100
"""Images, evenly spread, that decide whether a data set is in colour."""

SMALL = 32
"""Height and width that are advised where images differ: CIFAR's, quick to train on."""

LARGE = 64 * 64
"""Pixels from which on several threads decode more than one: below, Python's lock costs more."""

SEVERAL = "{}: only the first of its images was taken"


class FileStore(Protocol):
    """Files that hold images. Can be pickled, and read in any thread."""

    def __len__(self) -> int: ...

    def name(self, place: int) -> str:
        """What to call a file in a message."""
        ...

    def read(self, place: int) -> bytes:
        """All bytes of a file, at most `MOST_BYTES`.

        Raises:
            DataError: it can't be read.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class ImageDecoder:
    """The images of a store.

    Args:
        store: the files.
        form: what they are to become.
        shape: h w c of the images.
        like: the image that has that shape already, for errors.
        path: of the store, for errors.
        threads: whether decoding on several threads is quicker.
    """

    store: FileStore
    form: ImageSpec
    shape: tuple[int, int, int]
    like: str
    path: str
    threads: bool

    def read(self, indices: Indices) -> ReadResult:
        """Decodes images.

        Raises:
            DataError: one is of another size or in other colours, and no form was asked for; or it
                is larger than what it is to be padded to.
        """
        images = np.zeros((len(indices), *self.shape), np.uint8)
        unreadable = []
        notes = []
        for row, place in enumerate(indices.tolist()):
            try:
                found = _decoded(self.store, place, self.form.bits)
            except DataError as error:
                unreadable.append((row, error))
                continue
            if found.several:
                notes.append(SEVERAL.format(self.store.name(place)))
            if found.highest:
                self._check_bits(found.highest, place)
            image = found.pixels
            if image.shape != self.shape:
                image = self._shaped(image, place)
            images[row] = image
        return ReadResult(images, tuple(unreadable), tuple(notes))

    def _shaped(self, image: NDArray[np.uint8], place: int) -> NDArray[np.uint8]:
        """An image of the images' shape."""
        height, width, channels = self.shape
        if self.form.size is None and image.shape[:2] != (height, width):
            raise DataError(
                "the images are of different sizes",
                where=self.store.name(place),
                expected=f"{height}×{width} as {self.like}",
                got=f"{image.shape[0]}×{image.shape[1]}",
                do=_size_advice(max(height, width)),
            )
        if self.form.color is None and image.shape[2] > channels:
            least = least_channels(image)
            if least > channels:
                raise self._too_colourful(place, channels, least)
        return self.form.made(image, channels, self.store.name(place))

    def _check_bits(self, highest: int, place: int) -> None:
        """Raises DataError for an image of 16 bits that fewer or unknown bits would spoil."""
        bits = self.form.bits
        if bits is None and likely_bits(highest) < ALL_BITS:
            raise DataError(
                "how many of its 16 bits hold the value is not clear",
                where=self.store.name(place),
                got=f"values up to {highest:,} of 65,535",
                do=f"Pass bits={likely_bits(highest)} (--bits {likely_bits(highest)}).",
            )
        if bits is not None and highest >= 2**bits:
            raise too_many_bits(self.store.name(place), highest, bits)

    def _too_colourful(self, place: int, channels: int, least: int) -> DataError:
        color = "rgb" if least == 3 else "rgba"
        return DataError(
            "the image is " + ("in colour" if least == 3 else "partly transparent"),
            where=self.store.name(place),
            expected="grey" if channels == 1 else "opaque colours",
            got=color,
            do=f'Pass color="{color}" (--color {color}).',
        )


def _size_advice(side: int) -> str:
    """The argument that gives images one size: a small square."""
    size = f"{min(side, SMALL)}x{min(side, SMALL)}"
    return (
        f'Pass size="{size}" (--size {size}), which shows all of each with black bars, or '
        'fit="crop" (--fit crop) with it, which takes the middle.'
    )


def _decoded(store: FileStore, place: int, bits: int | None) -> DecodedImage:
    """An image; of 16 bits, so many hold the value."""
    data = store.read(place)
    pixels = read_png8(data)
    if pixels is not None:
        return DecodedImage(pixels)
    refuse_pointer(data, store.name(place))
    return decode_first(data, upright=True, name=store.name(place), bits=bits)


def lazy_images(
    path: Path,
    store: FileStore,
    labels: NDArray[np.int32],
    class_names: Sequence[str],
    split_of: NDArray[np.int64],
    split_names: Sequence[str],
    form: ImageSpec,
    notes: tuple[str, ...] = (),
) -> LazyDataset:
    """A listing of a store's images.

    Args:
        path: of the store.
        store: the files, of which file i has label i.
        labels: int32 class indices, n.
        class_names: of classes 0, 1, …
        split_of: the number of each one's split, n.
        split_names: of splits 0, 1, …
        form: what images are to become. Without a size, all must have that of the first.
        notes: what people should know.

    Raises:
        DataError: none of those looked at can be read.
    """
    images = _looked_at(path, store, form)
    if form.bits is None and images.form.bits not in {None, ALL_BITS}:
        bits = images.form.bits
        seen = f"images of 16 bits seem to hold {bits} and are read so: pass bits={bits}"
        notes += (f"{seen} (--bits {bits}) to say it, bits={ALL_BITS} if they are that dark",)
    return LazyDataset.sorted_by_split(
        _called(path),
        images.shape,
        labels,
        class_names,
        split_of,
        split_names,
        images,
        source=str(path),
        notes=notes,
    )


def lazy_labelled_images(
    path: Path, store: FileStore, tree: LabelledFiles, form: ImageSpec, notes: tuple[str, ...] = ()
) -> LazyDataset:
    """A listing of a store whose files are those that a tree has chosen, in its order."""
    names = ["/".join(parts) for parts in tree.others]
    notes += unsupported_notes(names)
    others = [name for name in names if unsupported_format(name) is None]
    if others:
        few = ", ".join(others[:MAX_NAMED])
        more = len(others) - MAX_NAMED
        notes += (f"passed over, being no images: {few}" + (f", {more:,} more" * (more > 0)),)
    return lazy_images(
        path,
        store,
        tree.labels,
        tree.class_names,
        tree.split_of,
        tree.split_names,
        form,
        notes,
    )


def _looked_at(path: Path, store: FileStore, form: ImageSpec) -> ImageDecoder:
    """The images, of a shape found by looking at some."""
    first_error: DataError | None = None
    shape, like, pixels, highest = None, "", 0, 0
    step = max(1, len(store) // LOOKED_AT)
    for place in range(0, len(store), step):
        try:
            found = _decoded(store, place, form.bits)
            if form.bits is None and found.highest:
                highest = max(highest, found.highest)
                found = _decoded(store, place, likely_bits(found.highest))
        except DataError as error:
            first_error = first_error or error
            continue
        image = found.pixels
        pixels = max(pixels, image.shape[0] * image.shape[1])
        made = form.made(image, form.channels_of(image), store.name(place))
        if shape is None:
            shape, like = made.shape, store.name(place)
        elif made.shape[2] > shape[2]:
            shape = (*shape[:2], made.shape[2])
    if shape is None:
        reason = str(first_error).rstrip(".")
        raise DataError("none of its images can be read", where=path, got=reason)
    if highest:
        form = replace(form, bits=likely_bits(highest))
    height, width, channels = shape
    return ImageDecoder(store, form, (height, width, channels), like, str(path), pixels >= LARGE)


def _called(path: Path) -> str:
    """What to call a data set: its folder's or file's name without endings."""
    name = path.resolve().name
    return name if path.is_dir() else name.partition(".")[0] or name
