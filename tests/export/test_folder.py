"""Folders that appear whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from spritenet.errors import ModelError
from spritenet.export import folder as folders

OLD = {"model.json": b"{}", "weights.bin": b"old"}
NEW = {"model.json": b"{}", "weights.bin": b"new!"}


def content(folder: Path) -> dict[str, bytes]:
    """The files of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    """And nothing else is left behind."""
    folders.replace(tmp_path / "a" / "b", OLD)
    assert content(tmp_path / "a" / "b") == OLD
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]


def test_an_older_model_is_replaced_whole(tmp_path: Path) -> None:
    """Its files that the new one lacks are gone."""
    folders.replace(tmp_path / "m", {**OLD, "group1-shard1of2.bin": b"x"})
    folders.replace(tmp_path / "m", NEW)
    assert content(tmp_path / "m") == NEW
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    """Nobody's notes are thrown away."""
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ModelError, match=r"holds other files \(notes.txt\)"):
        folders.replace(tmp_path, NEW)
    assert content(tmp_path) == {"notes.txt": b"mine"}


def test_a_file_in_the_way_is_left_alone(tmp_path: Path) -> None:
    """It isn't ours."""
    (tmp_path / "m").write_text("mine")
    with pytest.raises(ModelError, match="it is a file, not a folder"):
        folders.replace(tmp_path / "m", NEW)
    assert (tmp_path / "m").read_text() == "mine"


def test_a_link_to_a_folder_stays_a_link(tmp_path: Path) -> None:
    """What it points to is replaced."""
    folders.replace(tmp_path / "real", OLD)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    folders.replace(tmp_path / "link", NEW)
    assert (tmp_path / "link").is_symlink()
    assert content(tmp_path / "real") == NEW


@pytest.mark.parametrize("existing", [True, False])
@pytest.mark.parametrize("call", ["write", "fsync", "mkdir", "rename"])
def test_a_full_disk_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, existing: bool
) -> None:
    """Wherever it shows: what was there is still there, and nothing half-made stays."""
    if existing:
        folders.replace(tmp_path / "m", OLD)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    if call in ("write", "fsync"):
        name = "_write" if call == "write" else "os.fsync"
        monkeypatch.setattr(f"spritenet.export.folder.{name}", full)
    else:
        monkeypatch.setattr(Path, call, full)
    with pytest.raises(ModelError, match="can't be saved: No space left on device"):
        folders.replace(tmp_path / "m", NEW)
    monkeypatch.undo()
    if existing:
        assert content(tmp_path / "m") == OLD
    assert [path.name for path in tmp_path.iterdir()] == ["m"] * existing


def test_a_failed_second_rename_puts_the_old_folder_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if the disk fails between the two renames."""
    folders.replace(tmp_path / "m", OLD)
    rename = Path.rename

    def once(path: Path, target: Path) -> Path:
        if path.name.endswith(".new"):
            raise OSError(5, "Input/output error")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", once)
    with pytest.raises(ModelError, match="Input/output error"):
        folders.replace(tmp_path / "m", NEW)
    assert content(tmp_path / "m") == OLD


def test_a_replacement_cut_off_midway_loses_nothing(tmp_path: Path) -> None:
    """Killed between the two renames, the old folder is still found, and then replaced."""
    folders.replace(tmp_path / "m", OLD)
    (tmp_path / "m").rename(tmp_path / ".m.old")
    assert content(folders.existing(tmp_path / "m")) == OLD
    folders.replace(tmp_path / "m", NEW)
    assert content(folders.existing(tmp_path / "m")) == NEW
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="not on this machine: no rights")
def test_a_folder_that_may_not_be_written_is_one_line(tmp_path: Path) -> None:
    """Permissions are the user's to mend."""
    tmp_path.chmod(0o500)
    with pytest.raises(ModelError, match="Permission denied"):
        folders.replace(tmp_path / "m", NEW)
