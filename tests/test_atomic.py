"""Atomic writes: files and folders appear whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from folders import content
from spritenet.atomic import existing_folder, new_file, new_folder, write_file, write_folder
from spritenet.errors import DataError, ModelError, RunError

OLD = {"model.json": b"{}", "weights.bin": b"old"}
NEW = {"model.json": b"{}", "weights.bin": b"new!"}


def save(target: Path, files: dict[str, bytes]) -> None:
    """Writes a model's folder."""
    write_folder(target, files, r"model\.json|weights\.bin|group1.*", error=ModelError)


def test_a_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    """And nothing else is left behind."""
    save(tmp_path / "a" / "b", OLD)
    assert content(tmp_path / "a" / "b") == OLD
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]


def test_an_older_model_is_replaced_whole(tmp_path: Path) -> None:
    """Its files that the new one lacks are gone."""
    save(tmp_path / "m", {**OLD, "group1-shard1of2.bin": b"x"})
    save(tmp_path / "m", NEW)
    assert content(tmp_path / "m") == NEW
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    """Nobody's notes are thrown away."""
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ModelError, match=r"holds other files.*got notes\.txt"):
        save(tmp_path, NEW)
    assert content(tmp_path) == {"notes.txt": b"mine"}


def test_a_file_in_the_way_is_left_alone(tmp_path: Path) -> None:
    """It isn't ours."""
    (tmp_path / "m").write_text("mine")
    with pytest.raises(ModelError, match="it is a file, not a folder"):
        save(tmp_path / "m", NEW)
    assert (tmp_path / "m").read_text() == "mine"


def test_a_link_to_a_folder_stays_a_link(tmp_path: Path) -> None:
    """The target of the link is replaced."""
    save(tmp_path / "real", OLD)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    save(tmp_path / "link", NEW)
    assert (tmp_path / "link").is_symlink()
    assert content(tmp_path / "real") == NEW


@pytest.mark.parametrize("existing", [True, False])
@pytest.mark.parametrize("call", ["open", "fsync", "mkdir", "rename"])
def test_a_full_disk_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, existing: bool
) -> None:
    """Wherever it shows: what was there is still there, and nothing half-made stays."""
    if existing:
        save(tmp_path / "m", OLD)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    if call == "fsync":
        monkeypatch.setattr("spritenet.atomic.os.fsync", full)
    else:
        monkeypatch.setattr(Path, call, full)
    with pytest.raises(ModelError, match="can't be written: got No space left on device"):
        save(tmp_path / "m", NEW)
    monkeypatch.undo()
    if existing:
        assert content(tmp_path / "m") == OLD
    assert [path.name for path in tmp_path.iterdir()] == ["m"] * existing


def test_a_failed_second_rename_puts_the_old_folder_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if the disk fails between the two renames."""
    save(tmp_path / "m", OLD)
    rename = Path.rename

    def once(path: Path, target: Path) -> Path:
        if path.name.endswith(".new"):
            raise OSError(5, "Input/output error")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", once)
    with pytest.raises(ModelError, match="Input/output error"):
        save(tmp_path / "m", NEW)
    assert content(tmp_path / "m") == OLD


def test_a_replacement_cut_off_midway_loses_nothing(tmp_path: Path) -> None:
    """Killed between the two renames, the old folder is still found, and then replaced."""
    save(tmp_path / "m", OLD)
    (tmp_path / "m").rename(tmp_path / ".m.old")
    assert content(existing_folder(tmp_path / "m")) == OLD
    save(tmp_path / "m", NEW)
    assert content(existing_folder(tmp_path / "m")) == NEW
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="not on this machine: no rights")
def test_a_folder_that_may_not_be_written_is_one_line(tmp_path: Path) -> None:
    """Permissions are the user's to mend."""
    tmp_path.chmod(0o500)
    with pytest.raises(ModelError, match="Permission denied"):
        save(tmp_path / "m", NEW)


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """Folders on the way are made, and nothing else is left."""
    write_file(tmp_path / "a" / "b.txt", b"old")
    write_file(tmp_path / "a" / "b.txt", b"new", durable=False)
    assert content(tmp_path / "a") == {"b.txt": b"new"}


@pytest.mark.parametrize("kind", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_file_cut_off_midway_changes_nothing(tmp_path: Path, kind: BaseException) -> None:
    """After a full disk as after an interrupt."""
    write_file(tmp_path / "b.txt", b"old")

    def write() -> None:
        with new_file(tmp_path / "b.txt", error=RunError) as file:
            file.write(b"half")
            raise kind

    with pytest.raises(RunError if isinstance(kind, OSError) else KeyboardInterrupt):
        write()
    assert content(tmp_path) == {"b.txt": b"old"}


def test_a_folder_cut_off_midway_changes_nothing(tmp_path: Path) -> None:
    """An error of the block goes through; the half-made folder is gone."""

    def write() -> None:
        with new_folder(tmp_path / "m") as fresh:
            (fresh / "a").write_bytes(b"half")
            raise KeyError

    with pytest.raises(KeyError):
        write()
    assert list(tmp_path.iterdir()) == []


def test_an_older_folder_needs_a_pattern_to_be_replaced(tmp_path: Path) -> None:
    """Without one, only an empty folder is."""
    (tmp_path / "m").mkdir()
    with new_folder(tmp_path / "m") as fresh:
        (fresh / "a").write_bytes(b"new")
    with (
        pytest.raises(DataError, match=r"new or empty folder, got a\."),
        new_folder(tmp_path / "m"),
    ):
        pytest.fail("it was begun")


def test_the_working_directory_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever stands in it would stand in a deleted folder."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="working directory"), new_folder(tmp_path):
        pytest.fail("it was begun")
