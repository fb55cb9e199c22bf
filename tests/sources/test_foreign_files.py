"""Files of other kinds are named, with the way to convert them; none is opened."""

from __future__ import annotations

import gzip
import pickle
from pathlib import Path

import pytest

from spritenet.errors import DataError
from spritenet.sources import load

PICKLE = pickle.dumps({"data": [1, 2, 3], "labels": [0]})
CASES = {
    "a.pkl": (PICKLE, "a pickle, which may run code as it is read. Read it with pickle.load"),
    "data_batch_1": (PICKLE, "a pickle"),
    "mnist.pkl.gz": (gzip.compress(PICKLE), "a pickle"),
    "old.pickle": (b"(dp0\nI1\nI2\ns.", "a pickle"),
    "test_batch.bin": (bytes(3073 * 5), "CIFAR's binary version. Read it with np.fromfile('test_b"),
    "a.arff": (b"% x\n@RELATION m\n@ATTRIBUTE a real\n@DATA\n1,2\n", "Weka's ARFF"),
    "a.libsvm": (b"3 1:0.5 2:0.25 7:1\n", "libsvm's sparse format"),
    "a.jsonl": (b'{"image": [[1]], "label": 1}\n', "JSON. Read it with json.loads"),
    "data": (b'[{"image": 1}]', "JSON"),
    "a.xlsx": (b"PK\3\4" + bytes(40), "a spreadsheet. Save it as CSV."),
    "a.feather": (b"ARROW1\0\0", "an Arrow file"),
    "a.tfrecord": (bytes(40), "TensorFlow's records"),
    "a.7z": (b"7z\xbc\xaf\x27\x1c" + bytes(9), "an archive of an unsupported kind"),
    "a.db": (b"SQLite format 3\0" + bytes(9), "a database"),
    "a.rds": (gzip.compress(b"X\n\0\0\0\3"), "a file of R"),
    "a.mp4": (b"\0\0\0\x18ftypmp42", "a video. spritenet collect"),
    "mnist.csv": (b"<!DOCTYPE html>\n<html><body>404, not found</body>", "a web page, not a table"),
    "mnist": (b"\n<html lang=en>", "a web page. Download the file itself"),
}


@pytest.mark.parametrize("name", CASES)
def test_each_kind_is_named(name: str, tmp_path: Path) -> None:
    """In one short line that says what to do."""
    content, words = CASES[name]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        load(path)
    line = str(caught.value)
    assert line.startswith(f"{path}: this is {words}")
    assert len(line) - len(str(path)) < 200


def test_a_folder_of_them_is_named(tmp_path: Path) -> None:
    """By the first that holds data; a page or JSON beside others doesn't count."""
    (tmp_path / "cifar").mkdir()
    for name in ("batches.meta", "data_batch_1"):
        (tmp_path / "cifar" / name).write_bytes(PICKLE)
    (tmp_path / "cifar" / "a.html").write_text("<html>")
    with pytest.raises(DataError, match=r"batches\.meta: this is a pickle"):
        load(tmp_path / "cifar")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "metadata.json").write_text('{"a": 1}')
    with pytest.raises(DataError, match="holds no data set"):
        load(tmp_path / "other")
