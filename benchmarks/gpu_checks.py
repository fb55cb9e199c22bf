"""Checks of a device against the core, the first part of gpu.py: each raises where it fails.

losses     50 losses with augmentation, dropout and batch normalization; evaluation, prediction
graphs     the steps were captured
together   networks trained as one end where each ends alone
stream     images of a stream come a block ahead
memory     a batch that is too large names one that fits
"""

from __future__ import annotations

import tempfile
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import spritenet as sn
from figures import Row, report
from spritenet.errors import ModelError

__all__ = ["CHECKS"]

TOLERANCE = 1e-3
"""Between two devices after 50 steps, by sums in other orders; a wrong step is far beyond."""

FEW = 2_000
"""Images of a check."""


def images(count: int) -> tuple[Any, Any]:
    """Strokes and their labels, which any machine can draw."""
    split = sn.load("strokes").train
    return split.images[:count], split.labels[:count]


def network(device: str, classes: int) -> sn.Sequential:
    """A network with everything that is random or has averages."""
    layers = [
        sn.Rescaling(1 / 255),
        sn.Conv2D(8, 3, use_bias=False),
        sn.BatchNormalization(),
        sn.ReLU(),
        sn.MaxPooling2D(2),
        sn.Flatten(),
        sn.Dropout(0.3),
        sn.Dense(classes, activation="softmax"),
    ]
    model = sn.Sequential(layers, device=device)
    model.compile(sn.SGD(0.003), "sparse_categorical_crossentropy", ["accuracy"])
    return model


def compare(title: str, found: Any, expected: Any) -> float:  # noqa: ANN401 - arrays
    """Returns the largest difference, which is small."""
    most = float(np.abs(np.asarray(found) - np.asarray(expected)).max())
    if not most <= TOLERANCE:
        raise AssertionError(f"{title} differ by {most:g}, more than {TOLERANCE:g}")
    return most


def losses(device: str, options: Namespace) -> None:
    """Fifty steps on the core and on the device, with the same seed."""
    x, y = images(FEW)
    seen, models = [], []
    for where in ("cpu", device):
        model = network(where, int(y.max()) + 1)
        steps: list[float] = []
        note = lambda event, steps=steps: (  # noqa: E731 - a line
            steps.append(event.loss) if isinstance(event, sn.StepEvent) else None
        )
        how: dict[str, Any] = {"augment": "digits", "callbacks": [note], "calibrate_on": False}
        model.fit(x, y, steps=50, batch_size=64, seed=1, verbose=0, **how)
        seen.append(steps)
        models.append(model)
    rows = [Row("losses", (compare("losses", seen[1], seen[0]),), "apart")]
    models[1].set_weights(models[0].get_weights())
    outputs = [model.predict(x[:500]) for model in models]
    rows.append(Row("predictions", (compare("predictions", *outputs),), "apart"))
    values = [list(model.evaluate(x, y)) for model in models]
    rows.append(Row("evaluation", (compare("evaluation", *values),), "apart"))
    report(f"{device} against the core, 50 steps", rows, better="less", as_json=options.json)


def graphs(device: str, options: Namespace) -> None:
    """A training long enough that steps are captured; the driver has refused none."""
    x, y = images(FEW)
    model = network(device, int(y.max()) + 1)
    model.fit(x, y, epochs=20, batch_size=64, calibrate_on=False, verbose=0)
    engine: Any = model.engine(64)
    prepared = [made for _, made in engine._prepared]  # noqa: SLF001 - what users need not see
    kinds = sum(len(made.replays._graphs) for made in prepared if made.replays)  # noqa: SLF001 - likewise
    refused = [made.replays.refused for made in prepared if made.replays and made.replays.refused]
    if refused or (device.startswith("cuda") and not kinds):
        raise AssertionError(f"no graphs: {refused or 'none was captured'}")
    report(f"graphs, {device}", [Row("captured", (float(kinds),), "kinds")], as_json=options.json)


def together(device: str, options: Namespace) -> None:
    """Three seeds trained as one, and the second of them alone."""
    x, y = images(FEW)
    how: dict[str, Any] = {"steps": 40, "batch_size": 64}
    model = network(device, int(y.max()) + 1)
    many = sn.train_many(model, x, y, seeds=range(3), **how).models
    alone = network(device, int(y.max()) + 1)
    alone.fit(x, y, seed=1, verbose=0, calibrate_on=False, **how)
    most = compare("weights", many[1].parameters, alone.parameters)
    rows = [Row("weights", (most,), "apart")]
    report(f"three seeds as one, {device}", rows, better="less", as_json=options.json)


def stream(device: str, options: Namespace) -> None:
    """The same images from files: the weights of memory, and the wait for images."""
    x, y = images(FEW if options.small else 20_000)
    split = sn.Split(x, y, tuple(map(str, range(int(y.max()) + 1))), "train")
    with tempfile.TemporaryDirectory() as scratch:
        packed = sn.pack(split, Path(scratch) / "sprites")
        with sn.open(packed) as data:
            model = network(device, int(y.max()) + 1)
            history = model.fit(data.train, epochs=2, batch_size=256, verbose=0)
    assert model.session is not None  # noqa: S101 - it was trained
    seconds = sum(epoch.seconds for epoch in history.epochs)
    rows = [
        Row("images", (2 * len(x) / seconds,), "images/s"),
        Row("waits for images", (100 * model.session.waited / seconds,), "%"),
    ]
    report(f"a stream, batches of 256, {device}", rows, as_json=options.json)


def memory(device: str, _options: Namespace) -> None:
    """A GPU allowed 2 GB of its memory refuses a batch in one line."""
    if not device.startswith("cuda"):
        return
    import torch

    x, y = images(20_000)
    model = network(device, int(y.max()) + 1)
    torch.cuda.set_per_process_memory_fraction(min(1.0, 2e9 / torch.cuda.mem_get_info()[1]))
    try:
        x, y = np.concatenate([x] * 10), np.concatenate([y] * 10)
        model.fit(x, y, steps=2, batch_size=len(x), verbose=0)
    except ModelError as error:
        print(f"\na batch that is too large: {error}", flush=True)
    else:
        raise AssertionError("a batch of 200,000 images fits in 2 GB")
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
        torch.cuda.empty_cache()


CHECKS: tuple[Callable[[str, Namespace], None], ...] = (losses, graphs, together, stream, memory)
