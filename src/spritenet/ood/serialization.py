"""Serialization of a `Rejection` as JSON: `userDefinedMetadata.spritenet.rejection` of model.json.

Arrays are base64. Names, types and sizes of a file's entries are bounded and checked
before they are used.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.errors import ModelError
from spritenet.ood.image_detector import LEAST_SIDE, MOST_SIDE, ImageDetector, kernel_shapes
from spritenet.ood.rejection import Detector, Rejection
from spritenet.ood.temperature import COLDEST, HOTTEST

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["from_json", "to_json"]

DETECTOR, OLD_DETECTOR = "detector", "watcher"
"""The entry of the detector's arrays, and its name in earlier files."""

MOST_FEATURES, MOST_HIDDEN, MOST_CLASSES = 4096, 512, 65_536
"""Limits for a file; far more than is ever written."""

IMAGE_DETECTOR = "image_detector"
PARTS = ("kernel", "kernel_scale", "bias")
"""Arrays of each of its layers."""

MOST_CHANNELS = 64

MOST_NUMBERS = 4_000_000
"""In one array."""


def to_json(rejection: Rejection) -> dict[str, Any]:
    """Returns plain values for the model's metadata."""
    detector = rejection.detector
    arrays = {
        "places": detector.places.astype("<u2" if detector.places.max() < 65_536 else "<u4"),
        "low": detector.low.astype("<f4"),
        "scale": detector.scale.astype("<f4"),
        "kernel": detector.kernel,
        "kernel_scale": detector.kernel_scale.astype("<f4"),
        "bias": detector.bias.astype("<f4"),
        "output_kernel": detector.output_kernel.astype("<f4"),
        "output_bias": detector.output_bias.astype("<f4"),
    }
    return {
        "temperature": rejection.temperature,
        "threshold": rejection.threshold,
        "layer": rejection.layer,
        "images": rejection.images,
        "refused": rejection.refused,
        DETECTOR: {
            "features": len(detector.places),
            "hidden": len(detector.bias),
            "classes": len(detector.output_bias) - 1,
            **{
                name: base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
                for name, array in arrays.items()
            },
        },
        **({} if rejection.image_detector is None else {IMAGE_DETECTOR: _image_json(rejection)}),
    }


def _image_json(rejection: Rejection) -> dict[str, Any]:
    """Returns plain values of the image detector."""
    detector = rejection.image_detector
    assert detector is not None  # noqa: S101 - the caller looked
    height, width, channels = detector.image
    made: dict[str, Any] = {"height": height, "width": width, "channels": channels}
    made["classes"] = len(detector.biases[-1]) - 1
    for number, parts in enumerate(
        zip(detector.kernels, detector.scales, detector.biases, strict=True), 1
    ):
        for name, array, dtype in zip(PARTS, parts, ("|i1", "<f4", "<f4"), strict=True):
            data = np.ascontiguousarray(array, dtype).tobytes()
            made[f"{name}_{number}"] = base64.b64encode(data).decode()
    return made


def from_json(entry: Mapping[str, Any], *, where: object, key: str = "rejection") -> Rejection:
    """Reads the values that `to_json` wrote, or an earlier version of it.

    Args:
        entry: an object of an untrusted JSON file.
        where: the file, for the error.
        key: the name of the object in the file, for the error.

    Raises:
        ModelError: an entry is missing, of another type or size, or not finite.
    """
    read = _Reader(entry, where, key)
    temperature = read.number("temperature", COLDEST / 2, HOTTEST * 2)
    threshold = read.number("threshold", -1e6, 1e6)
    refused = read.number("refused", 0, 1)
    images = read.count("images", 2**53)
    layer = entry.get("layer")
    if not isinstance(layer, str) or not 0 < len(layer) <= 200 or not layer.isprintable():
        raise read.wrong("layer", "a layer's name")
    name = OLD_DETECTOR if OLD_DETECTOR in entry and DETECTOR not in entry else DETECTOR
    inner = entry.get(name)
    if not isinstance(inner, Mapping):
        raise read.wrong(name, "an object")
    read = _Reader(inner, where, key, f"{name}.")
    features = read.count("features", MOST_FEATURES)
    hidden = read.count("hidden", MOST_HIDDEN)
    outputs = read.count("classes", MOST_CLASSES) + 1
    detector = Detector(
        places=read.places(features),
        low=read.array("low", "<f4", (features,)),
        scale=read.array("scale", "<f4", (features,)),
        kernel=read.array("kernel", "|i1", (features, hidden)),
        kernel_scale=read.array("kernel_scale", "<f4", (hidden,)),
        bias=read.array("bias", "<f4", (hidden,)),
        output_kernel=read.array("output_kernel", "<f4", (hidden, outputs)),
        output_bias=read.array("output_bias", "<f4", (outputs,)),
    )
    image_detector = None
    if IMAGE_DETECTOR in entry:
        image_detector = _image_detector(entry, outputs - 1, where, key)
    return Rejection(temperature, threshold, layer, detector, images, refused, image_detector)


def _image_detector(
    entry: Mapping[str, Any], classes: int, where: object, key: str
) -> ImageDetector:
    """Reads the entry of the image detector, for as many classes as the other has.

    Raises:
        ModelError: an entry is missing, of another type or size, or not finite.
    """
    inner = entry[IMAGE_DETECTOR]
    if not isinstance(inner, Mapping):
        raise _Reader(entry, where, key).wrong(IMAGE_DETECTOR, "an object")
    read = _Reader(inner, where, key, f"{IMAGE_DETECTOR}.")
    height, width = (int(read.number(k, LEAST_SIDE, MOST_SIDE)) for k in ("height", "width"))
    channels = read.count("channels", MOST_CHANNELS)
    if read.count("classes", MOST_CLASSES) != classes:
        raise read.wrong("classes", f"{classes}, as of the detector")
    kernels, scales, biases = [], [], []
    for number, shape in enumerate(kernel_shapes((height, width, channels), classes), 1):
        kernels.append(read.array(f"kernel_{number}", "|i1", shape))
        scales.append(read.array(f"kernel_scale_{number}", "<f4", shape[-1:]))
        biases.append(read.array(f"bias_{number}", "<f4", shape[-1:]))
    return ImageDetector((height, width, channels), tuple(kernels), tuple(scales), tuple(biases))


class _Reader:
    """Entries of an object, each checked.

    Args:
        entry: the object.
        where: the file.
        name: the name of the outermost object.
        prefix: of the entries' names in errors.
    """

    def __init__(
        self, entry: Mapping[str, Any], where: object, name: str, prefix: str = ""
    ) -> None:
        self._entry, self._where, self._name, self._prefix = entry, where, name, prefix

    def wrong(self, key: str, expected: str) -> ModelError:
        """Returns the error for an invalid entry."""
        got = repr(self._entry.get(key))
        return ModelError(
            f"invalid {self._name}.{self._prefix}{key} in its metadata",
            where=self._where,
            expected=expected,
            got=got if len(got) <= 60 else f"{got[:60]}…",
            do=f"Calibrate the model again, or remove the entry `{self._name}`.",
        )

    def number(self, key: str, least: float, most: float) -> float:
        """A finite number in a range."""
        value: object = self._entry.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.wrong(key, "a number")
        if not least <= value <= most:  # nor is NaN
            raise self.wrong(key, f"a number from {least:g} to {most:g}")
        return float(value)

    def count(self, key: str, most: int) -> int:
        """A whole number, at least 1."""
        value = self._entry.get(key)
        if type(value) is not int or not 1 <= value <= most:
            raise self.wrong(key, f"a whole number from 1 to {most}")
        return value

    def _bytes(self, key: str, sizes: tuple[int, ...]) -> bytes:
        """Base64 of one of those numbers of bytes."""
        value = self._entry.get(key)
        expected = f"base64 of {' or '.join(map(str, sizes))} bytes"
        if not isinstance(value, str) or len(value) not in {-(-n // 3) * 4 for n in sizes}:
            raise self.wrong(key, expected)
        try:
            data = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise self.wrong(key, expected) from None
        if len(data) not in sizes:
            raise self.wrong(key, expected)
        return data

    def array(self, key: str, dtype: str, shape: tuple[int, ...]) -> NDArray[Any]:
        """An array of finite numbers, read-only."""
        count = math.prod(shape)
        if count > MOST_NUMBERS:
            raise self.wrong(key, f"at most {MOST_NUMBERS} numbers")
        data = self._bytes(key, (count * np.dtype(dtype).itemsize,))
        made = np.frombuffer(data, dtype).reshape(shape)
        if not np.isfinite(made).all():
            raise self.wrong(key, "finite numbers")
        return made.astype(made.dtype.newbyteorder("="), copy=False)

    def places(self, count: int) -> NDArray[np.int32]:
        """Indices of features, in 16 or 32 bits each."""
        data = self._bytes("places", (2 * count, 4 * count))
        made = np.frombuffer(data, "<u2" if len(data) == 2 * count else "<u4").astype(np.int64)
        if made.max() >= 2**31:
            raise self.wrong("places", "indices")
        return made.astype(np.int32)
