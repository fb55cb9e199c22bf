"""Findings: the images of a data set that deserve a look, and what to do with each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Literal

import numpy as np

from spritenet.curation.changes import Action, Change
from spritenet.curation.cross_validation import Progress, cross_val_predict, judge, training_options
from spritenet.curation.label_issues import LabelIssues, find_label_issues
from spritenet.curation.outliers import find_outliers
from spritenet.dataset import Dataset, Split
from spritenet.errors import DataError
from spritenet.model.features import features
from spritenet.report import near_duplicates

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["KINDS", "Finding", "Findings", "Kind", "clean", "trainings"]

Owner = list[tuple[str, int]]
Kind = Literal["label", "duplicate", "near-duplicate", "outlier"]
KINDS: tuple[Kind, ...] = ("label", "duplicate", "near-duplicate", "outlier")

ALIKE = 0.99
"""The correlation of pixels from which two images of a set are shown as near-duplicates."""

MOST_PRODUCTS = 4_000_000_000
"""Pairs that are compared in the search for near-duplicates: all of 60,000 images."""

MOST_PIXELS = 1024
"""Values of an image that are compared as pixels."""

FEWEST = 20
"""Images of which labels are judged."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One image that deserves a look.

    Attributes:
        kind: "label": the label is probably wrong. "duplicate": all pixels are those of another
            image. "near-duplicate": nearly all. "outlier": unlike all others.
        split: the name of its split.
        index: of the image in it.
        label: its class.
        suggested: the class that it probably is, of "label"; "" otherwise.
        score: how sure: for labels the margin of the suggested class, for duplicates the
            correlation, for outliers robust standard deviations.
        other: split and index of the image that it is a duplicate of; None otherwise.
        other_label: that image's class.
    """

    kind: Kind
    split: str
    index: int
    label: str
    score: float
    suggested: str = ""
    other: tuple[str, int] | None = None
    other_label: str = ""

    @property
    def action(self) -> Action:
        """The proposed action: relabel, remove a copy; look at the rest first."""
        if self.kind == "label":
            return "relabel"
        return "remove" if self.kind == "duplicate" else "keep"

    @property
    def reason(self) -> str:
        """The finding in words."""
        if self.kind == "label":
            return f"looks like {self.suggested}"
        if self.other is not None:
            same = "same pixels as" if self.kind == "duplicate" else "nearly the same as"
            also = "" if self.other_label == self.label else f", labelled {self.other_label}"
            return f"{same} {self.other[0]} {self.other[1]}{also}"
        return "unlike all others"

    @property
    def change(self) -> Change:
        """The proposed change."""
        to = self.suggested if self.action == "relabel" else ""
        given = self.split, self.index, self.label, self.action, to
        return Change(*given, self.reason, self.score)


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """Everything found in a data set.

    Attributes:
        data: the data set.
        findings: the images, by kind, the surest first.
        overlaps: pairs of classes that are taken for each other: class, class, images.
        noise: the fraction of labels that are probably wrong, by split.
        agreement: the fraction of labels that are the most probable class; not a number for very
            few images. Where it is low, the networks know too little to accuse a label.
        compared: images whose duplicates were searched, of all.
        seconds: it took.
    """

    data: Dataset
    findings: tuple[Finding, ...]
    overlaps: tuple[tuple[str, str, int], ...]
    noise: dict[str, float]
    agreement: float
    compared: tuple[int, int]
    seconds: float

    def of(self, kind: Kind) -> list[Finding]:
        """Returns the findings of one kind."""
        return [finding for finding in self.findings if finding.kind == kind]

    @property
    def counts(self) -> dict[str, int]:
        """The number of findings of each kind."""
        found = Counter(finding.kind for finding in self.findings)
        return {kind: found[kind] for kind in KINDS}

    def changes(self) -> list[Change]:
        """Returns a proposed change for each image: relabel, remove copies, keep the rest."""
        first: dict[tuple[str, int], Change] = {}
        for finding in self.findings:
            first.setdefault((finding.split, finding.index), finding.change)
        return list(first.values())


def clean(
    data: Dataset | Split,
    *,
    model: str | None = None,
    folds: int = 5,
    rounds: int = 2,
    seed: int = 0,
    progress: Progress | None = None,
) -> Findings:
    """Finds images that deserve a look: wrong labels, duplicates, outliers. Changes nothing.

        found = sn.clean(data)
        better = sn.curation.apply_changes(data, found.changes())

    Each label is judged by a network that was trained on other images, of all splits; in the second
    round, on those whose labels seemed right. Of fewer than 20 images only copies are searched.

    Args:
        data: with one label an image.
        model: a named network or "module:function"; by default a small one that fits any size.
        folds: of the cross-validation.
        rounds: trainings of each fold.
        seed: of folds, weights and order.
        progress: called with the trainings done and their number.

    Raises:
        DataError: images have several labels, or there are fewer than two classes.
        InputError: a number is out of range.
        ModelError: the network doesn't exist, or doesn't fit the images.
    """
    begin = monotonic()
    whole = data if isinstance(data, Dataset) else _alone(data)
    if whole.is_multi_label:
        raise DataError(
            "an image of this data set has several labels", where=whole.name, expected="one label"
        )
    if len(whole.class_names) < 2:
        raise DataError("there is only one class", where=whole.name, expected="at least two")
    together, owner = _together(whole)
    done = 0

    def count(_done: int, _total: int) -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, trainings(whole, folds, rounds))

    names = whole.class_names
    labels: list[Finding] = []
    outliers: list[Finding] = []
    overlaps: list[tuple[int, int, int]] = []
    noise: dict[str, float] = {}
    agreement = float("nan")
    if trainings(whole, folds, rounds):
        kept = np.ones(len(together), bool)
        for _ in range(rounds):
            rows = cross_val_predict(
                together, model=model, folds=folds, seed=seed, trusted=kept, progress=count
            )
            issues = find_label_issues(together.labels, rows)
            kept = np.ones(len(together), bool)
            kept[issues.indices] = False
        agreement = float((rows.argmax(axis=1) == together.labels).mean())
        overlaps = issues.overlaps()
        labels = _label_findings(together, issues, owner)
        for name, split in whole.splits.items():
            wrong = sum(finding.split == name for finding in labels)
            noise[name] = wrong / max(1, len(split))
        outliers = _outlier_findings(together, kept, seed, owner)
        count(0, 0)
    copies, compared = _duplicate_findings(together, owner)
    return Findings(
        data=whole,
        findings=(*labels, *copies, *outliers),
        overlaps=tuple((names[a], names[b], number) for a, b, number in overlaps),
        noise=noise,
        agreement=agreement,
        compared=compared,
        seconds=monotonic() - begin,
    )


def _together(data: Dataset) -> tuple[Split, list[tuple[str, int]]]:
    """Returns the images of all splits as one, and split and index of each."""
    splits = data.splits.values()
    images = np.concatenate([split.images for split in splits])
    labels = np.concatenate([split.labels for split in splits])
    owner = [(split.name, index) for split in splits for index in range(len(split))]
    return Split(images, labels, data.class_names, "train"), owner


def trainings(data: Dataset, folds: int, rounds: int) -> int:
    """Returns the number of networks that `clean` trains: none for very few images."""
    images = sum(len(split) for split in data.splits.values())
    return folds * rounds + 1 if images >= max(FEWEST, folds) else 0


def _alone(split: Split) -> Dataset:
    """Returns a split as a data set."""
    name = split.name or "images"
    return Dataset(name, {name: split}, split.class_names)


def _label_findings(split: Split, issues: LabelIssues, owner: Owner) -> list[Finding]:
    """Returns label issues as findings."""
    names = split.class_names
    return [
        Finding(
            "label",
            owner[index][0],
            owner[index][1],
            names[int(split.labels[index])],
            float(-score),
            suggested=names[suggested],
        )
        for index, suggested, score in zip(
            issues.indices.tolist(), issues.suggested.tolist(), issues.scores, strict=True
        )
    ]


def _outlier_findings(
    split: Split, kept: NDArray[np.bool_], seed: int, owner: Owner
) -> list[Finding]:
    """Returns images far from all others; features are those of a network trained on them."""
    rest = split[kept]
    network = judge(rest)
    network.fit(rest, seed=seed, verbose=0, **training_options(rest))
    inner = features(network, split.images)
    inner /= np.maximum(np.linalg.norm(inner, axis=1, keepdims=True), 1e-12)
    pixels = split.images.reshape(len(split), -1)
    if pixels.shape[1] > MOST_PIXELS:  # every so many: enough to tell an image that is unlike all
        pixels = pixels[:, :: -(-pixels.shape[1] // MOST_PIXELS)]
    seen = inner, near_duplicates.thumbnails(split.images), pixels.astype(np.float32)
    indices, scores = find_outliers(seen, seed=seed)
    names = split.class_names
    return [
        Finding(
            "outlier",
            owner[index][0],
            owner[index][1],
            names[int(split.labels[index])],
            float(score),
        )
        for index, score in zip(indices.tolist(), scores, strict=True)
    ]


def _duplicate_findings(split: Split, owner: Owner) -> tuple[list[Finding], tuple[int, int]]:
    """Returns exact and near-duplicates, within and between splits, and how many were compared.

    The copy is the later of two: splits are in their order, so that a test image that is also a
    training image is named in the test set.
    """
    images, labels, names = split.images, split.labels, split.class_names
    if len(images) < 2:
        return [], (len(images), len(images))
    near = near_duplicates.find_within(images, most_products=MOST_PRODUCTS)
    exact: list[Finding] = []
    alike: list[Finding] = []
    seen: set[tuple[int, int]] = set()
    for place in near.closest(len(near.images)).tolist():
        if near.similarity[place] < ALIKE:
            break
        own, other = int(near.images[place]), int(near.nearest[place])
        later, earlier = max(own, other), min(own, other)
        if (earlier, later) in seen:
            continue
        seen.add((earlier, later))
        same = bool(near.exact[place]) or np.array_equal(images[later], images[earlier])
        finding = Finding(
            "duplicate" if same else "near-duplicate",
            owner[later][0],
            owner[later][1],
            names[int(labels[later])],
            float(near.similarity[place]),
            other=owner[earlier],
            other_label=names[int(labels[earlier])],
        )
        (exact if same else alike).append(finding)
    return [*exact, *alike], (len(near.images), len(images))
