"""Archives that inflate to far more than their model: refused before they do."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

import spritenet as sn
import tiny
from spritenet.errors import ModelError

BOMB = 96 << 20  # bytes, inflated
MOST_MEMORY = 8 << 20  # bytes that a reader may take for a model of some kB
WEIGHTS = "model.weights.h5"


@pytest.fixture(scope="module")
def zeros() -> bytes:
    """A file of zeros."""
    return bytes(BOMB)


def loaded(path: Path) -> sn.Model:
    """Loads a model, within the limit of memory."""
    tracemalloc.start()
    try:
        return sn.load_model(path)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < MOST_MEMORY, f"{peak:,} bytes"


def packed(path: Path, files: dict[str, bytes], claims: int | None = None) -> Path:
    """A ZIP of files; the last one claims another size than it has."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    if claims is not None:
        data = bytearray(path.read_bytes())
        place = data.rindex(b"PK\1\2") + 24  # the size of the inflated file
        data[place : place + 4] = claims.to_bytes(4, "little")
        path.write_bytes(data)
    return path


def content_of(path: Path) -> dict[str, bytes]:
    """The files of an archive."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def hdf5(path: Path, change: Callable[[h5py.File], None]) -> bytes:
    """A changed HDF5 file of weights of a `.keras` archive, or a `.h5` file."""
    whole = path.read_bytes() if path.suffix == ".h5" else content_of(path)[WEIGHTS]
    buffer = io.BytesIO(whole)
    with h5py.File(buffer, "r+") as file:
        change(file)
    return buffer.getvalue()


def large(name: str) -> Callable[[h5py.File], None]:
    """Puts zeros in place of a weight, compressed to some kB."""

    def change(file: h5py.File) -> None:
        del file[name]
        values = np.zeros(BOMB // 4, np.float32)
        file.create_dataset(name, data=values, chunks=(1 << 20,), compression="gzip")

    return change


def large_chunk(file: h5py.File) -> None:
    """Puts a weight of the same shape into one chunk of 96 MiB."""
    name = "layers/dense/vars/0"
    values = file[name][()]
    del file[name]
    chunks, most = (BOMB // 4 // 4, 4), (None, 4)
    file.create_dataset(name, data=values, chunks=chunks, maxshape=most, compression="gzip")


@pytest.mark.parametrize("claims", [None, 100])
def test_weights_in_a_zip_are_as_many_as_the_network_s(
    claims: int | None, zeros: bytes, tmp_path: Path
) -> None:
    """By what the ZIP claims; what is longer than it claims is not inflated either."""
    tiny.trained(tiny.images(100, 1)).save(tmp_path / "m.zip")
    files = content_of(tmp_path / "m.zip") | {"weights.bin": zeros}
    size = len(content_of(tmp_path / "m.zip")["weights.bin"])
    path = packed(tmp_path / "m.zip", files, claims and size)
    words = r"m\.zip: the ZIP is damaged" if claims else rf"too long: expected {size} bytes"
    with pytest.raises(ModelError, match=words):
        loaded(path)


def test_files_that_a_zip_s_model_doesn_t_name_are_not_inflated(
    zeros: bytes, tmp_path: Path
) -> None:
    """The model beside them loads."""
    model = tiny.trained(tiny.images(100, 1))
    model.save(tmp_path / "m.zip")
    files = content_of(tmp_path / "m.zip") | {"holiday.bin": zeros}
    again = loaded(packed(tmp_path / "m.zip", files))
    assert again.weights_sha256 == model.weights_sha256


def test_json_in_a_zip_is_as_long_as_a_model_s(zeros: bytes, tmp_path: Path) -> None:
    """Also where no model names it."""
    tiny.trained(tiny.images(100, 1)).save(tmp_path / "m.zip")
    files = content_of(tmp_path / "m.zip") | {"more.json": zeros}
    with pytest.raises(ModelError, match="the ZIP holds more than a model"):
        loaded(packed(tmp_path / "m.zip", files))


def test_other_compression_is_refused(tmp_path: Path) -> None:
    """Bzip2 inflates without a limit."""
    tiny.trained(tiny.images(100, 1)).save(tmp_path / "m.zip")
    files = content_of(tmp_path / "m.zip")
    with zipfile.ZipFile(tmp_path / "m.zip", "w", zipfile.ZIP_BZIP2) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    with pytest.raises(ModelError, match="unsupported compression"):
        loaded(tmp_path / "m.zip")


@pytest.mark.parametrize("claims", [None, 20_000])
def test_a_keras_archive_s_weights_are_no_larger_than_the_network_s(
    claims: int | None, zeros: bytes, tmp_path: Path
) -> None:
    """As in a ZIP."""
    path = tmp_path / "m.keras"
    tiny.trained(tiny.images(100, 1)).save(path)
    files = {name: data for name, data in content_of(path).items() if name != WEIGHTS}
    words = "the archive is damaged" if claims else f"{WEIGHTS}: a file of the archive is too large"
    with pytest.raises(ModelError, match=words):
        loaded(packed(path, files | {WEIGHTS: zeros}, claims))


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_arrays_of_hdf5_are_as_large_as_the_network_s(ending: str, tmp_path: Path) -> None:
    """One that is compressed to some kB is not read."""
    path = tmp_path / f"m.{ending}"
    tiny.trained(tiny.images(100, 1)).save(path)
    is_h5 = ending == "h5"
    name = "model_weights/dense/dense/kernel:0" if is_h5 else "layers/dense/vars/0"
    data = hdf5(path, large(name))
    if is_h5:
        path.write_bytes(data)
    else:
        packed(path, content_of(path) | {WEIGHTS: data})
    with pytest.raises(ModelError, match="it holds more weights than the network"):
        loaded(path)


def test_chunks_of_hdf5_are_no_larger_than_their_array(tmp_path: Path) -> None:
    """HDF5 inflates a whole chunk for a part of it."""
    path = tmp_path / "m.keras"
    tiny.trained(tiny.images(100, 1)).save(path)
    packed(path, content_of(path) | {WEIGHTS: hdf5(path, large_chunk)})
    with pytest.raises(ModelError, match="the stated size exceeds what the file can hold"):
        loaded(path)


def test_reading_onnx_takes_no_memory_beyond_the_file(tmp_path: Path) -> None:
    """However large files may be."""
    model = tiny.trained(tiny.images(100, 1))
    model.save(tmp_path / "m.onnx")
    assert loaded(tmp_path / "m.onnx").weights_sha256 == model.weights_sha256


@pytest.mark.parametrize("name", ["m", "m.keras", "m.int8"])
def test_json_that_is_nested_too_deeply_is_said(name: str, tmp_path: Path) -> None:
    """In words of ours, not of the parser's."""
    nested = b"[" * 100_000
    if name == "m.keras":
        tiny.trained(tiny.images(100, 1)).save(tmp_path / name)
        packed(tmp_path / name, content_of(tmp_path / name) | {"config.json": nested})
    elif name == "m":
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.json").write_bytes(nested)
    else:
        (tmp_path / name).write_bytes(len(nested).to_bytes(8, "little") + nested)
    read = sn.QuantizedModel.load if name == "m.int8" else sn.load_model
    with pytest.raises(ModelError, match="it is nested too deeply"):
        read(tmp_path / name)
