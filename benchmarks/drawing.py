"""Accuracy of the drawing page: pen paths drawn on the page in Chromium.

Two sets of hands, neither of which any training saw: `pen_paths`, from streams of their own of the
program that draws `strokes`; and 40 drawings written down point by point (tests/browser/
hand_digits.json), four a digit, each varied a little. Both are drawn in the page's own pointer
events as described by `WAYS`, and a few with the real mouse.

Needs Playwright and Chromium; `--model` takes saved models instead of training two.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from figures import Row, arguments, chromium, mnist_folder, report, run

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "tests"))

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from playwright.sync_api import Page

    Points = NDArray[np.float64]

HANDS = ROOT / "tests" / "browser" / "hand_digits.json"
UNITS = 280  # of the sheet's side

PLAY = """(drawings) => drawings.map(({ pen, strokes }) => {
  const { left, top, width, height } = document.querySelector('#canvas').getBoundingClientRect();
  const send = (kind, [x, y]) => document.querySelector('#canvas').dispatchEvent(
    new PointerEvent(kind, {
      pointerId: 1, button: 0, bubbles: true, cancelable: true, pointerType: 'mouse',
      clientX: left + x * width, clientY: top + y * height,
    }),
  );
  document.querySelector('#width').value = String(pen);
  for (const points of strokes) {
    send('pointerdown', points[0]);
    for (const point of points.slice(1)) send('pointermove', point);
    send('pointerup', points[points.length - 1]);
  }
  spritenetDraw.show();
  const { best, state } = spritenetDraw.answer;
  spritenetDraw.clear();
  return [best, state];
})"""


@dataclass(frozen=True)
class Way:
    """The placement of a drawing on the sheet: ranges from which each drawing samples.

    Attributes:
        size: the longer side, as a share of the sheet's.
        pen: its width, in the sheet's units.
        place: how far from the middle, as a share of the room there is.
        slant: x over y, to either side.
        turn: degrees, to either side.
        stretch: width over what it was.
    """

    size: tuple[float, float] = (0.55, 0.7)
    pen: tuple[float, float] = (18, 18)
    place: float = 0.15
    slant: tuple[float, float] = (0, 0)
    turn: tuple[float, float] = (0, 5)
    stretch: tuple[float, float] = (0.95, 1.05)


WAYS = {
    "as most people draw": Way(),
    "off-centre": Way(size=(0.35, 0.5), place=1),
    "small, with the usual pen": Way(size=(0.28, 0.34), place=0.7),
    "tiny, with a thin pen": Way(size=(0.14, 0.2), pen=(6, 8), place=0.7),
    "large": Way(size=(0.9, 0.98)),
    "thick": Way(size=(0.65, 0.75), pen=(32, 40)),
    "thin": Way(pen=(4, 6)),
    "slanted": Way(slant=(0.25, 0.45)),
    "turned": Way(turn=(8, 15)),
    "narrow": Way(stretch=(0.6, 0.75)),
    "wide": Way(stretch=(1.25, 1.45)),
}


def either(random: np.random.Generator, least: float, most: float) -> float:
    """Between them, with either sign."""
    return float(random.uniform(least, most) * random.choice([-1, 1]))


def placed(strokes: Sequence[Points], way: Way, random: np.random.Generator) -> dict[str, object]:
    """A drawing as the page gets it: the pen, and strokes in shares of the sheet."""
    slant, turn = either(random, *way.slant), math.radians(either(random, *way.turn))
    matrix = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    matrix = matrix @ np.array([[1, -slant], [0, 1]]) @ np.diag([random.uniform(*way.stretch), 1.0])
    moved = [stroke @ matrix.T for stroke in strokes]
    points = np.concatenate(moved)
    low, high = points.min(axis=0), points.max(axis=0)
    pen = round(random.uniform(*way.pen))
    size = random.uniform(*way.size) * (1 - pen / UNITS)
    scale = size / max(high - low)
    room = np.maximum(0, 1 - pen / UNITS - scale * (high - low)) / 2
    middle = 0.5 + room * way.place * random.uniform(-1, 1, 2)
    centred = [(stroke - (low + high) / 2) * scale + middle for stroke in moved]
    return {"pen": pen, "strokes": [stroke.round(4).tolist() for stroke in centred]}


def program_hands(count: int, *, neat: bool) -> Iterator[tuple[int, list[Points]]]:
    """Drawings of the program that draws `strokes`, which are in no data set."""
    from spritenet.sources.strokes import pen_paths
    from spritenet.sources.strokes.style import DEFAULT_STYLE, HandwritingStyle

    style = HandwritingStyle(sloppy=(0.2, 0.9)) if neat else DEFAULT_STYLE
    for digit in range(10):
        for strokes in pen_paths(digit, count, seed=2026, style=style):
            yield digit, [stroke.astype(np.float64) for stroke in strokes]


def written_hands(count: int) -> Iterator[tuple[int, list[Points]]]:
    """Drawings written down point by point, each varied and with smooth lines."""
    from spritenet.sources.strokes.curves import smooth_through

    random = np.random.default_rng(7)
    for name, drawings in json.loads(HANDS.read_text()).items():
        for number in range(count):
            strokes = []
            for points in drawings[number % len(drawings)]:
                x, y = (np.array(points) + random.normal(0, 0.012, (len(points), 2))).T
                x, y = x[None].astype(np.float32), y[None].astype(np.float32)
                lines = smooth_through(x, y, np.full_like(x, 0.5))
                strokes.append(np.stack([line[0] for line in lines], axis=1).astype(np.float64))
            yield int(name), strokes


@dataclass
class Tally:
    """Results for the drawings of one way."""

    total: int = 0
    right: int = 0
    refused: int = 0
    confused: Counter[str] | None = None


def play(page: Page, hands: Sequence[tuple[int, list[Points]]], way: Way, seed: int) -> Tally:
    """Draws them all on the page."""
    random = np.random.default_rng(seed)
    drawings = [placed(strokes, way, random) for _, strokes in hands]
    tally = Tally(confused=Counter())
    for first in range(0, len(drawings), 50):
        answers = page.evaluate(PLAY, drawings[first : first + 50])
        if any(state == "empty" for _, state in answers):
            sys.exit("The page took no ink: is the sheet hidden?")
        for (digit, _), (best, state) in zip(hands[first:], answers, strict=False):
            tally.total += 1
            tally.right += best == digit
            tally.refused += state == "unsure"
            if best != digit and tally.confused is not None:
                tally.confused[f"{digit} read as {best}"] += 1
    return tally


def with_the_mouse(page: Page, hands: Sequence[tuple[int, list[Points]]]) -> Tally:
    """A few of them, drawn with the browser's real mouse."""
    from drawing_page import answer, draw

    random = np.random.default_rng(5)
    tally = Tally()
    for digit, strokes in hands:
        drawing = placed(strokes, WAYS["as most people draw"], random)
        draw(page, drawing["strokes"], at=(0, 0), size=1)  # type: ignore[arg-type]  # JSON
        tally.total += 1
        tally.right += answer(page)["best"] == digit
        page.evaluate("() => spritenetDraw.clear()")
    return tally


def trained(folder: Path, data: str, epochs: int) -> Path:
    """A model as `spritenet train DATA` makes it."""
    command = [sys.executable, "-m", "spritenet", "train", data, "--out", str(folder)]
    run([*command, "--epochs", str(epochs)], quiet=True)
    return folder / "model"


def measure(name: str, model: Path, scratch: Path, count: int) -> list[Row]:
    """All ways with one model."""
    program = chromium()
    from playwright.sync_api import sync_playwright

    from drawing_page import page_on, served_page, visited
    from site_server import CHROMIUM_OPTIONS

    hands = {
        "program": list(program_hands(count, neat=False)),
        "program, neat": list(program_hands(count, neat=True)),
        "written": list(written_hands(count)),
    }
    rows = []
    with (
        served_page(scratch, model) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=program, args=list(CHROMIUM_OPTIONS))
        with visited(browser, "Failed to load resource") as context:
            page = page_on(context, address)
            for kind, drawings in hands.items():
                right = total = refused = 0
                mistakes: Counter[str] = Counter()
                for number, (way, how) in enumerate(WAYS.items()):
                    tally = play(page, drawings, how, number)
                    rows.append(
                        Row(f"{name}, {kind}, {way}", (100 * tally.right / tally.total,), "%")
                    )
                    right, total = right + tally.right, total + tally.total
                    refused += tally.refused
                    mistakes.update(tally.confused or {})
                rows.append(Row(f"{name}, {kind}, all", (100 * right / total,), "%"))
                rows.append(
                    Row(f"{name}, {kind}, not sure of", (100 * refused / total,), "% of all")
                )
                usual = ", ".join(f"{what} {n}×" for what, n in mistakes.most_common(6))
                print(f"{name}, {kind}: most often {usual}", file=sys.stderr)
                tally = with_the_mouse(page, drawings[:: max(1, len(drawings) // 20)])
                rows.append(
                    Row(f"{name}, {kind}, by mouse", (100 * tally.right / tally.total,), "%")
                )
        browser.close()
    return rows


def main() -> None:
    """Measures and reports."""
    parser = arguments(__doc__)
    parser.add_argument("--drawings", type=int, default=20, help="of each digit, each way")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument(
        "--model", type=Path, action="append", help="a saved model; repeat for more"
    )
    options = parser.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        models = {model.name: model for model in options.model or ()}
        if not models:
            folders = {"MNIST": str(mnist_folder()), "strokes": "strokes"}
            models = {
                name: trained(scratch / name, data, options.epochs)
                for name, data in folders.items()
            }
        for number, (name, model) in enumerate(models.items()):
            place = scratch / f"site{number}"
            place.mkdir()
            rows += measure(name, model, place, options.drawings)
    report("digits read in the drawing page", rows, as_json=options.json)


if __name__ == "__main__":
    main()
