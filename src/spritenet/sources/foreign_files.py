"""Files of data that aren't read, known by endings and first bytes, and the way to convert them."""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path

from spritenet.errors import DataError
from spritenet.sources.file_type import start_of

__all__ = ["DOWNLOAD", "is_web_page", "unsupported_file"]

MOST_FILES = 20  # of a folder that are looked at
SAVE = "Read it with {} and save the images and labels: np.savez('data.npz', images=…, labels=…)."
SPARSE = "libsvm's sparse format"
UNPACK = "Unpack it, or make a zip or tar of it."

PICKLE = (
    "a pickle, which may run code as it is read",
    SAVE.format("pickle.load, if you trust it,"),
)
CIFAR = (
    "CIFAR's binary version",
    SAVE.format("np.fromfile(FILE, np.uint8).reshape(-1, 3073), labels first,"),
)
DOWNLOAD = "Download the file itself: the page has a link to it."
WEB_PAGE = ("a web page", DOWNLOAD)
ARFF = ("Weka's ARFF", "Remove the lines up to @DATA, and give the file a name that ends in .csv.")
JSON = ("JSON", SAVE.format("json.loads"))
SPREADSHEET = ("a spreadsheet", "Save it as CSV.")
ARROW = (
    "an Arrow file",
    "Write it as parquet: pyarrow.parquet.write_table(pyarrow.feather.read_table(FILE), OUT).",
)
TENSORFLOW = ("TensorFlow's records", SAVE.format("tf.data.TFRecordDataset"))
DATABASE = ("a database", "Write its table as CSV or parquet.")
ARCHIVE = ("an archive of an unsupported kind", UNPACK)
VIDEO = ("a video", "spritenet collect takes images from videos.")
R_DATA = ("a file of R", "Write the table as CSV in R: write.csv(x, 'x.csv', row.names=FALSE).")

BY_START = (
    (re.compile(rb"\x80[\x02-\x05][\x28-\x95]"), PICKLE),
    (re.compile(rb"\s*<(!doctype html|html)", re.IGNORECASE), WEB_PAGE),
    (re.compile(rb"(\s*%[^\n]*\n|\s)*@relation\s", re.IGNORECASE), ARFF),
    (re.compile(rb"ARROW1|FEA1"), ARROW),
    (re.compile(rb"SQLite format 3\0"), DATABASE),
    (re.compile(rb"7z\xbc\xaf\x27\x1c|Rar!\x1a\x07|BZh|\xfd7zXZ|\x28\xb5\x2f\xfd"), ARCHIVE),
    (re.compile(rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), SPREADSHEET),
    (re.compile(rb"RDX[23]\n|X\n\0"), R_DATA),
    (re.compile(rb"....ftyp|\x1a\x45\xdf\xa3", re.DOTALL), VIDEO),
    (re.compile(rb"\s*[\[{]\s*[\[{\"]"), JSON),
    (
        re.compile(rb"[+-]?\d+(\.\d+)?( \d+:[^\s:]+){2}"),
        (SPARSE, SAVE.format("sklearn.datasets.load_svmlight_file")),
    ),
)
BY_ENDING = {
    **dict.fromkeys((".pkl", ".pickle", ".p", ".joblib"), PICKLE),
    **dict.fromkeys((".htm", ".html"), WEB_PAGE),
    **dict.fromkeys((".json", ".jsonl", ".ndjson"), JSON),
    **dict.fromkeys((".xlsx", ".xls", ".ods"), SPREADSHEET),
    **dict.fromkeys((".arrow", ".feather"), ARROW),
    **dict.fromkeys((".tfrecord", ".tfrecords"), TENSORFLOW),
    **dict.fromkeys((".sqlite", ".db", ".mdb", ".lmdb"), DATABASE),
    **dict.fromkeys((".7z", ".rar", ".zst"), ARCHIVE),
    **dict.fromkeys((".mp4", ".mov", ".avi", ".webm", ".mkv"), VIDEO),
    **dict.fromkeys((".rds", ".rda", ".rdata"), R_DATA),
}
BESIDE = (JSON, WEB_PAGE, SPREADSHEET, VIDEO)
"""Kinds that may lie beside anything in a folder."""

CIFAR_ROWS = (3073, 3074)
CIFAR_NAME = re.compile(r"(data_batch_\d|test_batch|train|test)\.bin")


def unsupported_file(path: Path) -> DataError | None:
    """Returns the error for a file of a kind that is known but isn't read, or a folder with one."""
    files = [path]
    if path.is_dir():
        files = sorted(islice(path.iterdir(), MOST_FILES))
    for file in files:
        kind = _kind_of(file) if file.is_file() else None
        if kind is not None and (file == path or kind not in BESIDE):
            what, do = kind
            do = do.replace("FILE", repr(file.name))
            return DataError(f"this is {what}", where=file, do=do)
    return None


def is_web_page(start: bytes) -> bool:
    """Returns True for the first bytes of HTML."""
    return any(kind is WEB_PAGE and sign.match(start) for sign, kind in BY_START)


def _kind_of(path: Path) -> tuple[str, str] | None:
    """Returns the kind of a file and what to do with it; None if it is unknown."""
    start = start_of(path)
    if CIFAR_NAME.fullmatch(path.name) and any(not path.stat().st_size % n for n in CIFAR_ROWS):
        return CIFAR
    found = next((kind for sign, kind in BY_START if sign.match(start)), None)
    ending = path.name.lower().removesuffix(".gz").rpartition(".")[2]
    return found or BY_ENDING.get(f".{ending}")
