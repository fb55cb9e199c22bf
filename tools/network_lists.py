"""Writes the table of networks by name for JavaScript, from Python's networks.

    python tools/network_lists.py            writes it if it isn't current
    python tools/network_lists.py --check    only says so

Pretrained networks are left out: their weights are in a file of their own.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tools")]

import numpy as np  # noqa: E402 - after the path is set
from layer_lists import formatted  # noqa: E402 - the same

from spritenet.dataset import Split  # noqa: E402 - the same
from spritenet.layers import Layer  # noqa: E402 - the same
from spritenet.model import Model  # noqa: E402 - the same
from spritenet.networks import NETWORKS  # noqa: E402 - the same
from spritenet.optimizers import Optimizer  # noqa: E402 - the same
from spritenet.schedules import Schedule  # noqa: E402 - the same

STATIC = ROOT / "src" / "spritenet" / "web" / "static"
LIBRARY = STATIC / "lib" / "network-table.js"


def camel(name: str) -> str:
    """A name of Python in JavaScript."""
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)


DATA = Split(
    np.zeros((10, 28, 28, 1), np.uint8), np.arange(10, dtype=np.int32), tuple("0123456789")
)


def arguments(layer: Layer) -> dict[str, Any]:
    """The arguments of a layer that aren't its defaults, as in a model's file."""
    parameters = inspect.signature(type(layer)).parameters.values()
    required = {p.name: getattr(layer, p.name) for p in parameters if p.default is p.empty}
    standard = type(layer)(**required).config()
    given = {k: v for k, v in layer.config().items() if v != standard[k] or k in required}
    return {k: v for k, v in given.items() if k != "name"}


def changed(values: Optimizer | Schedule) -> dict[str, Any]:
    """The arguments that were given, but the learning rate."""
    return {
        f.name: getattr(values, f.name)
        for f in fields(values)
        if f.name != "learning_rate" and getattr(values, f.name) != f.default
    }


def described(model: Model) -> dict[str, Any]:
    """A network for the library: layers without the Rescaling, and what they are compiled with."""
    graph = model.graph
    names = ["", *(layer.label for layer in graph)]
    names[1] = ""  # what the Rescaling makes of the image
    chain = all(places == (i - 1,) for i, places in enumerate(graph.inputs))
    layers = []
    for layer, places in list(zip(graph, graph.inputs, strict=True))[1:]:
        own = arguments(layer)
        entry = {"className": layer.class_name, "config": own}
        if not chain:
            entry |= {"name": layer.label, "inputs": [names[place + 1] for place in places]}
        layers.append(entry)
    optimizer, loss = model.compiled()
    rate = optimizer.learning_rate
    schedule = {type(rate).__name__: changed(rate)} if not isinstance(rate, float) else rate
    return {
        "layers": layers,
        "optimizer": type(optimizer).__name__,
        "config": changed(optimizer),
        "rate": schedule,
        "smoothing": getattr(loss, "label_smoothing", 0.0),
    }


def script() -> str:
    """lib/network-table.js."""
    found = {}
    for name, recipe in NETWORKS.items():
        if recipe.pretrained:
            continue
        model = recipe(DATA)
        if model.input_shape is None:
            model.build(DATA.image_shape)
        fit = {camel(key): value for key, value in recipe.fit_options().items()}
        found[name] = {**described(model), "fit": fit}
    return (
        "// Networks by name: layers, training. Written by tools/network_lists.py; don't edit.\n\n"
        "/**\n"
        " * @typedef {object} Row\n"
        " * @property {string} className\n"
        " * @property {Record<string, any>} config  what isn't its default\n"
        " * @property {string} [name]\n"
        " * @property {readonly string[]} [inputs]  layers, or '' for the image\n"
        " */\n"
        "/**\n"
        " * @typedef {object} Entry\n"
        " * @property {readonly Row[]} layers  the last one has an output for each class\n"
        " * @property {string} optimizer\n"
        " * @property {Readonly<Record<string, any>>} config  of it, but the rate\n"
        " * @property {number | Record<string, Record<string, number>>} rate  or a schedule\n"
        " * @property {number} smoothing  of labels\n"
        " * @property {{ epochs?: number, steps?: number, batchSize: number,\n"
        " *     augment?: string }} fit\n"
        " */\n\n"
        "/** @type {Readonly<Record<string, Entry>>} */\n"
        f"export const TABLE = {json.dumps(found, ensure_ascii=False)};\n"
    )


def main() -> int:
    """Writes or compares the table."""
    text = formatted(LIBRARY, script())
    if text == LIBRARY.read_text(encoding="utf-8"):
        return 0
    print(LIBRARY.relative_to(ROOT))
    if "--check" in sys.argv:
        return 1
    LIBRARY.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
