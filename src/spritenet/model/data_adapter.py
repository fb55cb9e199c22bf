"""DataAdapter: the interface of data given to `fit`, as batches to train on.

ArrayAdapter      arrays in memory
SourceAdapter     a source that is read while it is used
GeneratorAdapter  an iterable of batches (generator_adapter.py)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Protocol

import numpy as np

from spritenet.dataset import Split
from spritenet.dataset.multi_label import Labels
from spritenet.dataset.source import Source, stored_blocks
from spritenet.dataset.stratify import stratified_mask, validation_size
from spritenet.errors import DataError, ModelError
from spritenet.layers import Shape
from spritenet.model.encoder import Encoder
from spritenet.model.foreign_arrays import to_array
from spritenet.model.image_collector import RawExamples
from spritenet.training.batch_source import BatchSource, MemoryBatches, SourceBatches

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["ArrayAdapter", "DataAdapter", "SourceAdapter"]


class DataAdapter(Protocol):
    """Images with labels, before a network is known."""

    @property
    def name(self) -> str:
        """The name of the split; empty if it has none."""
        ...

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes; empty if unknown."""
        ...

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of each image."""
        ...

    @property
    def input_shape(self) -> Shape:
        """The shape of a network's input that is built for these images."""
        ...

    @property
    def batch_size(self) -> int | None:
        """Images in a step, if the data comes in batches; else None."""
        ...

    @property
    def ordered(self) -> bool:
        """True for arrays, of which Keras holds out the last images for validation."""
        ...

    @property
    def unnamed(self) -> bool:
        """True if labels are numbers in no known range, so that a class may be missing."""
        ...

    def __len__(self) -> int:
        """The number of images in an epoch."""
        ...

    def hold_out(self, fraction: float, seed: int) -> tuple[DataAdapter, DataAdapter]:
        """Returns the training set and the validation set.

        Args:
            fraction: the fraction of images to hold out, between 0 and 1.
            seed: of the choice.

        Raises:
            DataError: this data can't be split.
            InputError: one of the two would be empty.
        """
        ...

    def batches(self, encoder: Encoder) -> BatchSource:
        """Returns the examples to train or evaluate on.

        Raises:
            DataError: labels or weights don't fit the network or the images.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class ArrayAdapter:
    """Images in memory.

    Attributes:
        images: uint8, n h w c.
        y: labels, one-hot rows or targets; None if there are none.
        weights: a factor on the loss of each image; None for 1.
        class_names: the names of the classes; empty if unknown.
        name: the name of the split.
        source: the split with these images, or from which they were picked; None if there is none.
        batch_size: images in a step, if the data came in batches; else None.
        ordered: True if the last images are held out for validation, False if a fraction of each
            class is.
        rows: True if each image was given as a row of values.
    """

    images: NDArray[np.uint8]
    y: ArrayLike | None = None
    weights: ArrayLike | None = None
    class_names: tuple[str, ...] = ()
    name: str = ""
    source: Split | None = None
    batch_size: int | None = None
    ordered: bool = True
    rows: bool = False

    def __len__(self) -> int:
        return len(self.images)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """See `DataAdapter.image_shape`."""
        _, height, width, channels = self.images.shape
        return height, width, channels

    @property
    def input_shape(self) -> Shape:
        """See `DataAdapter.input_shape`."""
        return (prod(self.image_shape),) if self.rows else self.image_shape

    @property
    def unnamed(self) -> bool:
        """See `DataAdapter.unnamed`."""
        return self.source is None and not self.class_names

    def hold_out(self, fraction: float, seed: int) -> tuple[ArrayAdapter, ArrayAdapter]:
        """See `DataAdapter.hold_out`."""
        y = self.y
        several = self.source is not None and self.source.is_multi_label
        known = isinstance(y, np.ndarray) and y.dtype.kind in "iu" and (y.ndim == 1 or several)
        if known and isinstance(y, np.ndarray) and not self.ordered:
            held_out = stratified_mask(y, validation_size(fraction, len(self)), seed)
            return self._pick(~held_out), self._pick(held_out, "validation")
        first = int(len(self) * (1 - fraction))  # as Keras rounds it
        if not 0 < first < len(self):
            raise ModelError(
                "the training or validation set would be empty",
                where="validation_split",
                got=f"{fraction:g}",
            )
        return self._pick(slice(0, first)), self._pick(slice(first, None), "validation")

    def _pick(self, index: slice | NDArray[np.bool_], name: str = "") -> ArrayAdapter:
        """Returns a range of the images, or those of a mask."""
        y = None if self.y is None else to_array(self.y, "y")
        weights = None if self.weights is None else to_array(self.weights, "sample_weight")
        raw = RawExamples(self.images, y, weights)[index]
        return ArrayAdapter(
            raw.images,
            raw.labels,
            raw.weights,
            self.class_names,
            name or self.name,
            self.source,
            self.batch_size,
            self.ordered,
            self.rows,
        )

    def batches(self, encoder: Encoder) -> MemoryBatches:
        """See `DataAdapter.batches`."""
        if self.y is None:
            raise DataError("missing labels", where="y", do="Pass a Split, or y after x.")
        examples = encoder.encode(self.images, self.y, self.weights)
        if examples.weights is not None and not examples.weights.any():
            raise DataError(
                "the weight of every image is 0",
                where="sample_weight" if encoder.class_weight is None else "class_weight",
                expected="a weight above 0 for some images",
            )
        whole = self.source is not None and self.images is self.source.images
        return MemoryBatches(examples, self.source if whole else None)


@dataclass(frozen=True, slots=True, eq=False)
class SourceAdapter:
    """A source whose images are read while they are used, such as a split of a stream.

    Attributes:
        source: reads the images.
    """

    source: Source

    def __len__(self) -> int:
        return len(self.source)

    @property
    def name(self) -> str:
        """See `DataAdapter.name`."""
        return self.source.name

    @property
    def class_names(self) -> tuple[str, ...]:
        """See `DataAdapter.class_names`."""
        return tuple(self.source.class_names)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """See `DataAdapter.image_shape`."""
        return self.source.image_shape

    @property
    def input_shape(self) -> Shape:
        """See `DataAdapter.input_shape`."""
        return self.image_shape

    @property
    def batch_size(self) -> None:
        """See `DataAdapter.batch_size`."""
        return

    @property
    def ordered(self) -> bool:
        """See `DataAdapter.ordered`."""
        return False

    @property
    def unnamed(self) -> bool:
        """See `DataAdapter.unnamed`."""
        return False

    def hold_out(self, fraction: float, seed: int) -> tuple[SourceAdapter, SourceAdapter]:
        """See `DataAdapter.hold_out`."""
        split = getattr(self.source, "split", None)
        if split is None:
            raise DataError(
                f"a {type(self.source).__name__} can't be split",
                where="validation_split",
                do="Give validation_data.",
            )
        train, validation = split(validation=fraction, seed=seed)
        return SourceAdapter(train), SourceAdapter(validation)

    def batches(self, encoder: Encoder) -> SourceBatches:
        """See `DataAdapter.batches`."""
        factors = encoder.factors(self._labels() if encoder.counts_classes else None)
        about = "" if factors is None else f"class_weight {sorted(factors.items())}"
        return SourceBatches(self.source, replace(encoder, class_weight=factors).encode, about)

    def _labels(self) -> Labels:
        """Returns all labels; images are read only if the source knows its labels no other way."""
        labels: Labels | None = getattr(self.source, "labels", None)
        if labels is not None:
            return labels
        return np.concatenate([labels for _, labels in stored_blocks(self.source)])
