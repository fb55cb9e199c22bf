"""Random graphs through every format: outputs of its runtime, and weights that come back.

Each graph is written and run by the format's own runtime: TensorFlow.js in Node.js, Keras,
onnxruntime, PyTorch, and C compiled for this machine. Files are read back, and so are those that
the runtime wrote of them. A graph that a format can't hold is counted with the reason, and replaced
by one of layers that it holds. The exit code is 1 if an output differs by more than 1e-5.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

from figures import arguments, leave

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "tests"))

BAR = 1e-5
BATCH = 25  # graphs on disk at a time


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one format; differences are the largest of all graphs.

    Attributes:
        runtime: the program that ran the files.
        ran: of its outputs from ours.
        read: of the outputs of our files, read back; None if the format isn't read.
        again: of the outputs of the runtime's files.
        equal: files of ours whose weights came back to the last bit; None if none is compared.
        again_equal: files of the runtime, likewise.
        over: seeds of the graphs over the bar.
        refused: graphs that the format can't hold, by reason.
        refused_again: files of the runtime that are refused, by reason.
    """

    runtime: str
    ran: float
    read: float | None
    again: float | None
    equal: int | None
    again_equal: int | None
    over: tuple[int, ...]
    refused: dict[str, int]
    refused_again: dict[str, int]


def measured(name: str, seeds: Sequence[int]) -> Figures:
    """The figures of a format for the graphs of some seeds."""
    from format_trips import FORMATS, Trip, drawn, trips

    found: list[Trip] = []
    reasons: Counter[str] = Counter()
    for first in range(0, len(seeds), BATCH):
        with tempfile.TemporaryDirectory() as scratch:
            jobs, refused = drawn(name, seeds[first : first + BATCH], Path(scratch))
            found += trips(name, jobs)
            reasons.update(refused)
        print(f"{name}: {len(found)} of {len(seeds)}", file=sys.stderr, flush=True)
    return Figures(
        FORMATS[name].title,
        max(trip.ran for trip in found),
        max((trip.read for trip in found if trip.read is not None), default=None),
        max((trip.again for trip in found if trip.again is not None), default=None),
        _count(trip.equal for trip in found),
        _count(trip.again_equal for trip in found),
        tuple(s for s, trip in zip(seeds, found, strict=True) if trip.largest > BAR),
        dict(reasons.most_common()),
        dict(Counter(trip.refused for trip in found if trip.refused).most_common()),
    )


def _count(equal: Iterable[bool | None]) -> int | None:
    """The number of equal ones; None if none was compared."""
    compared = [one for one in equal if one is not None]
    return sum(compared) if compared else None


def table(found: Sequence[Figures], count: int) -> str:
    """The figures for people."""
    lines = [
        f"{count} random graphs: largest differences of outputs, and files whose weights are equal",
        f"  {'':<16}{'its outputs':>12}{'read back':>12}{'equal':>8}{'its files':>12}{'equal':>8}",
    ]
    for one in found:
        numbers = [
            f"{value:.1e}" if value is not None else "–" for value in (one.ran, one.read, one.again)
        ]
        equal = [
            str(number) if number is not None else "–" for number in (one.equal, one.again_equal)
        ]
        columns = (numbers[0], numbers[1], equal[0], numbers[2], equal[1])
        widths = (12, 12, 8, 12, 8)
        cells = "".join(f"{text:>{width}}" for text, width in zip(columns, widths, strict=True))
        lines.append(f"  {one.runtime:<16}{cells}")
        if one.over:
            lines.append(f"    over {BAR}: seeds {', '.join(map(str, one.over))}")
        for what, reasons in (("", one.refused), (" of its files", one.refused_again)):
            if reasons:
                named = "; ".join(f"{why} ({number})" for why, number in reasons.items())
                lines.append(f"    {sum(reasons.values())}{what} refused: {named}")
    return "\n".join(lines)


def main() -> None:
    """Measures and prints."""
    parser = arguments(__doc__)
    parser.add_argument("--graphs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0, help="of the first graph")
    parser.add_argument("--formats", default="tfjs,keras,h5,onnx,torch,c", help="by commas")
    options = parser.parse_args()
    from format_trips import FORMATS

    names = options.formats.split(",")
    if unknown := [name for name in names if name not in FORMATS]:
        leave(f"No format is called {unknown[0]}. There are: {', '.join(FORMATS)}.")
    for need in {FORMATS[name].needs for name in names} - {""}:
        if not (shutil.which(need) or find_spec(need)):
            leave(f"{need} is not installed; --formats leaves its format out.")
    found = [measured(name, range(options.seed, options.seed + options.graphs)) for name in names]
    if options.json:
        print(json.dumps({"graphs": options.graphs, "formats": [asdict(one) for one in found]}))
    else:
        print(table(found, options.graphs))
    raise SystemExit(any(one.over for one in found))


if __name__ == "__main__":
    main()
