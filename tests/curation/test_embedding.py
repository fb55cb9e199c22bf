"""embed and suggest: maps, neighbours, and the images to label next."""

from __future__ import annotations

import builtins
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import spritenet as sn
from spritenet.curation import outliers
from spritenet.errors import DataError, InputError, ModelError, SpritenetError
from spritenet.web.curation import map_page


@pytest.fixture(scope="module")
def model() -> sn.Model:
    """A network that knows digits a little."""
    data = sn.load("strokes")
    made = sn.networks.tutorial(data.train)
    made.fit(data.train[:3000], epochs=5, batch_size=64, verbose=0)
    return made


def test_nearest_is_that_of_all_distances() -> None:
    """Against the whole matrix in double precision."""
    points = np.random.default_rng(0).normal(size=(300, 7)).astype(np.float32)
    indices, distances = outliers.nearest(points, points[:50], 5)
    whole = np.linalg.norm(points[:50, None].astype(float) - points[None], axis=2)
    order = np.argsort(whole, axis=1, kind="stable")[:, :5]
    assert np.array_equal(indices, order)
    assert np.allclose(distances, np.take_along_axis(whole, order, axis=1), atol=2e-3)


def test_the_map_is_that_of_principal_components(model: sn.Model) -> None:
    """NumPy's singular values give the same axes."""
    split = sn.load("strokes").train[:200]
    made = sn.embed(split, model)
    rows = made.features.astype(float) - made.features.mean(axis=0)
    directions = np.linalg.svd(rows, full_matrices=False)[2][:2]
    expected = rows @ directions.T
    for axis in range(2):
        wanted, got = expected[:, axis], made.points[:, axis].astype(float)
        assert abs(np.corrcoef(wanted, got)[0, 1]) > 0.9999
    assert made.points.min() == 0
    assert made.points.max() == 1


def test_neighbours_of_a_trained_network_share_the_class(model: sn.Model) -> None:
    """Most of them, and never the image itself."""
    split = sn.load("strokes").train[:500]
    made = sn.embed(split, model)
    same = []
    for index in range(50):
        near = made.neighbours(index, 5)
        assert index not in near
        same.append(np.mean(split.labels[near] == split.labels[index]))
    assert np.mean(same) > 0.7
    with pytest.raises(InputError, match="unknown image"):
        made.neighbours(500)


def test_of_many_images_a_sample_is_mapped(model: sn.Model) -> None:
    """The same for a seed."""
    split = sn.load("strokes").train[:500]
    first, again = (sn.embed(split, model, most=100, seed=2) for _ in range(2))
    assert len(first.split) == 100
    assert np.array_equal(first.points, again.points)


def test_tsne_places_classes_apart(model: sn.Model) -> None:
    """The nearest image on the map mostly has the same label."""
    pytest.importorskip("sklearn")
    split = sn.load("strokes").train[:150]
    made = sn.embed(split, model, method="tsne")
    near, _ = outliers.nearest(made.points, made.points, 2)
    assert np.mean(split.labels[near[:, 1]] == split.labels) > 0.6


def test_a_missing_library_is_named(model: sn.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command to type."""
    original = builtins.__import__

    def without(name: str, *rest: object) -> object:
        if name.startswith(("sklearn", "umap")):
            raise ImportError(name)
        return original(name, *rest)  # type: ignore[arg-type]  # handed on

    for name in [name for name in sys.modules if name.startswith(("sklearn.manifold", "umap"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr("spritenet.curation.embedding.import_module", without)
    split = sn.load("strokes").train[:20]
    for method, package in (("tsne", "scikit-learn"), ("umap", "umap-learn")):
        with pytest.raises(SpritenetError, match=f"pip install {package}"):
            sn.embed(split, model, method=method)  # type: ignore[arg-type]  # a plain text


def test_wrong_arguments_of_embed_are_refused(model: sn.Model) -> None:
    """Before anything is trained."""
    split = sn.load("strokes").train[:20]
    with pytest.raises(InputError, match="unknown method"):
        sn.embed(split, model, method="som")  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(DataError, match="too few"):
        sn.embed(split[:1], model)


def test_suggestions_are_uncertain_and_unlike_each_other(model: sn.Model) -> None:
    """More uncertain than the average, and no image twice; ten copies of one count once."""
    images = sn.load("strokes").train.images[3000:3400].copy()
    first = sn.suggest(model, images, 1).indices[0]
    images[:10] = images[first]
    found = sn.suggest(model, images, 20)
    assert len(set(found.indices.tolist())) == 20
    rows = np.sort(model.predict(images), axis=1)
    uncertainty = 1 - (rows[:, -1] - rows[:, -2])
    assert found.uncertainty.mean() > 1.5 * uncertainty.mean()
    assert len({images[i].tobytes() for i in found.indices.tolist()}) == 20
    assert np.array_equal(found.likely, model.predict(images)[found.indices].argmax(axis=1))


def test_suggest_refuses_what_has_no_uncertainty(model: sn.Model) -> None:
    """A count below one, and a network with one output."""
    images = sn.load("strokes").train.images[:5]
    with pytest.raises(InputError, match="count"):
        sn.suggest(model, images, 0)
    one = sn.Sequential([sn.Flatten(), sn.Dense(1)])
    one.compile("sgd", "mse")
    one.fit(images, np.zeros((5, 1), np.float32), verbose=0)
    with pytest.raises(ModelError, match="one of several classes"):
        sn.suggest(one, images)


def test_the_commands_write_a_map_and_a_choice(model: sn.Model, tmp_path: Path) -> None:
    """`spritenet embed` and `spritenet suggest`, as typed."""
    from PIL import Image

    split = sn.load("strokes").train[:120]
    model.save(tmp_path / "model")
    sn.pack(split, tmp_path / "some.png")
    (tmp_path / "new").mkdir()
    for number, image in enumerate(split.images[:12]):
        Image.fromarray(image[:, :, 0]).save(tmp_path / "new" / f"{number}.png")
    for words in (
        ("embed", "some.png", "map.html", "--model", "model"),
        ("suggest", "model", "new", "--count", "5", "--csv", "next.csv"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "spritenet", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "map.html").stat().st_size > 10_000
    assert len((tmp_path / "next.csv").read_text().splitlines()) == 6


def test_the_map_escapes_names(model: sn.Model) -> None:
    """The data set's name is a person's text."""
    made = sn.embed(sn.load("strokes").train[:30], model)
    assert "<img src=x" not in map_page(made, "<img src=x>")


def test_a_network_without_weights_is_named() -> None:
    """Before the size of its images, which it doesn't know yet."""
    split = sn.load("strokes").train[:30]
    with pytest.raises(ModelError, match="tutorial: it has no weights yet"):
        sn.embed(split, sn.networks.tutorial(split))
