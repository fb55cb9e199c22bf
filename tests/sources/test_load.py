"""`load`: names and paths, and what it says to a mistaken one."""

import subprocess
import sys
from pathlib import Path

import pytest

from idx_bytes import write_folder
from program import environment
from spritenet.errors import DataError, InputError
from spritenet.sources import CATALOG, load


def test_the_catalog_has_the_names_that_the_manual_has() -> None:
    """Command line, documentation and code list the same data sets."""
    assert list(CATALOG) == [
        "strokes",
        "strokes2",
        "mnist",
        "fashion-mnist",
        "kmnist",
        "tfjs-mnist",
    ]


def test_everything_that_is_downloaded_is_known_by_a_hash() -> None:
    """Each file by 64 hexadecimal digits, of the content or of the gzip file, from two mirrors.

    But for the tutorials' own file, of which no hash is published.
    """
    for entry in CATALOG.values():
        if entry.name == "tfjs-mnist":
            continue
        assert entry.make is not None or (len(entry.files) == 4 and len(entry.mirrors) >= 2)
        for file in entry.files:
            (digest,) = filter(None, (file.sha256, file.gzip_sha256))
            assert len(bytes.fromhex(digest)) == 32


@pytest.mark.parametrize("name", ["fashion_mnist", "Fashion-MNIST"])
def test_names_are_forgiving(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    """Keras writes fashion_mnist."""
    monkeypatch.setenv("SPRITENET_CACHE", str(tmp_path / "a file"))
    (tmp_path / "a file").touch()
    with pytest.raises(InputError, match="fashion-mnist"):
        load(name)


def test_a_wrong_name_suggests_the_right_one() -> None:
    """One letter off, and the line asks."""
    with pytest.raises(
        DataError, match=r"one of strokes, strokes2, mnist, .* Did you mean mnist\?"
    ):
        load("mnits")


def test_a_path_object_is_never_a_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder called mnist is loaded by Path("mnist") or "./mnist"."""
    monkeypatch.chdir(tmp_path)
    write_folder(tmp_path / "mnist")
    assert len(load(Path("mnist")).train) == 30
    assert len(load("./mnist").train) == 30


def test_home_is_understood(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As the shell would, where there is no shell."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    write_folder(tmp_path / "digits")
    assert len(load("~/digits").test) == 20


def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    """With what it should hold."""
    with pytest.raises(
        DataError, match=r"holds no data set: expected IDX files, .* an empty folder"
    ):
        load(tmp_path)


def test_a_folder_of_something_else_names_some_of_it(tmp_path: Path) -> None:
    """The reader sees at once whether it is the folder that was meant."""
    for name in ("b.txt", "a.txt", "c.txt", "d.txt"):
        (tmp_path / name).touch()
    with pytest.raises(DataError, match=r"got a\.txt, b\.txt, c\.txt, …\.$"):
        load(tmp_path)
    with pytest.raises(DataError, match="holds no data set"):
        load(tmp_path / "a.txt")


@pytest.mark.parametrize("path", ["", "no/such/folder", "a" * 5000, "nul\0byte"])
def test_no_path_makes_it_fail_otherwise(path: str) -> None:
    """Whatever is typed, the answer is one line."""
    with pytest.raises(DataError):
        load(path)


def test_names_of_a_catalog_data_set_are_fixed() -> None:
    """Ten classes with ten known names."""
    with pytest.raises(InputError, match="has class names of its own"):
        load("mnist", class_names=["a"])


def test_reading_idx_files_imports_nothing_of_sprites_or_the_web(tmp_path: Path) -> None:
    """Whoever only has files on this machine waits for no library that he doesn't need."""
    write_folder(tmp_path)
    script = "import sys, spritenet as sn; sn.load(sys.argv[1]); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        env=environment(),
    )
    found = {name for name in done.stdout.split() if name.startswith("spritenet.sprites")}
    assert (
        found | {"ssl", "urllib3", "fsspec", "PIL", "http.client"} & set(done.stdout.split())
        == set()
    )
