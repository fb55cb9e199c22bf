"""Trains the features of the network `few` on drawn images, and writes them as int8.

    python tools/pretrain_few.py            into src/spritenet/web/static/lib/few-images.bin
    python tools/pretrain_few.py --out F    elsewhere, to compare

It takes five minutes of two cores. Seeds are fixed; on processors with other vector instructions,
training rounds differently, and the last digits of the weights are others. `spritenet.networks.few`
describes the file.
"""

from __future__ import annotations

import argparse
import struct
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tools")]

import numpy as np  # noqa: E402 - after the path is set
from drawn_images import draw  # noqa: E402 - the same
from numpy.typing import NDArray  # noqa: E402 - the same

import spritenet as sn  # noqa: E402 - the same
from spritenet.networks.pretrained import FILE, FILTERS, MAGIC  # noqa: E402 - the same

CLASSES = {"digits": 10_000, "glyphs": 400, "objects": 160, "scenes": 160, "each": 180}
SEED = 1
EPOCHS = 8
HELD_OUT = 3_000
EPSILON = 1e-3


def network(classes: int) -> sn.Sequential:
    """Returns the convolutions of `few` with batch normalizations, for so many classes."""
    layers: list[sn.layers.Layer] = []
    for number, filters in enumerate(FILTERS):
        size = 5 if number == 0 else 3
        layers.append(sn.Conv2D(filters, size, padding="same", use_bias=False))
        if number < len(FILTERS) - 1:
            layers.append(sn.MaxPooling2D(2))
        layers.append(sn.BatchNormalization(momentum=0.95, epsilon=EPSILON, scale=False))
        layers.append(sn.Activation("relu"))
    layers += [sn.GlobalAveragePooling2D(), sn.Dense(classes, activation="softmax")]
    return sn.Sequential(layers)


def folded(model: sn.Model) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Returns kernel and bias of each convolution, with its normalization in them.

    The normalizations have no gamma, so their factors are positive and max pooling commutes with
    them.
    """
    weights = model.weights
    found = []
    for number in range(len(FILTERS)):
        end = f"_{number}" if number else ""
        norm = f"batch_normalization{end}"
        scale = 1 / np.sqrt(weights[f"{norm}/moving_variance"] + np.float32(EPSILON))
        bias = weights[f"{norm}/beta"] - weights[f"{norm}/moving_mean"] * scale
        found.append((weights[f"conv2d{end}/kernel"] * scale, bias))
    return found


def packed(layers: list[tuple[NDArray[np.float32], NDArray[np.float32]]]) -> bytes:
    """Returns the layers as the file has them: kernels in int8, a scale for each filter."""
    parts = [MAGIC, struct.pack("<I", len(layers))]
    parts += [struct.pack("<4I", *kernel.shape) for kernel, _ in layers]
    for kernel, bias in layers:
        scale = (np.abs(kernel).max(axis=(0, 1, 2)) / 127).astype("<f4")
        parts += [scale.tobytes(), bias.astype("<f4").tobytes()]
        parts.append(np.rint(kernel / scale).astype(np.int8).tobytes())
    return b"".join(parts)


def main() -> None:
    """Draws, trains and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=FILE)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--without-digits", action="store_true", help="to measure what they give")
    options = parser.parse_args()
    images, labels = draw(seed=SEED, **CLASSES)
    if options.without_digits:
        kept = labels >= 10
        images, labels = images[kept], labels[kept] - 10
    model = network(int(labels.max()) + 1)
    loss = sn.CategoricalCrossentropy(label_smoothing=0.05)
    optimizer = sn.Adam(sn.OneCycle(0.006), beta_2=0.99, weight_decay=0.02)
    model.compile(optimizer, loss, metrics=["accuracy"])
    train, held_out = slice(HELD_OUT, None), slice(HELD_OUT)
    print(f"{len(images)} images of {model.name}, {int(labels.max()) + 1} classes")
    model.fit(
        images[train],
        labels[train],
        epochs=options.epochs,
        batch_size=64,
        augment="translation=0.08,rotation=5,fill=nearest",
        verbose=0,
    )
    scores = model.evaluate(images[held_out], labels[held_out])
    options.out.write_bytes(packed(folded(model)))
    print(f"accuracy on others of these classes {scores.accuracy:.3f}; wrote {options.out}")


if __name__ == "__main__":
    main()
