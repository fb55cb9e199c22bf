"""The core's integers against the reference's, on every instruction set."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pytest

import spritenet as sn
from integer_networks import random_images, random_network
from spritenet.core import integer, library, pool
from spritenet.errors import CoreError
from spritenet.quantization import IntegerNetwork, quantize
from spritenet.quantization import operators as ops
from spritenet.quantization.native import NativeNetwork
from spritenet.quantization.reference import predict

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEEDS = range(200, 224)


@cache
def expected(seed: int) -> tuple[IntegerNetwork, NDArray[np.uint8], NDArray[np.signedinteger]]:
    """A network, images, and the reference's outputs."""
    model, network, _ = random_network(seed, 8)
    images = random_images(seed + 1, model, 21)  # a slab and some, with every number of lanes
    return network, images, predict(network, images)


@pytest.fixture(params=library.builds())
def build(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each build of the core in turn, which then runs integer networks."""
    name: str = request.param
    for module in (integer, pool):
        monkeypatch.setattr(module, "library", lambda: library.load(name))
    monkeypatch.setattr(pool.Pool, "_pools", {})
    return name


@pytest.mark.usefixtures("build")
@pytest.mark.parametrize("instructions", ["tiles", "dots", "plain"])
def test_every_build_computes_the_reference_integers(
    instructions: Literal["tiles", "dots", "plain"],
) -> None:
    """Random networks give the same bits with tiles, with byte products, and with neither."""
    for seed in SEEDS:
        network, images, wanted = expected(seed)
        found = NativeNetwork(network, threads=1, instructions=instructions).predict(images)
        assert found.dtype == wanted.dtype
        assert np.array_equal(found, wanted), seed


@pytest.mark.usefixtures("build")
def test_multipliers_of_all_bits_round_as_the_reference() -> None:
    """Networks with multipliers that float32 can't hold are rounded by whole products."""
    rng = np.random.default_rng(0)
    for seed in SEEDS[:8]:
        network, images, _ = expected(seed)
        changed: list[ops.Operator] = []
        for operator in network.operators:
            if isinstance(operator, ops.Convolution | ops.Dense):
                many = len(operator.multiplier)
                multiplier = rng.integers(2**30, 2**31, many).astype(np.int32)
                shift = (operator.shift + rng.integers(-2, 1, many)).astype(np.int32)
                changed.append(replace(operator, multiplier=multiplier, shift=shift))
            else:
                changed.append(operator)
        network = replace(network, operators=tuple(changed))
        found = NativeNetwork(network, threads=1).predict(images)
        assert np.array_equal(found, predict(network, images)), seed


@pytest.mark.usefixtures("build")
@pytest.mark.parametrize("kernel", [(3, 3), (2, 4), (1, 5), (5, 2), (4, 6), (6, 1)])
@pytest.mark.parametrize(("strides", "dilation"), [(1, 1), (2, 1), (3, 1), (1, 2), (1, 3)])
def test_depthwise_convolutions(kernel: tuple[int, int], strides: int, dilation: int) -> None:
    """Kernels, strides, dilations and paddings of all kinds read the right columns and rows."""
    kinds: tuple[Literal["dots", "plain"], ...] = ("dots", "plain")
    for padding, (height, width, channels) in (("valid", (17, 19, 5)), ("same", (9, 7, 8))):
        layer = sn.DepthwiseConv2D(kernel, strides, padding, dilation_rate=dilation)
        model = sn.Sequential([sn.Input((height, width, channels)), layer, sn.ReLU(), sn.Flatten()])
        images = random_images(3, model, 18)
        network = quantize(model.graph, (height, width, channels), model.parameters, images)
        for instructions in kinds:
            found = NativeNetwork(network, threads=1, instructions=instructions).predict(images)
            assert np.array_equal(found, predict(network, images)), (padding, instructions)


@pytest.mark.usefixtures("build")
@pytest.mark.parametrize("kernel", [(5, 5), (3, 5), (1, 5), (7, 5), (6, 6), (7, 7), (2, 3), (7, 1)])
@pytest.mark.parametrize(("strides", "dilation"), [(1, 1), (2, 1), (1, 2)])
def test_first_convolutions(kernel: tuple[int, int], strides: int, dilation: int) -> None:
    """Kernels of all sizes read the rows, columns and edges of images of one or two channels."""
    kinds: tuple[Literal["tiles", "dots", "plain"], ...] = ("tiles", "dots", "plain")
    shapes = (("valid", (17, 19, 1)), ("same", (13, 8, 1)), ("same", (14, 11, 2)))
    for padding, (height, width, channels) in shapes:
        layer = sn.Conv2D(5, kernel, strides, padding, dilation_rate=(dilation, 1))
        pixels = sn.Rescaling(-1 / 255, 1)
        image = sn.Input((height, width, channels))
        model = sn.Sequential([image, pixels, layer, sn.MaxPooling2D(2), sn.Flatten()])
        images = random_images(3, model, 18)
        network = quantize(model.graph, (height, width, channels), model.parameters, images)
        for instructions in kinds:
            found = NativeNetwork(network, threads=1, instructions=instructions).predict(images)
            assert np.array_equal(found, predict(network, images)), (padding, instructions)


def test_threads_change_nothing() -> None:
    """Slabs are shared by threads; each image's outputs stay where they belong."""
    network, images, _ = expected(SEEDS[0])
    many = np.concatenate([images] * 9)
    one = NativeNetwork(network, threads=1).predict(many)
    assert np.array_equal(NativeNetwork(network, threads=3).predict(many), one)
    assert np.array_equal(NativeNetwork(network, threads=1).predict(many[:0]), one[:0])


def test_extreme_integers() -> None:
    """Saturated pixels and the largest weights give the reference's sums, beyond 16 bits."""
    model = sn.Sequential([sn.Input((5, 5, 8)), sn.Conv2D(8, 3), sn.Flatten(), sn.Dense(4)])
    model.set_weights([np.ones_like(w) if w.ndim > 1 else w for w in model.get_weights()])
    images = np.full((3, 5, 5, 8), 255, np.uint8)
    images[1] = 0
    network = quantize(model.graph, (5, 5, 8), model.parameters, images)
    assert np.all(network.operators[0].kernel == 127)  # type: ignore[attr-defined]  # a Convolution
    kinds: tuple[Literal["tiles", "dots", "plain"], ...] = ("tiles", "dots", "plain")
    for instructions in kinds:
        found = NativeNetwork(network, threads=1, instructions=instructions).predict(images)
        assert np.array_equal(found, predict(network, images))


@pytest.mark.parametrize(
    "wrong",
    [
        {"inputs": (0,)},
        {"inputs": (-2,)},
        {"shape": (0, 4, 4)},
        {"shape": (2**20, 2**20, 4)},
        {"groups": 3},
        {"groups": 0},
        {"strides": (0, 1)},
        {"dilation": (1, -1)},
        {"shift": np.zeros(4, np.int32)},
        {"shift": np.full(4, 63, np.int32)},
        {"multiplier": np.full(4, -1, np.int32)},
        {"bias": np.full(4, 2**31 - 1, np.int32)},
        {"low": 1, "high": 0},
        {"high": 2**15},
        {"zero_point": 128},
    ],
    ids=str,
)
def test_refuses_operators_that_do_not_go_together(wrong: dict[str, Any]) -> None:
    """An operator that would read beyond an array or overflow a sum is refused with its index."""
    model = sn.Sequential([sn.Input((6, 6, 2)), sn.Conv2D(4, 3)])
    images = np.zeros((2, 6, 6, 2), np.uint8)
    network = quantize(model.graph, (6, 6, 2), model.parameters, images)
    assert isinstance(network.operators[0], ops.Convolution)
    broken = replace(network, operators=(replace(network.operators[0], **wrong),))
    with pytest.raises(CoreError, match="operator 0 is wrong"):
        NativeNetwork(broken)
