"""Candidates of `search.py`: layers, schedule and augmentation as values that can be varied."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import spritenet as sn
from spritenet.layers import Layer

__all__ = ["SPACES", "Block", "Candidate", "Space", "build"]


@dataclass(frozen=True, slots=True)
class Block:
    """A convolution, its pooling, normalization and activation.

    Attributes:
        kind: "conv", "separable" (a depthwise and a pointwise convolution), or "depthwise".
        filters: output channels; 0 for those of the input, which "depthwise" keeps.
        kernel: height and width.
        stride: of the convolution.
        pool: window of the max pooling behind it; 1 for none.
        norm: "batch" for a batch normalization, "shift" for one without gamma, "" for a bias.
        same: True for padding with zeros.
    """

    kind: str
    filters: int
    kernel: int
    stride: int = 1
    pool: int = 1
    norm: str = "batch"
    same: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A network and its training."""

    blocks: tuple[Block, ...]
    head: str
    optimizer: str
    rate: float
    rise: float
    batch_size: int
    smoothing: float
    augment: str
    ema: float
    decay: float = 0.0

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Candidate:
        """Returns the candidate of a line of the journal."""
        norms = {True: "batch", False: ""}
        blocks = tuple(
            Block(**{**block, "norm": norms.get(block["norm"], block["norm"])})
            for block in entry["blocks"]
        )
        return cls(**{**entry, "blocks": blocks})


def build(candidate: Candidate, classes: int) -> sn.Sequential:
    """Returns the compiled network of a candidate."""
    layers: list[Layer] = []
    for block in candidate.blocks:
        padding = "same" if block.same else "valid"
        own: dict[str, Any] = {
            "strides": block.stride,
            "padding": padding,
            "use_bias": not block.norm,
        }
        if block.kind == "conv":
            layers.append(sn.Conv2D(block.filters, block.kernel, **own))
        elif block.kind == "separable":
            layers.append(sn.SeparableConv2D(block.filters, block.kernel, **own))
        else:
            layers.append(sn.DepthwiseConv2D(block.kernel, **own))
        if block.pool > 1:
            layers.append(sn.MaxPooling2D(block.pool))
        if block.norm:
            layers.append(sn.BatchNormalization(momentum=0.9, scale=block.norm == "batch"))
        layers.append(sn.ReLU())
    heads = {
        "flatten": sn.Flatten,
        "average": sn.GlobalAveragePooling2D,
        "max": sn.GlobalMaxPooling2D,
    }
    layers += [heads[candidate.head](), sn.Dense(classes, activation="softmax")]
    model = sn.Sequential(layers)
    rate = sn.OneCycle(candidate.rate, rise=candidate.rise)
    decay = candidate.decay or None
    optimizers: dict[str, Callable[[], sn.optimizers.Optimizer]] = {
        "adam": lambda: sn.Adam(rate, beta_2=0.99, weight_decay=decay),
        "nesterov": lambda: sn.SGD(rate, momentum=0.9, nesterov=True, weight_decay=decay),
        "muon": lambda: sn.Muon(rate),
    }
    loss = sn.losses.CategoricalCrossentropy(label_smoothing=candidate.smoothing)
    model.compile(optimizers[candidate.optimizer](), loss, metrics=["accuracy"])
    return model


@dataclass(frozen=True, slots=True)
class Space:
    """The choices of a search.

    Attributes:
        start: the candidates that the first ones are variations of.
        filters: numbers of output channels.
        values: the values of each other field of a candidate.
        kinds: of blocks.
        most_blocks: in a network.
    """

    start: Sequence[Candidate]
    filters: Sequence[int]
    values: Mapping[str, Sequence[Any]]
    kinds: Sequence[str] = ("conv",)
    most_blocks: int = 4

    def sample(self, source: random.Random) -> Candidate:
        """Returns a start with several changes."""
        made = source.choice(self.start)
        for _ in range(source.randint(0, 5)):
            made = self.mutate(made, source)
        return made

    def mutate(self, candidate: Candidate, source: random.Random) -> Candidate:
        """Returns the candidate with one or two changes."""
        for _ in range(source.randint(1, 2)):
            if source.random() < 0.55:
                candidate = self._with_block(candidate, source)
                continue
            name = source.choice(list(self.values))
            candidate = replace(candidate, **{name: source.choice(self.values[name])})
        return candidate

    def _with_block(self, candidate: Candidate, source: random.Random) -> Candidate:
        """Returns the candidate with a block changed, added or removed."""
        blocks = list(candidate.blocks)
        place = source.randrange(len(blocks))
        block = blocks[place]
        changes: dict[str, Sequence[Any]] = {
            "filters": self._near(block.filters),
            "kernel": (2, 3, 4, 5),
            "stride": (1, 1, 2),
            "pool": (1, 1, 2),
            "norm": ("batch", "shift", ""),
            "same": (True, False),
            "kind": self.kinds,
        }
        name = source.choice([*changes, "filters", "add", "remove"])
        if name == "add" and len(blocks) < self.most_blocks:
            blocks.insert(place, replace(block, stride=1, pool=1))
        elif name == "remove" and len(blocks) > 2:
            del blocks[place]
        elif name in changes:
            blocks[place] = replace(block, **{name: source.choice(changes[name])})
        return replace(candidate, blocks=tuple(blocks))

    def _near(self, filters: int) -> Sequence[int]:
        """Returns the next smaller and larger numbers of channels."""
        nearest = min(range(len(self.filters)), key=lambda i: abs(self.filters[i] - filters))
        return self.filters[max(0, nearest - 1) : nearest + 2]


def _conv(filters: int, kernel: int, stride: int = 1, pool: int = 1, norm: str = "batch") -> Block:
    return Block("conv", filters, kernel, stride, pool, norm)


FAST = Candidate(
    (_conv(8, 3, pool=2), _conv(16, 3, pool=2), _conv(32, 3)),
    *("flatten", "adam", 0.02, 0.3, 128, 0.1, "none", 0.0),
)
WIDE = replace(FAST, blocks=(_conv(16, 5, stride=2, norm=""), _conv(24, 3, pool=2), _conv(48, 3)))
TINY = Candidate(
    (
        _conv(6, 3, pool=2, norm="shift"),
        Block("separable", 12, 3, norm="shift"),
        Block("separable", 14, 3, pool=2, norm="shift"),
        Block("separable", 20, 3, norm="shift"),
    ),
    *("average", "adam", 0.02, 0.3, 128, 0.0, "rotation=8,translation=0.06", 0.0),
)
SPACES: Mapping[str, Space] = MappingProxyType(
    {
        "fast": Space(
            (FAST, WIDE),
            (4, 6, 8, 12, 16, 20, 24, 32, 40, 48, 64),
            {
                "optimizer": ("adam", "nesterov", "muon"),
                "rate": (0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5),
                "rise": (0.1, 0.2, 0.3, 0.4, 0.5),
                "batch_size": (64, 96, 128, 192, 256),
                "smoothing": (0.05, 0.1, 0.15, 0.2),
                "decay": (0.0, 0.01, 0.05),
            },
        ),
        "tiny": Space(
            (TINY,),
            (3, 4, 5, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32),
            {
                "head": ("average", "max", "flatten"),
                "decay": (0.0, 0.01),
                "rate": (0.01, 0.02, 0.03, 0.05, 0.08),
                "batch_size": (32, 64, 128),
                "smoothing": (0.0, 0.05),
                "augment": (
                    "none",
                    "translation=0.05",
                    "rotation=5,translation=0.05,zoom=0.05",
                    "rotation=8,translation=0.06",
                ),
            },
            ("conv", "separable", "separable", "depthwise"),
            6,
        ),
    }
)
