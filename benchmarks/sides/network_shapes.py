"""The networks of networks.py as data, which each side builds in its own words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

__all__ = ["NETWORKS", "Case", "Node", "Operator"]

Operator = Literal[
    "convolution", "depthwise", "normalization", "relu", "add", "pool", "mean", "flatten", "dense"
]


@dataclass(frozen=True, slots=True)
class Node:
    """An operator on the nodes at `inputs` (-1: the images), with a square window."""

    operator: Operator
    inputs: tuple[int, ...]
    channels: int = 0
    size: int = 0
    stride: int = 1
    padded: bool = True
    bias: bool = True


@dataclass(slots=True)
class Case:
    """A network, and what is done with it.

    Args:
        shape: height, width, channels of the images.
        batch_size: of a training step; 0: one image is predicted.
        nodes: in an order in which each comes after its inputs.
    """

    shape: tuple[int, int, int]
    batch_size: int
    nodes: list[Node] = field(default_factory=list)

    def add(
        self,
        operator: Operator,
        *inputs: int,
        channels: int = 0,
        size: int = 0,
        stride: int = 1,
        padded: bool = True,
        bias: bool = True,
    ) -> int:
        """Appends a node on those inputs, or on the last node; returns its place."""
        given = inputs or (len(self.nodes) - 1,)
        self.nodes.append(Node(operator, given, channels, size, stride, padded, bias))
        return len(self.nodes) - 1

    def normalized(
        self,
        operator: Operator,
        *inputs: int,
        channels: int = 0,
        size: int = 0,
        stride: int = 1,
        relu: bool = True,
    ) -> int:
        """A convolution without bias, BatchNormalization, and a relu or not."""
        self.add(operator, *inputs, channels=channels, size=size, stride=stride, bias=False)
        last = self.add("normalization")
        return self.add("relu") if relu else last

    def end(self) -> Case:
        """Ten classes."""
        self.add("dense", channels=10)
        return self


def _residual(shape: tuple[int, int, int]) -> Case:
    """Three blocks of 16, 32 and 64 channels, each of two convolutions and a way around them."""
    case = Case(shape, 64)
    before = case.normalized("convolution", channels=16, size=3)
    for channels in (16, 32, 64):
        stride = 1 if channels == 16 else 2
        case.normalized("convolution", before, channels=channels, size=3, stride=stride)
        inner = case.normalized("convolution", channels=channels, size=3, relu=False)
        if stride > 1:
            before = case.normalized(
                "convolution", before, channels=channels, size=1, stride=stride, relu=False
            )
        case.add("add", inner, before)
        before = case.add("relu")
    case.add("mean")
    return case.end()


def _depthwise(shape: tuple[int, int, int]) -> Case:
    """Three depthwise-separable blocks of 16, 32 and 64 channels."""
    case = Case(shape, 64)
    case.normalized("convolution", channels=16, size=3)
    for channels in (16, 32, 64):
        case.normalized("depthwise", size=3, stride=1 if channels == 16 else 2)
        case.normalized("convolution", channels=channels, size=1)
    case.add("mean")
    return case.end()


def _tutorial(batch_size: int) -> Case:
    """Two convolutions of 5×5, each pooled."""
    case = Case((28, 28, 1), batch_size)
    for channels in (8, 16):
        case.add("convolution", channels=channels, size=5, padded=False)
        case.add("relu")
        case.add("pool")
    case.add("flatten")
    return case.end()


def _dense(*units: int) -> Case:
    """Dense layers on MNIST's images as vectors."""
    case = Case((28, 28, 1), 128)
    case.add("flatten")
    for count in units:
        case.add("dense", channels=count)
        case.add("relu")
    return case.end()


def _wide(size: int, channels: int, side: int, batch_size: int = 64) -> Case:
    """Two convolutions of so many channels behind one of 1×1, and a mean."""
    case = Case((side, side, 3), batch_size)
    case.add("convolution", channels=channels, size=1)
    for _ in range(2):
        case.add("convolution", channels=channels, size=size)
        case.add("relu")
    case.add("mean")
    return case.end()


def _large() -> Case:
    """Six convolutions of 64 to 256 channels, and a dense layer of 512: 3.3 million weights."""
    case = Case((32, 32, 3), 0)
    for channels in (64, 128, 256):
        for _ in range(2):
            case.add("convolution", channels=channels, size=3)
            case.add("relu")
        case.add("pool")
    case.add("flatten")
    case.add("dense", channels=512)
    case.add("relu")
    return case.end()


NETWORKS = {
    "residual, 28×28": _residual((28, 28, 1)),
    "residual, 32×32×3": _residual((32, 32, 3)),
    "depthwise, 28×28": _depthwise((28, 28, 1)),
    "depthwise, 32×32×3": _depthwise((32, 32, 3)),
    "tutorial, batch 8": _tutorial(8),
    "tutorial, batch 1": _tutorial(1),
    "dense 256-128": _dense(256, 128),
    "dense 1024-1024": _dense(1024, 1024),
    "7×7, 32 channels": _wide(7, 32, 16),
    "7×7, 64 channels": _wide(7, 64, 12, 32),
    "3×3, 64 channels": _wide(3, 64, 16),
    "3×3, 128 channels": _wide(3, 128, 12, 32),
    "3×3, 256 channels": _wide(3, 256, 8, 32),
    "one image, large": _large(),
}
