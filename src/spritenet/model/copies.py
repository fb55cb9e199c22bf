"""Copies: several augmented copies of each image, whose outputs are averaged when predicting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spritenet.arguments import count
from spritenet.augmentation import Augment, Step, augmented, find_steps
from spritenet.errors import ModelError
from spritenet.layers import IMAGES, Graph, Rescaling
from spritenet.layers.attributes import attributes_of
from spritenet.layers.random_layer import RandomLayer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.model.network import Network

    Pixels = NDArray[np.uint8]

__all__ = ["ALONE", "Copies", "copies_of"]

LEFT_OUT = ("MixUp", "CutMix", "RandomErasing", "RandomCrop")
"""Steps that take from an image what it shows, or change its size."""

BLOCK = 4096
"""Images that are augmented at once."""


@dataclass(frozen=True, slots=True)
class Copies:
    """The images that a network sees in place of one: the image itself, and augmented copies.

    Copy k of every image is what training with seed 0 sees of image 0 in epoch k: all images are
    changed alike, so that a prediction depends on its own image alone.

    Attributes:
        count: the number of images, with the image itself; 1 for no copies.
        steps: their augmentation.
    """

    count: int = 1
    steps: tuple[Step, ...] = ()

    def of(self, images: Pixels) -> Iterator[Pixels]:
        """Yields n images (uint8, n h w c), then each set of copies of them.

        Raises:
            ModelError: a step doesn't fit the images.
        """
        yield images
        alike = np.zeros(len(images), np.int64)
        for number in range(1, self.count):
            yield augmented(images, self.steps, epoch=number, identities=alike)

    def mean(
        self, images: Pixels, outputs: Callable[[Pixels], NDArray[np.floating]]
    ) -> NDArray[np.floating]:
        """Returns the mean outputs of images and their copies, of the type of the outputs.

        Args:
            images: uint8, n h w c.
            outputs: n h w c → the outputs of n images.

        Raises:
            ModelError: a step doesn't fit the images.
        """
        if self.count == 1:
            return outputs(images)
        found = []
        for first in range(0, len(images), BLOCK):
            parts = map(outputs, self.of(images[first : first + BLOCK]))
            total = next(parts)
            kind, total = total.dtype, total.astype(np.float64)
            for part in parts:
                total += part
            found.append((total / self.count).astype(kind))
        return np.concatenate(found) if found else outputs(images)


ALONE = Copies()
"""No copies: the image alone."""


def copies_of(network: Network, tta: object, augment: Augment, where: str) -> Copies:
    """Returns the copies that `predict(tta=…, augment=…)` asks for.

    Args:
        network: whose training's augmentation is the default.
        tta: the number of images, with the image itself.
        augment: as for `fit`; None for that of the training and the network's random layers.
        where: the words an error begins with.

    Raises:
        ModelError: a number or a word is wrong, or there is no augmentation.
    """
    size = count(1 if tta is None else tta, "tta", where)
    if size == 1:
        if augment is not None:
            expected = "tta of 2 or more, the number of copies"
            raise ModelError("augment without copies", where=where, expected=expected, got=size)
        return ALONE
    if len(network.output_shape) != 1:
        raise ModelError("outputs that are images have no mean over copies", where=where)
    given = find_steps(augment) if augment is not None else network.augmentation
    steps = (*given, *(() if augment is not None else _own_steps(network.graph)))
    kept = tuple(step for step in steps if step.operator not in LEFT_OUT)
    if all(step.operator == "Rescaling" for step in kept):
        raise ModelError(
            "the copies would all be alike: there is no augmentation",
            where=where,
            expected="a model trained with augmentation, or augment=",
            do='Give augment="digits", for example.',
        )
    return Copies(size, kept)


def _own_steps(graph: Graph) -> Iterator[Step]:
    """Yields the steps of the random layers at the head of a network."""
    place = IMAGES
    while True:
        readers = [index for index, read in enumerate(graph.inputs) if place in read]
        if len(readers) != 1 or not isinstance(layer := graph[readers[0]], RandomLayer | Rescaling):
            return
        place = readers[0]
        yield Step(layer.class_name, attributes_of(layer))
