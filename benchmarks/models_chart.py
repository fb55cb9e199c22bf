"""The charts and the table of docs/explanation/models.md, from the lines of `models.py --json`.

    python benchmarks/models.py --json > models.jsonl
    python benchmarks/models_chart.py models.jsonl docs/images

Several lines of one network are joined by a line, such as those of `accurate` for several lengths.
"""

from __future__ import annotations

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

from spritenet.charts import Chart, Line, svg

LEAST = 0.98
"""Networks below this accuracy are in the table alone: the others would be in a corner."""


def read(path: Path) -> list[dict[str, Any]]:
    """Returns name, accuracy, seconds and parameters of each line."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        rows = {row["side"]: row["median"] for row in entry["rows"]}
        found.append(
            {
                "name": entry["network"],
                "accuracy": statistics.mean(entry["accuracies"]) / 100,
                "seeds": len(entry["accuracies"]),
                "seconds": rows["training"],
                "parameters": rows["parameters"],
                "title": entry["title"],
                "clock": entry["clock"],
            }
        )
    return found


def chart(found: list[dict[str, Any]], key: str, x_label: str, description: str) -> str:
    """Returns the accuracies against another value as an SVG file with a white ground."""
    names = list(dict.fromkeys(one["name"] for one in found))
    lines = []
    for name in names:
        own = sorted(
            (one for one in found if one["name"] == name and one["accuracy"] >= LEAST),
            key=lambda one: one[key],
        )
        if own:
            x, y = [one[key] for one in own], [one["accuracy"] for one in own]
            lines.append(Line("", x, y, dots=True, label=name))
    made = Chart(
        tuple(lines),
        x_label,
        "test accuracy on MNIST",
        x_log=True,
        percent=True,
        description=description,
    )
    style = '<svg style="background:#fff;color:#222;font-family:sans-serif" '
    return svg(made, (640, 340)).replace("<svg ", style, 1) + "\n"


def main() -> None:
    """Writes both charts and prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("results", type=Path, help="the lines of models.py --json")
    parser.add_argument("folder", type=Path, help="where the charts go")
    options = parser.parse_args()
    found = read(options.results)
    clock = " or ".join(sorted({one["clock"] for one in found}))
    for key, x_label, words in (
        ("parameters", "parameters", "the number of parameters"),
        ("seconds", f"{clock} seconds of training", "the time of training"),
    ):
        text = chart(found, key, x_label, f"Test accuracies of networks by name against {words}.")
        (options.folder / f"models-{key}.svg").write_text(text, encoding="utf-8")
    print("| network | parameters | training | seconds | mean test accuracy | seeds |")
    print("| --- | ---: | --- | ---: | ---: | ---: |")
    for one in found:
        words = one["title"].partition("; ")[2]
        print(
            f"| `{one['name']}` | {one['parameters']:,} | {words} | {one['seconds']:.3g} | "
            f"{100 * one['accuracy']:.2f} % | {one['seeds']} |"
        )


if __name__ == "__main__":
    main()
