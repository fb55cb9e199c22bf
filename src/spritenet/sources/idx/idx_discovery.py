"""Discovery of IDX files with other names, by their magic numbers and the words in their names.

mnist_train.images.idx  mnist_train.labels.idx     any words beside train, test, images and labels
pixels.bin              classes.bin                a single pair, under any names
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from spritenet.sources.field_names import SPLITS, role_of
from spritenet.sources.file_names import IMAGE_SUFFIXES
from spritenet.sources.file_type import start_of
from spritenet.sources.idx.idx_file import IMAGES, LABELS

__all__ = ["find_by_magic", "kind_of"]

MAX_SCANNED = 200
"""Files of a folder whose first bytes are read; folders of images have millions."""

KINDS = {IMAGES: "images", LABELS: "labels"}
APART = re.compile(r"[^a-z0-9]+")
WORDS = frozenset({"gz", "idx", "idx1", "idx3", "ubyte", "u1", "uint8", "bin", "dat", "data"})
SPLIT_WORDS = SPLITS | {"t10k": "test"}

Found = dict[str, dict[tuple[str, str], Path]]
"""By the rest of their names ("" or "letters"), then by split and kind."""


def kind_of(path: Path) -> str:
    """Returns a file's kind by its magic number: "images", "labels", or "" for other files."""
    if path.name.lower().endswith(IMAGE_SUFFIXES) or not path.is_file():
        return ""
    start = start_of(path, 4)
    return KINDS.get(int.from_bytes(start, "big"), "") if len(start) == 4 else ""


def find_by_magic(folder: Path) -> Found:
    """Finds the IDX files of a folder; of two with the same role the first one."""
    kinds: list[tuple[str, Path]] = []
    with os.scandir(folder) as entries:
        for _, entry in zip(range(MAX_SCANNED), entries, strict=False):
            if entry.name.startswith("."):
                continue
            kind = kind_of(Path(entry.path))
            kinds += [(kind, Path(entry.path))] if kind else []
    kinds.sort(key=lambda one: (one[1].name.endswith(".gz"), one[1].name))  # unpacked first
    if sorted(kind for kind, _ in kinds) == ["images", "labels"]:
        return {"": {("train", kind): path for kind, path in kinds}}
    found: Found = {}
    for kind, path in kinds:
        words = [word for word in APART.split(path.name.lower()) if word]
        splits = {SPLIT_WORDS[word] for word in words if word in SPLIT_WORDS}
        rest = [word for word in words if not _is_common(word)]
        split = splits.pop() if len(splits) == 1 else "train"
        found.setdefault("-".join(rest), {}).setdefault((split, kind), path)
    return found


def _is_common(word: str) -> bool:
    """Returns True for words that distinguish the files of one data set, not data sets."""
    return word in SPLIT_WORDS or word in WORDS or role_of(word) is not None
