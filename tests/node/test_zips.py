"""ZIPs in JavaScript: what a directory claims is checked before anything is inflated."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

import tiny

HERE = Path(__file__).parent
BOMB = bytes(96 << 20)
MOST_MEMORY = 24 << 20  # bytes that reading a model of some kB may take


def loaded(node: str, folder: Path, *names: str, by_address: bool = False) -> list[Any]:
    """Loads models; what was read or the error, and the growth of memory in bytes."""
    task = json.dumps({"folder": str(folder), "names": names, "byAddress": by_address})
    done = subprocess.run(
        [node, "--expose-gc", HERE / "zips.mjs", "models"],
        input=task,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    """The files of a small model."""
    tiny.trained(tiny.images(100, 1)).save(tmp_path / "m.zip")
    with zipfile.ZipFile(tmp_path / "m.zip") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Writes a ZIP of files."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path.read_bytes()


def with_sizes(data: bytes, size: int | None = None, stored: int | None = None) -> bytes:
    """Changes what the directory claims of its last file."""
    at = data.rindex(b"PK\1\2")
    new = bytearray(data)
    if stored is not None:
        new[at + 20 : at + 24] = stored.to_bytes(4, "little")
    if size is not None:
        new[at + 24 : at + 28] = size.to_bytes(4, "little")
    return bytes(new)


def test_bombs_are_refused_before_they_are_inflated(
    node: str, files: dict[str, bytes], tmp_path: Path
) -> None:
    """Weights or JSON of zeros, truly or falsely claimed; and files that overlap."""
    weights = packed(tmp_path / "weights.zip", files | {"weights.bin": BOMB})
    packed(tmp_path / "json.zip", files | {"more.json": BOMB})
    packed(tmp_path / "unnamed.zip", files | {"holiday.bin": BOMB})
    right = len(files["weights.bin"])
    (tmp_path / "false.zip").write_bytes(with_sizes(weights, size=right))
    (tmp_path / "claims.zip").write_bytes(with_sizes(weights, size=1 << 31))
    (tmp_path / "overlap.zip").write_bytes(with_sizes(weights, stored=len(weights)))
    packed(tmp_path / "bzip2.zip", files, zipfile.ZIP_BZIP2)
    expected = {
        "unnamed.zip": "read",
        "weights.zip": f"weights.zip/weights.bin: it is too long: expected at most {right} bytes",
        "json.zip": "the JSON of json.zip: it is too long: expected at most 16777216 bytes",
        "false.zip": "false.zip/weights.bin: the ZIP is damaged: got more than it says",
        "claims.zip": "claims.zip: the ZIP is damaged: got a file claims more than it can hold",
        "overlap.zip": "overlap.zip: the ZIP is damaged: got files overlap",
        "bzip2.zip": "bzip2.zip/model.json: unsupported compression: expected stored or deflated",
    }
    for name, got in zip(expected, loaded(node, tmp_path, *expected), strict=True):
        assert expected[name] in got["said"], got
        assert got["bytes"] < MOST_MEMORY, got


def test_a_changed_byte_of_a_stored_file_is_noticed(
    node: str, files: dict[str, bytes], tmp_path: Path
) -> None:
    """By the CRC, where weights of other programs have no hash."""
    data = packed(tmp_path / "m.zip", files, zipfile.ZIP_STORED)
    place = data.index(files["weights.bin"]) + 9
    changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
    (tmp_path / "changed.zip").write_bytes(changed)
    [whole, other] = loaded(node, tmp_path, "m.zip", "changed.zip")
    assert whole["said"] == "read"
    assert "changed.zip/weights.bin: the ZIP is damaged: got CRC mismatch" in other["said"]


def test_an_address_may_be_a_zip_s_and_other_formats_are_named(
    node: str, files: dict[str, bytes], tmp_path: Path
) -> None:
    """As in Python; a Keras file is not looked for as a folder."""
    packed(tmp_path / "good.zip", files)
    names = {
        "good.zip": "read",
        "m.keras": "m.keras: it is a Keras model",
        "m.onnx": "spritenet convert FILE FOLDER",
        "m.pt": "sn.from_torch",
        "m.int8": "QuantizedModel.load",
        "none.zip": "none.zip: it can't be read",
    }
    for name in names:
        if not name.endswith(".zip"):
            (tmp_path / name).write_bytes(b"x")
    for name, got in zip(names, loaded(node, tmp_path, *names, by_address=True), strict=True):
        assert names[name] in got["said"], got


def test_an_optimizer_has_no_more_weights_than_there_are(
    node: str, files: dict[str, bytes], tmp_path: Path
) -> None:
    """A manifest that claims gigabytes for it is refused before its file is read."""
    content = json.loads(files["model.json"])
    state = {"name": "x/m", "shape": [1 << 28], "dtype": "float32", "group": "optimizer"}
    content["weightsManifest"].append({"paths": ["more.bin"], "weights": [state]})
    packed(tmp_path / "m.zip", files | {"model.json": json.dumps(content).encode()})
    [got] = loaded(node, tmp_path, "m.zip")
    assert "the optimizer has too many weights" in got["said"]


def test_pictures_and_projects_are_bounded(node: str) -> None:
    """By their bytes, by a ratio, and a project by the images that it lists."""
    small = io.BytesIO()
    with zipfile.ZipFile(small, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("cat/1.png", BOMB)
    answer = subprocess.run(
        [node, "--expose-gc", HERE / "zips.mjs", "pictures"],
        input=json.dumps({"zip": base64.b64encode(small.getvalue()).decode()}),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found = json.loads(answer.stdout)
    assert (
        "the ZIP holds too much: expected at most 67108864 bytes when inflated" in found["pictures"]
    )
    assert "p.zip/project.json: the file holds more than the project" in found["json"]
    assert "p.zip/images-4x4x1.png: the file holds more than the project" in found["sprite"]
    assert "the file holds more than the project: expected at most 32768 pixels" in found["pixels"]
    assert found["project"] == 1
