"""Data of other libraries trains as the same arrays do, bit for bit, or is refused in one line.

PyTorch is used for real. Of pandas, Polars, Hugging Face, TensorFlow and Keras there are small
stand-ins that can what theirs can; the same was tried with those libraries themselves.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import spritenet as sn
import tiny
from spritenet.errors import DataError, DataWarning
from spritenet.model import collection_reader, image_collector

DATA = tiny.images()
X, Y = DATA.images, DATA.labels
Pixels = NDArray[Any]


@pytest.fixture(scope="module", name="expected")
def _expected() -> str:
    return tiny.weights_after(X, Y)


class Sequence:
    """Batches by their number, as Keras's PyDataset."""

    def __len__(self) -> int:
        return 7

    def __getitem__(self, which: int) -> tuple[Pixels, Pixels]:
        return X[32 * which : 32 * which + 32], Y[32 * which : 32 * which + 32]


class ClassLabel:
    """The feature of a column of classes, as Hugging Face's."""

    names = DATA.class_names


class Rows:
    """A table of records with features, as Hugging Face's Dataset."""

    def __init__(self, image: str = "image", label: str = "label") -> None:
        self.image, self.label = image, label
        self.features = {image: object(), label: ClassLabel(), "id": object()}

    def __len__(self) -> int:
        return len(X)

    def __getitem__(self, which: int) -> dict[str, object]:
        image = Image.fromarray(X[which, ..., 0])
        return {"id": which, self.image: image, self.label: int(Y[which])}


class Frame:
    """A table of columns, as pandas' DataFrame: what matters of it."""

    iloc = None

    def __init__(self, columns: dict[object, Pixels]) -> None:
        self._columns = columns

    @property
    def columns(self) -> list[object]:
        """Their names."""
        return [*self._columns]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(X), len(self._columns)

    def to_numpy(self) -> Pixels:
        """Everything as one array."""
        return np.stack([*self._columns.values()], axis=1)

    def drop(self, columns: list[object]) -> Frame:
        """Without some columns."""
        return Frame({k: v for k, v in self._columns.items() if k not in columns})

    def __getitem__(self, name: object) -> Pixels:
        return self._columns[name]


class Dataset:
    """Batches that can be gone through again, as tf.data's; without an end if repeated."""

    def __init__(self, *, repeated: bool = False) -> None:
        self.repeated = repeated

    def cardinality(self) -> int:
        """The number of batches; -1 without an end."""
        return -1 if self.repeated else 7

    def __iter__(self) -> Iterator[tuple[Pixels, Pixels]]:
        return batches()


def batches(size: int = 32) -> Iterator[tuple[Pixels, Pixels]]:
    """All images once."""
    for first in range(0, len(X), size):
        yield X[first : first + size], Y[first : first + size]


FRAME = Frame({f"pixel{k}": X.reshape(len(X), -1)[:, k] for k in range(64)})

FORMS: dict[str, Any] = {
    "items": lambda: (tiny.MapStyle(), None),
    "floats": lambda: (tiny.MapStyle(X / 255, Y), None),
    "one-hot": lambda: (tiny.MapStyle(X, np.eye(4)[Y]), None),
    "names": lambda: (tiny.MapStyle(X, [DATA.class_names[k] for k in Y]), None),
    "images alone": lambda: ([*X], Y),
    "PIL items": lambda: (tiny.MapStyle([Image.fromarray(x[..., 0]) for x in X]), None),
    "PIL list": lambda: ([Image.fromarray(x[..., 0]) for x in X], Y),
    "nested lists": lambda: (X.tolist(), Y.tolist()),
    "pair": lambda: ([X, Y], None),
    "batches by number": lambda: (Sequence(), None),
    "generator": lambda: (batches(), None),
    "generator of floats": lambda: (((x / np.float32(255), y) for x, y in batches()), None),
    "generator of whole floats": lambda: (((x.astype(float), y) for x, y in batches()), None),
    "generator of lists": lambda: (([x, y] for x, y in batches()), None),
    "generator of items": lambda: (zip(X, Y, strict=True), None),
    "generator of dicts": lambda: (({"image": x, "label": y} for x, y in batches()), None),
    "rows": lambda: (Rows(), None),
    "rows of other names": lambda: (Rows("picture", "digit"), None),
    "splits of rows": lambda: ({"train": Rows(), "test": Rows()}, None),
    "columns": lambda: ({"pixels": X, "label": Y}, None),
    "frame": lambda: (FRAME, Y),
    "frame with labels": lambda: (Frame({"Label": Y, **FRAME._columns}), None),
    "iterable": lambda: (Dataset(), None),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_the_same_data(form: str, expected: str) -> None:
    """Trained on, the weights are those of the arrays."""
    assert tiny.weights_after(*FORMS[form]()) == expected


def test_a_generator_may_fill_one_array_again(expected: str) -> None:
    """A batch is copied before the next one is read."""

    def again() -> Iterator[tuple[Pixels, Pixels]]:
        held = np.empty((32, 8, 8, 1), np.uint8)
        for images, labels in batches():
            held[: len(images)] = images
            yield held[: len(images)], labels.copy()

    assert tiny.weights_after(again()) == expected


def test_weights_of_a_collection_are_used() -> None:
    """(images, labels, weights), as Keras has it."""
    weights = np.where(Y == 1, 3.0, 1.0)
    three = ((X[k : k + 32], Y[k : k + 32], weights[k : k + 32]) for k in range(0, 203, 32))
    assert tiny.weights_after(three) == tiny.weights_after(X, Y, sample_weight=weights)


def test_validation_evaluation_and_prediction_take_them_too() -> None:
    """With a list of two as validation data."""
    model = tiny.model()
    history = model.fit(X, Y, validation_data=[X, Y], verbose=0)
    assert history.history["val_accuracy"][-1] == model.evaluate(X, Y).accuracy
    for x in (tiny.MapStyle(), Sequence(), batches(), Rows()):
        assert model.evaluate(x) == model.evaluate(X, Y)
    forms: list[object] = [tiny.MapStyle(), Sequence(), batches(), Rows(), FRAME, X.tolist()]
    for form in forms:
        assert np.array_equal(model.predict(form), model.predict(X))
    rows = model.fit(Rows(), validation_data=Rows(), verbose=0)
    assert "val_loss" in rows.history
    assert model.class_names == DATA.class_names


def test_a_part_of_each_class_of_a_collection_is_kept_apart() -> None:
    """Collections often lie by class; `validation_split` minds it, as of a Split."""
    order = np.argsort(Y, kind="stable")
    items = tiny.MapStyle(X[order], Y[order])
    assert tiny.weights_after(items, validation_split=0.3) == tiny.weights_after(
        DATA[order], validation_split=0.3
    )


class Endless(tiny.MapStyle):
    """Says that it has many images, and never ends."""

    def __len__(self) -> int:
        return 10**9

    def __getitem__(self, which: int) -> tuple[Pixels, int]:
        self.asked = which
        return np.zeros((100, 100), np.uint8), 0


def test_what_is_too_large_is_refused_after_one_item() -> None:
    """Its length is known, so nothing more is read, and memory stays as it is."""
    endless = Endless()
    with pytest.raises(DataError, match=r"too many.*2 GiB.*sn\.pack"):
        tiny.weights_after(endless)
    assert endless.asked <= collection_reader.READ_TWICE


def test_a_generator_without_an_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """At a bound of memory, with the argument that decides."""
    monkeypatch.setattr(image_collector, "MOST_BYTES", 100_000)
    with pytest.raises(DataError, match=r"too many images to read into memory.*steps_per_epoch"):
        tiny.weights_after(itertools.cycle([(X, Y)]))
    with pytest.raises(DataError, match=r"no end.*steps_per_epoch"):
        tiny.weights_after(Dataset(repeated=True))


class Broken(tiny.MapStyle):
    """Fails at its tenth item."""

    def __getitem__(self, which: object) -> tuple[object, object]:
        if which == 10:
            raise RuntimeError("the disk is on holiday\nline 2")
        return super().__getitem__(which)


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (Broken(), None, "Broken: item 10 can't be read: got RuntimeError: the disk is on holiday"),
        (tiny.MapStyle(), Y, "labels already"),
        (iter([]), None, "no images"),
        (iter([(X, Y), (X[:, :7], Y)]), None, "different sizes.*7×8×1"),
        (iter([(X, Y[:9])]), None, "labels don't fit the images"),
        (iter([(X, Y), (X, None)]), None, "some images have no labels"),
        (iter([(X, Y, Y, Y)]), None, r"expected \(image, label\)"),
        (iter([(np.zeros(5), 1)]), None, "rows of 5 numbers aren't square images"),
        (iter([(np.zeros((1, 2, 3, 4, 5)), 1)]), None, "not images"),
        (Frame(dict.fromkeys(range(65), X[:, 0, 0, 0])), Y, "rows of 65 numbers"),
        ({"left": X, "right": X, "label": Y}, None, "which column holds the images"),
        ("mnist", None, r"sn\.load\('mnist'\)"),
        (batches, None, r"Call it: batches\(\)"),
        (iter([(X / 100, Y)]), None, "invalid pixel"),
    ],
    ids=range(14),
)
def test_others_are_refused(x: object, y: object, words: str) -> None:
    """In one line that says what is wrong with which item."""
    with pytest.raises(DataError, match=words) as caught:
        tiny.weights_after(x, y)
    assert "\n" not in str(caught.value)


def test_two_columns_of_classes_need_a_name() -> None:
    """As CIFAR-100's fine and coarse labels."""

    class Two(Rows):
        def __getitem__(self, which: int) -> dict[str, object]:
            return {**super().__getitem__(which), "coarse": 0}

    two = Two("img", "fine")
    two.features["coarse"] = ClassLabel()
    with pytest.raises(DataError, match=r"several columns may be the label.*fine, coarse.*rename"):
        tiny.weights_after(two)


def test_random_transformations_are_warned_of() -> None:
    """They are frozen by reading once; the way to read anew is named."""
    random = np.random.default_rng(0)

    class Augmented(tiny.MapStyle):
        def __getitem__(self, which: object) -> tuple[object, object]:
            image, label = super().__getitem__(which)
            return np.roll(np.asarray(image), random.integers(8), axis=1), label

    with pytest.warns(DataWarning, match="others each time.*steps_per_epoch"):
        tiny.weights_after(Augmented())


class TestTorch:
    """PyTorch's tensors, data sets and loaders."""

    @pytest.fixture(autouse=True)
    def _torch(self) -> None:
        torch = pytest.importorskip("torch")
        self.torch = torch
        self.x = torch.from_numpy(X.copy()).permute(0, 3, 1, 2).float() / 255  # as ToTensor
        self.y = torch.from_numpy(Y.copy()).long()
        self.data = torch.utils.data

    def test_tensors_and_data_sets_are_the_same_data(self, expected: str) -> None:
        """Grey ones need no word: channels first or last is the same."""
        pairs = self.data.TensorDataset(self.x, self.y)
        loader = self.data.DataLoader(pairs, batch_size=32)
        shuffled = self.data.DataLoader(pairs, batch_size=32, shuffle=True)
        own = self.data.DataLoader(pairs, batch_size=32, collate_fn=self._collate)
        for x in (pairs, loader, shuffled, own, self.data.Subset(pairs, range(203))):
            assert tiny.weights_after(x) == expected
        assert tiny.weights_after(self.x, self.y) == expected
        assert tiny.weights_after(self.x.clone().requires_grad_(), self.y) == expected
        assert tiny.weights_after(self.x[:, 0], self.y) == expected

    def _collate(self, items: list[tuple[Any, Any]]) -> tuple[Any, Any]:
        """A batch, as a function of the user's own."""
        images, labels = zip(*items, strict=True)
        return self.torch.stack(images), self.torch.stack(labels)

    def test_the_batch_size_is_the_loaders(self) -> None:
        """Unless another is given."""
        loader = self.data.DataLoader(self.data.TensorDataset(self.x, self.y), batch_size=16)
        assert tiny.weights_after(loader) == tiny.weights_after(X, Y, batch_size=16)
        assert tiny.weights_after(loader, batch_size=8) == tiny.weights_after(X, Y, batch_size=8)

    def test_colours_are_turned_and_said(self) -> None:
        """Channels first is what PyTorch has: everywhere, in words."""
        colour = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 3), np.uint8)
        tensor = self.torch.from_numpy(colour).permute(0, 3, 1, 2).contiguous()
        labels = self.y[:40]
        expected = tiny.weights_after(colour, Y[:40])
        said = pytest.warns(DataWarning, match="3×8×8 have their channels first.*8×8×3")
        for x, y in (
            (tensor, labels),
            (self.data.TensorDataset(tensor, labels), None),
            (self.data.DataLoader(self.data.TensorDataset(tensor, labels), batch_size=32), None),
        ):
            with said:
                assert tiny.weights_after(x, y) == expected
        model = tiny.model()
        model.fit(colour, Y[:40], verbose=0)
        with said:
            assert np.array_equal(model.predict(tensor), model.predict(colour))
        with said:
            assert np.array_equal(model.predict(tensor[0]), model.predict(colour[0]))
        with said:
            assert model.evaluate(tensor, labels) == model.evaluate(colour, Y[:40])

    def test_normalised_images_name_the_range(self) -> None:
        """Normalize(.5, .5) makes no pixels."""
        with pytest.raises(DataError, match=r"invalid pixel.*range"):
            tiny.weights_after(self.data.TensorDataset(self.x * 2 - 1, self.y))


def test_classes_known_to_the_data_set_name_the_outputs() -> None:
    """Torchvision's `classes`, also through a Subset's and a DataLoader's `dataset`."""
    items = tiny.MapStyle()
    items.classes = ["a", "b", "c", "d"]  # type: ignore[attr-defined]  # as torchvision sets it
    outer = tiny.MapStyle()
    outer.dataset = items  # type: ignore[attr-defined]  # as Subset keeps it
    for x in (items, outer):
        model = sn.Sequential([sn.layers.Flatten(), sn.layers.Dense(4, activation="softmax")])
        model.compile("adam", "categorical_crossentropy")
        model.fit(x, class_weight={"d": 2.0}, verbose=0)
        assert model.class_names == ("a", "b", "c", "d")
