"""Parquet files as Hugging Face writes them."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spritenet as sn
from picture_folders import encoded, noise
from spritenet.errors import DataError
from spritenet.sources import survey
from spritenet.sprites.image_block import read_dataset

arrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

NAMES = ["cat", "dog", "owl"]
STRUCT = arrow.struct([("bytes", arrow.binary()), ("path", arrow.string())])


def pictures(count: int, seed: int) -> list[dict[str, Any] | None]:
    """Cells of an image column."""
    return [
        {"bytes": encoded(noise(seed=seed + number)), "path": f"{number}.png"}
        for number in range(count)
    ]


def write(
    path: Path,
    images: list[Any],
    labels: list[Any] | None = None,
    *,
    features: bool = True,
    image: str = "image",
    kind: Any = STRUCT,  # noqa: ANN401 - pyarrow has no types
) -> Path:
    """A parquet file with the metadata that the library `datasets` writes."""
    columns = {image: arrow.array(images, kind)}
    if labels is not None:
        columns["label"] = arrow.array(labels)
    table = arrow.table(columns)
    if features:
        known = {"label": {"names": NAMES, "_type": "ClassLabel"}, image: {"_type": "Image"}}
        text = json.dumps({"info": {"features": known}})
        table = table.replace_schema_metadata({"huggingface": text})
    path.parent.mkdir(exist_ok=True)
    parquet.write_table(table, path, row_group_size=4)
    return path


def test_a_folder_of_shards_is_a_data_set(tmp_path: Path) -> None:
    """Several files of a split, in their order; names of classes from the metadata."""
    folder = tmp_path / "data"
    write(folder / "train-00001-of-00002.parquet", pictures(5, 10), [0, 1, 0, 1, 2])
    write(folder / "train-00000-of-00002.parquet", pictures(6, 0), [2, 2, 1, 0, 0, 1])
    write(folder / "test-00000-of-00001.parquet", pictures(3, 20), [1, 1, 0])
    for path in (tmp_path, folder):
        data = sn.load(path)
        assert (list(data.splits), data.class_names) == (["train", "test"], tuple(NAMES))
        assert data.train.labels.tolist() == [2, 2, 1, 0, 0, 1, 0, 1, 0, 1, 2]
        seeds = [*range(6), *range(10, 15)]
        expected = np.stack([noise(seed=seed) for seed in seeds])
        assert np.array_equal(data.train.images[..., 0], expected)
        assert np.array_equal(data.test.images[2, ..., 0], noise(seed=22))


def test_one_file_and_other_columns(tmp_path: Path) -> None:
    """Plain bytes under another name; words as labels; no metadata."""
    cells = [cell["bytes"] for cell in pictures(4, 0) if cell]
    path = write(
        tmp_path / "a.parquet",
        cells,
        ["b", "a", "b10", "b9"],
        features=False,
        image="img",
        kind=arrow.binary(),
    )
    data = sn.load(path, size="8x8")
    assert (data.image_shape, data.class_names) == ((8, 8, 1), ("a", "b", "b9", "b10"))
    assert data.train.labels.tolist() == [1, 0, 3, 2]


def test_a_listing_travels_and_reads_in_any_order(tmp_path: Path) -> None:
    """To another process, from other row groups."""
    path = write(tmp_path / "a.parquet", pictures(10, 0), [0] * 10)
    listing = pickle.loads(pickle.dumps(survey(path)))
    found = listing.images.read(np.array([9, 0, 5])).images[..., 0]
    assert np.array_equal(found, np.stack([noise(seed=seed) for seed in (9, 0, 5)]))


def test_rows_without_pictures_are_left_out(tmp_path: Path) -> None:
    """Nothing, only a path, or bytes that are no picture: each named by its row."""
    cells = pictures(6, 0)
    cells[1] = None
    cells[3] = {"bytes": None, "path": "elsewhere.png"}
    cells[5] = {"bytes": b"text", "path": None}
    path = write(tmp_path / "a.parquet", cells, [0, 1, 0, 1, 0, 1])
    with pytest.warns(UserWarning, match=r"3 images can't be read .*row 1: .*row 3: .*row 5: "):
        data = sn.load(path)
    assert data.train.labels.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"labels": None}, r"missing label column: expected label, got image \(struct"),
        ({"labels": [0, None, 1]}, "missing label: got row 1"),
        ({"labels": [0, 3, 1]}, "the label of image 1 is out of range: expected 0 to 2, got 3"),
        ({"images": ["a", "b", "c"], "kind": arrow.string()}, "missing image column"),
    ],
)
def test_what_is_missing_is_said(tmp_path: Path, options: dict[str, Any], words: str) -> None:
    """With the columns that are there."""
    given = {"images": pictures(3, 0), "labels": [0, 1, 2], **options}
    path = write(tmp_path / "a.parquet", **given)
    with pytest.raises(DataError, match=words):
        sn.load(path)


def test_damage_is_one_line(tmp_path: Path) -> None:
    """Cut off anywhere, or with a wrong byte anywhere: an error, a warning, or the right pixels."""
    path = write(tmp_path / "a.parquet", pictures(6, 0), [0, 1, 2, 0, 1, 2])
    whole = path.read_bytes()
    right = sn.load(path)
    for place in range(0, len(whole), 61):
        for data in (
            whole[:place],
            whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :],
        ):
            path.write_bytes(data)
            try:
                found = read_dataset(survey(path))
            except DataError:
                continue
            if len(found.train) == len(right.train) and found.image_shape == right.image_shape:
                assert len(found.train.images) == 6


def test_without_pyarrow_the_command_to_type_is_named(tmp_path: Path) -> None:
    """Nothing else needs it."""
    path = write(tmp_path / "a.parquet", pictures(3, 0), [0, 1, 2])
    script = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "import spritenet as sn\n"
        f"try: sn.load({str(path)!r})\n"
        "except sn.MissingExtraError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert 'pip install "spritenet[parquet]"' in done.stdout


PIXELS = np.random.default_rng(3).integers(0, 256, (20, 16)).astype(np.uint8)
LABELS = np.arange(20) % 4


def numbers(path: Path, columns: dict[str, Any]) -> Path:
    """A parquet file of these columns."""
    parquet.write_table(arrow.table(columns), path, row_group_size=6)
    return path


@pytest.mark.parametrize("kind", [arrow.int64(), arrow.uint8(), arrow.float64()])
@pytest.mark.parametrize("label", ["y", "class"])
def test_a_column_for_each_pixel(tmp_path: Path, kind: Any, label: str) -> None:  # noqa: ANN401 - pyarrow has no types
    """y, x0, x1, …, as OpenML has them; read in any order, and after a journey."""
    columns = {f"x{place}": arrow.array(PIXELS[:, place], kind) for place in range(16)}
    path = numbers(tmp_path / "a.parquet", {label: LABELS, **columns})
    data = sn.load(path)
    assert np.array_equal(data.train.images.reshape(20, 16), PIXELS)
    assert (data.train.labels.tolist(), data.class_names) == (LABELS.tolist(), tuple("0123"))
    listing = pickle.loads(pickle.dumps(survey(path)))
    places = np.array([19, 0, 7, 7])
    assert np.array_equal(listing.images.read(places).images.reshape(4, 16), PIXELS[places])


@pytest.mark.parametrize(
    "kind",
    [
        arrow.list_(arrow.uint8()),
        arrow.list_(arrow.float64()),
        arrow.large_list(arrow.int32()),
        arrow.list_(arrow.uint8(), 16),
        arrow.list_(arrow.list_(arrow.uint8())),
    ],
)
def test_a_column_of_lists(tmp_path: Path, kind: Any) -> None:  # noqa: ANN401 - pyarrow has no types
    """All pixels of an image in a list, or in a list of rows; words as labels; splits by files."""
    nested = arrow.types.is_list(kind.value_type)
    rows = (PIXELS.reshape(20, 4, 4) if nested else PIXELS).tolist()
    words = [f"n{label}" for label in LABELS.tolist()]
    for split in ("train", "test"):
        numbers(
            tmp_path / f"{split}.parquet",
            {"label": words, "pixels": arrow.array(rows, kind)},
        )
    data = sn.load(tmp_path)
    assert np.array_equal(data.test.images.reshape(20, 16), PIXELS)
    assert data.class_names == ("n0", "n1", "n2", "n3")


def test_numbers_that_are_no_bytes(tmp_path: Path) -> None:
    """k/255, few levels, and a range that must be given."""
    for values in (PIXELS / 255, (PIXELS / 255).astype(np.float32)):
        path = numbers(tmp_path / "a.parquet", {"label": LABELS, "pixels": values.tolist()})
        assert np.array_equal(sn.load(path).train.images.reshape(20, 16), PIXELS)
    numbers(path, {"label": LABELS, "pixels": (PIXELS // 16).tolist()})
    with pytest.warns(sn.DataWarning, match="15 was taken as white"):
        assert np.array_equal(sn.load(path).train.images.reshape(20, 16), PIXELS // 16 * 17)
    numbers(path, {"label": LABELS, "pixels": (PIXELS / 127.5 - 1).tolist()})
    with pytest.raises(DataError, match=r"invalid pixel values.*range=\(-1, 1\)"):
        sn.load(path)
    assert np.array_equal(sn.load(path, range=(-1, 1)).train.images.reshape(20, 16), PIXELS)


def test_numbers_that_are_no_images_say_so(tmp_path: Path) -> None:
    """Rows of different lengths, missing pixels, no labels, no square."""
    rows = PIXELS.tolist()
    cases: list[tuple[dict[str, Any], str]] = [
        ({"label": LABELS, "p": [*rows[:5], rows[5][:9], *rows[6:]]}, "different numbers"),
        ({"label": LABELS, "p": [*rows[:5], None, *rows[6:]]}, "a pixel is missing"),
        ({"p": rows}, "missing label column"),
        (
            {"label": LABELS, "p": [row[:15] for row in rows]},
            "15 pixels, which is not a square number",
        ),
    ]
    for columns, words in cases:
        path = numbers(tmp_path / "a.parquet", columns)
        with pytest.raises(DataError, match=words):
            sn.load(path)


def test_damaged_numbers_are_one_line(tmp_path: Path) -> None:
    """Cut off anywhere, or with a wrong byte anywhere: an error, or images."""
    path = numbers(tmp_path / "a.parquet", {"label": LABELS, "pixels": PIXELS.tolist()})
    whole = path.read_bytes()
    for place in range(0, len(whole), 47):
        for data in (
            whole[:place],
            whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :],
        ):
            path.write_bytes(data)
            try:
                found = read_dataset(survey(path))
            except DataError:
                continue
            assert found.train.images.shape[0] == len(found.train)


def test_the_label_of_pictures_is_chosen(tmp_path: Path) -> None:
    """`label_column` decides between columns, by name or number."""
    cells = [cell["bytes"] for cell in pictures(4, 0) if cell]
    columns = {
        "image": arrow.array(cells, arrow.binary()),
        "label": [0, 1, 0, 1],
        "fine": list("abba"),
    }
    path = numbers(tmp_path / "a.parquet", columns)
    assert sn.load(path).class_names == ("0", "1")
    for chosen in ("fine", 2, "-1"):
        assert sn.load(path, label_column=chosen).class_names == ("a", "b")
