"""Peak memory of a MobileNet of 224×224: predicting one image, and training on one thread.

Each in a process of its own, which alone imports NumPy and Spritenet.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys

from figures import Row, arguments, report


def work(what: str, batch_size: int) -> None:
    """In a process of its own: builds the network, uses it, and prints its memory and the peak."""
    import numpy as np

    from spritenet import layers
    from spritenet.engines import native
    from spritenet.engines.engine import Examples
    from spritenet.losses import CategoricalCrossentropy
    from spritenet.optimizers import SGD

    def normalized(layer: layers.Layer) -> list[layers.Layer]:
        return [layer, layers.BatchNormalization(), layers.ReLU(6)]

    kinds: list[layers.Layer] = [layers.Rescaling(1 / 127.5, -1)]
    kinds += normalized(layers.Conv2D(32, 3, 2, "same", use_bias=False))
    for channels, stride in [
        *((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)),
        *[(512, 1)] * 5,
        *((1024, 2), (1024, 1)),
    ]:
        kinds += normalized(layers.DepthwiseConv2D(3, stride, "same", use_bias=False))
        kinds += normalized(layers.Conv2D(channels, 1, use_bias=False))
    kinds += [layers.GlobalAveragePooling2D(), layers.Dense(1000), layers.Softmax()]
    training = what == "training"
    network = native.Network(
        kinds, (224, 224, 3), batch_size=batch_size if training else 0, threads=1
    )
    parameters = np.zeros(network.parameter_count, np.float32)
    random = np.random.default_rng(0)
    for weight in network.weights:
        size = int(np.prod(weight.shape))
        here = slice(weight.offset, weight.offset + size)
        if len(weight.shape) > 1:
            fan_in = int(np.prod(weight.shape[:-1]))
            random.standard_normal(size, np.float32, parameters[here])
            parameters[here] *= (2 / fan_in) ** 0.5
        else:
            parameters[here] = weight.name in ("gamma", "moving_variance")
    images = random.integers(0, 256, (batch_size, 224, 224, 3), dtype=np.uint8)
    if training:
        network.train(
            parameters,
            np.zeros((0, parameters.size), np.float32),
            Examples(images, np.arange(batch_size, dtype=np.int32)),
            loss=CategoricalCrossentropy(),
            optimizer=SGD(0.01),
            learning_rates=np.full(1, 0.01, np.float32),
            first_step=0,
            batch_size=batch_size,
            seed=0,
        )
    else:
        network.predict(parameters, images)
    print(network.memory_bytes / 2**20, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main() -> None:
    """Measures and reports."""
    parser = arguments(__doc__)
    parser.add_argument("--batch-size", type=int, default=16, help="of the training step")
    parser.add_argument("--work", choices=["predicting", "training"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        return work(options.work, options.batch_size)
    for what, batch_size in (("predicting", 1), ("training", options.batch_size)):
        command = [sys.executable, __file__, "--work", what, "--batch-size", str(batch_size)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        own, peak = map(float, done.stdout.split())
        rows = [
            Row("the process at its peak", (peak,), "MiB"),
            Row("of it, the network works in", (own,), "MiB of it"),
        ]
        report(
            f"MobileNet, {what}, batches of {batch_size}", rows, better="less", as_json=options.json
        )
    return None


if __name__ == "__main__":
    main()
