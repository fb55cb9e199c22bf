"""Streamed splits: abstract classes of splits whose images are fetched during training."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

__all__ = ["Flow", "Streamed", "StreamedDataset"]


class Flow(ABC):
    """Images in an order, given out a few at a time."""

    @abstractmethod
    def take(self, count: int) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
        """The next images (n h w c) and labels (n), which stay as they are until the next call."""

    @abstractmethod
    def close(self) -> None:
        """Ends it."""


class Streamed(ABC):
    """A split whose images are read when they are needed."""

    class_names: tuple[str, ...]
    name: str

    @abstractmethod
    def __len__(self) -> int:
        """How many images it has."""

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
    def at_a_time(self) -> int:
        """How many images may be taken at a time, so that memory stays bounded."""

    @abstractmethod
    def split(self, validation: float = 0.1, seed: int = 0) -> tuple[Streamed, Streamed]:
        """What remains when a part of every class is set aside, and that part."""

    @abstractmethod
    def flow(self, seed: int | None, epoch: int = 0, place: int = 0) -> Flow:
        """Images in training's order, epoch after epoch; with no seed once as they lie."""

    @abstractmethod
    def labels_at(self, places: NDArray[np.int64]) -> NDArray[np.int32]:
        """Labels of some images."""

    @abstractmethod
    def images_at(self, places: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Some images, n h w c."""


class StreamedDataset(ABC):
    """A data set whose splits are read when they are needed."""

    @property
    @abstractmethod
    def train(self) -> Streamed:
        """The split to train on."""
