"""The tutorials' own file by name: known as far as can be, downloaded once, from a mirror too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import spritenet as sn
from mirror import mirror, serving
from spritenet.errors import DownloadError
from spritenet.sources import tfjs_mnist
from spritenet.sources.catalog import CATALOG
from spritenet.sources.png_rows import read_png

ENTRY = CATALOG["tfjs-mnist"]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of this test's own."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("SPRITENET_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Two files of the right form that are not MNIST's."""
    folder = tmp_path_factory.mktemp("files")
    rows = np.zeros((65_000, 784), np.uint8)
    rows[:, 300:310] = np.arange(65_000)[:, None] % 251
    Image.fromarray(rows).save(folder / "a.png", compress_level=1)
    labels = np.eye(10, dtype=np.uint8)[np.arange(65_000) % 10].tobytes()
    return {tfjs_mnist.IMAGES: (folder / "a.png").read_bytes(), tfjs_mnist.LABELS: labels}


def test_a_mirror_is_asked_first_and_once(
    files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`SPRITENET_MIRROR`; what isn't MNIST's is said; `MnistData()` needs no arguments."""
    with mirror(serving(files)) as server:
        monkeypatch.setenv("SPRITENET_MIRROR", server.address)
        with pytest.warns(sn.DataWarning, match="not MNIST's images in their known order"):
            data = sn.load("tfjs-mnist")
        assert server.asked == {f"/tfjs-mnist/{name}": 1 for name in files}
        with pytest.warns(sn.DataWarning, match="not MNIST's"):
            loader = sn.MnistData().load()
        assert server.asked.total() == 2
    assert (len(data.train), len(data.test)) == (55_000, 10_000)
    assert data.train.images[7, 10, 25, 0] == 7
    assert (data.name, data.licence) == ("tfjs-mnist", "CC-BY-SA-3.0")
    assert loader.next_test_batch(3).xs.shape == (3, 784)
    images, labels = (tfjs_mnist.ADDRESS + name for name in files)
    with pytest.warns(sn.DataWarning, match="not MNIST's"):
        assert len(sn.MnistData(images, labels=labels, train=55_000).dataset.test) == 10_000


def test_a_mirror_may_be_a_folder(
    files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of this machine, such as a stick."""
    (tmp_path / "stick" / "tfjs-mnist").mkdir(parents=True)
    for name, content in files.items():
        (tmp_path / "stick" / "tfjs-mnist" / name).write_bytes(content)
    monkeypatch.setenv("SPRITENET_MIRROR", str(tmp_path / "stick"))
    with pytest.warns(sn.DataWarning, match="not MNIST's"):
        assert len(sn.load("tfjs-mnist").train) == 55_000


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        (tfjs_mnist.LABELS, lambda body: body[:-10], "649,990 bytes, expected 650,000"),
        (tfjs_mnist.LABELS, lambda body: bytes(10) + body[10:], "not one-hot"),
        (tfjs_mnist.IMAGES, lambda body: body[:-5], "without an end"),
        (tfjs_mnist.IMAGES, lambda body: b"GIF" + body, "no PNG"),
        (
            tfjs_mnist.IMAGES,
            lambda body: body[:16] + (100).to_bytes(4, "big") + body[20:],
            "an image of 100×65000, expected 784×65000",
        ),
    ],
)
def test_other_files_are_refused(
    files: dict[str, bytes], name: str, change: object, said: str, cache: Path
) -> None:
    """Each is looked at before it gets its name."""
    assert callable(change)
    check = next(file.check for file in ENTRY.files if file.name == name)
    assert check is not None
    assert check(files[name]) == ""
    assert said in check(change(files[name]))
    assert not cache.exists()


def test_who_is_offline_is_told_what_to_put_where(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both files, in one line."""
    from dataclasses import replace

    from spritenet.sources.catalog import load_entry

    monkeypatch.delenv("SPRITENET_MIRROR", raising=False)
    with mirror(serving({})) as server, pytest.raises(DownloadError) as caught:
        load_entry(replace(ENTRY, mirrors=(server.address,)))
    files = "mnist_images.png, mnist_labels_uint8"
    assert f"Put {files} into {cache / 'tfjs-mnist'}" in str(caught.value)


def test_the_real_mnist_is_known(
    mnist_folder: Path, cache: Path, recwarn: pytest.WarningsRecorder
) -> None:
    """In the tutorials' order it is read without a word; as a canvas saves it, too."""
    folder = cache / "tfjs-mnist"
    with pytest.warns(sn.DataWarning):
        sn.pack(sn.load(mnist_folder), folder / "mnist.png", tfjs=True, level=1)
    rows = read_png(folder / "mnist.png")
    (folder / "mnist.png").unlink()
    opaque = np.full_like(rows, 255)
    canvas = Image.fromarray(np.concatenate([rows, rows, rows, opaque], -1))
    canvas.save(folder / tfjs_mnist.IMAGES, compress_level=1)
    (folder / "mnist_labels_uint8").rename(folder / tfjs_mnist.LABELS)
    recwarn.clear()
    data = sn.MnistData().dataset
    assert (len(data.train), len(data.test)) == (55_000, 10_000)
    assert data.train.labels[:8].tolist() == [7, 3, 4, 6, 1, 8, 1, 0]
    assert list(recwarn) == []
