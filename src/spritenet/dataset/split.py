"""Split: images in memory with their labels, such as a training set."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from spritenet.augmentation import Augment, find_steps
from spritenet.dataset.arrays import (
    as_images,
    as_labels,
    check_counts,
    check_labels,
    check_names,
    counts_differ,
)
from spritenet.dataset.batches import Batch, batches, convert_batch, pixel_type
from spritenet.dataset.class_notes import class_notes
from spritenet.dataset.image_list import as_array
from spritenet.dataset.load_warnings import warn
from spritenet.dataset.multi_label import (
    Labels,
    class_counts,
    content_bytes,
    content_head,
    is_multi_label,
    label_columns,
    label_text,
    multi_label_note,
)
from spritenet.dataset.source import Indices
from spritenet.dataset.stratify import stratified_mask, validation_size
from spritenet.dataset.value_range import FROM_ARRAYS, RangeLike, dim_note, pixel_range_of
from spritenet.errors import DataError, InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Split"]


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Images with their labels and the classes' names; immutable.

        >>> split = Split.from_arrays(np.zeros((3, 28, 28), np.uint8), [0, 1, 1], name="train")
        >>> split
        Split('train': 3 images of 28×28×1, 2 classes)
        >>> image, label = split[2]
        >>> split[1:].labels
        array([1, 1], dtype=int32)

    Args:
        images: uint8, n h w c.
        labels: int32 class indices, n, each at least 0 and below `len(class_names)`; or, where an
            image may have several classes or none, uint8 rows of 0 and 1, n k.
        class_names: the classes' names, all different.
        name: "train", "test", "validation", …
        pixel_range: the values of black and white in the original arrays, such as (-1, 1); None
            for 0 and 255.

    Raises:
        DataError: the arrays have other types or shapes, or don't agree.
    """

    images: NDArray[np.uint8]
    labels: Labels
    class_names: tuple[str, ...]
    name: str = ""
    pixel_range: tuple[float, float] | None = None
    _memo: dict[str, str] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        where = self.name or "split"
        images, labels = self.images, self.labels
        if not _is_array(images, np.uint8, 4):
            raise DataError(
                "unsupported images",
                where=where,
                expected="a uint8 array n h w c",
                got=_kind(images),
                do="Split.from_arrays converts other arrays.",
            )
        if 0 in images.shape[1:]:
            raise DataError("the images are empty", where=where, got=f"shape {images.shape}")
        if not (_is_array(labels, np.int32, 1) or _is_array(labels, np.uint8, 2)):
            raise DataError(
                "unsupported labels",
                where=where,
                expected="an int32 array of class indices, or uint8 rows n k",
                got=_kind(labels),
                do="Split.from_arrays converts other arrays.",
            )
        if len(images) != len(labels):
            raise counts_differ(len(images), len(labels), where)
        object.__setattr__(self, "class_names", check_names(self.class_names, where))
        check_labels(labels, len(self.class_names), where)
        object.__setattr__(self, "images", _frozen(images))
        object.__setattr__(self, "labels", _frozen(labels))

    @classmethod
    def from_arrays(
        cls,
        images: object,
        labels: ArrayLike,
        class_names: Sequence[str] | None = None,
        name: str = "",
        *,
        range: RangeLike | None = None,  # noqa: A002 - NumPy's word for it
        multi_label: bool | None = None,
    ) -> Split:
        """Makes a split from arrays, lists or Pillow images.

        Args:
            images: n h w or n h w c; uint8, or other numbers that are exactly pixels: 0 to 255, or
                multiples of 1/255 from 0 to 1; or booleans. Also a list of arrays, or of Pillow's
                images.
            labels: n class indices of any integer type, n rows of 0 and 1, n class names, or n
                lists of class names. Rows of which each has one 1 are one-hot class indices; if
                some have several or none, the split is multi-label.
            class_names: by default "0", "1", …, or the names in natural order.
            name: the split's name.
            range: the values of black and white where they are not 0 and 255: (-1, 1) or "-1..1"
                for normalized images, (0, 16) for scikit-learn's digits. Values are quantized to
                256 levels, with an error of (high - low) / 510 at most. (0, 255) confirms that
                dark images are meant to be dark.
            multi_label: True for rows of several labels an image, also if each has one 1; False if
                each must have one. By default the rows tell.

        Raises:
            DataError: unsupported images or labels, or different numbers of them.
        """
        array = as_array(images)
        check_counts(array, labels, name)
        pixels = as_images(array, range=range)
        found, names = as_labels(labels, class_names, multi_label=multi_label)
        split = cls(pixels, found, names, name, pixel_range_of(range))
        if split.is_multi_label and multi_label is None:
            warn(multi_label_note(found))
        if class_names is None or split.is_multi_label:
            for line in class_notes(found, names):
                warn(line)
        if range is None and (note := dim_note(pixels, FROM_ARRAYS)):
            warn(note)
        return split

    def __len__(self) -> int:
        return len(self.images)

    @overload
    def __getitem__(self, which: int | np.integer) -> tuple[NDArray[np.uint8], Any]: ...
    @overload
    def __getitem__(self, which: slice | Sequence[int] | NDArray[Any]) -> Split: ...
    def __getitem__(
        self, which: int | np.integer | slice | Sequence[int] | NDArray[Any]
    ) -> tuple[NDArray[np.uint8], Any] | Split:
        """Returns one image (h w c) with its label; for a slice, indices or a mask, a split.

        A label is a class index, or a row (k) of a multi-label split.
        """
        if isinstance(which, (int, np.integer)):
            label = self.labels[which]
            return self.images[which], label if self.is_multi_label else int(label)
        chosen = which if isinstance(which, slice) else np.asarray(which)
        if isinstance(chosen, np.ndarray) and chosen.size == 0:
            chosen = chosen.astype(np.intp)
        return replace(self, images=self.images[chosen], labels=self.labels[chosen])

    def __iter__(self) -> Iterator[tuple[NDArray[np.uint8], Any]]:
        """Yields each image (h w c) with its label, in stored order."""
        labels = self.labels if self.is_multi_label else self.labels.tolist()
        return zip(self.images, labels, strict=True)

    def __repr__(self) -> str:
        name = f"{self.name!r}: " if self.name else ""
        return f"Split({name}{self.summary})"

    def __reduce__(self) -> tuple[type[Split], tuple[object, ...]]:
        """Pickles as a constructor call, so that unpickled splits are checked and frozen too."""
        return Split, (self.images, self.labels, self.class_names, self.name, self.pixel_range)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of each image."""
        _, height, width, channels = self.images.shape
        return height, width, channels

    @property
    def is_multi_label(self) -> bool:
        """True if an image may have several classes or none, so that labels are rows n k."""
        return is_multi_label(self.labels)

    @property
    def class_counts(self) -> dict[str, int]:
        """The number of images of each class, by its name."""
        counts = class_counts(self.labels, len(self.class_names))
        return dict(zip(self.class_names, counts.tolist(), strict=True))

    @property
    def summary(self) -> str:
        """Number and shape of the images and number of classes, in words."""
        height, width, channels = self.image_shape
        images = f"{len(self):,} image{'s' * (len(self) != 1)} of {height}×{width}×{channels}"
        classes = f"{len(self.class_names)} class{'es' * (len(self.class_names) != 1)}"
        return f"{images}, {classes}" + ", multi-label" * self.is_multi_label

    @property
    def content_hash(self) -> str:
        """SHA-256 of shape, pixels and labels, in hex; names and file formats don't count.

        The digest covers the line "n h w c", the pixels in that order, and the labels as
        little-endian int32; of a multi-label split the line "n h w c k", the pixels and the rows.
        """
        if "content" not in self._memo:
            from hashlib import sha256

            digest = sha256(content_head(self.images.shape, label_columns(self.labels)))
            digest.update(self.images.data)
            digest.update(content_bytes(self.labels))
            self._memo["content"] = digest.hexdigest()
        return self._memo["content"]

    @property
    def identity(self) -> str:
        """The content hash, as `Source` asks for it."""
        return self.content_hash

    def take(self, indices: Indices) -> tuple[NDArray[np.uint8], Labels]:
        """Copies of some images (n h w c) and their labels (n), in the order of the indices."""
        return self.images[indices], self.labels[indices]

    def split(self, validation: float = 0.1, seed: int = 0) -> tuple[Split, Split]:
        """Splits off a stratified validation set, the same one for the same seed.

        Each class gives the same fraction, rounded so that the total is exact (largest
        remainders). Of a multi-label split, iterative stratification makes the fractions as equal
        as it can. Both parts keep the images' order.

        Args:
            validation: the fraction of images, between 0 and 1; or their number, as an int.
            seed: of the choice.

        Returns:
            The remaining images, under this split's name, and the others, named "validation".

        Raises:
            InputError: one of the two would be empty.
        """
        held_out = stratified_mask(self.labels, validation_size(validation, len(self)), seed)
        return self[~held_out], replace(self[held_out], name="validation")

    def batches(
        self,
        batch_size: int = 32,
        *,
        seed: int | None = 0,
        epoch: int = 0,
        steps: int | None = None,
        one_hot: bool = False,
        dtype: DTypeLike = np.uint8,
        flat: bool = False,
        drop_last: bool = False,
    ) -> Iterator[Batch]:
        """Yields batches in the order of training with this seed.

            >>> split = Split.from_arrays(np.zeros((100, 28, 28), np.uint8), np.arange(100) % 10)
            >>> for images, labels in split.batches(64, seed=0):
            ...     print(images.shape, labels.shape)
            (64, 28, 28, 1) (64,)
            (36, 28, 28, 1) (36,)

        Args:
            batch_size: images in a batch; an epoch's last batch may be smaller.
            seed: of the shuffling; None for stored order.
            epoch: the first epoch; each is shuffled differently.
            steps: the number of batches, over as many epochs as needed; None for one epoch.
            one_hot: labels as float32 rows (batch classes) in place of int32 class indices, or of
                uint8 rows.
            dtype: uint8 pixels 0 to 255, or float32 from 0 to 1.
            flat: images as rows (batch h·w·c).
            drop_last: leave out an epoch's last batch if it is smaller.

        Returns:
            Images (batch h w c) and labels (batch), in new arrays.

        Raises:
            InputError: a number is out of range, or the data type is unsupported.
        """
        batch_size = operator.index(batch_size)
        kind = pixel_type(dtype)
        for what, number, least in (
            ("batch_size", batch_size, 1),
            ("epoch", epoch, 0),
            ("steps", steps or 0, 0),
        ):
            if number < least:
                raise InputError(f"{what} is too small", expected=f"at least {least}", got=number)
        if steps and (len(self) == 0 or (drop_last and len(self) < batch_size)):
            raise InputError(
                f"an epoch of {len(self)} images has no batch of {batch_size}", where=self.name
            )
        classes = len(self.class_names)
        plain = batches(
            self.images,
            self.labels,
            batch_size,
            seed=seed,
            epoch=epoch,
            steps=steps,
            drop_last=drop_last,
        )
        if kind == "uint8" and not (one_hot or flat):
            return plain  # unconverted: a tenth faster
        return (
            convert_batch(images, labels, classes, dtype=kind, one_hot=one_hot, flat=flat)
            for images, labels in plain
        )

    def arrays(
        self, *, dtype: DTypeLike = np.uint8, one_hot: bool = False, flat: bool = False
    ) -> Batch:
        """Returns all images and labels in stored order, converted as by `batches`.

        >>> split = Split.from_arrays(np.full((2, 28, 28), 255, np.uint8), [0, 1])
        >>> x, y = split.arrays(dtype="float32", flat=True)
        >>> x.shape, float(x.max())
        ((2, 784), 1.0)
        """
        return convert_batch(
            self.images,
            self.labels,
            len(self.class_names),
            dtype=pixel_type(dtype),
            one_hot=one_hot,
            flat=flat,
        )

    def show(
        self, most: int = 50, *, seed: int = 0, title: str = "", augment: Augment = None
    ) -> Figure:
        """Plots some images with their classes. Needs the extra `plot`.

        Args:
            most: the number of images, at most.
            seed: of the choice: the first images of this seed's first epoch.
            title: the figure's title.
            augment: an augmentation, as for `fit`: each image is then followed by copies, as
                training with that seed sees it in its first epochs.

        Raises:
            DataError: there are no images.
            ModelError: the augmentation is wrong, or doesn't fit the images.
        """
        from spritenet import plots
        from spritenet.dataset.augmented_copies import COLUMNS, captioned_copies, some_places

        if augment is None:
            chosen = some_places(self.labels, most, seed=seed)
            captions = [label_text(label, self.class_names) for label in self.labels[chosen]]
            return plots.images(self.images[chosen], captions, title=title or self.name)
        given = self.images, self.labels, self.class_names, find_steps(augment)
        flat, captions = captioned_copies(*given, rows=max(1, most // COLUMNS), seed=seed)
        return plots.images(flat, captions, columns=COLUMNS, title=title or self.name)

    def _repr_png_(self) -> bytes:
        from spritenet.dataset.contact_sheet import contact_sheet

        return contact_sheet(self.images, self.labels, self.class_names)

    def _repr_html_(self) -> str:
        from spritenet.dataset.contact_sheet import html_figure

        return html_figure(self._repr_png_(), self.name or "images", self.summary)


def _is_array(value: object, dtype: type[np.generic], ndim: int) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == dtype and value.ndim == ndim


def _kind(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype} of shape {value.shape}"
    return type(value).__name__


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    """Returns a read-only, C-contiguous view, or a copy if the array isn't contiguous."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view
