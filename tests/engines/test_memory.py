"""Memory of networks that train: values are kept for the way back, gradients are not."""

from __future__ import annotations

import math

import pytest

from spritenet import layers as kinds
from spritenet.core.pool import lanes
from spritenet.engines import native
from spritenet.layers import Graph, Layer

SHAPE = (16, 16, 8)


def residual(blocks: int) -> Graph:
    """Blocks of a convolution and a way around it: every sum has two readers."""
    nodes: list[tuple[Layer, tuple[int, ...]]] = [(kinds.Rescaling(1 / 255), (-1,))]
    nodes.append((kinds.Conv2D(8, 3, padding="same"), (0,)))
    for _ in range(blocks):
        last = len(nodes) - 1
        nodes.append((kinds.Conv2D(8, 3, padding="same", activation="tanh"), (last,)))
        nodes.append((kinds.Add(), (last, last + 1)))
    nodes += [(kinds.GlobalAveragePooling2D(), (len(nodes) - 1,)), (kinds.Dense(4), (len(nodes),))]
    return Graph(tuple(node for node, _ in nodes), tuple(read for _, read in nodes))


@pytest.mark.parametrize("batch_size", [1, 64])
def test_a_deeper_network_needs_memory_for_values_and_weights_alone(batch_size: int) -> None:
    """Gradients with several readers take memory in turn, also that of values behind them."""
    sizes = []
    for blocks in (4, 12):
        network = native.Network(residual(blocks), SHAPE, batch_size=batch_size, threads=1)
        sizes.append(network.memory_bytes)
    values = math.prod(SHAPE) + 18 * 18 * 8  # a convolution's, and a sum with its border
    weights = 8 * 9 * 8 + 8
    slabs = -(-batch_size // lanes()) + 1
    kept = values * (lanes() + 1) + weights * (4 + slabs)
    assert sizes[1] - sizes[0] < 8 * 4 * kept * 1.1


def test_predicting_singly_copies_no_kernels() -> None:
    """Images of a network whose slabs would take too much go through it one by one."""
    side = 512  # with 4 lanes, too
    head: list[Layer] = [kinds.Rescaling(1 / 255), kinds.Conv2D(8, 1), kinds.MaxPooling2D(side)]
    sizes = []
    for more in (1, 2):
        wide = [kinds.Conv2D(1024, 1) for _ in range(more)]
        network = native.Network([*head, *wide], (side, side, 3), threads=1)
        sizes.append(network.memory_bytes)
    assert sizes[1] - sizes[0] < 1024 * 1024  # the second kernel has 4 MiB
