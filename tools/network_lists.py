"""Writes the table of networks by name for the lab, from Python's networks.

    python tools/network_lists.py            writes it if it isn't current
    python tools/network_lists.py --check    only says so

The table is `lab/network-table.js`: the layers, the optimizer and the training of each network that
is a chain of layers which the lab's editor has. Others are left out, and so are
pretrained ones, since the lab makes new weights.
"""

from __future__ import annotations

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
from spritenet.schedules import CosineDecay, ExponentialDecay, OneCycle  # noqa: E402 - the same
from spritenet.schedules import get as schedule_of  # noqa: E402 - the same

SCRIPT = ROOT / "src" / "spritenet" / "web" / "static" / "lab" / "network-table.js"

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
    own = {
        camel(f.name): getattr(optimizer, f.name)
        for f in fields(optimizer)
        if f.name != "learning_rate" and getattr(optimizer, f.name) != f.default
    }
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


def table() -> dict[str, Any]:
    """The networks that the editor can show, by name."""
    data = Split(
        np.zeros((10, 28, 28, 1), np.uint8), np.arange(10, dtype=np.int32), tuple("0123456789")
    )
    found = {}
    for name, recipe in NETWORKS.items():
        model = recipe(data)
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
    """Writes or compares the table."""
    before = SCRIPT.read_text(encoding="utf-8") if SCRIPT.exists() else ""
    text = formatted(SCRIPT, script())
    if text == before:
        return 0
    print(SCRIPT.relative_to(ROOT))
    if "--check" in sys.argv:
        return 1
    SCRIPT.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
