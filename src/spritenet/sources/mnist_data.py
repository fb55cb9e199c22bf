"""MnistData: the TensorFlow.js tutorials' loader, reshuffled in each epoch.

TensorFlow.js's `MnistData` shuffles once and repeats that order. Here each epoch has its own,
and all follow from the seed.
"""

from __future__ import annotations

import operator
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from spritenet.dataset import Dataset, Split
from spritenet.errors import InputError
from spritenet.permutation import permutation
from spritenet.sources import tfjs_mnist
from spritenet.sources.image_size import ImageSize
from spritenet.sources.remote.origin import FileOrPath
from spritenet.sources.remote.transfer import Progress
from spritenet.sources.tfjs_mnist import IMAGES, LABELS

__all__ = ["Batch", "MnistData"]


class Batch(NamedTuple):
    """A batch: images and labels, in new arrays."""

    xs: NDArray[Any]
    labels: NDArray[Any]


class MnistData:
    """Batches of a data set, for training and testing.

        data = MnistData()  # the tutorials' own file, 55,000 and 10,000 images
        data.load()
        xs, labels = data.next_train_batch(64)  # float32 (64, 784), 0 to 1; float32 (64, 10)

    Counted from 0 and from the first call on, image k of a split of n images is at position k mod n
    of epoch ⌊k / n⌋, whose order is `spritenet.permutation.permutation(seed, epoch, n)`. So a batch
    that reaches the end of an epoch continues with the next one: every image comes exactly once per
    epoch, and no batch is short.

    Args:
        source: a name of the catalog, anything else that `sn.load` takes (a path, an address,
            bytes, a file object), or a `Dataset`. By default "tfjs-mnist", the tutorials' own.
        image_size: height and width, for a PNG with one image per row that is no sprite.
        labels: the labels of such a PNG: a path, an address, bytes or a file object.
        train: the number of its images for training.
        seed: the seed of the shuffling.
        flat: images as rows (n h·w·c) instead of n h w c.
        dtype: "float32" from 0 to 1, or "uint8" from 0 to 255.
        one_hot: labels as float32 rows instead of int32 class indices.
    """

    def __init__(
        self,
        source: FileOrPath | Dataset = "tfjs-mnist",
        *,
        image_size: ImageSize = "28x28",
        labels: FileOrPath | None = None,
        train: int | None = None,
        seed: int = 0,
        flat: bool = True,
        dtype: DTypeLike = "float32",
        one_hot: bool = True,
    ) -> None:
        self.seed = operator.index(seed)
        self.flat = flat
        self.dtype = dtype
        self.one_hot = one_hot
        self._source = source
        self._how = {"image_size": image_size, "labels": labels, "train": train}
        self._dataset = source if isinstance(source, Dataset) else None
        self._places: dict[str, int] = {}

    def load(self, progress: Progress | None = None) -> Self:
        """Loads the data; otherwise the first batch does.

        Args:
            progress: see `sn.load`.

        Raises:
            DataError: the data set is missing or damaged.
            DownloadError: the download failed.
        """
        from spritenet.sources import load

        if self._dataset is None and not isinstance(self._source, Dataset):
            of_rows = self._how["labels"] is not None and not self._of_tutorials()
            how: dict[str, Any] = self._how if of_rows else {}
            self._dataset = load(self._source, progress=progress, **how)
        return self

    def _of_tutorials(self) -> bool:
        """True for the two addresses of the tutorials, which are in the catalog."""
        images, labels = (tfjs_mnist.ADDRESS + name for name in (IMAGES, LABELS))
        return (
            self._source == images
            and self._how["labels"] == labels
            and self._how["train"] in {None, tfjs_mnist.TRAIN}
        )

    @property
    def dataset(self) -> Dataset:
        """The data set."""
        self.load()
        if self._dataset is None:
            raise InputError("no data set to load", where="MnistData")
        return self._dataset

    def next_train_batch(self, size: int) -> Batch:
        """Returns the next training images.

        Args:
            size: the number of images; may exceed the size of the split.

        Returns:
            Images and labels, as the arguments of the class request them.

        Raises:
            InputError: the size is not at least 1.
        """
        return self.next_batch(size, "train")

    def next_test_batch(self, size: int) -> Batch:
        """Returns the next test images, shuffled separately; otherwise as `next_train_batch`."""
        return self.next_batch(size, "test")

    def next_batch(self, size: int, split: str = "train") -> Batch:
        """Returns the next images of the split of this name; otherwise as `next_train_batch`.

        Raises:
            DataError: the split is unknown.
            InputError: the size is not at least 1, or the split is empty.
        """
        size = operator.index(size)
        images = self.dataset[split]
        if size < 1 or not len(images):
            raise InputError(
                "unsupported batch size",
                where=f"next_batch({size}, {split!r})",
                expected="at least 1 image",
                got=f"{size} of {len(images)}",
            )
        start = self._places.get(split, 0)
        self._places[split] = start + size
        chosen = images[_indices(self.seed, start, start + size, len(images))]
        return Batch(*_convert(chosen, self.dtype, one_hot=self.one_hot, flat=self.flat))

    def reset(self) -> None:
        """Restarts at the first epoch of every split."""
        self._places.clear()


def _indices(seed: int, start: int, stop: int, count: int) -> NDArray[np.int64]:
    """Returns the indices of images at positions counted through all epochs."""
    parts = []
    while start < stop:
        epoch, place = divmod(start, count)
        end = min(count, place + stop - start)
        parts.append(permutation(seed, epoch, count, place, end))
        start += end - place
    return np.concatenate(parts)


def _convert(
    chosen: Split, dtype: DTypeLike, *, one_hot: bool, flat: bool
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Returns a batch in writable arrays of the wanted type and shape."""
    images, labels = chosen.arrays(dtype=dtype, one_hot=one_hot, flat=flat)
    return _own(images), _own(labels)


def _own(array: NDArray[Any]) -> NDArray[Any]:
    """Returns the array, or a copy if it is read-only."""
    return array if array.flags.writeable else array.copy()
