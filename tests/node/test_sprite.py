"""`SpriteData` in JavaScript reads what Python writes, and refuses what Python refuses."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import shutil
import subprocess
import zlib
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

import spritenet as sn
from sprite_draft import Draft

HERE = Path(__file__).parent
SPRITES = HERE.parent / "sprites"

SAME_IN_JAVASCRIPT = {"channels 1.0"}
"""Numbers have one type there."""


def read(node: str, folder: Path, names: list[str]) -> list[Any]:
    """What library.mjs finds in each sprite of the folder: an object, or a message."""
    done = subprocess.run(
        [node, HERE / "library.mjs", "sprites"],
        input=json.dumps({"folder": str(folder), "sprites": names}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result: list[Any] = json.loads(done.stdout)
    return result


def test_the_vectors_hold_what_their_json_says(node: str, tmp_path: Path) -> None:
    """Grey, RGB and RGBA, rows and grid, labels of one byte and of two."""
    files = sorted((SPRITES / "vectors").glob("*.png"))
    for file in files:
        shutil.copy(file, tmp_path)
    for file, found in zip(files, read(node, tmp_path, [f.name for f in files]), strict=True):
        expected = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
        assert found["classes"] == expected["classes"]
        assert found["shape"] == expected["image_shape"]
        assert found["splits"] == expected["splits"]
        assert found["labels"] == expected["labels"]
        pixels = np.fromfile(tmp_path / f"{file.name}.out", np.uint8)
        images = pixels.reshape(len(expected["labels"]), -1)
        assert [f"{zlib.crc32(i.tobytes()):08x}" for i in images] == expected["crc32_of_images"]


def test_a_data_set_is_read_to_the_byte(node: str, tmp_path: Path) -> None:
    """Of several segments, as `spritenet pack` writes it."""
    data = sn.load("strokes")
    splits = {"train": data.train[:900], "test": data.test[:100]}
    part = dataclasses.replace(data, splits=splits)
    sn.pack(part, tmp_path / "part.png")
    [found] = read(node, tmp_path, ["part.png"])
    assert found["splits"] == {"train": 900, "test": 100}
    read_here = sn.load(tmp_path / "part.png")
    expected = b"".join(np.asarray(s.images).tobytes() for s in read_here.splits.values())
    assert (tmp_path / "part.png.out").read_bytes() == expected


def broken_sprites() -> ModuleType:
    """The module with every way to break a sprite."""
    spec = importlib.util.spec_from_file_location("broken_sprites", SPRITES / "test_broken.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_broken_sprite_is_refused_in_one_line(node: str, tmp_path: Path) -> None:
    """All that Python's reader is tested on, cut off anywhere, and any byte changed."""
    broken = broken_sprites()
    contents: dict[str, bytes] = {}
    for number, (change, _) in enumerate(broken.BROKEN.values()):
        made: Draft = broken.draft()
        change(made)
        contents[f"broken{number}"] = made.build()
    right = broken.draft().build()
    contents |= {f"cut{size}": right[:size] for size in range(0, len(right), 7)}
    for place in range(0, len(right), 3):
        changed = bytearray(right)
        changed[place] ^= 1 << place % 8
        contents[f"changed{place}"] = bytes(changed)
    for name, content in {"right": right, **contents}.items():
        (tmp_path / name).write_bytes(content)
    [whole, *messages] = read(node, tmp_path, ["right", *contents])
    assert len(whole["labels"]) == 24
    names = list(broken.BROKEN)
    told = [names[int(n[6:])] if n.startswith("broken") else n for n in contents]
    answers = dict(zip(told, messages, strict=True))
    accepted = {name for name, answer in answers.items() if not isinstance(answer, str)}
    assert accepted <= SAME_IN_JAVASCRIPT
    for name in answers.keys() - accepted:
        assert answers[name].startswith("DataError "), (name, answers[name])
        assert "\n" not in answers[name]
