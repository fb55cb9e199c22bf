"""Few images of a class: trained from scratch, or transferred from a network trained on strokes."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from figures import Row, arguments, mnist_folder, report

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    import spritenet as sn

    Images = tuple[NDArray[np.uint8], NDArray[np.int32]]

COUNTS = (10, 20, 50)
"""Images of a class."""

STEPS = 400
"""Steps of each training, of up to 64 images."""


def mnist() -> tuple[Images, Images]:
    """Returns MNIST's training and test images with labels."""
    import spritenet as sn

    data = sn.load(str(mnist_folder()))
    return (data.train.images, data.train.labels), (data.test.images, data.test.labels)


def digits() -> tuple[Images, Images]:
    """Returns scikit-learn's digits as MNIST has its own: 20×20 pixels, centred in 28×28."""
    import numpy as np
    from PIL import Image
    from sklearn.datasets import load_digits

    found = load_digits()
    pixels = np.zeros((len(found.images), 28, 28, 1), np.uint8)
    for image, to in zip(found.images, pixels, strict=True):
        small = Image.fromarray((image * (255 / 16)).astype(np.uint8))
        to[4:24, 4:24, 0] = np.asarray(small.resize((20, 20), Image.Resampling.BICUBIC))
    labels = found.target.astype(np.int32)
    return (pixels[:1000], labels[:1000]), (pixels[1000:], labels[1000:])


def few(images: Images, count: int, seed: int) -> Images:
    """Returns so many images of each class, picked by the seed."""
    import numpy as np

    pixels, labels = images
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    picked = np.concatenate([shuffled[labels[shuffled] == one][:count] for one in range(10)])
    return pixels[picked], labels[picked]


def main() -> None:
    """Measures and reports."""
    import spritenet as sn

    parser = arguments(__doc__)
    parser.add_argument("--network", default="convnet", help="a network's name")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=5, help="of strokes, before")
    options = parser.parse_args()

    mnist_folder()  # before the trainings: it may not be there
    strokes = sn.load("strokes")
    trained = sn.networks.get(options.network, strokes.train)
    trained.compile(sn.Adam(sn.OneCycle(0.003)), "sparse_categorical_crossentropy")
    trained.fit(strokes.train, epochs=options.epochs, batch_size=64, verbose=0)

    def from_scratch(seed: int) -> sn.Model:
        model = sn.networks.get(options.network, strokes.train)
        model.build((28, 28, 1), seed)
        return model

    ways: dict[str, Callable[[int], sn.Model]] = {
        "from scratch": from_scratch,
        "transferred": lambda seed: sn.transfer(trained, 10, trainable=True, seed=seed),
        "transferred, frozen": lambda seed: sn.transfer(trained, 10, seed=seed),
    }
    for name, (train, test) in {"MNIST": mnist(), "scikit-learn's digits": digits()}.items():
        for count in COUNTS:
            for way, make in ways.items():
                accuracies = []
                for seed in range(options.seeds):
                    x, y = few(train, count, seed)
                    model = make(seed)
                    rate = 0.003 if way.endswith("frozen") else 0.001
                    model.compile(sn.Adam(sn.CosineDecay(rate)), "sparse_categorical_crossentropy")
                    epochs = -(-STEPS * 64 // len(x))
                    model.fit(x, y, epochs=epochs, batch_size=64, seed=seed, verbose=0)
                    accuracies.append(100 * model.evaluate(*test).accuracy)
                row = Row(way, (statistics.mean(accuracies),), "%")
                title = f"{name}, {count} images of a class, {options.network}"
                report(title, [row], as_json=options.json, accuracies=accuracies)


if __name__ == "__main__":
    main()
