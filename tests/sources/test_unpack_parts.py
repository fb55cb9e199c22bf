"""Unpacking part by part: what is never in memory at once comes out the same."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

import spritenet as sn
from picture_folders import write_pictures
from sprite_data import data_set
from spritenet.dataset.load_warnings import LoadWarnings
from spritenet.sources import survey
from spritenet.sources.unpack import Kind, unpack


def files(path: Path) -> dict[str, bytes]:
    """All files of a folder, or the one file."""
    if path.is_file():
        return {path.name: path.read_bytes()}
    return {
        file.relative_to(path).as_posix(): file.read_bytes()
        for file in path.rglob("*")
        if file.is_file()
    }


@pytest.mark.parametrize("kind", ["npz", "folder", "idx"])
def test_parts_change_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """A few images at a time, or all at once; today or tomorrow."""
    data = data_set(30, test=7)
    made = []
    for size in (1 << 26, 100):
        monkeypatch.setattr("spritenet.sources.unpack.BLOCK_BYTES", size)
        place = tmp_path / str(size)
        place.mkdir()
        made.append(files(unpack(data, place / "x", cast("Kind", kind))))
    assert made[0] == made[1]


@pytest.mark.parametrize("kind", ["npz", "folder", "idx"])
def test_what_can_not_be_read_is_left_out(tmp_path: Path, kind: str) -> None:
    """Of a folder of images; counts and labels are those of what remains."""
    names = [f"{split}/{n % 2}/{n}.png" for split in ("train", "test") for n in range(8)]
    write_pictures(tmp_path / "pets", *names)
    for name in (names[0], names[5], names[-1]):
        (tmp_path / "pets" / name).write_bytes(b"broken")
    load_warnings = LoadWarnings()
    target = tmp_path / ("x.npz" if kind == "npz" else "x")
    path = unpack(
        survey(tmp_path / "pets"), target, cast("Kind", kind), load_warnings=load_warnings
    )
    assert len(load_warnings.left_out) == 3
    with pytest.warns(UserWarning, match="3 images can't be read"):
        known = sn.load(tmp_path / "pets")
    found = sn.load(path)
    assert found.train.content_hash == known.train.content_hash
    assert found.test.content_hash == known.test.content_hash
    with pytest.raises(sn.DataError, match="unsupported image file"):
        unpack(survey(tmp_path / "pets"), tmp_path / "y", strict=True)
    assert not (tmp_path / "y").exists()
