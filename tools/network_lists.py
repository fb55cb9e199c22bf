"""Writes the tables of networks by name for JavaScript, from Python's networks.

    python tools/network_lists.py            writes those that aren't current
    python tools/network_lists.py --check    only says so

`lib/network-table.js` has all of them, for the library. `lab/network-table.js` has the layers, the
optimizer and the training of each network that is a chain of layers which the lab's editor has.
Pretrained ones are left out: their weights are in a file of their own.
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
from spritenet.model import Model, Sequential  # noqa: E402 - the same
from spritenet.networks import NETWORKS  # noqa: E402 - the same
from spritenet.optimizers import Optimizer  # noqa: E402 - the same
from spritenet.schedules import CosineDecay, ExponentialDecay, OneCycle, Schedule  # noqa: E402 - the same
from spritenet.schedules import get as schedule_of  # noqa: E402 - the same

STATIC = ROOT / "src" / "spritenet" / "web" / "static"
SCRIPT = STATIC / "lab" / "network-table.js"
LIBRARY = STATIC / "lib" / "network-table.js"

ARGUMENTS: dict[str, tuple[str, ...]] = {
    "Activation": ("activation",),
    "AveragePooling2D": ("pool_size",),
    "BatchNormalization": ("momentum", "epsilon", "scale"),
    "Conv2D": ("filters", "kernel_size", "strides", "padding", "activation", "use_bias"),
    "Dense": ("units", "activation"),
    "Dropout": ("rate",),
    "Flatten": (),
    "GlobalAveragePooling2D": (),
    "GlobalMaxPooling2D": (),
    "MaxPooling2D": ("pool_size",),
    "SeparableConv2D": ("filters", "kernel_size", "strides", "padding", "activation", "use_bias"),
}
"""Layers of the lab's editor, and the arguments that it shows."""

SCHEDULES = {OneCycle: "one-cycle", CosineDecay: "cosine", ExponentialDecay: "exponential"}


def camel(name: str) -> str:
    """A name of Python in JavaScript."""
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)


def kind(layer: Layer) -> str:
    """The lab's word for a layer: that of the library's function."""
    name = layer.class_name
    return (name[0].lower() + name[1:]).replace("2D", "2d")


def row(layer: Layer) -> dict[str, Any] | None:
    """A layer as a row of the editor; None for one that it doesn't have."""
    if layer.class_name not in ARGUMENTS:
        return None
    found: dict[str, Any] = {"kind": kind(layer)}
    for name in ARGUMENTS[layer.class_name]:
        value = getattr(layer, name)
        if isinstance(value, tuple):
            if len(set(value)) > 1:
                return None
            value = value[0]
        found[camel(name)] = value
    return found


def training(name: str, model: Model) -> dict[str, Any]:
    """The optimizer and the options of a network's training."""
    recipe = NETWORKS[name]
    optimizer, loss = model.compiled()
    schedule = schedule_of(optimizer.learning_rate)
    own = {camel(name): value for name, value in changed(optimizer).items()}
    return {
        "optimizer": type(optimizer).__name__.lower(),
        "options": own,
        "rate": schedule.peak,
        "schedule": SCHEDULES.get(type(schedule), "constant"),
        "scheduleOptions": {
            camel(f.name): getattr(schedule, f.name)
            for f in fields(schedule)
            if f.name not in schedule.RATES and getattr(schedule, f.name) != f.default
        },
        "batchSize": recipe.batch_size,
        "length": recipe.steps or recipe.epochs,
        "unit": "steps" if recipe.steps else "epochs",
        "smoothing": getattr(loss, "label_smoothing", 0.0),
    }


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


def library_script() -> str:
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


def table() -> dict[str, Any]:
    """The networks that the editor can show, by name."""
    found = {}
    for name, recipe in NETWORKS.items():
        model = recipe(DATA)
        if recipe.pretrained or not isinstance(model, Sequential):
            continue
        rows = [row(layer) for layer in model.layers[:-1] if layer.class_name != "Rescaling"]
        if all(rows):
            found[name] = {"rows": rows, **training(name, model)}
    return found


def script() -> str:
    """lab/network-table.js."""
    return (
        "// Networks by name and their training. Written by tools/network_lists.py; don't edit.\n\n"
        "/**\n"
        " * @typedef {object} Training\n"
        " * @property {string} optimizer  its name\n"
        " * @property {Readonly<Record<string, unknown>>} options  of the optimizer, but its rate\n"
        " * @property {number} rate  the highest one of a schedule\n"
        " * @property {string} schedule  of the page's\n"
        " * @property {Readonly<Record<string, unknown>>} scheduleOptions  of it, but the rate\n"
        " * @property {number} batchSize\n"
        " * @property {number} length  in the unit\n"
        " * @property {string} unit  epochs or steps\n"
        " * @property {number} smoothing  of labels\n"
        " */\n\n"
        "/** @typedef {Record<string, any> & { kind: string }} Row */\n\n"
        "/**\n"
        " * The layers of each, without the last one: an output for each class.\n"
        " *\n"
        " * @type {Readonly<Record<string, Training & { rows: readonly Row[] }>>}\n"
        " */\n"
        f"export const TABLE = {json.dumps(table(), ensure_ascii=False)};\n"
    )


def main() -> int:
    """Writes or compares the tables."""
    stale = False
    for path, make in ((SCRIPT, script), (LIBRARY, library_script)):
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        text = formatted(path, make())
        if text == before:
            continue
        print(path.relative_to(ROOT))
        stale = True
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
    return int(stale and "--check" in sys.argv)


if __name__ == "__main__":
    raise SystemExit(main())
