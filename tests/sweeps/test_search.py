"""Sweeps: trials in other processes, ended early, killed, resumed and trained again."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import spritenet as sn
import tiny
from ray_node import start_cluster
from spritenet.sweeps import Outcome, Spread, Trial
from spritenet.sweeps.sweep_folder import SweepFolder

pytest.importorskip("optuna")

SPACE = {"learning_rate": "1e-3..1e-1:log", "batch_size": [16, 32]}


def search(folder: Path | None = None, **options: Any) -> sn.Sweep:
    """A small sweep on the tiny task, in one process."""
    chosen: dict[str, Any] = {"trials": 4, "epochs": 2, "seeds": 0, "workers": 1}
    return sn.sweep(tiny.model(), tiny.images(), SPACE, folder=folder, **{**chosen, **options})


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> sn.Sweep:
    """A sweep of two processes, with its test set and two more seeds of the winner."""
    folder = tmp_path_factory.mktemp("sweep") / "s"
    test = tiny.images(120, seed=1, name="test")
    return search(
        folder, trials=9, epochs=4, seeds=2, workers=2, test_data=test, metric="val_loss"
    ).finish()


def test_each_trial_is_a_run_that_can_be_trained_again(done: sn.Sweep) -> None:
    """In a folder of its own, with the weights of a training in this process, pruned or not."""
    assert done.folder is not None
    assert [trial.number for trial in done.trials] == list(range(9))
    assert {trial.state for trial in done.trials} == {"finished", "pruned"}
    for trial in done.trials[:2] + [t for t in done.trials if t.state == "pruned"][:1]:
        run = sn.Run(done.folder.run_path(trial))
        saved = sn.load_model(run.model_path)
        assert saved.weights_sha256 == trial.weights_sha256
        assert done.repeat(trial.number).weights_sha256 == trial.weights_sha256
        epochs = [event for event in run.events() if isinstance(event, sn.EpochEnded)]
        assert [epoch.logs for epoch in epochs] == trial.epochs
        assert run.config()["trial"] == trial.settings
    with pytest.raises(sn.InputError, match="no trained trial"):
        done.repeat(99)


def test_a_trial_is_what_fit_trains(done: sn.Sweep) -> None:
    """The same weights as a model compiled and fitted by hand with its settings."""
    best = done.best
    model = tiny.model(sn.Adam(best.settings["learning_rate"]))
    train, held_out = tiny.images().split(0.1, 0)
    size = best.settings["batch_size"]
    model.fit(train, validation_data=held_out, batch_size=size, epochs=4, seed=0, verbose=0)
    assert model.weights_sha256 == best.weights_sha256
    assert model.history is not None
    assert model.history.history["val_loss"][-1] == best.value


def test_the_winner_is_measured_with_other_seeds(done: sn.Sweep) -> None:
    """They have its settings, the spread is theirs, and the test set is measured by them alone."""
    best, others = done.best, done.outcome.with_other_seeds
    assert best.value == min(t.score for t in done.trials if t.state == "finished")
    assert [other.settings for other in others] == [{**best.settings, "seed": s} for s in (1, 2)]
    assert done.outcome.spread == Spread.of(other.score for other in others)
    test = done.outcome.test_spread()
    assert test is not None
    assert test == Spread.of(other.test["accuracy"] for other in others)
    assert all(trial.test == {} for trial in done.trials)
    assert set(done.importance) == set(SPACE)
    assert sum(done.importance.values()) == pytest.approx(1.0)


def test_files_say_what_happened(done: sn.Sweep) -> None:
    """Every trial and the sweep itself, in JSON that a page reads."""
    assert done.folder is not None
    folder = SweepFolder(done.folder.path)
    assert [t.to_json() for t in folder.trials()] == [t.to_json() for t in done.outcome.trials]
    config = folder.config()
    assert (config["state"], config["metric"], config["maximize"]) == (
        "finished",
        "val_loss",
        False,
    )
    assert config["space"] == {"learning_rate": "0.001..0.1:log", "batch_size": [16, 32]}
    with pytest.raises(sn.RunError, match="already holds a sweep"):
        search(done.folder.path).finish()
    with pytest.raises(sn.RunError, match="metric differs"):
        search(done.folder.path, resume=True).finish()


def finished(sweep: sn.Sweep) -> Iterator[Trial]:
    """The trials as they end."""
    return (event.trial for event in sweep.events if event.kind == "ended")


def test_a_stopped_sweep_goes_on_where_it_was(tmp_path: Path) -> None:
    """Ended trials stay, the one under way is trained to its end, the others follow."""
    first = search(tmp_path / "s", halving=False)
    for event in first.events:
        if event.kind == "epoch" and event.trial.number == 1:
            break
    first.events.close()  # type: ignore[attr-defined]  # a generator, as Ctrl-C leaves it
    assert [t.state for t in SweepFolder(tmp_path / "s").trials()] == ["finished", "running"]
    again = search(tmp_path / "s", halving=False, resume=True)
    ended = [trial.number for trial in finished(again)]
    assert ended == [1, 2, 3]
    assert [trial.state for trial in again.trials] == ["finished"] * 4
    assert again.trials[0].settings == first.outcome.searched[0].settings
    assert again.trials[1].settings == first.outcome.searched[1].settings
    assert len(again.trials[1].epochs) == 2
    for trial in again.trials:
        again.repeat(trial.number)


@pytest.mark.skipif(sys.platform == "win32", reason="not on this machine: signals")
def test_a_killed_worker_loses_nothing(tmp_path: Path) -> None:
    """Its trial is trained again by another process, to the same weights; then given up."""
    sweep = search(tmp_path / "s", trials=2, halving=False)
    killed, kinds = 0, []
    for event in sweep.events:
        kinds.append((event.kind, event.trial.number))
        wanted = 1 if event.trial.number == 0 else 3
        if event.kind == "begun" and killed < wanted + event.trial.number:
            os.kill(int(event.trial.worker.split()[-1]), signal.SIGKILL)
            killed += 1
    assert killed == 4
    assert kinds.count(("lost", 0)) == 1
    assert kinds.count(("lost", 1)) == 2
    first, second = sweep.trials
    assert (first.state, first.attempts) == ("finished", 2)
    assert (second.state, second.error) == ("failed", "its process died 3 times")
    assert sweep.repeat(0).weights_sha256 == first.weights_sha256


def test_diverged_trials_are_reported_and_nothing_need_be_on_disk() -> None:
    """One that diverges has its error; the best of the others wins."""
    sweep = sn.sweep(
        tiny.model(sn.SGD(0.1)),
        tiny.images(),
        {"learning_rate": [0.05, 1e30]},
        trials=6,
        epochs=1,
        seeds=0,
        workers=1,
    )
    by_rate = {trial.settings["learning_rate"]: trial for trial in sweep.trials}
    assert by_rate[1e30].state == "diverged"
    assert by_rate[1e30].error
    assert by_rate[0.05].state == "finished"
    assert sweep.best.settings["learning_rate"] == 0.05
    assert repr(sweep).startswith("<Sweep of 6 trials: val_accuracy ")
    assert sweep.repeat(sweep.best.number).weights_sha256 == sweep.best.weights_sha256


def test_the_time_ends_a_sweep(tmp_path: Path) -> None:
    """Running trials end at their epoch, and a resumed sweep trains them to the end."""
    sweep = search(tmp_path / "s", trials=None, time=0.3, epochs=100_000, halving=False)
    with pytest.raises(sn.RunError, match="no trial has finished"):
        _ = sweep.best
    assert [trial.state for trial in sweep.outcome.searched] == ["stopped"]
    assert sweep.outcome.searched[0].epochs


def test_two_processes_share_a_storage(tmp_path: Path) -> None:
    """As two machines do: together they make the planned number of trials, each once."""
    options = {"trials": 5, "storage": tmp_path / "s" / "study.log", "seeds": 1, "halving": True}
    first, second = search(tmp_path / "s", **options), search(tmp_path / "s", **options)
    one, other = first.events, second.events
    numbers = []
    for events in (one, other):
        event = next(events)
        numbers.append(event.trial.number)
    assert numbers == [0, 1]
    for events in (other, one):
        numbers += [event.trial.number for event in events if event.kind == "begun"]
    found = SweepFolder(tmp_path / "s").trials()
    assert [t.number for t in found if t.group == "trial"] == [0, 1, 2, 3, 4]
    assert all(trial.ended for trial in found)
    assert [t.group for t in found].count("seed") == 1
    assert len(first.outcome.searched) == 5


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"trials": 0}, "trials"),
        ({"trials": None}, "a sweep without an end"),
        ({"time": 0.0}, "no time for a trial"),
        ({"metric": "val_auc"}, "--metric: unknown metric: expected one of val_loss"),
        ({"storage": "x"}, "storage needs a folder"),
        ({"workers": 0}, "workers"),
        ({"workers": 99_999}, "at most"),
        ({"validation": 1.0}, "validation"),
        ({"test_data": 3}, "unsupported test_data"),
    ],
)
def test_wrong_arguments_are_refused_at_once(options: dict[str, Any], words: str) -> None:
    """Before a process is started."""
    with pytest.raises(sn.InputError) as refusal:
        search(**options)
    assert words in str(refusal.value)


def test_networks_can_be_chosen_by_name() -> None:
    """Each trial has one of them; a name that isn't there is refused."""
    models = {"small": tiny.model(), "plain": tiny.model(dropout=0.0)}
    sweep = sn.sweep(
        models, tiny.images(), {"batch_size": [16]}, trials=3, epochs=1, seeds=0, workers=1
    )
    assert {trial.settings["model"] for trial in sweep.trials} <= set(models)
    with pytest.raises(sn.InputError, match="unknown network"):
        sn.sweep(models, tiny.images(), {"model": ["large"]})


def trial(number: int, value: float, seed: int | None = None, **more: Any) -> Trial:
    """A finished trial."""
    group = "trial" if seed is None else "seed"
    return Trial(number, {"seed": seed or 0}, "finished", value=value, group=group, **more)


def test_luck_is_told_from_merit() -> None:
    """The winner's value against the mean of other seeds, and those that may be as good."""
    trials = [trial(0, 0.99), trial(1, 0.985), trial(2, 0.90)]
    trials += [trial(0, 0.97, 1), trial(1, 0.98, 2)]
    outcome = Outcome(trials, "val_accuracy", maximize=True)
    assert [t.number for t in outcome.ranked] == [0, 1, 2]
    spread = Spread.of([0.97, 0.98])
    assert outcome.spread == spread
    assert outcome.luck == pytest.approx((0.99 - spread.mean) / spread.std)
    assert [t.number for t in outcome.alike] == [1]
    losses = Outcome([trial(0, 0.2), trial(1, 0.1)], "val_loss", maximize=False)
    assert losses.best is not None
    assert losses.best.number == 1
    assert (losses.spread, losses.luck, losses.alike) == (None, None, [])
    assert json.loads(json.dumps(outcome.to_json()))["states"] == {"finished": 3}


def test_broken_files_of_trials_are_skipped(tmp_path: Path) -> None:
    """A torn or foreign file is no trial, and stops nothing."""
    (tmp_path / "trials").mkdir()
    trial(0, 0.5).write(tmp_path / "trials")
    for name, text in (
        ("0001.json", "{"),
        ("0002.json", "[]"),
        ("0003.json", '{"number": 3, "settings": {}, "state": "merry"}'),
        ("other.json", "{}"),
    ):
        (tmp_path / "trials" / name).write_text(text)
    assert [t.number for t in SweepFolder(tmp_path).trials()] == [0]


@pytest.mark.skipif(sys.platform == "win32", reason="not on this machine: signals")
def test_ray_trains_the_same_trials(tmp_path: Path) -> None:
    """In an actor; one that is killed is replaced, and its trial is trained again."""
    ray = start_cluster(processors=1)
    try:
        sweep = search(tmp_path / "s", trials=2, halving=False, workers=None, ray=True)
        kinds = []
        for event in sweep.events:
            kinds.append(event.kind)
            if kinds == ["begun"]:
                actor = event.trial.worker.split()[-1]
                (state,) = [
                    a for a in ray._private.state.actors().values() if a["ActorID"] == actor
                ]
                os.kill(state["Pid"], signal.SIGKILL)
        assert kinds.count("lost") == 1
        assert [trial.state for trial in sweep.trials] == ["finished"] * 2
        for trial in sweep.trials:
            assert sweep.repeat(trial.number).weights_sha256 == trial.weights_sha256
    finally:
        ray.shutdown()
