"""Integers of int8 networks by NumPy, the core, WebAssembly, C here and C on emulated boards.

The networks are those known by name, the residual and the depthwise one of int8.py, and random
graphs of all supported layers; all have random weights. Named networks read MNIST's test images,
random graphs random ones.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import int8
from figures import Row, leave

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    import spritenet as sn
    from spritenet.export import SavedModel
    from spritenet.model import Model
    from spritenet.quantization import IntegerNetwork

__all__ = ["equal"]

ROOT = Path(__file__).parents[1]
NAMES = ("tutorial", "convnet", "fast", "tiny", "dense", "accurate", "mobile")
BOARDS = ("Cortex-M3", "Cortex-M4")
"""Without and with instructions for two products at once."""

CALIBRATION, SECONDS = 512, 3600


def equal(mnist: sn.Dataset, networks: int, count: int) -> list[Row]:
    """Compares every integer with the reference in NumPy, and returns a row for each side.

    Args:
        mnist: the data set.
        networks: how many networks.
        count: images of each.
    """
    import numpy as np

    from spritenet.quantization import reference

    node = shutil.which("node")
    if node is None:
        leave("Node.js is not installed: https://nodejs.org")
    differing: dict[str, int] = {}
    total = 0
    for index, (name, model, images, calibration) in enumerate(_networks(mnist, count, networks)):
        began = time.monotonic()
        saved, integers = _integer_network(model, calibration, index)
        shaped = images.reshape(-1, *saved.input_shape)
        expected = reference.predict(integers, shaped).reshape(count, -1)
        total += expected.size
        wrong = []
        with tempfile.TemporaryDirectory() as scratch:
            for side, found in _sides(Path(scratch), node, saved, integers, shaped):
                different = int(np.sum(found != expected))
                differing[side] = differing.get(side, 0) + different
                wrong += [f"{different} by {side}"] if different else []
        seconds = time.monotonic() - began
        size = f"{len(integers.operators)} operators, {expected.size:,} integers"
        result = ", ".join(wrong) or "all equal"
        print(f"{index + 1:>3} {name}: {size}, {result} ({seconds:.0f} s)", file=sys.stderr)
    return [Row(f"{side}: of {total:,}", (wrong,), "differ") for side, wrong in differing.items()]


def _networks(
    mnist: sn.Dataset, count: int, networks: int
) -> Iterator[tuple[str, Model, NDArray[np.uint8], NDArray[np.uint8]]]:
    """Names, networks, their images and those for calibration."""
    import spritenet as sn
    from integer_networks import random_images, random_model

    images, calibration = mnist.test.images[:count], mnist.train.images[:CALIBRATION]
    makers: dict[str, Callable[[], Model]] = {
        name: partial(sn.networks.get, name, mnist.train) for name in NAMES
    }
    makers |= {"residual": int8.residual, "depthwise": int8.depthwise}
    for name, make in list(makers.items())[:networks]:
        yield name, make(), images, calibration
    for seed in range(networks - len(makers)):
        model = random_model(1000 + seed)
        drawn = random_images(seed, model, count), random_images(2000 + seed, model, CALIBRATION)
        yield f"random graph {seed}", model, *drawn


def _integer_network(
    model: Model, calibration: NDArray[np.uint8], seed: int
) -> tuple[SavedModel, IntegerNetwork]:
    """The network with random weights, and its integers."""
    from c_models import with_values
    from spritenet.quantization import quantize

    if model.input_shape is None:
        model.build(calibration.shape[1:])
    saved = with_values(model, seed)
    shaped = calibration.reshape(-1, *saved.input_shape)
    return saved, quantize(saved.layers, saved.input_shape, saved.parameters, shaped)


def _sides(
    scratch: Path,
    node: str,
    saved: SavedModel,
    integers: IntegerNetwork,
    images: NDArray[np.uint8],
) -> Iterator[tuple[str, NDArray[Any]]]:
    """Implementations and their integers, a row for each image."""
    import numpy as np

    from c_models import CompiledModel, write_model
    from cortex_m import MACHINES, run_images
    from spritenet.quantization.native import NativeNetwork

    for instructions in ("tiles", "dots", "plain"):
        native = NativeNetwork(integers, threads=1, instructions=instructions)
        yield f"core, {instructions}", native.predict(images).reshape(len(images), -1)
    yield "WebAssembly", _by_webassembly(scratch, node, integers, images)
    place = write_model(saved, scratch / "c", integers=integers)
    yield "C here", CompiledModel(place, saved).predict(images)
    for board in BOARDS:
        dtype = np.dtype(integers.operators[-1].dtype)
        done = run_images(place, images, MACHINES[board], dtype, seconds=SECONDS)
        yield f"C on an emulated {board}", done.outputs


def _by_webassembly(
    scratch: Path, node: str, integers: IntegerNetwork, images: NDArray[np.uint8]
) -> NDArray[np.int16]:
    """The integers that the modules for browsers compute in Node.js."""
    import numpy as np

    import spritenet as sn
    from spritenet.export import Metadata

    sn.QuantizedModel(integers, Metadata()).save(scratch / "model.int8")
    images.tofile(scratch / "pixels.bin")
    script = ROOT / "tests" / "node" / "int8.mjs"
    subprocess.run([node, script, scratch], check=True, stdout=subprocess.DEVNULL, timeout=SECONDS)
    return np.fromfile(scratch / "integers.bin", "<i2").reshape(len(images), -1)
