"""Wrong labels found and rightful ones accused, beside cleanlab where it is installed.

    python benchmarks/cleaning.py                 1, 5 and 20 % of 12,000 labels of MNIST changed
    python benchmarks/cleaning.py --images 60000

Both get probabilities of networks that weren't trained on the image. cleanlab (pip install
cleanlab) chooses by its default, `prune_by_noise_rate`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

import figures
import spritenet as sn
from spritenet.curation import cross_val_predict, find_label_issues
from spritenet.dataset import Split


def changed(split: Split, fraction: float, seed: int) -> tuple[Split, NDArray[np.bool_]]:
    """Returns a split with some labels changed to another class, and True where."""
    generator = np.random.default_rng(seed)
    count, classes = len(split), len(split.class_names)
    chosen = generator.choice(count, round(count * fraction), replace=False)
    labels = split.labels.copy()
    labels[chosen] = (labels[chosen] + generator.integers(1, classes, len(chosen))) % classes
    wrong = np.zeros(count, bool)
    wrong[chosen] = True
    return replace(split, labels=labels), wrong


def say(who: str, found: NDArray[np.int64], wrong: NDArray[np.bool_], seconds: float) -> None:
    """Prints a row."""
    flagged = np.zeros(len(wrong), bool)
    flagged[found] = True
    right = int((flagged & wrong).sum())
    accused = int((flagged & ~wrong).sum())
    print(
        f"{who:<12} found {right:>5} of {wrong.sum():>5} ({right / max(1, wrong.sum()):6.1%})"
        f"  accused {accused:>4} ({accused / (~wrong).sum():.2%})"
        f"  precision {right / max(1, right + accused):6.1%}  {seconds:5.1f} s",
        flush=True,
    )


def compare(split: Split, fraction: float, seed: int) -> None:
    """Prints what each finds with a fraction of the labels changed."""
    noisy, wrong = changed(split, fraction, seed)
    print(f"\n{fraction:.0%} of {len(split):,} labels changed")
    begin = time.perf_counter()
    rows = cross_val_predict(noisy)
    first = find_label_issues(noisy.labels, rows)
    once = time.perf_counter() - begin
    say("one round", first.indices, wrong, once)
    trusted = np.ones(len(split), bool)
    trusted[first.indices] = False
    again = find_label_issues(noisy.labels, cross_val_predict(noisy, trusted=trusted))
    say("two rounds", again.indices, wrong, time.perf_counter() - begin)
    try:
        from cleanlab.filter import find_label_issues as cleanlab  # type: ignore[import-not-found]  # optional
    except ImportError as error:
        print(f"cleanlab is not installed: {error}")
        return
    begin = time.perf_counter()
    found = np.flatnonzero(cleanlab(noisy.labels, rows, n_jobs=1))
    say("cleanlab", found, wrong, once + time.perf_counter() - begin)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=int, default=12_000)
    parser.add_argument("--fractions", type=float, nargs="+", default=[0.01, 0.05, 0.2])
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    split = sn.load(figures.mnist_folder()).train[: options.images]
    for fraction in options.fractions:
        compare(split, fraction, options.seed)


if __name__ == "__main__":
    main()
