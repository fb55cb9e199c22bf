"""Image decoding: reads the image files of a folder, archive or table with one shape.

A *store* returns the bytes of each file by its index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from spritenet.dataset.lazy_dataset import Indices, LazyDataset, ReadResult
from spritenet.dataset.multi_label import Labels
from spritenet.errors import DataError
from spritenet.lfs_pointer import refuse_pointer
from spritenet.sources.file_names import unsupported_format, unsupported_notes
from spritenet.sources.folder_files import MAX_NAMED
from spritenet.sources.images.bit_depth import ALL_BITS, likely_bits, too_many_bits
from spritenet.sources.images.class_folders import LabelledFiles
from spritenet.sources.images.fast_png import read_png8
from spritenet.sources.images.image_file import DecodedImage, decode_first
from spritenet.sources.images.image_spec import ImageSpec, least_channels

__all__ = ["MOST_BYTES", "lazy_images"]

MOST_BYTES = 1 << 28  # of one image's file
SAMPLE_SIZE = 100
"""Images, evenly spread, that decide whether a data set is in colour."""

SMALL = 32
"""Height and width that are advised where images differ: CIFAR's, quick to train on."""

LARGE = 64 * 64
"""Pixels from which on several threads decode more than one: below, Python's lock costs more."""

SEVERAL = "{}: only the first of its images was taken"


class FileStore(Protocol):
    """The protocol of stores of image files. They can be pickled, and read in any thread."""

    def __len__(self) -> int: ...

    def name(self, place: int) -> str:
        """Returns a file's name for messages."""
        ...

    def read(self, place: int) -> bytes:
        """Reads a file, at most `MOST_BYTES`.

        Raises:
            DataError: the file can't be read.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class ImageDecoder:
    """A reader that decodes the images of a store.

    Args:
        store: the files.
        spec: the size and channels of the images.
        shape: the images' shape, h w c.
        like: the name of an image of this shape, for errors.
        path: the store's path, for errors.
        threads: true if several threads decode faster than one.
    """

    store: FileStore
    spec: ImageSpec
    shape: tuple[int, int, int]
    like: str
    path: str
    threads: bool

    def read(self, indices: Indices) -> ReadResult:
        """Decodes images.

        Raises:
            DataError: an image has another size or other channels and the spec has none; or it is
                larger than the size to pad to.
        """
        images = np.zeros((len(indices), *self.shape), np.uint8)
        unreadable = []
        notes = []
        for row, place in enumerate(indices.tolist()):
            try:
                found = _decode(self.store, place, self.spec.bits)
            except DataError as error:
                unreadable.append((row, error))
                continue
            if found.several:
                notes.append(SEVERAL.format(self.store.name(place)))
            if found.highest:
                self._check_bits(found.highest, place)
            image = found.pixels
            if image.shape != self.shape:
                image = self._to_shape(image, place)
            images[row] = image
        return ReadResult(images, tuple(unreadable), tuple(notes))

    def _to_shape(self, image: NDArray[np.uint8], place: int) -> NDArray[np.uint8]:
        """Converts an image to the common shape."""
        height, width, channels = self.shape
        if self.spec.size is None and image.shape[:2] != (height, width):
            raise DataError(
                "the images are of different sizes",
                where=self.store.name(place),
                expected=f"{height}×{width} as {self.like}",
                got=f"{image.shape[0]}×{image.shape[1]}",
                do=_size_advice(max(height, width)),
            )
        if self.spec.color is None and image.shape[2] > channels:
            least = least_channels(image)
            if least > channels:
                raise self._too_colourful(place, channels, least)
        return self.spec.convert(image, channels, self.store.name(place))

    def _check_bits(self, highest: int, place: int) -> None:
        """Raises DataError for a 16-bit image of unknown bit depth, or with values beyond it."""
        bits = self.spec.bits
        if bits is None and likely_bits(highest) < ALL_BITS:
            raise DataError(
                "ambiguous bit depth of a 16-bit image",
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
    """Returns advice for images of different sizes: resize them to a small square."""
    size = f"{min(side, SMALL)}x{min(side, SMALL)}"
    return (
        f'Pass size="{size}" (--size {size}), which shows all of each with black bars, or '
        'fit="crop" (--fit crop) with it, which takes the middle.'
    )


def _decode(store: FileStore, place: int, bits: int | None) -> DecodedImage:
    """Decodes an image of a store."""
    data = store.read(place)
    pixels = read_png8(data)
    if pixels is not None:
        return DecodedImage(pixels)
    refuse_pointer(data, store.name(place))
    return decode_first(data, upright=True, name=store.name(place), bits=bits)


def lazy_images(
    path: Path,
    store: FileStore,
    labels: Labels,
    class_names: Sequence[str],
    split_of: NDArray[np.int64],
    split_names: Sequence[str],
    spec: ImageSpec,
    notes: tuple[str, ...] = (),
) -> LazyDataset:
    """Makes a lazy data set of a store's images.

    Args:
        path: the store's path.
        store: the files; file i has label i.
        labels: int32 class indices (n), or uint8 multi-label rows (n, k).
        class_names: the names of classes 0, 1, …
        split_of: the number of each image's split, n.
        split_names: the names of splits 0, 1, …
        spec: the size and channels of the images. Without a size, all must have that of the first.
        notes: warnings, a line each.

    Raises:
        DataError: no image of the sample can be read.
    """
    images = _inspect_sample(path, store, spec)
    if spec.bits is None and images.spec.bits not in {None, ALL_BITS}:
        bits = images.spec.bits
        seen = f"images of 16 bits seem to hold {bits} and are read so: pass bits={bits}"
        notes += (f"{seen} (--bits {bits}) to confirm it, bits={ALL_BITS} if they are that dark",)
    return LazyDataset.sorted_by_split(
        _data_set_name(path),
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
    path: Path, store: FileStore, files: LabelledFiles, spec: ImageSpec, notes: tuple[str, ...] = ()
) -> LazyDataset:
    """Makes a lazy data set of a store of labelled files, in their order."""
    names = ["/".join(parts) for parts in files.others]
    notes += unsupported_notes(names)
    others = [name for name in names if unsupported_format(name) is None]
    if others:
        few = ", ".join(others[:MAX_NAMED])
        more = len(others) - MAX_NAMED
        notes += (f"skipped files that are no images: {few}" + (f", {more:,} more" * (more > 0)),)
    return lazy_images(
        path,
        store,
        files.labels,
        files.class_names,
        files.split_of,
        files.split_names,
        spec,
        notes,
    )


def _inspect_sample(path: Path, store: FileStore, spec: ImageSpec) -> ImageDecoder:
    """The images, of a shape found by looking at some."""
    first_error: DataError | None = None
    shape, like, pixels, highest = None, "", 0, 0
    step = max(1, len(store) // SAMPLE_SIZE)
    for place in range(0, len(store), step):
        try:
            found = _decode(store, place, spec.bits)
            if spec.bits is None and found.highest:
                highest = max(highest, found.highest)
                found = _decode(store, place, likely_bits(found.highest))
        except DataError as error:
            first_error = first_error or error
            continue
        image = found.pixels
        pixels = max(pixels, image.shape[0] * image.shape[1])
        made = spec.convert(image, spec.channels_of(image), store.name(place))
        if shape is None:
            shape, like = made.shape, store.name(place)
        elif made.shape[2] > shape[2]:
            shape = (*shape[:2], made.shape[2])
    if shape is None:
        reason = str(first_error).rstrip(".")
        raise DataError("none of its images can be read", where=path, got=reason)
    if highest:
        spec = replace(spec, bits=likely_bits(highest))
    height, width, channels = shape
    return ImageDecoder(store, spec, (height, width, channels), like, str(path), pixels >= LARGE)


def _data_set_name(path: Path) -> str:
    """Returns a data set's name: its folder's or file's without suffixes."""
    name = path.resolve().name
    return name if path.is_dir() else name.partition(".")[0] or name
