"""An exported page: one HTML file that opens from disk and requests nothing.

`tools/bundle_pages.py` builds the pages with their styles and their program; this module fills in
what differs from model to model, as base64: the core, the model, example images and the data. The
data comes last, as it may be large and the drawing page doesn't wait for it.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import spritenet
from spritenet.compression import deflate
from spritenet.dataset import Dataset, Split
from spritenet.export import SavedModel, files
from spritenet.web.assets import static_bytes
from spritenet.web.examples import sprite_bytes
from spritenet.web.page_core import operators_of, without_operators

__all__ = ["PageContents", "collect_file", "core_for", "html_file"]

MODEL_JSON, WEIGHTS = "model.json", "weights.bin"
CORE, PAGE_CORE, GLYPHS = "core.wasm", "core-page.wasm", "core-glyphs.wasm"
PNG = "core-png.wasm"
FLOAT_BYTES = 4
DETECTORS = ("detector", "image_detector")
PLACES, KERNEL = "places", re.compile(r"kernel(_\d)?")
"""Arrays of whole numbers: rising, of 2 or 4 bytes; and of 1."""

LEVEL = 12  # libdeflate's smallest


@dataclass(frozen=True, slots=True)
class PageContents:
    """The contents of an exported page.

    Attributes:
        model: the model of the drawing page.
        examples: images to teach it with, of the data set.
        data: the data set of the lab; without it the page has neither lab nor examples.
    """

    model: SavedModel
    examples: Split | None = None
    data: Dataset | Split | None = None


def html_file(contents: PageContents) -> bytes:
    """Returns the HTML file.

    Raises:
        InputError: the data is too large for one sprite.
        ModelError: the network is no classifier, which the drawing page needs.
    """
    contents.model.check_classifies()
    data = contents.data
    elements = "\n".join(_element(name, content) for name, content in _files(contents).items())
    inside = "" if data is None else _element("data.png", sprite_bytes(data))
    return _filled("draw.html" if data is None else "draw-lab.html", elements, inside)


def collect_file(start: bytes = b"") -> bytes:
    """Returns the Collect page as an HTML file, with the drawing page that it gives away inside.

    Args:
        start: the images to begin with, as a sprite or as a project's file; empty for none.
    """
    found = {
        CORE: static_bytes(f"lib/{CORE}"),
        GLYPHS: static_bytes(f"lib/{GLYPHS}"),
        "few-images.bin": static_bytes("lib/few-images.bin"),
        "draw.html": static_bytes("export/draw.html"),
        "version.txt": spritenet.__version__.encode(),
    }
    if start:
        found["images"] = start
    elements = "\n".join(_element(name, content) for name, content in found.items())
    return _filled("collect.html", elements, "")


def _filled(name: str, elements: str, data: str) -> bytes:
    """Returns a built page with its slots filled."""
    page = static_bytes(f"export/{name}").decode()
    slots = {"VERSION": spritenet.__version__, "FILES": elements, "DATA": data}
    for slot, text in slots.items():
        page = page.replace(f"{{{{{slot}}}}}", text, 1)
    return page.encode()


def _files(contents: PageContents) -> dict[str, bytes]:
    """Returns the files that the drawing page would fetch, by name."""
    model = replace(contents.model, optimizer=None)  # teaching begins with a fresh one
    found = files(model)
    lab = contents.data is not None
    core = static_bytes(f"lib/{CORE}") if lab else core_for(model, found[MODEL_JSON])
    found = {CORE: core, **found}
    found[MODEL_JSON] = _without_hash(found[MODEL_JSON], model.weights_sha256)
    if lab:
        found[GLYPHS] = static_bytes(f"lib/{GLYPHS}")  # the lab calibrates
        found[PNG] = static_bytes(f"lib/{PNG}")  # and reads the data
        if contents.examples is not None:
            found["examples.png"] = sprite_bytes(contents.examples)
    return found


def core_for(model: SavedModel, topology: bytes) -> bytes:
    """Returns the core with the operators of a model: of its layers, and of those in its file."""
    named = {layer.class_name for layer in model.layers}
    named.update(re.findall(r'"class_name": "(\w+)"', topology.decode()))
    core = static_bytes(f"lib/{PAGE_CORE}")
    return without_operators(core, named & operators_of(core))


def _element(name: str, content: bytes) -> str:
    """Returns a file as an element that no browser runs, compressed unless it is a PNG."""
    kind = 'type="image/png"'
    if not name.endswith(".png"):
        kind = 'type="application/gzip"'
        if name == WEIGHTS:
            kind += f' data-planes="{FLOAT_BYTES}"'
            content = _planes(content, FLOAT_BYTES)
        elif name == MODEL_JSON:
            content = _without_base64(content)
        content = bytes(deflate.gzip_compress(content, LEVEL))
    return f'<script {kind} id="{name}">{base64.b64encode(content).decode()}</script>'


def _without_hash(content: bytes, sha256: str) -> bytes:
    """Returns model.json without the hash of the weights: gzip has a checksum, which is faster."""
    return content.replace(f'"weights_sha256": "{sha256}", '.encode(), b"", 1)


def _without_base64(content: bytes) -> bytes:
    """Returns model.json with the calibration's arrays as bytes behind its end: a tenth smaller.

    Each leaves its size and the bytes of a number on a line of its own: model.json has one line.
    Numbers of two bytes, which are the places, become differences. The page puts all back, so that
    what it downloads is an ordinary file.
    """
    text = content.decode()
    arrays = []
    at = 0
    model = json.loads(content)
    features = _rejection(model).get("detector", {}).get("features")
    for name, value in _arrays(model):
        data = base64.b64decode(value)
        width = 1 if KERNEL.fullmatch(name) else FLOAT_BYTES
        if name == PLACES and len(data) == 2 * features:
            width = 2
            data = np.diff(np.frombuffer(data, "<u2"), prepend=np.uint16(0)).tobytes()
        entry = f'"{name}": '
        at = text.index(f'{entry}"{value}"', at) + len(entry)
        text = f"{text[:at]}\n{len(data)},{width}\n{text[at + len(value) + 2 :]}"
        arrays.append(_planes(data, width))
    return b"".join((text.encode(), b"\0", *arrays)) if arrays else content


def _arrays(model: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The names and the base64 of the calibration's arrays, in their order."""
    for detector in DETECTORS:
        for name, value in _rejection(model).get(detector, {}).items():
            if isinstance(value, str):
                yield name, value


def _rejection(model: dict[str, Any]) -> dict[str, Any]:
    """The entry of the calibration; an empty one if there is none."""
    found: dict[str, Any] = model["userDefinedMetadata"]["spritenet"].get("rejection", {})
    return found


def _planes(content: bytes, width: int) -> bytes:
    """Returns all first bytes of numbers, then all second bytes, …: a tenth smaller."""
    return np.frombuffer(content, np.uint8).reshape(-1, width).T.tobytes()
