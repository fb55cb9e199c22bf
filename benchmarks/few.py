"""Few images of a class: the network `few`, one from scratch, and a logistic regression on pixels.

Of MNIST, of scikit-learn's digits, and of views of ten places in three photographs that
scikit-learn and matplotlib ship, as a camera might see them. Each row is the mean of several draws
of the training images, tested on others; its processor seconds are of one training.
"""

from __future__ import annotations

import statistics
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from figures import Row, arguments, report
from transfer import COUNTS, digits, few, mnist

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    import spritenet as sn
    from transfer import Images

sys.path.append(str(Path(__file__).parents[1] / "tools"))

NAMES = tuple("0123456789")
MOST_TESTED = 10_000
EACH = 200
"""Views of each place in the training images, and in the test images."""


def photographs() -> tuple[Images, Images]:
    """Returns views of ten places in photographs, 32×32×3: turned, nearer or farther, relit."""
    import numpy as np
    from drawn_images import light, views

    half = 128
    sets = []
    for seed in (100, 101):
        random = np.random.default_rng(seed)
        images = []
        for picture, row, column in _places():
            around = picture[max(0, row - half) : row + half, max(0, column - half) : column + half]
            side = min(around.shape[:2])
            seen = views(
                around[:side, :side], EACH, random, zoom=(1.0, 2.2), turn=0.3, move=0.2, size=64
            )
            seen = seen.reshape(EACH, 32, 2, 32, 2, 3).mean(axis=(2, 4))  # as a sensor does
            images.append(np.rint(np.clip(light(seen, random), 0, 1) * 255).astype(np.uint8))
        labels = np.repeat(np.arange(len(images), dtype=np.int32), EACH)
        sets.append((np.concatenate(images), labels))
    return sets[0], sets[1]


def _places() -> list[tuple[NDArray[np.float32], int, int]]:
    """Returns a photograph, a row and a column for each place."""
    import matplotlib as mpl
    import numpy as np
    from PIL import Image
    from sklearn.datasets import load_sample_images

    portrait = Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    found = [*load_sample_images().images, np.asarray(Image.open(portrait).convert("RGB"))]
    china, flower, person = (np.float32(1 / 255) * picture for picture in found)
    places = []
    for picture in (china, flower):
        height, width = picture.shape[:2]
        places += [
            (picture, int(height * down), int(width * across))
            for down in (0.3, 0.7)
            for across in (0.3, 0.7)
        ]
    height, width = person.shape[:2]
    return [*places, *((person, int(height * down), width // 2) for down in (0.25, 0.75))]


def pretrained(images: Images, seed: int) -> sn.Model:
    """Returns the network `few`, trained as `spritenet train --model few` does."""
    import spritenet as sn

    model = sn.networks.few(sn.Split(*images, NAMES))
    model.fit(*images, seed=seed, verbose=0, **sn.networks.fit_options("few"))
    return model


def from_scratch(images: Images, seed: int, *, augment: str | None = None) -> sn.Model:
    """Returns `convnet`, trained for 400 steps."""
    import spritenet as sn

    model = sn.networks.convnet(sn.Split(*images, NAMES))
    model.build(images[0].shape[1:], seed)
    model.compile(sn.Adam(sn.CosineDecay(0.001)), "sparse_categorical_crossentropy")
    model.fit(*images, steps=400, batch_size=64, seed=seed, verbose=0, augment=augment)
    return model


def logistic(images: Images, seed: int) -> Callable[[NDArray[np.uint8]], NDArray[np.int32]]:
    """Returns the predictions of a logistic regression on pixels."""
    from sklearn.linear_model import LogisticRegression

    pixels, labels = images
    fitted = LogisticRegression(max_iter=200, tol=1e-3, random_state=seed)
    fitted.fit(pixels.reshape(len(pixels), -1) / 255, labels)
    return lambda some: fitted.predict(some.reshape(len(some), -1) / 255)


def accuracy(model: object, test: Images) -> float:
    """Returns the accuracy on test images, in %."""
    import spritenet as sn

    images, labels = (some[:MOST_TESTED] for some in test)
    if isinstance(model, sn.Model):
        predicted = model.predict(images).argmax(axis=1)
    else:
        assert callable(model)  # noqa: S101 - one of the ways
        predicted = model(images)
    return 100 * float((predicted == labels).mean())


def main() -> None:
    """Measures and reports."""
    from spritenet.networks import pretrained as network

    parser = arguments(__doc__)
    parser.add_argument("--sets", nargs="*", default=["mnist", "digits", "photographs"])
    parser.add_argument("--counts", type=int, nargs="*", default=list(COUNTS))
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--ways", nargs="*", default=None, help="few, augmented, scratch, logistic")
    parser.add_argument("--weights", type=Path, help="another file of tools/pretrain_few.py")
    options = parser.parse_args()
    if options.weights:
        network.FILE = options.weights
    sets = {"mnist": mnist, "digits": digits, "photographs": photographs}
    ways: dict[str, Callable[[Images, int], object]] = {
        "few": pretrained,
        "augmented": partial(from_scratch, augment=network.AUGMENT),
        "scratch": from_scratch,
        "logistic": logistic,
    }
    for name in options.sets:
        train, test = sets[name]()
        for count in options.counts:
            for way in options.ways or ways:
                found, seconds = [], []
                for draw in range(options.draws):
                    some = few(train, count, draw)
                    start = time.process_time()
                    model = ways[way](some, draw)
                    seconds.append(time.process_time() - start)
                    found.append(accuracy(model, test))
                spread = statistics.stdev(found) if len(found) > 1 else 0.0
                row = Row(f"{way} (± {spread:.1f})", (statistics.mean(found),), "%")
                title = f"{name}, {count} images of a class"
                used = statistics.mean(seconds)
                report(title, [row], as_json=options.json, way=way, spread=spread, seconds=used)


if __name__ == "__main__":
    main()
