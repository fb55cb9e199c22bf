"""Accuracy that int8 loses on MNIST, and images predicted a second.

Each network is trained for some seeds, quantized with its training images, and evaluated in float32
and in int8 on the 10,000 test images: points lost, the mean and each seed's. With `--speed`, the
same images are predicted a second in float32 here, in int8 here, and in int8 by onnxruntime, where
it is installed, in turns and on one thread. onnxruntime also runs the ONNX file of the
int8 network, whose labels and probabilities are compared.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from figures import Row, arguments, mnist_folder, report

if TYPE_CHECKING:
    from numpy.typing import NDArray

    import spritenet as sn
    from spritenet.model.model import Model

NETWORKS = ("tutorial", "residual", "depthwise", "accurate")


def residual() -> Model:
    """Two residual blocks with batch normalization."""
    import spritenet as sn

    images = sn.Input((28, 28, 1))
    x = sn.Conv2D(16, 3, 2, "same", use_bias=False)(images)
    x = sn.ReLU()(sn.BatchNormalization(momentum=0.9)(x))
    for filters, strides in ((16, 1), (32, 2)):
        y = sn.Conv2D(filters, 3, strides, "same", use_bias=False)(x)
        y = sn.ReLU()(sn.BatchNormalization(momentum=0.9)(y))
        y = sn.Conv2D(filters, 3, 1, "same", use_bias=False)(y)
        y = sn.BatchNormalization(momentum=0.9)(y)
        shortcut = x if strides == 1 else sn.Conv2D(filters, 1, strides)(x)
        x = sn.ReLU()(sn.Add()([shortcut, y]))
    x = sn.GlobalAveragePooling2D()(x)
    return sn.Model(images, sn.Dense(10, activation="softmax")(x))


def depthwise() -> Model:
    """Depthwise separable convolutions as in MobileNet, with batch normalization and ReLU6."""
    import spritenet as sn

    first = sn.Conv2D(16, 3, 2, "same", use_bias=False, input_shape=(28, 28, 1))
    layers: list[sn.layers.Layer] = [first, *normalized()]
    for filters, strides in ((32, 1), (64, 2), (64, 1)):
        layers += [sn.DepthwiseConv2D(3, strides, "same", use_bias=False), *normalized()]
        layers += [sn.Conv2D(filters, 1, use_bias=False), *normalized()]
    layers += [sn.GlobalAveragePooling2D(), sn.Dense(10, activation="softmax")]
    return sn.Sequential(layers)


def unequal(model: Model) -> Model:
    """The same network, channels of its first layer made up to 30 times larger and smaller."""
    weights = model.get_weights()
    factors = np.exp(np.random.default_rng(0).uniform(-3.4, 3.4, len(weights[1])))
    factors = factors.astype(np.float32)
    weights[0] *= factors
    weights[1] *= factors
    weights[2] /= factors[:, None]
    model.set_weights(weights)
    return model


def normalized() -> list[sn.layers.Layer]:
    """Batch normalization and ReLU6."""
    import spritenet as sn

    return [sn.BatchNormalization(momentum=0.9), sn.ReLU(6.0)]


def trained(name: str, data: sn.Dataset, seed: int, epochs: int) -> Model:
    """A network trained on MNIST."""
    import spritenet as sn

    if name == "unequal":
        return unequal(trained("tutorial", data, seed, epochs))
    if name not in ("residual", "depthwise"):
        model = sn.networks.get(name, data.train)
    else:
        model = residual() if name == "residual" else depthwise()
        rate = sn.schedules.CosineDecay(0.004, epochs * (60_000 // 64))
        model.compile(sn.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(data.train, epochs=epochs, batch_size=64, seed=seed, verbose=0)
    return model


def by_turns(sides: dict[str, Callable[[], object]], count: int, rounds: int) -> list[Row]:
    """Images predicted in a second of processor time by each side, and the first one's ratios."""
    for predict in sides.values():
        predict()
    found: dict[str, list[float]] = {side: [] for side in sides}
    for _ in range(rounds):
        for side, predict in sides.items():
            began = time.process_time()
            predict()
            found[side].append(count / (time.process_time() - began))
    rows = [Row(side, tuple(speeds), "images/s") for side, speeds in found.items()]
    first, *others = found
    for other in others:
        pairs = zip(found[first], found[other], strict=True)
        rows.append(Row(f"{first} / {other}", tuple(a / b for a, b in pairs), "times"))
    return rows


def by_onnxruntime(model: Model, images: NDArray[np.uint8]) -> dict[str, Callable[[], object]]:
    """Predictions by onnxruntime's int8, quantized with the same images, on one thread."""
    try:
        import tempfile
        from pathlib import Path

        import onnxruntime as ort
        from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static
    except ImportError:
        return {}

    with tempfile.TemporaryDirectory() as folder:
        real, whole = Path(folder, "real.onnx"), Path(folder, "int8.onnx")
        model.save(real)
        session = ort.InferenceSession(str(real), providers=["CPUExecutionProvider"])
        name = session.get_inputs()[0].name

        class Reader(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime has no types
            """Calibration images, batch after batch."""

            batches = iter([{name: images[i : i + 64]} for i in range(0, 512, 64)])

            def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
                """The next batch; None at the end."""
                return next(self.batches, None)

        quantize_static(
            str(real),
            str(whole),
            Reader(),
            per_channel=True,
            weight_type=QuantType.QInt8,
            activation_type=QuantType.QUInt8,
        )
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        session = ort.InferenceSession(str(whole), options, providers=["CPUExecutionProvider"])

    def predict() -> None:
        for first in range(0, len(images), 256):
            session.run(None, {name: images[first : first + 256]})

    return {f"onnxruntime {ort.__version__} int8": predict}


def agreement(whole: sn.QuantizedModel, images: NDArray[np.uint8]) -> tuple[int, float] | None:
    """Labels of the ONNX file in onnxruntime that differ, and the largest difference of outputs."""
    try:
        import tempfile
        from pathlib import Path

        import onnxruntime as ort
    except ImportError:
        return None

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "int8.onnx")
        whole.save(path)
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        found = np.concatenate(
            [
                session.run(None, {"images": images[first : first + 256]})[0]
                for first in range(0, len(images), 256)
            ]
        )
    wanted = whole.predict(images)
    differ = int((found.argmax(axis=1) != wanted.argmax(axis=1)).sum())
    return differ, float(np.abs(found - wanted).max())


def main() -> None:
    """Runs the benchmark."""
    parser = arguments(__doc__)
    parser.add_argument(
        "--networks", default=",".join(NETWORKS), help="separated by commas; also unequal"
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=5, help="of measuring the speed")
    parser.add_argument("--fine-tune", type=int, default=0, help="epochs of fine-tuning")
    parser.add_argument("--speed", action="store_true", help="measure the speed as well")
    options = parser.parse_args()

    import spritenet as sn

    data = sn.load(str(mnist_folder()))
    rows = []
    for name in options.networks.split(","):
        lost, won, accuracies, others = [], [], [], []
        for seed in range(options.seeds):
            model = trained(name, data, seed, options.epochs)
            whole = model.quantize(data.train)
            real = model.predict(data.test).argmax(axis=1) == data.test.labels
            found = whole.predict_classes(data.test) == data.test.labels
            compared = agreement(whole, data.test.images)
            others += [compared] if compared else []
            if options.fine_tune:
                tuned = model.quantize(data.train, epochs=options.fine_tune)
                right = tuned.predict_classes(data.test) == data.test.labels
                won.append(100 * float(real.mean() - right.mean()))
            lost.append(100 * float(real.mean() - found.mean()))
            accuracies.append(100 * float(real.mean()))
            print(f"{name} seed {seed}: {accuracies[-1]:.2f} % loses {lost[-1]:.2f}", flush=True)
        rows.append(Row(f"{name}: accuracy in float32", (float(np.mean(accuracies)),), "%"))
        rows.append(Row(f"{name}: lost in int8", (float(np.mean(lost)),), "points"))
        if won:
            rows.append(Row(f"{name}: lost after fine-tuning", (float(np.mean(won)),), "points"))
        if others:
            worst = tuple(map(max, zip(*others, strict=True)))
            rows.append(Row(f"{name}: labels that differ in onnxruntime", (worst[0],), "of 10,000"))
            rows.append(Row(f"{name}: largest difference of probabilities", (worst[1],), ""))
        if options.speed:
            images = data.test.images
            count = len(images)
            model.threads = whole.threads = 1
            sides: dict[str, Callable[[], object]] = {
                f"{name}: int8": partial(whole.predict, images),
                "float32": partial(model.predict, images),
            }
            sides |= by_onnxruntime(model, images)
            rows += by_turns(sides, count, options.rounds)
    report("int8 on MNIST", rows, as_json=options.json, epochs=options.epochs)


if __name__ == "__main__":
    main()
