"""`fit` takes what Keras's takes, means the same by it, and is the same every time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import tiny
from reference import Network as Reference
from spritenet.dataset import Dataset
from spritenet.engines.engine import Examples
from spritenet.errors import DataError, DivergedError, InputError, ModelError
from spritenet.losses import CategoricalCrossentropy, MeanSquaredError
from spritenet.model import Sequential, train
from spritenet.optimizers import SGD, Adam
from spritenet.schedules import OneCycle
from spritenet.training.callbacks import Callback, Logs
from spritenet.training.events import (
    EpochEnded,
    Evaluated,
    Event,
    Finished,
    Started,
    StepEvent,
    Stopped,
)

DATA = tiny.images()
TEST = tiny.images(100, seed=1, name="test")


def fitted(x: Any = DATA, y: Any = None, **how: Any) -> Sequential:  # noqa: ANN401 - whatever fit takes
    """A tiny model after training."""
    model = tiny.model()
    model.fit(x, y, verbose=0, **how)
    return model


def test_it_learns() -> None:
    """Ten epochs are enough for the tiny task."""
    model = fitted(epochs=10, validation_data=TEST)
    assert model.evaluate(TEST).accuracy > 0.9
    history = model.history
    assert history is not None
    assert history.epoch == list(range(10))
    assert set(history.history) == {
        "loss",
        "accuracy",
        "val_loss",
        "val_accuracy",
        "learning_rate",
    }
    assert history.history["val_accuracy"][-1] == model.evaluate(TEST).accuracy
    assert history.history["val_loss"][-1] == model.evaluate(TEST).loss
    assert history.history["loss"][-1] < history.history["loss"][0]


def test_two_trainings_are_the_same_bit_for_bit() -> None:
    """Same seed, same weights; another seed, others."""
    first = fitted(epochs=2, seed=3).weights_sha256
    assert fitted(epochs=2, seed=3).weights_sha256 == first
    assert fitted(epochs=2, seed=4).weights_sha256 != first


def test_two_trainings_in_a_row_are_one() -> None:
    """fit(2 epochs) and fit(1 epoch) make the weights of fit(3 epochs)."""
    model = tiny.model()
    model.fit(DATA, epochs=2, verbose=0)
    model.fit(DATA, epochs=1, verbose=0)
    assert model.weights_sha256 == fitted(epochs=3).weights_sha256


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (DATA.images, DATA.labels),
        (DATA.images, DATA.labels.astype(np.uint8)),
        (DATA.images, DATA.labels.astype(np.float64)),
        (DATA.images, DATA.labels[:, None]),
        (DATA.images, np.eye(4)[DATA.labels]),
        (DATA.images, np.eye(4, dtype=bool)[DATA.labels]),
        (DATA.images, [DATA.class_names[label] for label in DATA.labels]),
        (DATA.images[..., 0] / 255, DATA.labels.tolist()),
        ((DATA.images, DATA.labels), None),
        (Dataset("tiny", {"train": DATA, "test": TEST}, DATA.class_names), None),
    ],
    ids=range(10),
)
def test_data_may_come_in_many_forms(x: object, y: object) -> None:
    """The same training from all of them, bit for bit."""
    assert fitted(x, y).weights_sha256 == fitted().weights_sha256


def test_one_hot_and_smoothed_rows_mean_what_label_smoothing_means() -> None:
    """Rows of probabilities, against the loss's own smoothing of labels."""
    rows = np.eye(4)[DATA.labels] * 0.9 + 0.1 / 4
    soft = fitted(DATA.images, rows)
    model = tiny.model()
    model.compile(Adam(0.01), CategoricalCrossentropy(label_smoothing=0.1))
    model.fit(DATA, verbose=0)
    np.testing.assert_allclose(soft.parameters, model.parameters, atol=1e-5)
    both = tiny.model()
    both.compile(Adam(0.01), CategoricalCrossentropy(label_smoothing=0.1))
    both.fit(DATA.images, np.vstack([rows[:1], np.eye(4)[DATA.labels[1:]]]), verbose=0)
    assert both.weights_sha256 != model.weights_sha256


def test_mean_squared_error_takes_targets_and_labels() -> None:
    """Floats are targets; class indices become one-hot rows."""
    results = []
    for y in (DATA.labels, np.eye(4, dtype=np.float32)[DATA.labels]):
        model = tiny.model(SGD(0.1))
        model.compile(SGD(0.1), "mse", metrics=["accuracy"])
        model.fit(DATA.images, y, epochs=2, verbose=0)
        results.append(model.parameters)
    np.testing.assert_allclose(results[0], results[1], atol=1e-6)
    examples = Examples(TEST.images, TEST.labels)
    reference = Reference(model.layers, (8, 8, 1))
    expected = reference.evaluate(model.parameters, examples, MeanSquaredError())
    assert model.evaluate(TEST).loss == pytest.approx(expected.loss, rel=1e-4)


def test_class_weights_are_sample_weights() -> None:
    """Class -> factor is the same as a factor for each of its images; both multiply."""
    factors = np.where(DATA.labels == 1, 3.0, 1.0)
    by_class = fitted(class_weight={1: 3.0}).weights_sha256
    assert by_class == fitted(sample_weight=factors).weights_sha256
    assert by_class == fitted(DATA.images, DATA.labels, sample_weight=factors).weights_sha256
    assert by_class != fitted().weights_sha256
    both = fitted(class_weight={1: 3.0}, sample_weight=np.full(len(DATA), 0.5))
    assert both.weights_sha256 == fitted(sample_weight=factors * 0.5).weights_sha256


def test_an_image_of_weight_0_teaches_nothing() -> None:
    """Its label doesn't matter."""
    weights = np.ones(len(DATA))
    weights[10:20] = 0
    wrong = DATA.labels.copy()
    wrong[10:20] = (wrong[10:20] + 1) % 4
    first = fitted(DATA.images, DATA.labels, sample_weight=weights)
    assert first.weights_sha256 == fitted(DATA.images, wrong, sample_weight=weights).weights_sha256


def reference_training(how_many: int, batches: list[NDArray[np.int64]]) -> NDArray[np.float64]:
    """The parameters the reference engine comes to, batch after batch."""
    model = tiny.model(SGD(0.1), dropout=0)
    model.build((8, 8, 1))
    parameters = model.parameters.astype(np.float64)
    engine = Reference(model.layers, (8, 8, 1))
    for step, batch in enumerate(batches[:how_many]):
        engine.train(
            parameters,
            np.zeros((0, parameters.size)),
            Examples(DATA.images, DATA.labels),
            loss=CategoricalCrossentropy(),
            optimizer=SGD(),
            learning_rates=np.full(1, 0.1, np.float32),
            first_step=step,
            batch_size=len(batch),
            seed=0,
            indices=batch,
        )
    return parameters


def test_without_shuffling_images_come_as_they_lie() -> None:
    """Batch after batch, the last one smaller, then again from the first image."""
    every = np.arange(len(DATA))
    batches = [every[i : i + 50] for i in range(0, len(DATA), 50)] * 2
    model = tiny.model(SGD(0.1), dropout=0)
    model.fit(DATA, epochs=2, batch_size=50, shuffle=False, verbose=0)
    np.testing.assert_allclose(model.parameters, reference_training(10, batches), atol=1e-4)


def test_another_batch_size_begins_a_new_pass() -> None:
    """The second training takes up the seed's next epoch from its beginning."""
    from spritenet.permutation import permutation

    model = tiny.model(SGD(0.1), dropout=0)
    model.fit(DATA, steps=3, batch_size=50, verbose=0)
    model.fit(DATA, epochs=1, batch_size=64, verbose=0)
    first, second = (permutation(0, epoch, len(DATA)) for epoch in (0, 1))
    batches = [first[i : i + 50] for i in (0, 50, 100)]
    batches += [second[i : i + 64] for i in (0, 64, 128, 192)]
    np.testing.assert_allclose(model.parameters, reference_training(7, batches), atol=1e-4)


def test_validation_split_of_arrays_is_kerass() -> None:
    """The last fraction, held out before shuffling."""
    at = int(len(DATA) * 0.75)
    first = tiny.model()
    first.fit(DATA.images, DATA.labels, validation_split=0.25, verbose=0)
    second = tiny.model()
    second.fit(
        DATA.images[:at],
        DATA.labels[:at],
        validation_data=(DATA.images[at:], DATA.labels[at:]),
        verbose=0,
    )
    assert first.weights_sha256 == second.weights_sha256
    assert first.history is not None
    assert second.history is not None
    assert first.history.history == second.history.history


def test_validation_split_of_a_split_is_its_own() -> None:
    """Class by class, by the seed."""
    learn, held = DATA.split(0.2, seed=6)
    first = fitted(validation_split=0.2, seed=6)
    second = tiny.model()
    second.fit(learn, validation_data=held, seed=6, verbose=0)
    assert first.weights_sha256 == second.weights_sha256


def test_events_come_in_order() -> None:
    """Started, updates with small evaluations between, the epoch's end, and Finished."""
    model = tiny.model()
    events = list(
        train(
            model, DATA, validation_data=TEST, epochs=2, batch_size=64, test_every=3, test_size=20
        )
    )
    assert [type(event) for event in events] == [
        Started,
        *[StepEvent] * 3,
        Evaluated,
        StepEvent,
        Evaluated,
        EpochEnded,
        *[StepEvent] * 2,
        Evaluated,
        *[StepEvent] * 2,
        Evaluated,
        EpochEnded,
        Finished,
    ]
    steps = [event for event in events if isinstance(event, StepEvent)]
    assert [event.step for event in steps] == list(range(1, 9))
    assert [event.epoch for event in steps] == [0] * 4 + [1] * 4
    assert [event.images for event in steps] == [64, 64, 64, 11] * 2
    assert [e.images for e in events if isinstance(e, Evaluated)] == [20, 100, 20, 100]
    ended = next(event for event in events if isinstance(event, EpochEnded))
    mean = sum(event.loss * event.images for event in steps[:4]) / 203
    assert ended.loss == pytest.approx(mean)
    assert ended.accuracy == sum(event.correct or 0 for event in steps[:4]) / 203
    last = events[-1]
    assert isinstance(last, Finished)
    assert last.images == 406


def test_a_batch_larger_than_the_data_is_all_of_it() -> None:
    """One update a pass."""
    model = fitted(batch_size=1000, epochs=3)
    assert model.state.now.step == 3
    assert model.weights_sha256 == fitted(batch_size=203, epochs=3).weights_sha256


def test_steps_are_updates_in_all() -> None:
    """As in the tutorial: a number of batches, wherever the epoch is then."""
    model = tiny.model()
    model.fit(DATA, steps=7, batch_size=32, verbose=0)
    assert model.state.now.step == 7
    assert model.history is not None
    assert len(model.history.epoch) == 1


def test_steps_per_epoch_makes_shorter_epochs() -> None:
    """The order runs on through them."""
    model = fitted(epochs=2, steps_per_epoch=7, batch_size=16)
    assert model.weights_sha256 == fitted(steps=14, batch_size=16).weights_sha256
    assert model.history is not None
    assert model.history.epoch == [0, 1]


def test_initial_epoch_counts_on() -> None:
    """Epochs is the number of the last epoch, as in Keras."""
    model = fitted(epochs=5, initial_epoch=3)
    assert model.history is not None
    assert model.history.epoch == [3, 4]


def test_a_schedule_without_length_spans_the_fit() -> None:
    """From its first rate to its last, in this training, also when it is the second one."""
    model = tiny.model(Adam(OneCycle(0.01)))
    for _ in range(2):
        model.fit(DATA, epochs=2, verbose=0)
        assert model.history is not None
        rates = [event.learning_rate for event in model.history.steps]
        assert rates[0] == pytest.approx(0.01 / 25)
        assert max(rates) == pytest.approx(0.01, rel=0.2)
        assert rates[-1] < 1e-6


def test_the_moving_average_is_its_definition() -> None:
    """Every 8 updates, with TensorFlow's warm-up; it is what the model ends with."""
    weights = []

    class Watch(Callback):
        def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
            del batch, logs
            weights.append(self.session.state.now.parameters.copy())

    model = tiny.model()
    model.build((8, 8, 1))
    average = model.parameters.astype(np.float64)
    model.fit(DATA, epochs=3, batch_size=16, ema=0.99, callbacks=Watch(), verbose=0)
    for step in range(8, len(weights) + 1, 8):
        stays = min(0.99, (1 + step) / (10 + step)) ** 8
        average += (1 - stays) * (weights[step - 1] - average)
    np.testing.assert_allclose(model.parameters, average, atol=1e-6)
    assert model.weights_sha256 == fitted(epochs=3, batch_size=16, ema=0.99).weights_sha256


@pytest.mark.parametrize("verbose", [0, 1])
def test_it_prints_only_when_asked(verbose: int, capsys: pytest.CaptureFixture[str]) -> None:
    """One line an epoch, or nothing."""
    tiny.model().fit(DATA, epochs=2, validation_data=TEST, verbose=verbose)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 * verbose
    if verbose:
        assert lines[1].startswith("Epoch 2/2: loss ")


def test_divergence_is_said_and_the_last_good_weights_are_kept() -> None:
    """An absurd rate: the error names the update; the model still predicts numbers."""
    model = tiny.model(SGD(1e30))
    events: list[Event] = []
    with pytest.raises(DivergedError, match=r"not a number.*learning rate below"):
        events.extend(train(model, DATA, epochs=3, batch_size=16))
    assert isinstance(events[-1], Stopped)
    assert "diverged" in events[-1].reason
    assert np.isfinite(model.parameters).all()
    assert np.isfinite(model.evaluate(DATA).loss)


def test_a_loss_that_explodes_stops_training_though_it_is_still_a_number() -> None:
    """A network whose loss grew a thousandfold is not trained on until it is dead."""
    model = tiny.model(SGD(1e4))
    with pytest.raises(DivergedError, match=r"more than 1,000 times the first"):
        model.fit(DATA, epochs=3, batch_size=16, verbose=0)
    assert model.evaluate(DATA).loss < 1000


def test_weights_before_divergence_are_the_last_that_had_a_finite_loss() -> None:
    """A rate that explodes at the tenth update leaves at least the first nine's learning."""
    from spritenet.schedules import PiecewiseConstantDecay

    model = tiny.model(SGD(PiecewiseConstantDecay([9], [0.05, 1e35])))
    with pytest.raises(DivergedError):
        model.fit(DATA, epochs=5, batch_size=16, verbose=0)
    assert model.state.now.step <= 10
    assert np.isfinite(model.evaluate(DATA).loss)
    assert model.history is not None
    assert isinstance(model.history.end, Stopped)


@pytest.mark.parametrize(
    ("x", "y", "how", "words"),
    [
        (DATA, DATA.labels, {}, "labels already"),
        (DATA.images, None, {}, "missing labels"),
        (DATA.images, DATA.labels[:-1], {}, "don't fit the images"),
        (DATA.images, DATA.labels + 1, {}, "not among the network's outputs"),
        (DATA.images, DATA.labels - 1, {}, "not among the network's outputs"),
        (DATA.images, np.eye(5)[DATA.labels], {}, "don't fit the network's outputs"),
        (DATA.images, DATA.labels + 0.5, {}, "not a whole number"),
        (DATA.images, np.full((203, 4), np.nan), {}, "not a finite number"),
        (DATA.images[:0], DATA.labels[:0], {}, "no images"),
        (DATA, None, {"epochs": 0}, "epochs"),
        (DATA, None, {"steps": 0}, "steps"),
        (DATA, None, {"batch_size": 0}, "batch_size"),
        (DATA, None, {"epochs": 2, "initial_epoch": 2}, "nothing to train"),
        (DATA, None, {"validation_split": 1.0}, "validation_split"),
        (
            DATA.images,
            DATA.labels,
            {"validation_split": 0.999},
            "the training or validation set would be empty",
        ),
        (DATA, None, {"test_every": 5}, "validation_data"),
        (DATA, None, {"ema": 1.0}, "ema"),
        (DATA, None, {"sample_weight": np.ones(5)}, "don't fit the images"),
        (DATA, None, {"sample_weight": -np.ones(203)}, "finite number ≥ 0"),
        (DATA, None, {"class_weight": {1: np.inf}}, "finite number ≥ 0"),
        (DATA, None, {"callbacks": [3]}, "not a callback"),
        (DATA, None, {"validation_data": tiny.images(9)[:0]}, "no images"),
    ],
)
def test_wrong_arguments_are_refused_before_training(
    x: object, y: object, how: dict[str, Any], words: str
) -> None:
    """With one line, and the weights untouched."""
    model = tiny.model()
    with pytest.raises(InputError, match=words) as caught:
        train(model, x, y, **how)  # type: ignore[arg-type]  # that is the point
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, DataError | ModelError)


def test_sparse_crossentropy_wants_indices() -> None:
    """As in Keras; the message says what to use instead."""
    model = tiny.model()
    model.compile("adam", "sparse_categorical_crossentropy")
    with pytest.raises(DataError, match="categorical_crossentropy"):
        model.fit(DATA.images, np.eye(4)[DATA.labels])


def test_images_of_another_size_are_refused_once_it_is_built() -> None:
    """Training, evaluating and predicting alike."""
    model = fitted()
    with pytest.raises(ModelError, match="built for other images"):
        model.fit(np.zeros((5, 9, 9, 1), np.uint8), np.zeros(5, int))
    with pytest.raises(DataError, match="don't fit the network"):
        model.evaluate(np.zeros((5, 9, 9, 1), np.uint8), np.zeros(5, int))
