"""The page: one file, escaped, with every image where its window looks."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from copy import copy
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

import tiny
from spritenet.augmentation import augmented, find_steps
from spritenet.dataset import Dataset, Split
from spritenet.errors import DataError, ModelError
from spritenet.layers import Dense, Flatten
from spritenet.model import Sequential
from spritenet.report import Report, make_report
from spritenet.web.report import page
from spritenet.web.report.augmentation import augmentation
from spritenet.web.report.sheet import COLUMNS, Sheet

STEPS = find_steps("rotation=20,mixup=0.2")
VOID = {"meta", "br", "img", "input"}


class Tags(HTMLParser):
    """Every tag with its attributes; complains of tags that don't match."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember it."""
        self.found.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """SVG's own way."""
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        """It ends what was opened last."""
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


@pytest.fixture(scope="module")
def html(report: Report) -> str:
    """The page of the small report."""
    return page(report)


@pytest.fixture(scope="module")
def tags(html: str) -> Tags:
    """Its tags."""
    found = Tags()
    found.feed(html)
    return found


def test_it_is_well_formed(tags: Tags) -> None:
    """Every tag is closed, ids are there once, links of the page lead somewhere."""
    assert (tags.wrong, tags.open) == ([], [])
    ids = [attributes["id"] for _, attributes in tags.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {a["href"] for tag, a in tags.found if tag in {"a", "use"}}
    assert links <= {f"#{name}" for name in ids}


def test_it_asks_for_nothing(html: str, tags: Tags) -> None:
    """No address but data; a policy that allows only its own style and script, by their hashes."""
    for _, attributes in tags.found:
        for name in ("src", "href", "action", "data", "poster"):
            assert attributes.get(name, "#")[:5] in {"#", "data:"} or attributes[name][0] == "#"
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
    (policy,) = [a["content"] for t, a in tags.found if a.get("http-equiv")]
    assert policy.startswith("default-src 'none'; img-src data:;")
    style = html.partition("<style>")[2].partition("</style>")[0]
    script = html.rpartition("<script>")[2].partition("</script>")[0]
    for text in (style, script):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert "url(" not in style
    assert "@import" not in style


def test_names_are_escaped(html: str) -> None:
    """A class, a folder and a command may be called anything."""
    assert "top <left>" not in html.partition('id="cells"')[0]
    assert "top &lt;left&gt;" in html
    cells = html.partition('id="cells">')[2].partition("</script>")[0]
    assert "<" not in cells
    assert json.loads(cells)["names"]["0"] == "top <left>"


def test_it_says_the_figures(report: Report, html: str) -> None:
    """Accuracy, interval, errors; what flatters them; how to do it again."""
    found = report.predictions
    words = re.sub(r"<[^>]+>", " ", html)
    low, high = found.interval
    for share in (found.accuracy, low, high):
        assert f"{100 * share:.1f}" in words or f"{100 * share:.2f}" in words
    assert f"{int((~found.right).sum())}" in words
    assert "3 images of the evaluation are identical to training images" in words
    assert "spritenet report &#x27;a &lt;folder&gt;&#x27;" in html
    assert "a test&#x27;s machine" in html


def test_each_cell_has_its_images(report: Report, html: str) -> None:
    """The tile of each image of a mistaken cell is that image, pixel by pixel."""
    cells = json.loads(html.partition('id="cells">')[2].partition("</script>")[0])
    data = re.search(r'<image id="sheet"[^>]+base64,([^"]+)"', html)
    assert data is not None
    sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(data[1]))))
    width, height, columns = cells["tile"]
    found, seen = report.predictions, 0
    for key, images in cells["cells"].items():
        is_, taken = map(int, key.split(","))
        members = set(np.flatnonzero((found.labels == is_) & (found.predicted == taken)).tolist())
        assert cells["counts"][key] == len(members)
        for number, _, index in images:
            assert index in members
            x, y = number % columns * (width + 2) + 1, number // columns * (height + 2) + 1
            np.testing.assert_array_equal(
                sheet[y : y + height, x : x + width], found.images[index, :, :, 0]
            )
            seen += 1
    assert seen >= (~found.right).sum()


def test_a_sheet_frames_its_tiles_with_their_edges() -> None:
    """So that no neighbour shines in; the same image is there once; too large ones shrink."""
    random = np.random.default_rng(0)
    sheet = Sheet((6, 5, 3))
    images = random.integers(0, 256, (COLUMNS + 1, 6, 5, 3), np.uint8)
    assert [sheet.add(image) for image in images] == list(range(COLUMNS + 1))
    assert sheet.add(images[4]) == 4
    pixels = sheet._pixels()
    assert pixels.shape == (2 * 8, COLUMNS * 7, 3)
    np.testing.assert_array_equal(
        pixels[8:16, 0:7], np.pad(images[-1], ((1, 1), (1, 1), (0, 0)), "edge")
    )
    assert 'viewBox="1 9 5 6"' in sheet.show(COLUMNS, "x")
    large = Sheet((300, 200, 1))
    assert max(large.height, large.width) <= 64
    strange = Sheet((4, 4, 2))
    assert strange.channels == 1


def many_classes(
    classes: int, shape: tuple[int, int, int] = (8, 8, 3)
) -> tuple[Sequential, Dataset]:
    """An untrained network and images of that many classes, without a test split."""
    random = np.random.default_rng(0)
    labels = np.arange(classes * 2, dtype=np.int32) % classes
    images = random.integers(0, 256, (len(labels), *shape), np.uint8)
    names = tuple(f"class {i}" for i in range(classes))
    model = Sequential([Flatten(), Dense(classes, activation="softmax")])
    model.build(shape)
    return model, Dataset("many", {"train": Split(images, labels, names, "train")}, names)


@pytest.mark.parametrize("classes", [2, 300])
def test_it_works_for_any_number_of_classes(classes: int) -> None:
    """RGB images, no test split, no run: what is not known is left out, and it says so."""
    model, data = many_classes(classes)
    made = make_report(model, data, name="untrained")
    html = page(made)
    parsed = Tags()
    parsed.feed(html)
    assert (parsed.wrong, parsed.open) == ([], [])
    assert made.on_training_data
    assert "All metrics are too optimistic" in html
    assert 'id="curves"' not in html
    assert 'id="near-duplicates"' not in html
    if classes > 40:
        assert f"The 40 most confused of {classes} classes" in html
    rows = html.partition('class="classes"')[2].partition("</tbody>")[0].count("<th scope=row>")
    assert rows == classes


def test_the_sheet_stays_small_for_photographs() -> None:
    """Of 96×96 RGB there is room for a few hundred made smaller, and no more."""
    model, data = many_classes(120, (96, 96, 3))
    html = page(make_report(model, data, name="untrained"))
    assert len(html.encode()) < 3_000_000


def test_data_of_another_model_is_refused(report: Report) -> None:
    """Other classes, other sizes, no images."""
    model, data = many_classes(5)
    with pytest.raises(ModelError, match="outputs are not the data's classes"):
        make_report(report.model, data, name="x")
    small, _ = many_classes(5, (4, 4, 3))
    with pytest.raises(DataError, match="don't fit"):
        make_report(small, data, name="x")
    nothing = Dataset("none", {"test": data.train[:0]}, data.class_names)
    with pytest.raises(DataError, match="no images"):
        make_report(model, nothing, name="x")
    with pytest.raises(DataError, match="unknown split 'moon'"):
        make_report(model, data, name="x", split="moon")


def test_a_killed_training_is_said_to_be_one(report: Report) -> None:
    """Above everything else."""
    learning = replace(report.training, end=None)  # type: ignore[type-var]  # it is there
    assert "This is the last checkpoint" in page(replace(report, training=learning))


def test_a_calibrated_model_reports_its_rejections(data: Dataset) -> None:
    """The number of rejected images and the accuracy on the others are those of `classify`."""
    model = tiny.model()
    model.fit(data.train, validation_data=data.test, epochs=1, verbose=0)
    assert model.calibrated
    made = make_report(model, data, name="x")
    answers = model.classify(data.test)
    assert made.rejections is not None
    assert made.rejections.images == len(data.test)
    assert made.rejections.accepted == int(answers.sure.sum())
    right = (answers.label == data.test.labels) & answers.sure
    assert made.rejections.correct == int(right.sum())
    rejected = made.rejections.images - made.rejections.accepted
    assert f"rejects <b>{rejected:,}</b>" in page(made)


def test_a_network_without_mistakes_has_a_report() -> None:
    """And one that always says the same, of which several figures are divided by nothing."""
    data = tiny.images(40)
    names = data.class_names
    model = Sequential([Flatten(), Dense(4, activation="softmax")])
    model.build((8, 8, 1))
    kernel, bias = model.get_weights()
    model.set_weights([kernel * 0, bias + np.array([9, 0, 0, 0], np.float32)])
    only = data[np.flatnonzero(data.labels == 0)]
    perfect = make_report(
        model, Dataset("one", {"train": data, "test": only}, names), name="constant"
    )
    html = page(perfect)
    assert "There are no mistakes." in html
    assert "100 %" in html
    page(
        make_report(model, Dataset("all", {"train": data, "test": data[:]}, names), name="constant")
    )


def test_augmented_runs_show_examples(report: Report) -> None:
    """Originals beside what training saw of them, by the model's steps or the run's."""
    assert 'id="augmentation"' not in page(report)
    for config in (dict(report.config), {"plan": {"seed": 4}}):
        model = copy(report.model)
        recorded = {"augmentation": [step.to_json() for step in STEPS]}
        if "optimizer" in config:
            model.augmentation, recorded = STEPS, {}
        shown = page(replace(report, model=model, config={**config, **recorded}))
        part = shown[shown.index('<section class="panel" id="augmentation"') :]
        part = part[: part.index("</section>")]
        assert part.count("<svg") == 40
        assert part.count("original") == 4
        assert "RandomRotation: factor 0.05556" in part
        assert "before MixUp and CutMix" in part
        tags = Tags()
        tags.feed(shown)
        assert not tags.wrong
    sheet = Sheet(report.split.image_shape)
    augmentation(replace(report, model=model, config={**config, **recorded}), sheet)
    train = report.data.train
    places = np.array([np.flatnonzero(train.labels == label)[0] for label in range(4)])
    for epoch in range(9):
        for tile in augmented(train.images[places], STEPS, seed=4, epoch=epoch, identities=places):
            known = len(sheet)
            sheet.add(tile)
            assert len(sheet) == known
