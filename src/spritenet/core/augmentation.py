"""Augmentation by the core: what its random layers make of images in an epoch."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.core import structs
from spritenet.core.library import ERROR_BYTES, library
from spritenet.core.nodes import Attributes, NodeError, node

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["augment"]


def augment(
    steps: Sequence[tuple[str, Attributes]],
    images: NDArray[np.uint8],
    *,
    seed: int,
    epoch: int,
    identities: NDArray[np.int64] | None = None,
) -> NDArray[np.uint8]:
    """Returns what training sees of images: uint8, n h w c, of the shape that the layers make.

    Args:
        steps: operators, random layers alone, and their attributes.
        images: uint8, n h w c.
        seed: of the training.
        epoch: counted from 0.
        identities: int64 (n,), by which training knows each image; 0, 1, … by default.

    Raises:
        NodeError: a step is wrong or doesn't fit the images.
    """
    core, error = library(), ctypes.create_string_buffer(ERROR_BYTES)
    made = [node(name, given, (k - 1,)) for k, (name, given) in enumerate(steps)]
    nodes = (structs.CNode * len(made))(*made)
    sides = (ctypes.c_int32 * 3)(*images.shape[1:])
    spec = structs.CSpec(nodes, len(made), 3, sides, 1, 0, 0)
    needed = core.sn_network_bytes(ctypes.byref(spec), error)
    if needed < 0:
        raise NodeError(error.value.decode())
    memory = np.empty(needed + 128, np.uint8)
    handle = core.sn_network_init(
        -(-_address(memory) // 128) * 128, needed, ctypes.byref(spec), error
    )
    shape = (ctypes.c_int32 * 3)()
    core.sn_output_shape(handle, len(made) - 1, shape)
    out = np.empty((len(images), *shape), np.uint8)
    given = np.ascontiguousarray(images)
    numbers = None if identities is None else np.ascontiguousarray(identities, np.int64)
    core.sn_augment(
        handle,
        _address(given),
        len(given),
        seed % 2**64,
        epoch,
        None if numbers is None else _address(numbers),
        _address(out),
        error,
    )
    return out


def _address(array: NDArray[Any]) -> int:
    address: int = array.__array_interface__["data"][0]
    return address
