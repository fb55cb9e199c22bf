"""Members: each copy is the one trained alone; failures are reported; results have a spread."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

import spritenet as sn
import tiny
from spritenet.core.pool import Pool
from spritenet.sweeps import MemberEvent, Members, Spread


@pytest.fixture(scope="module")
def test_set() -> sn.Split:
    """Images that no copy is trained on."""
    return tiny.images(120, seed=1, name="test")


def alone(seed: int, optimizer: sn.optimizers.Optimizer | None = None, **options: object) -> str:
    """The weights of the tiny network trained alone, on all threads."""
    model = tiny.model(optimizer)
    model.fit(tiny.images(), seed=seed, verbose=0, **options)  # type: ignore[arg-type]  # of fit
    return model.weights_sha256


def test_each_copy_is_the_one_trained_alone(test_set: sn.Split) -> None:
    """Seeds and rates in any order of threads: the weights of `fit` with the same arguments."""
    many = sn.train_many(
        tiny.model(),
        tiny.images(),
        seeds=range(2),
        learning_rate=[0.01, 0.05],
        batch_size=16,
        epochs=2,
        validation_data=test_set,
        workers=3,
    )
    assert [member.settings for member in many] == [
        {"batch_size": 16, "learning_rate": rate, "seed": seed}
        for rate in (0.01, 0.05)
        for seed in (0, 1)
    ]
    assert [model.weights_sha256 for model in many.models] == [
        alone(seed, sn.Adam(rate), epochs=2, batch_size=16)
        for rate in (0.01, 0.05)
        for seed in (0, 1)
    ]


def test_decay_smoothing_and_strength_reach_the_training() -> None:
    """Each is the argument of optimizer, loss or `fit` that it is named for."""
    many = sn.train_many(
        tiny.model(),
        tiny.images(),
        settings=[
            {"weight_decay": 0.1},
            {"label_smoothing": 0.2},
            {"augment": "rotation=20,translation=0.1", "augment_strength": 0.5},
            {"optimizer": "sgd", "momentum": 0.9, "schedule": "cosine", "learning_rate": 0.1},
        ],
    )
    smoothed = tiny.model()
    smoothed.compile(sn.Adam(0.01), sn.CategoricalCrossentropy(label_smoothing=0.2))
    smoothed.fit(tiny.images(), verbose=0)
    assert [model.weights_sha256 for model in many.models] == [
        alone(0, sn.Adam(0.01, weight_decay=0.1)),
        smoothed.weights_sha256,
        alone(0, augment={"rotation": 10.0, "translation": 0.05}),
        alone(0, sn.SGD(sn.CosineDecay(0.1), momentum=0.9)),
    ]


def test_a_built_or_trained_model_begins_again_unless_it_keeps_its_weights() -> None:
    """New weights of the seed by default; `keep_weights` goes on from the model's."""
    trained = tiny.model()
    trained.fit(tiny.images(), verbose=0)
    before = trained.weights_sha256
    fresh = sn.train_many(trained, tiny.images(), seeds=[3]).models[0]
    assert fresh.weights_sha256 == alone(3)
    further = sn.train_many(trained, tiny.images(), seeds=[0], keep_weights=True).models[0]
    assert trained.weights_sha256 == before
    trained.fit(tiny.images(), verbose=0)
    assert further.weights_sha256 == trained.weights_sha256


def test_events_come_from_all_members_with_their_metrics(test_set: sn.Split) -> None:
    """Each epoch of each member once, in its order, with what its history has."""
    many = sn.train_many(
        tiny.model(), tiny.images(), seeds=range(3), epochs=2, validation_data=test_set, workers=2
    )
    events: list[MemberEvent] = list(many.events)
    for index, member in enumerate(many):
        mine = [event for event in events if event.member == index and event.epoch is not None]
        assert [event.epoch for event in mine] == [0, 1]
        assert mine[-1].metrics == member.metrics
        assert member.history.history["val_accuracy"][-1] == member.metrics["val_accuracy"]
    assert list(many.events) == []


def test_a_diverged_member_is_reported_and_the_others_go_on() -> None:
    """Its error is an event, its score is NaN, and the ensemble is made of the others."""
    many = sn.train_many(
        tiny.model(sn.SGD(0.1)), tiny.images(), learning_rate=[0.1, 1e30], seeds=range(2)
    )
    errors = [event for event in many.events if event.error is not None]
    assert sorted(event.member for event in errors) == [2, 3]
    assert [type(member.error) for member in many.failed] == [sn.DivergedError] * 2
    assert np.isnan(many.scores("accuracy")).tolist() == [False, False, True, True]
    assert len(many.ensemble()) == 2
    assert many.spread("accuracy").count == 2
    assert "diverged" in repr(many[2]) or "not" in repr(many[2])
    assert repr(many) == "<Members: 4 of 4 trained, 2 failed>"


def test_the_spread_is_numpys(test_set: sn.Split) -> None:
    """Mean, sample standard deviation, range and best of the members' metrics."""
    many = sn.train_many(
        tiny.model(), tiny.images(), seeds=range(4), validation_data=test_set, epochs=2
    )
    values = np.array(many.scores("val_loss"))
    found = many.spread("val_loss")
    assert found == Spread(values.mean(), values.std(ddof=1), values.min(), values.max(), 4)
    assert found.standard_error == pytest.approx(values.std(ddof=1) / 2)
    assert many.best("val_loss").index == values.argmin()
    accuracies = [model.evaluate(test_set).accuracy for model in many.models]
    assert many.study(test_set)["accuracy"] == Spread.of(accuracies)
    assert many.scores("val_accuracy") == accuracies


def test_the_ensemble_predicts_the_mean_and_is_a_model(test_set: sn.Split, tmp_path: Path) -> None:
    """Mean outputs in float64, loss and accuracy of them, and one network that says the same."""
    ensemble = sn.train_many(tiny.model(), tiny.images(), seeds=range(3)).ensemble()
    mean = np.mean([m.predict(test_set).astype(np.float64) for m in ensemble.models], axis=0)
    assert ensemble.predict(test_set) == pytest.approx(mean, abs=1e-7)
    assert (ensemble.predict_classes(test_set) == mean.argmax(axis=1)).all()
    scores = ensemble.evaluate(test_set)
    rows = mean[np.arange(len(test_set)), test_set.labels]
    assert scores.loss == pytest.approx(-np.log(rows).mean(), rel=1e-5)
    assert scores.accuracy == (mean.argmax(axis=1) == test_set.labels).mean()
    assert scores.predictions.accuracy == scores.accuracy
    one = ensemble.to_model()
    one.save(tmp_path / "ensemble")
    again = sn.load_model(tmp_path / "ensemble")
    assert again.predict(test_set) == pytest.approx(mean, abs=1e-6)
    assert again.class_names == ("a", "b", "c", "d")


def test_trainings_run_side_by_side() -> None:
    """Two networks on one thread each work at once: each thread has the core to itself."""
    pools, both = [], threading.Barrier(2, timeout=120)

    def note() -> None:
        pools.append(Pool.of(1))
        both.wait()

    threads = [threading.Thread(target=note) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert pools[0] is not pools[1]
    assert Pool.of(1) is Pool.of(1)
    assert Pool.of(2) is Pool.of(2)


def test_closing_the_events_ends_the_trainings() -> None:
    """No thread trains on, and members that were not trained to the end are not done."""
    many = sn.train_many(tiny.model(), tiny.images(), seeds=range(2), epochs=100_000)
    events = many.events
    next(events)
    events.close()  # type: ignore[attr-defined]  # a generator
    assert not any(member.done for member in many)
    assert not any(member.good for member in many)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"seeds": []}, "seeds: no values"),
        ({"learning_rate": []}, "learning_rate: no values"),
        ({"learning_rate": [0.1, -1]}, "expected a finite number ≥ 0, got -1"),
        ({"label_smoothing": [2.0]}, "label_smoothing"),
        ({"settings": [{"momentum": 0.9}]}, "unknown setting: expected one of"),
        ({"settings": []}, "nothing to train"),
        ({"augment": "digits", "augment_strength": [-1]}, "augment_strength"),
        ({"augment": [sn.RandomFlip()], "augment_strength": 2}, "layers have no strength"),
        ({"batch_size": [0]}, "batch_size"),
        ({"workers": 0}, "workers"),
        ({"settings": [{"schedule": "wavy"}]}, "unknown schedule"),
        ({"settings": [{"optimizer": "adamant"}]}, "adamant"),
    ],
)
def test_wrong_settings_are_refused_before_training(
    arguments: dict[str, object], words: str
) -> None:
    """One line that names the setting."""
    with pytest.raises(sn.ModelError) as refusal:
        sn.train_many(tiny.model(), tiny.images(), **arguments)  # type: ignore[arg-type]  # wrong ones
    assert words in str(refusal.value)


def test_data_that_no_member_can_use_is_an_error() -> None:
    """All members fail with the same refusal, so that it is raised."""
    many = sn.train_many(tiny.model(), np.zeros((3, 8, 8, 1), np.uint8), [0, 1], seeds=range(2))
    with pytest.raises(sn.DataError):
        many.finish()


def test_an_unknown_metric_is_named() -> None:
    """And validation_data, where it is missing."""
    many: Members = sn.train_many(tiny.model(), tiny.images())
    with pytest.raises(sn.ModelError, match="Give validation_data"):
        many.scores()


def test_members_are_not_calibrated(test_set: sn.Split) -> None:
    """`fit` calibrates on validation images; copies wait until somebody keeps one."""
    fitted = tiny.model()
    fitted.fit(tiny.images(), validation_data=test_set, verbose=0)
    member = sn.train_many(tiny.model(), tiny.images(), validation_data=test_set).models[0]
    assert (fitted.calibrated, member.calibrated) == (True, False)
    assert member.weights_sha256 == fitted.weights_sha256
    member.calibrate(test_set, tiny.images())
    assert member.calibrated
