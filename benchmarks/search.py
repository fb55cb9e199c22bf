"""Search for networks by name: evolution of layers, schedule and augmentation on held-out images.

    python benchmarks/search.py fast --seconds 0.8 --minutes 20
    python benchmarks/search.py tiny --parameters 1500 --epochs 20 --minutes 60

Candidates are trained on MNIST's first 50,000 training images and scored on the last 10,000; the
test set is never read. Each begins with one seed, and those near the best get more seeds. Results
are lines of a JSON file, which a later search continues from.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from figures import mnist_folder
from search_space import SPACES, Candidate, build

SEEDS = 4
"""Trainings of a candidate that stays near the best."""

TRIAL_STEPS = 30


class Search:
    """An evolution of candidates within the limits of the options."""

    def __init__(self, options: argparse.Namespace) -> None:
        import spritenet as sn
        from spritenet.dataset import Split

        data = sn.load(str(mnist_folder())).train
        self.options = options
        self.train, self.held_out = (
            Split(data.images[part], data.labels[part], data.class_names)
            for part in (slice(50_000), slice(50_000, None))
        )
        self.space = SPACES[options.goal]
        self.random = random.Random(options.seed)  # noqa: S311 - not for secrets
        self.scores: dict[Candidate, list[float]] = {}
        self.path = Path(options.journal)
        if self.path.exists():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                entry = json.loads(line)
                if entry["goal"] == options.goal:
                    candidate = Candidate.from_json(entry["candidate"])
                    self.scores.setdefault(candidate, []).append(entry["accuracy"])

    def ranked(self) -> list[Candidate]:
        """The candidates, best first: by mean accuracy, less a margin for few seeds."""
        return sorted(
            self.scores,
            key=lambda c: statistics.mean(self.scores[c]) - 0.06 / len(self.scores[c]),
            reverse=True,
        )

    def next(self) -> Candidate:
        """A candidate with too few seeds near the best, else a new one."""
        best = self.ranked()[:6]
        few = [c for c in best if len(self.scores[c]) < SEEDS]
        if few and self.random.random() < 0.6:
            return few[0]
        for _ in range(1000):
            if len(self.scores) < self.options.population or self.random.random() < 0.1:
                made = self.space.sample(self.random)
            else:
                parent = best[min(int(self.random.expovariate(0.5)), len(best) - 1)]
                made = self.space.mutate(parent, self.random)
            if made not in self.scores and self._allowed(made):
                return made
        sys.exit("No new candidate within the limits.")

    def _allowed(self, candidate: Candidate) -> bool:
        """True for a network that can be built and isn't too large."""
        from spritenet.errors import SpritenetError

        try:
            model = build(candidate, 10)
            model.build(self.train.image_shape)
        except SpritenetError:
            return False
        most = self.options.parameters
        return not most or model.count_params() <= most

    def steps(self, candidate: Candidate) -> int:
        """Steps of a training: as many as the time allows, or those of the epochs."""
        size = candidate.batch_size
        if not self.options.seconds:
            return int(self.options.epochs * len(self.train) / size)
        model = build(candidate, 10)
        model.threads = 1
        fit: dict[str, Any] = {"batch_size": size, "augment": candidate.augment, "verbose": 0}
        model.fit(self.train, steps=3, **fit)
        began = time.process_time()
        model.fit(self.train, steps=TRIAL_STEPS, **fit)
        seconds = (time.process_time() - began) / TRIAL_STEPS
        return max(20, int(self.options.seconds / seconds))

    def score(self, candidate: Candidate) -> dict[str, Any]:
        """Trains a candidate once, on one thread, and returns its entry of the journal."""
        seed = len(self.scores.get(candidate, ()))
        steps = self.steps(candidate)
        model = build(candidate, 10)
        model.threads = 1
        began = time.process_time()
        model.fit(
            self.train,
            steps=steps,
            batch_size=candidate.batch_size,
            augment=candidate.augment,
            ema=candidate.ema or None,
            seed=seed,
            verbose=0,
        )
        seconds = time.process_time() - began
        accuracy = 100 * model.evaluate(self.held_out).accuracy
        self.scores.setdefault(candidate, []).append(accuracy)
        return {
            "goal": self.options.goal,
            "accuracy": accuracy,
            "seconds": seconds,
            "steps": steps,
            "parameters": model.count_params(),
            "candidate": dataclasses.asdict(candidate),
        }

    def run(self) -> None:
        """Searches until the time is over, and prints the best."""
        end = time.monotonic() + 60 * self.options.minutes
        with self.path.open("a", encoding="utf-8") as journal:
            while time.monotonic() < end:
                from spritenet.errors import DivergedError

                candidate = self.next()
                try:
                    entry = self.score(candidate)
                except DivergedError:
                    self.scores[candidate] = [0.0]
                    continue
                print(json.dumps(entry), file=journal, flush=True)
        for candidate in self.ranked()[:10]:
            found = self.scores[candidate]
            print(f"{statistics.mean(found):.3f} %, {len(found)} seeds: {candidate}")


def main() -> None:
    """Reads the options and searches."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("goal", choices=SPACES, nargs="?", default="fast")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seconds", type=float, default=0, help="processor time of a training")
    parser.add_argument("--epochs", type=float, default=1, help="of a training, without --seconds")
    parser.add_argument("--parameters", type=int, default=0, help="the most that are allowed")
    parser.add_argument("--population", type=int, default=24, help="random candidates at first")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--journal", default="search.jsonl")
    Search(parser.parse_args()).run()


if __name__ == "__main__":
    main()
