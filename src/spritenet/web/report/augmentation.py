"""The section on augmentation: its random changes, and some images beside augmented copies."""

from __future__ import annotations

from collections.abc import Iterator

from spritenet.augmentation import Step
from spritenet.dataset.augmented_copies import some_places, with_copies
from spritenet.dataset.multi_label import label_text
from spritenet.formatting import html
from spritenet.report import Report
from spritenet.web.report.sections import section
from spritenet.web.report.sheet import Sheet

__all__ = ["augmentation"]

ROWS, COPIES = 4, 9


def augmentation(report: Report, sheet: Sheet) -> str:
    """Returns the random changes and a strip of examples; "" where training had none."""
    steps = _steps(report)
    if not steps:
        return ""
    facts = [(step.operator, ", ".join(_arguments(step))) for step in steps]
    words = "".join(f"<li>{html(name)}: {html(text, 200)}</li>" for name, text in facts)
    train = report.data.splits.get("train", report.split)
    seed = _seed(report)
    places = some_places(train.labels, ROWS, classes=len(train.class_names), seed=None)
    shown = with_copies(train.images, places, steps, COPIES, seed=seed)
    strips = []
    for place, tiles in zip(places.tolist(), shown, strict=True):
        name = label_text(train.labels[place], train.class_names)
        cells = "".join(
            f"<div>{sheet.show(sheet.add(tile), _label(name, place, number))}"
            f"<small>{'original' if number == 0 else number}</small></div>"
            for number, tile in enumerate(tiles)
        )
        strips.append(f'<figure><div class="strip">{cells}</div></figure>')
    note = (
        "<p>The training images were changed at random, anew in each epoch. Below, images of "
        f"{html(train.name)} and what training sees of them in its first epochs"
        f"{', before MixUp and CutMix' if _mixes(steps) else ''}.</p>"
    )
    return section(
        "augmentation",
        "Augmentation",
        note,
        f'<div class="copies">{"".join(strips)}</div><ul class="small faint">{words}</ul>',
    )


def _steps(report: Report) -> tuple[Step, ...]:
    """Returns the augmentation of the run, or of the model's training."""
    if report.model.augmentation:
        return report.model.augmentation
    recorded = report.config.get("augmentation")
    found = map(Step.from_json, recorded) if isinstance(recorded, list) else ()
    return tuple(step for step in found if step is not None)


def _seed(report: Report) -> int:
    plan = report.config.get("plan")
    seed = plan.get("seed") if isinstance(plan, dict) else None
    if isinstance(seed, int):
        return seed
    return report.model.trained_on.seed if report.model.trained_on else 0


def _mixes(steps: tuple[Step, ...]) -> bool:
    return any(step.operator in ("MixUp", "CutMix") for step in steps)


def _label(name: str, place: int, number: int) -> str:
    image = f"training image {place}, {name}"
    return image if number == 0 else f"{image}, augmented, epoch {number}"


def _arguments(step: Step) -> Iterator[str]:
    """Yields each argument with its value."""
    for name, value in step.attributes.items():
        numbers = value if isinstance(value, str) else " to ".join(f"{one:.4g}" for one in value)
        yield f"{name} {numbers}"
