"""Zips and tars of images, read in place."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

import spritenet as sn
from picture_folders import encoded, noise
from spritenet.sources import mmap_file

KINDS = ("zip", "stored.zip", "tar", "tar.gz", "tgz", "tar.xz", "tar.bz2")


def archive(path: Path, files: dict[str, bytes]) -> Path:
    """Files in a zip or a tar, in this order."""
    if path.suffix == ".zip":
        method = zipfile.ZIP_STORED if "stored" in path.name else zipfile.ZIP_DEFLATED
        with zipfile.ZipFile(path, "w", method) as made:
            for name, data in files.items():
                made.writestr(name, data)
        return path
    kind = path.name.rpartition(".")[2].replace("tgz", "gz")
    with tarfile.open(path, "w" if kind == "tar" else f"w:{kind}") as tar:  # type: ignore[call-overload] # a mode for each kind
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def pictures() -> dict[str, bytes]:
    """Files of a data set, out of order, in one folder as archives have it."""
    names = ("test/dog/1.png", "train/dog/10.png", "train/cat/1.png", "train/dog/9.png")
    return {f"pets/{name}": encoded(noise(seed=seed)) for seed, name in enumerate(names)}


@pytest.mark.parametrize("kind", KINDS)
def test_an_archive_is_its_folder(tmp_path: Path, kind: str) -> None:
    """The same content hash, whatever holds the images and in whatever order."""
    for name, data in pictures().items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    found = sn.load(archive(tmp_path / f"x.{kind}", pictures()))
    assert found.content_hash == sn.load(tmp_path / "pets").content_hash
    assert (found.name, found.class_names) == ("x", ("cat", "dog"))


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_names_that_lead_elsewhere_are_skipped(tmp_path: Path, kind: str) -> None:
    """Nothing is ever written, so they could do no harm; but they are told of."""
    files = pictures() | {"../x/evil.png": encoded(noise()), "/etc/a/b.png": encoded(noise())}
    with pytest.warns(UserWarning, match=r"lead out of the archive: '\.\./x/evil\.png', '/etc"):
        data = sn.load(archive(tmp_path / f"a.{kind}", files))
    assert sum(len(split) for split in data.splits.values()) == 4
    assert [path.name for path in tmp_path.iterdir()] == [f"a.{kind}"]


def test_a_broken_file_in_a_zip_is_left_out(tmp_path: Path) -> None:
    """A flipped bit of its data, found by its CRC; the others are read."""
    path = archive(tmp_path / "a.stored.zip", pictures())
    data = bytearray(path.read_bytes())
    place = data.index(b"IDAT")
    data[place + 8] ^= 1
    path.write_bytes(data)
    with pytest.warns(UserWarning, match=r"1 image can't be read .* got CRC mismatch"):
        assert len(sn.load(path).train) == 3
    with pytest.raises(sn.DataError, match="CRC mismatch"):
        sn.load(path, strict=True)


def test_a_file_that_inflates_to_more_than_it_says_is_left_out(tmp_path: Path) -> None:
    """Only as much as was promised is ever inflated."""
    path = archive(tmp_path / "a.zip", pictures())
    data = bytearray(path.read_bytes())
    entry = data.index(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = (10).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.warns(UserWarning, match=r"not the 10 bytes that its header states"):
        sn.load(path)


def test_bombs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A compressed tar of zeros without end; an entry of gigabytes in a zip."""
    monkeypatch.setattr(mmap_file, "LEAST_MOST", 1 << 22)
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(bytes(1 << 25)))
    with pytest.raises(sn.DataError, match="inflates to an implausible size"):
        sn.load(tmp_path / "a.tar.gz")
    path = archive(tmp_path / "a.zip", pictures())
    data = bytearray(path.read_bytes())
    entry = data.index(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = (2**32 - 2).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.warns(UserWarning, match="the file is too long for an image"):
        sn.load(path)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.zip", b"PK\x03\x04 no", "damaged or unsupported zip"),
        ("a.tar", b"x" * 600, "damaged or unsupported tar"),
        ("a.zip", b"", "is empty"),
        ("a.tar.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\3abc", r"is damaged|ends too early"),
    ],
)
def test_what_is_no_archive_says_so(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    """In a line."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(sn.DataError, match=words):
        sn.load(tmp_path / name)


@pytest.mark.parametrize("kind", ["tar.gz", "tar.xz", "tar.bz2"])
def test_an_archive_cut_off_anywhere_is_one_line(tmp_path: Path, kind: str) -> None:
    """Or is read, where only padding is missing; never anything else."""
    whole = archive(tmp_path / f"a.{kind}", pictures()).read_bytes()
    for length in range(1, len(whole), max(1, len(whole) // 25)):
        path = tmp_path / f"b.{kind}"
        path.write_bytes(whole[:length])
        with pytest.raises(sn.DataError):
            sn.load(path)


def test_an_archive_of_something_else_names_it(tmp_path: Path) -> None:
    """Kaggle's zips hold tables."""
    path = archive(tmp_path / "digit-recognizer.zip", {"train.csv": b"label,pixel0\n"})
    with pytest.raises(sn.DataError, match=r"no images found: .* got train\.csv"):
        sn.load(path)
