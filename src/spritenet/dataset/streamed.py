"""Stream sources: abstract classes of splits whose images are fetched during training."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

__all__ = ["ImageQueue", "StreamSource", "StreamedDataset"]


class ImageQueue(ABC):
    """A queue of images in some order, filled in the background."""

    @abstractmethod
    def take(self, count: int) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
        """Returns the next images (n h w c) and labels (n), valid until the next call."""

    @abstractmethod
    def close(self) -> None:
        """Stops filling the queue."""


class StreamSource(ABC):
    """A split whose images are read when they are needed, in training's order ahead of time."""

    class_names: tuple[str, ...]
    name: str

    @abstractmethod
    def __len__(self) -> int:
        """The number of images."""

    @property
    @abstractmethod
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of each image."""

    @property
    @abstractmethod
    def identity(self) -> str:
        """SHA-256, in hex, that differs where pixels, labels or the order of training differ."""

    @property
    @abstractmethod
    def max_images(self) -> int:
        """The number of images that may be read at a time, so that memory stays bounded."""

    @abstractmethod
    def split(self, validation: float = 0.1, seed: int = 0) -> tuple[StreamSource, StreamSource]:
        """Splits off a stratified validation set: what remains, and that set."""

    @abstractmethod
    def queue(self, seed: int | None, epoch: int = 0, place: int = 0) -> ImageQueue:
        """Returns images in training's order, epoch after epoch; without a seed once, as stored."""

    @abstractmethod
    def labels_at(self, places: NDArray[np.int64]) -> NDArray[np.int32]:
        """Returns the labels of some images."""

    @abstractmethod
    def images_at(self, places: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Returns some images, n h w c."""


class StreamedDataset(ABC):
    """A data set whose splits are read when they are needed."""

    @property
    @abstractmethod
    def train(self) -> StreamSource:
        """The split to train on."""
