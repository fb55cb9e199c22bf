"""Augmenter: the core's random changes of images, on the device."""

from __future__ import annotations

import torch

from spritenet.engines.torch.examples import Batch

__all__ = ["Augmenter"]


class Augmenter:
    """Random layers and steps at the head of a network."""

    def __call__(self, batch: Batch, epoch_word: torch.Tensor) -> Batch:
        """Returns the batch that training sees."""
        raise NotImplementedError
