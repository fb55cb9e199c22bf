"""Folders of IDX files: found by name, checked against each other, read as one data set."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from idx_bytes import image_bytes, label_bytes, some_images, some_labels, write_folder
from spritenet.errors import DataError, DataWarning
from spritenet.sources import load
from spritenet.sources.idx.idx_folder import find_idx_files, is_idx, read_idx, survey_idx


@pytest.mark.parametrize("packed", [True, False])
def test_a_folder_is_a_data_set(tmp_path: Path, *, packed: bool) -> None:
    """Gzipped or not: images with one channel, labels, both splits, ten classes."""
    data = load(write_folder(tmp_path / "digits", packed=packed))
    assert data.name == "digits"
    assert list(data.splits) == ["train", "test"]
    assert np.array_equal(data.train.images[..., 0], some_images(30))
    assert np.array_equal(data.train.labels, some_labels(30))
    assert data.test.image_shape == (5, 4, 1)
    assert data.class_names == tuple("0123456789")


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("train-{}s-idx{}-ubyte", "t10k-{}s-idx{}-ubyte"),
        ("train-{}s.idx{}-ubyte", "t10k-{}s.idx{}-ubyte"),
        ("emnist-letters-train-{}s-idx{}-ubyte", "emnist-letters-test-{}s-idx{}-ubyte"),
        ("TRAIN-{}s-IDX{}-UBYTE", "Test-{}s-idx{}-ubyte"),
    ],
)
def test_files_are_found_under_all_usual_names(tmp_path: Path, train: str, test: str) -> None:
    """MNIST's, with a dot, with a prefix, in capitals."""
    for form, count in ((train, 4), (test, 3)):
        images, labels = image_bytes(some_images(count)), label_bytes(some_labels(count))
        (tmp_path / (form.format("image", 3) + ".gz")).write_bytes(gzip.compress(images))
        (tmp_path / form.format("label", 1)).write_bytes(labels)
    data = survey_idx(tmp_path).to_dataset()
    assert data is not None
    assert (len(data.train), len(data.test)) == (4, 3)


def test_emnists_images_are_put_upright(tmp_path: Path) -> None:
    """They lie on their side in its files; it is said, and only of its files."""
    for path in write_folder(tmp_path / "others").iterdir():
        path.rename(tmp_path / f"emnist-digits-{path.name}")
    (tmp_path / "others").rmdir()
    with pytest.warns(DataWarning, match="EMNIST's images lie on their side .* exchanged"):
        data = load(tmp_path)
    assert np.array_equal(data.train.images[..., 0], some_images(30).swapaxes(1, 2))
    assert data.train.image_shape == (4, 5, 1)
    with pytest.raises(DataError, match=r"exchanged.*strict"):
        load(tmp_path, strict=True)


def test_emnists_mapping_names_its_classes(tmp_path: Path) -> None:
    """Labels of letters begin at 1, and each has two characters."""
    stem = tmp_path / "emnist-letters-"
    images, labels = some_images(4), np.array([1, 3, 2, 1], np.uint8)
    Path(f"{stem}train-images-idx3-ubyte").write_bytes(image_bytes(images))
    Path(f"{stem}train-labels-idx1-ubyte").write_bytes(label_bytes(labels))
    mapping = Path(f"{stem}mapping.txt")
    mapping.write_text("1 65 97\n2 66 98\n3 67 99\n")
    listing = survey_idx(tmp_path)
    assert listing.class_names == ("Aa", "Bb", "Cc")
    assert listing.labels.tolist() == [0, 2, 1, 0]
    assert listing.notes[-1] == "classes are called as emnist-letters-mapping.txt says"
    assert survey_idx(tmp_path, tuple("0123")).class_names == tuple("0123")
    for text, said in (
        ("1 65\n2 66\n", "a label is not in the mapping: got 3"),
        ("1 x\n", "the mapping can't be read"),
        ("", "invalid mapping"),
        ("1\n2\n3\n", "invalid mapping"),
        ("999 65\n", "invalid mapping"),
        ("1 65\n" * 20_000, "is too long"),
    ):
        mapping.write_text(text)
        with pytest.raises(DataError, match=said):
            load(tmp_path)


def test_the_folder_above_raw_does_as_well(tmp_path: Path) -> None:
    """Torchvision keeps its files one folder down."""
    write_folder(tmp_path / "MNIST" / "raw")
    assert len(load(tmp_path / "MNIST").train) == 30


def test_the_unpacked_file_is_taken_where_both_are(tmp_path: Path) -> None:
    """It is the quicker one; a gzip file beside it is not even opened."""
    write_folder(tmp_path, packed=False)
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(b"broken")
    (tmp_path / "._train-labels-idx1-ubyte").write_bytes(b"what macOS leaves behind")
    assert set(find_idx_files(tmp_path)) == {""}
    assert len(load(tmp_path).train) == 30


def test_one_split_is_enough(tmp_path: Path) -> None:
    """Images to test with need no images to train on."""
    write_folder(tmp_path)
    for path in tmp_path.glob("train-*"):
        path.unlink()
    assert list(load(tmp_path).splits) == ["test"]


def test_several_data_sets_in_a_folder_are_told_apart_by_a_file(tmp_path: Path) -> None:
    """EMNIST ships six in one folder: without saying which, the line says how."""
    write_folder(tmp_path, train=7)
    for path in write_folder(tmp_path / "more", train=9).iterdir():
        path.rename(tmp_path / f"emnist-digits-{path.name}")
    (tmp_path / "more").rmdir()
    with pytest.raises(DataError, match=r"several data sets.*emnist-digits.*Name one of its files"):
        load(tmp_path)
    chosen = tmp_path / "emnist-digits-train-images-idx3-ubyte.gz"
    assert is_idx(chosen)
    with pytest.warns(DataWarning, match="EMNIST's images"):
        assert len(load(chosen).train) == 9
    assert len(load(tmp_path / "t10k-labels-idx1-ubyte.gz").train) == 7


def put_labels(folder: Path, *labels: int) -> None:
    """Replaces the training labels, and as many images."""
    array = np.array(labels, np.uint8)
    images = gzip.compress(image_bytes(some_images(len(array))))
    (folder / "train-images-idx3-ubyte.gz").write_bytes(images)
    (folder / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(label_bytes(array)))


def test_a_label_of_200_among_ten_classes_is_refused(tmp_path: Path) -> None:
    """It would make 201 classes, of which 190 have no image."""
    put_labels(write_folder(tmp_path), 3, 200, 5)
    with pytest.raises(
        DataError, match=r"the label of image 1 is out of range: expected 0 to 9, got 200"
    ):
        load(tmp_path)


def test_more_than_ten_classes_count_when_none_is_left_out(tmp_path: Path) -> None:
    """EMNIST has up to 62; 26 letters are labelled 1 to 26."""
    put_labels(write_folder(tmp_path), *range(27))
    assert load(tmp_path).class_names == tuple(map(str, range(27)))


def test_labels_that_leave_a_class_out_are_remarked_on(tmp_path: Path) -> None:
    """Those that begin at 1, and those with a gap: which class is empty."""
    put_labels(write_folder(tmp_path), 1, 2, 3)
    for path in tmp_path.glob("t10k*"):
        path.unlink()
    with pytest.warns(DataWarning, match=r"^the labels begin at 1: class 0 has no images\.$"):
        load(tmp_path)
    put_labels(tmp_path, 0, 1, 4, 3)
    with pytest.warns(DataWarning, match=r"^class 2 has no images\.$"):
        load(tmp_path)


def test_class_names_come_from_the_caller_or_a_file(tmp_path: Path) -> None:
    """And then they decide which labels are right."""
    put_labels(write_folder(tmp_path, test=0), 0, 1, 1)
    for path in tmp_path.glob("t10k-*"):
        path.unlink()
    assert load(tmp_path, class_names=["cat", "dog"]).train.class_counts == {"cat": 1, "dog": 2}
    (tmp_path / "classes.txt").write_text("Katze\nHund\n\n", "utf-8")
    assert load(tmp_path).class_names == ("Katze", "Hund")
    with pytest.raises(
        DataError, match="the label of image 1 is out of range: expected 0 to 0, got 1"
    ):
        load(tmp_path, class_names=["cat"])
    (tmp_path / "classes.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match=r"classes\.txt: the class names can't be read"):
        load(tmp_path)


def test_counts_must_agree(tmp_path: Path) -> None:
    """Images of one data set with the labels of another are found out by their headers alone."""
    write_folder(tmp_path)
    labels = gzip.compress(label_bytes(some_labels(29)))
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(labels)
    with pytest.raises(DataError, match=r"expected 30 labels .* got 29"):
        load(tmp_path)


def test_splits_must_have_one_image_size(tmp_path: Path) -> None:
    """A network is made for one."""
    write_folder(tmp_path)
    larger = np.zeros((20, 6, 4), np.uint8)
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(image_bytes(larger)))
    with pytest.raises(DataError, match="image shapes: expected 5×4×1 as in train, got 6×4×1"):
        load(tmp_path)


def test_labels_without_images_are_named(tmp_path: Path) -> None:
    """And the other way round."""
    write_folder(tmp_path)
    (tmp_path / "t10k-images-idx3-ubyte.gz").unlink()
    with pytest.raises(DataError, match="missing images of the test split"):
        load(tmp_path)


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte.gz"])
def test_damage_is_reported_from_whatever_thread_found_it(tmp_path: Path, name: str) -> None:
    """Files are read at the same time; the error is still one line about one file."""
    path = write_folder(tmp_path) / name
    packed = bytearray(path.read_bytes())
    packed[-6] ^= 1
    path.write_bytes(packed)
    with pytest.raises(DataError, match=rf"{name}: is damaged: got incorrect data check"):
        load(tmp_path)


def test_the_real_mnist_is_read_as_it_is_known(mnist_folder: Path) -> None:
    """Counts, classes and a few labels that everybody knows."""
    data = read_idx(mnist_folder)
    assert (len(data.train), len(data.test)) == (60_000, 10_000)
    assert data.image_shape == (28, 28, 1)
    assert data.train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert data.test.labels[:5].tolist() == [7, 2, 1, 0, 4]
    assert data.train.class_counts["1"] == 6742
    assert round(float(data.train.images.mean()), 4) == 33.3184  # 0.1307 of 255


@pytest.mark.parametrize("packed", [False, True])
def test_large_files_are_mapped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, packed: bool
) -> None:
    """The same data set; one that is cut off, or has more in it than it says, is still refused."""
    write_folder(tmp_path, packed=packed)
    known = read_idx(tmp_path)
    monkeypatch.setattr("spritenet.sources.idx.idx_file.IN_MEMORY", 10)
    assert read_idx(tmp_path).content_hash == known.content_hash
    path = next(tmp_path.glob("train-images*"))
    whole = path.read_bytes()
    for damaged in (whole[:-5], whole + (gzip.compress(b"more") if packed else b"more")):
        path.write_bytes(damaged)
        with pytest.raises(DataError):
            read_idx(tmp_path)
