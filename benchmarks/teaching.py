"""Accuracy on an unusual digit taught in the drawing page, and on the test set, before and after.

In Node.js, with the page's own modules: nine digits drawn as hardly anyone does, each taught to a
model by itself. Tried on 200 other drawings of that digit and on all test images.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import mean

import numpy as np

from figures import arguments, leave, mnist_folder, run

ROOT = Path(__file__).parents[1]
STATIC = ROOT / "src" / "spritenet" / "web" / "static"
SIDE = Path(__file__).parent / "sides" / "teaching.mjs"
STORED = 1500
"""Examples that come with the page."""


def write(folder: Path, data: str, epochs: int) -> None:
    """A trained model, and its data set, as the script wants them."""
    import spritenet as sn

    command = [sys.executable, "-m", "spritenet", "train", data, "--out", str(folder / "run")]
    run([*command, "--epochs", str(epochs)], quiet=True)
    for file in (folder / "run" / "model").iterdir():
        shutil.copy(file, folder)
    dataset = sn.load(data)
    for name, split in (("train", dataset.train[:STORED]), ("test", dataset.test)):
        (folder / f"{name}.images").write_bytes(np.ascontiguousarray(split.images).tobytes())
        (folder / f"{name}.labels").write_bytes(split.labels.astype("<i4").tobytes())


def main() -> None:
    """Measures and prints."""
    parser = arguments(__doc__)
    parser.add_argument("--data", default="", help="strokes, or by default MNIST")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--lessons", type=int, nargs="+", default=[1, 2, 3])
    options = parser.parse_args()
    node = shutil.which("node")
    if node is None:
        leave("Node.js is not installed: apt-get install nodejs")
    with tempfile.TemporaryDirectory() as scratch:
        write(Path(scratch), options.data or str(mnist_folder()), options.epochs)
        for count in options.lessons:
            command = [node, str(SIDE), str(STATIC), scratch, str(count)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            found = json.loads(done.stdout)
            if options.json:
                print(json.dumps({"title": "teaching", "lessons": count, **found}))
                continue
            print(f"\n{count} drawing{'s' if count > 1 else ''} taught, %")
            print(f"  {'':<22}{'read':>14}{'sure':>8}{'test images':>18}{'seconds':>9}")
            for row in found["rows"]:
                before, after = row["before"], row["after"]
                print(
                    f"  {row['name']:<22}{100 * before['read']:>6.1f} →{100 * after['read']:>6.1f}"
                    f"{100 * after['sure']:>8.1f}{100 * before['test']:>9.2f} →"
                    f"{100 * after['test']:>6.2f}{row['seconds']:>9.2f}"
                )
            read = 100 * mean(row["after"]["read"] for row in found["rows"])
            test = 100 * mean(row["after"]["test"] for row in found["rows"])
            refused = 100 * mean(row["after"]["refused"] for row in found["rows"])
            print(f"  mean: read {read:.1f}, test images {test:.2f}")
            print(f"  not sure of test images: {100 * found['refused']:.1f} → {refused:.1f}")


if __name__ == "__main__":
    main()
