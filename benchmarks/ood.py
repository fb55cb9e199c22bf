"""Rejection rates of trained models, on digits and on drawings that are no digits.

Each network is trained and calibrated as `fit` does it; what is counted here was neither learnt
from nor calibrated on. Letters, scribbles and shapes come from tests/letters.py and
tests/drawings.py, which calibrating doesn't know. The second table is how many digits drawn with
pen paths that are in no data set are read right, however they are drawn.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from figures import Row, arguments, mnist_folder, report

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tests"))

if TYPE_CHECKING:
    import spritenet as sn

    Pixels = NDArray[np.uint8]
    Strokes = tuple[NDArray[np.float32], ...]

FONTS = ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSerif", "DejaVuSansMono-Oblique",
         "LiberationSans-Regular", "LiberationSerif-Italic", "LiberationMono-Regular")  # fmt: skip
MODELS = ("tutorial strokes", "convnet strokes", "tutorial mnist", "convnet mnist")
UNSEEN = 50_000
"""Digits of `strokes` to count on: of 5,000, the fraction refused varies by 0.2 points."""

STRANGE = ("heart", "plus", "question", "A", "H", "e", "R", "B")
"""Drawings that networks without a detector read as digits with 90 % confidence."""


@dataclass(frozen=True, slots=True)
class Manner:
    """A way to draw digits.

    Attributes:
        name: for the table.
        size: least and most of the longer side, as a share of the canvas.
        pen: least and most of the line's width, in 1/280 of the canvas.
        place: how far from the middle, as a share of what the canvas allows.
        slant: added to the hand's own, to either side.
        turn: in radians, to either side.
    """

    name: str
    size: tuple[float, float] = (0.5, 0.75)
    pen: tuple[float, float] = (14, 22)
    place: float = 0.1
    slant: float = 0.0
    turn: float = 0.0


MANNERS = (
    Manner("in the middle"),
    Manner("off-centre", size=(0.3, 0.5), place=1.0),
    Manner("small", size=(0.14, 0.2), pen=(6, 8), place=0.5),
    Manner("large", size=(0.9, 0.97)),
    Manner("thick", pen=(30, 38)),
    Manner("thin", pen=(3, 6)),
    Manner("slanted", slant=0.35),
    Manner("turned", turn=0.26),
)


def drawn(strokes: Strokes, manner: Manner, random: np.random.Generator) -> Pixels:
    """A drawing as the page prepares it, uint8 28 × 28 × 1."""
    from drawings import canvas, moved
    from spritenet.prepare import Preparation, prepare

    size = random.uniform(*manner.size)
    free = (1 - size) / 2 * manner.place
    middle = (0.5 + random.uniform(-free, free), 0.5 + random.uniform(-free, free))
    side = random.choice((-1.0, 1.0), 2)
    path = moved(
        strokes, size=size, middle=middle, slant=manner.slant * side[0], turn=manner.turn * side[1]
    )
    return prepare(canvas(path, random.uniform(*manner.pen)), Preparation())


ANYHOW = Manner("anyhow", size=(0.35, 0.85), pen=(10, 26), place=0.8)


def strangers(each: int) -> Iterator[tuple[str, Pixels]]:
    """Drawings that are no digits, by kind."""
    from drawings import SHAPES, scribble, shape
    from letters import LETTERS, LOOK_ALIKES, letter_paths

    random = np.random.default_rng(5)
    letters = {
        letter: np.stack(
            [drawn(path, ANYHOW, random) for path in letter_paths(letter, each, seed=3)]
        )
        for letter in LETTERS
    }
    fonts = {letter: printed(letter) for letter in LETTERS}
    unlike = [letter for letter in LETTERS if letter not in LOOK_ALIKES]
    yield "empty", np.zeros((1, 28, 28, 1), np.uint8)
    scribbles = [drawn(scribble(random), ANYHOW, random) for _ in range(20 * each)]
    yield "scribbles", np.stack(scribbles)
    shapes = [drawn(shape(name, random), ANYHOW, random) for name in SHAPES for _ in range(each)]
    yield "shapes", np.stack(shapes)
    yield "letters, all 52", np.concatenate(list(letters.values()))
    yield "letters, no look-alikes", np.concatenate([letters[letter] for letter in unlike])
    if all(len(images) for images in fonts.values()):
        yield "printed letters, all 52", np.concatenate(list(fonts.values()))
        yield (
            "printed letters, no look-alikes",
            np.concatenate([fonts[letter] for letter in unlike]),
        )


def strange(each: int) -> Pixels:
    """The drawings of `STRANGE`."""
    from drawings import SHAPES, shape
    from letters import letter_paths

    random = np.random.default_rng(7)
    paths = [
        path
        for name in STRANGE
        for path in (
            [shape(name, random) for _ in range(each)]
            if name in SHAPES
            else letter_paths(name, each, seed=4)
        )
    ]
    return np.stack([drawn(path, ANYHOW, random) for path in paths])


def other_hands(each: int) -> Iterator[tuple[str, int, Pixels]]:
    """Digits as some hands write them: name, label, drawings."""
    from drawings import OTHER_HANDS, shape

    random = np.random.default_rng(8)
    for name, (label, _) in OTHER_HANDS.items():
        yield (
            name,
            label,
            np.stack([drawn(shape(name, random), ANYHOW, random) for _ in range(each)]),
        )


def printed(letter: str) -> Pixels:
    """A letter in the fonts that are here, as a scan of it is prepared."""
    from spritenet.prepare import Preparation, prepare

    made = []
    for font in FONTS:
        try:
            face = ImageFont.truetype(f"{font}.ttf", 150)
        except OSError:
            continue
        page = Image.new("L", (280, 280))
        ImageDraw.Draw(page).text((140, 140), letter, font=face, fill=255, anchor="mm")
        made.append(prepare(np.asarray(page), Preparation()))
    return np.stack(made) if made else np.empty((0, 28, 28, 1), np.uint8)


def trained(name: str, epochs: int, most: int | None = None) -> tuple[sn.Model, sn.Split]:
    """A calibrated model, and images that it never saw. Without `most`, `fit` calibrates it."""
    import spritenet as sn
    from spritenet.sources.strokes import strokes

    network, data, *augment = name.split()
    if data == "mnist":
        mnist = sn.load(str(mnist_folder()))
        train, (held, rest) = mnist.train, mnist.test.split(validation=0.5, seed=0)
    else:
        version = int(data.removeprefix("strokes") or 1)
        train = strokes(version=version).train
        held = strokes(1, 5_000, 11, version=version).test
        rest = strokes(1, UNSEEN, 12, version=version).test
    model = sn.networks.get(network, train)
    optimizer = sn.AdamW(sn.OneCycle(0.006), 0.05, beta_2=0.99)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(
        train,
        epochs=epochs,
        batch_size=32,
        calibrate_on=held if most is None else False,
        verbose=0,
        augment=next(iter(augment), None),
    )
    if most is not None:
        model.calibrate(held, train, most=most)
    return model, rest


def main() -> None:
    """Measures and reports."""
    from spritenet.metrics import accuracy, calibration_error
    from spritenet.sources.strokes import pen_paths

    parser = arguments(__doc__)
    parser.add_argument(
        "--models", nargs="+", default=MODELS, help="like 'tutorial mnist', 'tutorial mnist digits'"
    )
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--most", type=int, help="training images for the detectors, as calibrate")
    parser.add_argument("--each", type=int, default=20, help="drawings of each letter")
    options = parser.parse_args()
    if any(name.split()[1] == "mnist" for name in options.models):
        mnist_folder()

    others = dict(strangers(options.each))
    others["strange drawings"] = strange(options.each)
    kinds = ("scribbles", "shapes", "letters, no look-alikes", "printed letters, no look-alikes")
    found = [others[kind] for kind in kinds if kind in others]
    others["all of these, no look-alikes"] = np.concatenate(found)
    hands = list(other_hands(options.each))
    random = np.random.default_rng(6)
    digits = np.repeat(np.arange(10), options.each)
    paths = [path for digit in range(10) for path in pen_paths(digit, options.each, seed=9)]
    manners = {
        manner.name: np.stack([drawn(path, manner, random) for path in paths]) for manner in MANNERS
    }
    for name in options.models:
        model, rest = trained(name, options.epochs, options.most)
        answers = model.classify(rest)
        rows = [
            Row("test images read right", (100 * (answers.label == rest.labels).mean(),), "%"),
            Row("test images refused", (100 * (1 - answers.sure.mean()),), "%"),
            Row("  of those read wrong", (_wrong(answers, rest.labels),), "%"),
        ]
        rows += [
            Row(f"{kind} refused", (100 * (1 - model.classify(images).sure.mean()),), "%")
            for kind, images in others.items()
        ]
        before = calibration_error(rest.labels, model.predict(rest))
        after = calibration_error(rest.labels, answers.probabilities)
        rows += [
            Row("calibration error before", (100 * before,), "points"),
            Row("calibration error after", (100 * after,), "points"),
        ]
        for manner, images in manners.items():
            seen = model.classify(images)
            right = 100 * accuracy(digits, seen.probabilities)
            rows.append(Row(f"digits drawn {manner}: right", (right,), "%"))
            rows.append(Row("  refused", (100 * (1 - seen.sure.mean()),), "%"))
        for hand, label, images in hands:
            answer = model.classify(images)
            rows.append(Row(f"{hand}: right", (100 * float((answer.label == label).mean()),), "%"))
            rows.append(Row("  refused", (100 * (1 - answer.sure.mean()),), "%"))
        report(name, rows, as_json=options.json)


def _wrong(answers: sn.Classified, labels: NDArray[np.int32]) -> float:
    """Of the images read wrong, the share refused, in per cent."""
    wrong = answers.label != labels
    return float(100 * (1 - answers.sure[wrong].mean())) if wrong.any() else 0.0


if __name__ == "__main__":
    main()
