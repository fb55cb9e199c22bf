"""A model that learnt digits isn't sure of what is none; every number has an outside oracle."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, logsumexp
from sklearn.neural_network import MLPClassifier

import spritenet as sn
import tiny
from drawings import canvas, moved, scribble, shape
from letters import LETTERS, LOOK_ALIKES, letter_paths
from spritenet import ood
from spritenet.metrics import calibration_error
from spritenet.ood.calibration import LEAST, REFUSED, conformal_threshold
from spritenet.ood.outliers import make_outliers
from spritenet.ood.temperature import COLDEST, HOTTEST, best_temperature, softened
from spritenet.prepare import Preparation, prepare
from spritenet.sources.strokes import pen_paths, strokes

RANDOM = np.random.default_rng(3)


@pytest.fixture(scope="session")
def reader() -> sn.Sequential:
    """The tutorial's network, calibrated after one epoch of drawn digits."""
    data = strokes(10_000, 2_000, seed=4)
    model = sn.networks.tutorial(data.train)
    model.compile(sn.Adam(sn.OneCycle(0.006)), "sparse_categorical_crossentropy")
    model.fit(data.train, batch_size=32, epochs=2, verbose=0)
    model.calibrate(data.test, data.train)
    return model


def drawn(paths: list[tuple[NDArray[np.float32], ...]]) -> NDArray[np.uint8]:
    """Drawings as the page prepares them."""
    return np.stack([prepare(canvas(moved(path)), Preparation()) for path in paths])


def refused(model: sn.Sequential, images: NDArray[np.uint8]) -> float:
    """The share it isn't sure of."""
    return float(1 - model.classify(images).sure.mean())


def test_it_is_sure_of_digits(reader: sn.Sequential) -> None:
    """Of the test images it refuses about as many as it may; of drawn ones not many more."""
    assert reader.rejection is not None
    assert reader.rejection.refused <= REFUSED
    other = strokes(1, 2_000, seed=5).test
    assert refused(reader, other.images) < 0.03
    digits = [path for digit in range(10) for path in pen_paths(digit, 6, seed=6)]
    assert refused(reader, drawn(digits)) < 0.1


def test_it_is_not_sure_of_anything_else(reader: sn.Sequential) -> None:
    """Empty, scribbled, lettered: none of these drawings was among what calibrating drew."""
    random = np.random.default_rng(1)
    assert refused(reader, np.zeros((1, 28, 28, 1), np.uint8)) == 1
    assert refused(reader, np.full((1, 28, 28, 1), 255, np.uint8)) == 1
    assert refused(reader, random.integers(0, 256, (50, 28, 28, 1), np.uint8)) > 0.9
    assert refused(reader, 255 - strokes(1, 200, seed=8).test.images) > 0.85
    assert refused(reader, drawn([scribble(random) for _ in range(60)])) > 0.75
    others = sorted(set(LETTERS) - LOOK_ALIKES)
    letters = [path for letter in others for path in letter_paths(letter, 3, seed=2)]
    assert refused(reader, drawn(letters)) > 0.7
    strange = [shape(name, random) for name in ("heart", "plus", "question") for _ in range(8)]
    strange += [path for letter in "AHeR" for path in letter_paths(letter, 8, seed=4)]
    assert refused(reader, drawn(strange)) > 0.45  # of 56 drawings


@pytest.mark.parametrize(
    ("size", "place", "pen", "slant"),
    [(0.6, 0.5, 18, 0.0), (0.35, 0.2, 14, 0.0), (0.16, 0.7, 7, 0.0), (0.6, 0.5, 34, 0.0),
     (0.6, 0.5, 5, 0.0), (0.6, 0.5, 18, 0.3), (0.6, 0.5, 18, -0.3)],
)  # fmt: skip
def test_digits_are_read_however_they_are_drawn(
    reader: sn.Sequential, size: float, place: float, pen: float, slant: float
) -> None:
    """In the middle, off-centre, small, thick, thin, slanted: see docs/explanation/ood.md."""
    digits = np.repeat(np.arange(10), 4)
    paths = [path for digit in range(10) for path in pen_paths(digit, 4, seed=9)]
    images = [
        prepare(
            canvas(moved(path, size=size, middle=(place, place), slant=slant), pen), Preparation()
        )
        for path in paths
    ]
    assert (reader.predict_classes(np.stack(images)) == digits).mean() > 0.85


def test_softmax_alone_would_have_been_sure(reader: sn.Sequential) -> None:
    """The largest probability, at the same share of refused digits, lets most letters through."""
    digits = strokes(1, 2_000, seed=5).test.images
    least = np.quantile(reader.classify(digits).probabilities.max(axis=1), REFUSED)
    letters = drawn([path for letter in "AEFHKMNRWX" for path in letter_paths(letter, 4)])
    weak = (reader.classify(letters).probabilities.max(axis=1) < least).mean()
    assert refused(reader, letters) > weak + 0.2


def test_a_model_saves_its_calibration(reader: sn.Sequential, tmp_path: Path) -> None:
    """Saved and loaded it says the same, and the entry is small."""
    images = strokes(1, 100, seed=7).test.images
    reader.save(tmp_path / "model")
    again = sn.load_model(tmp_path / "model").classify(images)
    now = reader.classify(images)
    assert (again.label == now.label).all()
    assert (again.score == now.score).all()
    assert (again.probabilities == now.probabilities).all()
    content = json.loads((tmp_path / "model" / "model.json").read_text())
    assert len(json.dumps(content["userDefinedMetadata"]["spritenet"]["rejection"])) < 56_000


def test_one_image_is_one_answer(reader: sn.Sequential) -> None:
    """Without the first dimension, and the same as in a batch; labels are those of `predict`."""
    images = strokes(1, 20, seed=7).test.images
    many, one = reader.classify(images), reader.classify(images[3])
    assert (one.label.shape, one.probabilities.shape, one.sure.shape) == ((), (10,), ())
    assert (one.label, one.sure) == (many.label[3], many.sure[3])
    assert one.score == pytest.approx(many.score[3], abs=1e-6)
    assert (many.label == reader.predict_classes(images)).all()


def test_an_uncalibrated_model_is_never_sure() -> None:
    """Nobody found out; and its probabilities are those of `predict`."""
    model, split = tiny.model(), tiny.images(50)
    model.fit(split, verbose=0)
    assert not model.calibrated
    answers = model.classify(split)
    assert not answers.sure.any()
    assert not answers.score.any()
    np.testing.assert_allclose(answers.probabilities, model.predict(split), atol=1e-6)


def test_new_weights_are_not_calibrated() -> None:
    """Training on, or setting weights, forgets what was found out of the old ones."""
    model, split, held = tiny.model(), tiny.images(300), tiny.images(LEAST, seed=1)
    known = []
    model.fit(split, validation_data=held, verbose=0)
    known.append(model.calibrated)
    model.fit(split, verbose=0)
    known.append(model.calibrated)
    model.fit(split, calibrate_on=held, verbose=0)
    known.append(model.calibrated)
    model.set_weights(model.get_weights())
    known.append(model.calibrated)
    assert known == [True, False, True, False]
    found = model.calibrate(held, split)
    assert model.rejection is found


def test_calibrating_twice_finds_the_same() -> None:
    """Everything random comes from the seed."""
    model, split, held = tiny.model(), tiny.images(300), tiny.images(150, seed=1)
    model.fit(split, verbose=0)
    first = ood.to_json(model.calibrate(held, split, seed=3))
    assert ood.to_json(model.calibrate(held, split, seed=3)) == first
    assert ood.to_json(model.calibrate(held, split, seed=3, most=len(split))) == first
    assert ood.to_json(model.calibrate(held, split, seed=3, most=len(split) // 2)) != first
    assert ood.to_json(model.calibrate(held, split, seed=4)) != first


def test_a_network_that_guesses_says_so_after_few_images() -> None:
    """It knows 160 images by heart, and 40 held out teach it that it knows nothing of others."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (200, 8, 8, 1), np.uint8)
    labels = random.integers(0, 2, 200).astype(np.int32)
    split = sn.Split(images, labels, ("circle", "square"))
    model = sn.Sequential([sn.Flatten(), sn.Dense(64, "relu"), sn.Dense(2, "softmax")])
    model.compile(sn.optimizers.Adam(0.01), "categorical_crossentropy", metrics=["accuracy"])
    model.fit(split[:160], validation_data=split[160:], epochs=100, verbose=0)
    assert model.evaluate(split[:160]).accuracy > 0.95
    others = random.integers(0, 256, (500, 8, 8, 1), np.uint8)
    assert np.median(model.predict(others).max(axis=1)) > 0.9
    assert model.calibrated
    assert np.median(model.classify(others).probabilities.max(axis=1)) < 0.6


def test_too_few_images_are_named() -> None:
    """`calibrate` says so; `fit` trains all the same."""
    model, split, few = tiny.model(), tiny.images(200), tiny.images(LEAST - 1, seed=1)
    model.fit(split, validation_data=few, verbose=0)
    assert not model.calibrated
    with pytest.raises(sn.DataError, match=f"at least {LEAST}"):
        model.calibrate(few, split)
    with pytest.raises(sn.ModelError, match="calibrate: invalid most: expected a whole number ≥ 1"):
        model.calibrate(few, split, most=0)


def test_a_network_without_classes_has_nothing_to_be_sure_of() -> None:
    """One output, or sigmoids: `classify` says so, and `fit` doesn't mind."""
    split = tiny.images(150)
    y = (split.labels % 2).astype(np.float32)
    model = sn.Sequential([sn.Flatten(), sn.Dense(1)])
    model.compile("adam", "mean_squared_error")
    model.fit(split.images, y, validation_data=(split.images, y), verbose=0)
    with pytest.raises(sn.ModelError, match="isn't a classifier"):
        model.classify(split.images)


def test_colours_and_other_sizes() -> None:
    """Strange pictures are made in the data's own colours and size."""
    random = np.random.default_rng(0)
    images = random.integers(0, 60, (300, 12, 10, 3), np.uint8)
    labels = random.integers(0, 2, 300).astype(np.int32)
    images[labels == 1, 3:9, 3:7] += np.array([150, 20, 90], np.uint8)
    model = sn.Sequential([sn.Flatten(), sn.Dense(16, "relu"), sn.Dense(2)])
    model.compile("adam", sn.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    model.fit(images[:200], labels[:200], epochs=5, verbose=0)
    model.calibrate((images[200:], labels[200:]), (images[:200], labels[:200]))
    made = make_outliers(images, 50, seed=0)
    assert made.shape == (50, 12, 10, 3)
    assert made.dtype == np.uint8
    assert refused(model, 255 - images[200:]) > 0.9


@given(st.integers(0, 2**32 - 1), st.floats(0.1, 8), st.integers(2, 12))
def test_the_temperature_is_the_best(seed: int, hidden: float, classes: int) -> None:
    """SciPy, minimising the same sum, finds the same."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 3, (200, classes))
    labels = (softened(logits, hidden).cumsum(axis=1) < random.random((200, 1))).sum(axis=1)
    labels = np.minimum(labels, classes - 1).astype(np.int32)
    smoothing = 1 / 202

    def cost(log_t: float) -> float:
        rows = log_softmax(logits / np.exp(log_t), axis=1)
        chosen = rows[np.arange(200), labels].mean()
        return float(-(1 - smoothing) * chosen - smoothing * rows.mean())

    bounds = (np.log(COLDEST), np.log(HOTTEST))
    best = minimize_scalar(cost, bounds=bounds, method="bounded", options={"xatol": 1e-9})
    assert cost(np.log(best_temperature(logits, labels))) <= best.fun + 1e-7


def test_probabilities_mean_what_they_say() -> None:
    """Overconfident logits are softened until confidence is accuracy."""
    random = np.random.default_rng(0)
    logits = random.normal(0, 2, (5_000, 5))
    labels = (softened(logits, 1).cumsum(axis=1) < random.random((5_000, 1))).sum(axis=1)
    labels = np.minimum(labels, 4).astype(np.int32)
    found = best_temperature(3 * logits, labels)
    assert found == pytest.approx(3, rel=0.1)
    assert calibration_error(labels, softened(3 * logits, 1)) > 0.1
    assert calibration_error(labels, softened(3 * logits, found)) < 0.02


def test_the_detector_computes_what_scikit_learn_does(reader: sn.Sequential) -> None:
    """Its weights, put into scikit-learn's network, give its outlier scores."""
    assert reader.rejection is not None
    detector = reader.rejection.detector
    random = np.random.default_rng(0)
    features = random.uniform(0, 3, (50, 256)).astype(np.float32)
    u = (features[:, detector.places] - detector.low) * detector.scale
    x = np.clip(u, 0, 1)
    outside = np.maximum(u - 1, 0).sum(axis=1) + np.maximum(-u, 0).sum(axis=1)
    other = MLPClassifier(hidden_layer_sizes=(detector.bias.size,), max_iter=1, random_state=0)
    classes = np.arange(detector.output_bias.size)
    with pytest.warns(Warning, match="Maximum iterations"):
        other.fit(random.normal(size=(classes.size, x.shape[1])), classes)
    other.coefs_ = [detector.kernel * detector.kernel_scale, detector.output_kernel]
    other.intercepts_ = [detector.bias, detector.output_bias]
    z = other.predict_log_proba(x)
    expected = z[:, -1] - logsumexp(z[:, :-1], axis=1) + outside
    np.testing.assert_allclose(detector.outlier_score(features), expected, atol=1e-3)


def test_the_image_detector_computes_what_pytorch_does(reader: sn.Sequential) -> None:
    """Its kernels, convolved in float64 by PyTorch, give its outlier scores; both are added."""
    rejection = reader.rejection
    assert rejection is not None
    detector = rejection.image_detector
    assert detector is not None
    torch = pytest.importorskip("torch")
    images = np.concatenate([strokes(1, 60, seed=9).test.images, drawn([shape("heart", RANDOM)])])
    kernels = [
        torch.from_numpy(kernel * scale.astype(np.float64))
        for kernel, scale in zip(detector.kernels, detector.scales, strict=True)
    ]
    biases = [torch.from_numpy(bias.astype(np.float64)) for bias in detector.biases]
    x = torch.from_numpy(images).permute(0, 3, 1, 2) / 255.0
    for kernel, bias, border, pool in zip(kernels, biases, (0, 1, 0), (2, 2, 1), strict=False):
        x = torch.conv2d(x.double(), kernel.permute(3, 2, 0, 1), bias, padding=border)
        x = torch.relu(torch.max_pool2d(x, pool))
    z = (x.permute(0, 2, 3, 1).flatten(1) @ kernels[3] + biases[3]).numpy()
    expected = z[:, -1] - logsumexp(z[:, :-1], axis=1)
    np.testing.assert_allclose(detector.outlier_score(images), expected, atol=1e-3)
    features = np.zeros((len(images), 4096), np.float32)
    both = rejection.outlier_score(features, images)
    alone = rejection.detector.outlier_score(features)
    np.testing.assert_allclose(both - alone, expected, atol=1e-3)


def test_images_of_other_sizes_have_the_detector_on_features_alone() -> None:
    """From 16 to 40 pixels a side, and 500 training images on, there are two."""
    cases = ((15, 500, False), (16, 500, True), (40, 500, True), (41, 500, False), (16, 499, False))
    for side, count, expected in cases:
        random = np.random.default_rng(side)
        images = random.integers(0, 256, (count + 30, side, 16, 1), np.uint8)
        split = sn.Split(images, np.arange(count + 30, dtype=np.int32) % 2, ("a", "b"))
        model = sn.Sequential([sn.Flatten(), sn.Dense(2, "softmax")])
        model.compile("adam", "sparse_categorical_crossentropy")
        model.fit(split[:30], epochs=1, verbose=0)
        found = model.calibrate(split[count:], split[:count])
        assert (found.image_detector is not None) == expected
        assert ood.from_json(ood.to_json(found), where="").image_detector is None or expected


def test_a_file_without_an_image_detector_is_read(reader: sn.Sequential) -> None:
    """As earlier versions wrote it; one for other images is refused."""
    assert reader.rejection is not None
    entry = ood.to_json(reader.rejection)
    entry["image_detector"]["classes"] = 9
    with pytest.raises(sn.ModelError, match=r"rejection\.image_detector\.classes.*10"):
        ood.from_json(entry, where="model.json")
    del entry["image_detector"]
    assert ood.from_json(entry, where="model.json").image_detector is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(data=st.data())
def test_whatever_a_file_says_is_read_or_refused(
    reader: sn.Sequential, data: st.DataObject
) -> None:
    """An entry with anything in the place of anything: a Rejection, or one ModelError."""
    assert reader.rejection is not None
    entry = ood.to_json(reader.rejection)
    inner = data.draw(st.sampled_from(["", "detector", "image_detector"]))
    part = entry[inner] if inner else entry
    key = data.draw(st.sampled_from(sorted(part)))
    text = part[key] if isinstance(part[key], str) else "AAAA"
    cut = data.draw(st.integers(0, len(text)))
    part[key] = data.draw(json_values | st.just(text[:cut]) | st.just(text[:cut] + "AAAA"))
    try:
        read = ood.from_json(json.loads(json.dumps(entry)), where="model.json")
    except sn.ModelError:
        return
    features, image = np.zeros((1, 4096 * 16), np.float32), np.zeros((1, 28, 28, 1), np.uint8)
    assert read.image_detector is None or read.image_detector.image == image.shape[1:]
    assert np.isfinite(read.outlier_score(features, image)).all()


def test_an_entry_comes_back_as_it_was(reader: sn.Sequential) -> None:
    """Written, read, written."""
    assert reader.rejection is not None
    entry = json.loads(json.dumps(ood.to_json(reader.rejection)))
    assert ood.to_json(ood.from_json(entry, where="model.json")) == entry


@pytest.mark.parametrize("count", [1, 20, 66, 67, 132, 133, 400, 1000])
def test_other_images_are_rejected_no_more_often_than_promised(count: int) -> None:
    """Each of n + 1 scores against the threshold of the n others: the fraction, exactly."""
    scores = np.random.default_rng(count).standard_cauchy(count + 1)
    rejected = sum(
        scores[i] >= conformal_threshold(np.delete(scores, i), REFUSED) for i in range(count + 1)
    )
    assert rejected == max(int(REFUSED * (count + 1)), 1)
