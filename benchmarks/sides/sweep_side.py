"""The sides of sweep.py: the same trainings, bare and by three programs that search.

Arguments: the side, MNIST's folder, a scratch folder, trials, epochs, images. The last line of
output is JSON. Exit code 3: a library is missing.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import spritenet as sn

WORKERS = 2


def settings(trials: int) -> list[dict[str, Any]]:
    """The settings of all trials: none diverges."""
    source = random.Random(0)  # noqa: S311 - not for secrets
    return [
        {"learning_rate": 10 ** source.uniform(-2, -0.5), "batch_size": source.choice([64, 128])}
        for _ in range(trials)
    ]


def split(folder: str, images: int) -> tuple[sn.Split, sn.Split]:
    """Training and validation images."""
    return sn.load(folder).train[:images].split(0.1, 0)


def trained(train: sn.Split, held_out: sn.Split, chosen: dict[str, Any], epochs: int) -> float:
    """Trains once by `fit`, on one thread, and returns the accuracy."""
    model = sn.networks.tutorial(train)
    model.threads = 1
    model.compile(sn.SGD(chosen["learning_rate"]), model.loss, metrics=["accuracy"])
    history = model.fit(
        train,
        validation_data=held_out,
        batch_size=chosen["batch_size"],
        epochs=epochs,
        calibrate_on=False,
        verbose=0,
    )
    return float(history.history["val_accuracy"][-1])


def bare(folder: str, trials: int, epochs: int, images: int) -> dict[str, float]:
    """Two plain processes, each with every other training."""
    words = [sys.executable, __file__, "part", folder, "", str(trials), str(epochs), str(images)]
    parts = [
        subprocess.Popen([*words, str(place)], stdout=subprocess.PIPE, text=True)
        for place in range(WORKERS)
    ]
    found = [json.loads(part.communicate()[0]) for part in parts]
    return {
        "seconds": max(each["seconds"] for each in found),
        "processor": sum(each["processor"] for each in found),
    }


def part(folder: str, trials: int, epochs: int, images: int, place: int) -> dict[str, float]:
    """One of them: the time of its trainings."""
    train, held_out = split(folder, images)
    chosen = settings(trials)[place::WORKERS]
    began, processor = time.perf_counter(), time.process_time()
    for each in chosen:
        trained(train, held_out, each, epochs)
    return {
        "seconds": time.perf_counter() - began,
        "processor": time.process_time() - processor,
    }


def spritenet(folder: str, scratch: str, trials: int, epochs: int, images: int) -> dict[str, float]:
    """`sn.sweep`, each trial a run on disk."""
    train, held_out = split(folder, images)
    sweep = sn.sweep(
        sn.networks.tutorial(train),
        train,
        {"learning_rate": "1e-2..0.3162:log", "batch_size": [64, 128]},
        validation_data=held_out,
        trials=trials,
        epochs=epochs,
        halving=False,
        seeds=0,
        workers=WORKERS,
        folder=Path(scratch) / "sweep",
    )
    return {"best": sweep.best.score}


def ray_tune(folder: str, scratch: str, trials: int, epochs: int, images: int) -> dict[str, float]:
    """Ray Tune, the images in its object store."""
    from ray import tune

    sys.path.append(str(Path(__file__).parents[2] / "tests"))
    from ray_node import start_cluster  # a busy machine takes longer than Ray waits

    train, held_out = split(folder, images)
    ray = start_cluster(WORKERS)

    def trainable(config: dict[str, Any], data: Any) -> dict[str, float]:  # noqa: ANN401 - two splits
        images, validation = data
        return {"accuracy": trained(images, validation, config["trial"], epochs)}

    tuner = tune.Tuner(
        tune.with_parameters(trainable, data=(train, held_out)),
        param_space={"trial": tune.grid_search(settings(trials))},
        run_config=tune.RunConfig(storage_path=scratch, verbose=0),
    )
    best = tuner.fit().get_best_result("accuracy", "max")
    ray.shutdown()
    return {"best": float(best.metrics["accuracy"])}


def keras_tuner(
    folder: str, scratch: str, trials: int, epochs: int, images: int
) -> dict[str, float]:
    """keras-tuner's random search, which trains one trial after the other."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras_tuner as kt

    train, held_out = split(folder, images)

    class Search(kt.RandomSearch):  # type: ignore[misc]  # it has no types
        """Random search whose trials are our trainings."""

        def run_trial(self, trial: Any, *_: Any, **__: Any) -> float:  # noqa: ANN401 - keras-tuner's
            rate = trial.hyperparameters.Float("learning_rate", 1e-2, 0.3162, sampling="log")
            size = trial.hyperparameters.Choice("batch_size", [64, 128])
            return -trained(train, held_out, {"learning_rate": rate, "batch_size": size}, epochs)

    search = Search(max_trials=trials, directory=scratch, project_name="search", seed=0)
    search.search(verbose=0)
    best = search.oracle.get_best_trials(1)[0]
    return {"best": -float(best.score)}


def main() -> None:
    """Runs a side."""
    way, folder, scratch, *numbers = sys.argv[1:]
    counts = [int(number) for number in numbers]
    ways: dict[str, Any] = {
        "bare": lambda: bare(folder, *counts),
        "part": lambda: part(folder, *counts),
        "spritenet": lambda: spritenet(folder, scratch, *counts),
        "ray": lambda: ray_tune(folder, scratch, *counts),
        "keras-tuner": lambda: keras_tuner(folder, scratch, *counts),
    }
    try:
        found = ways[way]()
    except ImportError as error:
        print(error, file=sys.stderr)
        sys.exit(3)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
