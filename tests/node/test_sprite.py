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
import pytest
from PIL import Image

import spritenet as sn
from sprite_draft import Draft

HERE = Path(__file__).parent
SPRITES = HERE.parent / "sprites"
LIBRARY = HERE.parents[1] / "src" / "spritenet" / "web" / "static" / "lib"

SAME_IN_JAVASCRIPT = {"channels 1.0"}
"""Numbers have one type there."""


WAYS = pytest.mark.parametrize("core", [False, True], ids=["stream", "core"])
"""By the browser's DecompressionStream, as small sprites, and by core-png.wasm, as large ones."""


def read(node: str, folder: Path, names: list[str], *, core: bool) -> list[Any]:
    """Returns library.mjs's result for each sprite of the folder: an object, or an error."""
    done = subprocess.run(
        [node, HERE / "library.mjs", "sprites"],
        input=json.dumps({"folder": str(folder), "sprites": names, "core": core}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result: list[Any] = json.loads(done.stdout)
    return result


@WAYS
def test_the_vectors_hold_what_their_json_says(node: str, tmp_path: Path, *, core: bool) -> None:
    """Grey, RGB and RGBA, rows and grid, labels of one byte and of two."""
    files = sorted((SPRITES / "vectors").glob("*.png"))
    for file in files:
        shutil.copy(file, tmp_path)
    for file, found in zip(
        files, read(node, tmp_path, [f.name for f in files], core=core), strict=True
    ):
        expected = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
        assert found["classes"] == expected["classes"]
        assert found["shape"] == expected["image_shape"]
        assert found["splits"] == expected["splits"]
        assert found["labels"] == expected["labels"]
        pixels = np.fromfile(tmp_path / f"{file.name}.out", np.uint8)
        images = pixels.reshape(sum(expected["splits"].values()), -1)
        assert [f"{zlib.crc32(i.tobytes()):08x}" for i in images] == expected["crc32_of_images"]


@WAYS
def test_a_data_set_is_read_to_the_byte(node: str, tmp_path: Path, *, core: bool) -> None:
    """Of several segments, as `spritenet pack` writes it."""
    data = sn.load("strokes")
    splits = {"train": data.train[:900], "test": data.test[:100]}
    part = dataclasses.replace(data, splits=splits)
    sn.pack(part, tmp_path / "part.png")
    [found] = read(node, tmp_path, ["part.png"], core=core)
    assert found["splits"] == {"train": 900, "test": 100}
    read_here = sn.load(tmp_path / "part.png")
    expected = b"".join(np.asarray(s.images).tobytes() for s in read_here.splits.values())
    assert (tmp_path / "part.png.out").read_bytes() == expected


LARGE = """
import fs from 'node:fs';
const [library, ...files] = process.argv.slice(1);
const { SpriteData } = await import(library);
const compiled = [];
const { compile } = WebAssembly;
WebAssembly.compile = (bytes) => {
  compiled.push(bytes.length);
  return compile.call(WebAssembly, bytes);
};
const told = [];
for (const file of files) {
  const { images } = await SpriteData.load(new Uint8Array(fs.readFileSync(file)));
  fs.writeFileSync(`${file}.out`, images);
  told.push([images.length, [...compiled]]);
}
console.log(JSON.stringify(told));
"""


@pytest.mark.parametrize("missing", [False, True])
def test_a_large_sprite_is_read_by_the_core(node: str, tmp_path: Path, *, missing: bool) -> None:
    """`SpriteData.load` loads core-png.wasm for it alone, and does without where it isn't there."""
    chance = np.random.default_rng(1)
    images = chance.integers(0, 256, (400, 28, 28, 3), np.uint8)
    for name, count in (("small", 40), ("large", 400)):
        labels = np.arange(count) % 10
        sn.pack(sn.Dataset.from_arrays((images[:count], labels)), tmp_path / f"{name}.png")
    shutil.copytree(LIBRARY, tmp_path / "lib")
    module = tmp_path / "lib" / "core-png.wasm"
    size = module.stat().st_size
    if missing:
        module.unlink()
    done = subprocess.run(
        [
            *(node, "--input-type=module", "-e", LARGE),
            (tmp_path / "lib" / "index.js").as_uri(),
            *(tmp_path / "small.png", tmp_path / "large.png", tmp_path / "large.png"),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    once = [] if missing else [size]
    whole = images.size
    assert json.loads(done.stdout) == [[whole // 10, []], [whole, once], [whole, once]]
    assert (tmp_path / "large.png.out").read_bytes() == images.tobytes()


def read_sets(node: str, folder: Path, sets: list[object]) -> list[Any]:
    """Returns library.mjs's result for each data set: an object, or an error message."""
    done = subprocess.run(
        [node, HERE / "library.mjs", "sets"],
        input=json.dumps({"folder": str(folder), "sets": sets}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result: list[Any] = json.loads(done.stdout)
    return result


def test_a_folder_of_sprites_is_read_to_the_byte(node: str, tmp_path: Path) -> None:
    """A split may begin in one sprite and end in another; what was changed is named."""
    data = sn.load("strokes")
    splits = {"train": data.train[:500], "test": data.test[:120]}
    sn.pack(dataclasses.replace(data, splits=splits), tmp_path / "set", shard_rows=200)
    names = sorted(path.name for path in (tmp_path / "set").iterdir())
    assert len(names) == 5
    index = json.loads((tmp_path / "set" / "dataset.json").read_text())

    def variant(name: str, **values: object) -> list[str]:
        shutil.copytree(tmp_path / "set", tmp_path / name)
        changed = json.dumps({**index, **values})
        (tmp_path / name / "dataset.json").write_text(changed)
        return [f"{name}/{file}" for file in names]

    shards = index["shards"]
    wrong: list[tuple[list[str], str]] = [
        ([f"set/{file}" for file in names[:-1]], "a file of the data set is missing"),
        (variant("html", format="?"), "it is no data set"),
        (variant("fewer", shards=shards[:-1]), "different number of images"),
        (variant("twice", shards=[shards[0], *shards[:-1]]), "named twice"),
        (variant("up", shards=[{**shards[0], "file": "../x"}, *shards[1:]]), "not a list of files"),
        (
            variant("hash", shards=[{**shards[0], "sha256": "0" * 64}, *shards[1:]]),
            "is not the one that dataset.json names",
        ),
        (variant("long", shards=[{**shards[0], "bytes": 9}, *shards[1:]]), "it is too long"),
        (variant("classes", classes=list("abcdefghij")), "does not fit dataset.json"),
        (
            variant(
                "large",
                count=2 * 10**9,
                splits={"train": [0, 2 * 10**9]},
                shards=[{**shards[0], "count": 2 * 10**9}],
            ),
            "it is too large for this tab",
        ),
    ]
    sets = [[[f"set/{file}" for file in names], {}, "set.out"]]
    found, *messages = read_sets(node, tmp_path, [*sets, *([files, {}, "x"] for files, _ in wrong)])
    assert found["splits"] == {"train": 500, "test": 120}
    read_here = sn.load(tmp_path / "set")
    assert found["labels"] == np.concatenate([s.labels for s in read_here.splits.values()]).tolist()
    expected = b"".join(np.asarray(s.images).tobytes() for s in read_here.splits.values())
    assert (tmp_path / "set.out").read_bytes() == expected
    for message, (_, words) in zip(messages, wrong, strict=True):
        assert message.startswith("DataError "), message
        assert words in message, message


def test_the_tutorials_picture_is_read_with_its_labels(node: str, tmp_path: Path) -> None:
    """Every filter and colour type as Pillow reads it; grey in colours becomes one channel."""
    random = np.random.default_rng(5)
    smooth = np.cumsum(random.integers(-3, 4, (40, 7 * 9, 3)), axis=1).astype(np.uint8)
    pictures = {
        "grey": Image.fromarray(smooth[..., 0]),
        "rgb": Image.fromarray(smooth),
        "rgba": Image.fromarray(np.dstack([smooth, 255 - smooth[..., :1]])),
        "like-grey": Image.fromarray(np.dstack([smooth[..., :1]] * 3)),
    }
    labels = random.integers(0, 4, 40).astype(np.uint8)
    labels[0] = 3
    (tmp_path / "bytes").write_bytes(labels.tobytes())
    (tmp_path / "one-hot").write_bytes(np.eye(4, dtype=np.uint8)[labels].tobytes())
    (tmp_path / "idx").write_bytes(b"\x00\x00\x08\x01" + (40).to_bytes(4, "big") + labels.tobytes())
    (tmp_path / "short").write_bytes(labels[1:].tobytes())
    sets: list[object] = []
    for name, picture in pictures.items():
        picture.save(tmp_path / f"{name}.png", optimize=True)
        for kind in ("bytes", "one-hot", "idx"):
            options = {"labels": kind, "imageSize": [7, 9], "train": 30}
            sets.append([[f"{name}.png"], options, f"{name}.out"])
    wrong = [
        (
            [["grey.png"], {"labels": "short", "imageSize": [7, 9]}, "x"],
            "labels don't match the images",
        ),
        ([["grey.png"], {"labels": "bytes", "imageSize": [8, 9]}, "x"], "a 8×9 image needs 72"),
        ([["bytes"], {"labels": "bytes", "imageSize": [7, 9]}, "x"], "it is no PNG"),
        ([["grey.png"], {}, "x"], "Is it a sprite?"),
    ]
    found = read_sets(node, tmp_path, [*sets, *(given for given, _ in wrong)])
    for (_, options, _), result in zip(sets, found, strict=False):  # type: ignore[misc]  # as made
        assert result["labels"] == labels.tolist(), options
        assert result["splits"] == {"train": 30, "test": 10}
        assert result["classes"] == list("0123")
    for name, channels in (("grey", 1), ("rgb", 3), ("rgba", 4), ("like-grey", 1)):
        there = sn.load(
            tmp_path / f"{name}.png", image_size=(7, 9), labels=tmp_path / "bytes", train=30
        )
        expected = b"".join(np.asarray(s.images).tobytes() for s in there.splits.values())
        assert len(expected) == 40 * 63 * channels
        assert (tmp_path / f"{name}.out").read_bytes() == expected
    for message, (_, words) in zip(found[len(sets) :], wrong, strict=True):
        assert message.startswith("DataError "), message
        assert words in message


def picture_of(rows: int, row_bytes: int, data: bytes) -> bytes:
    """Returns a grey PNG of these compressed rows."""
    made = b"\x89PNG\r\n\x1a\n"
    header = row_bytes.to_bytes(4, "big") + rows.to_bytes(4, "big") + bytes((8, 0, 0, 0, 0))
    for kind, content in ((b"IHDR", header), (b"IDAT", data), (b"IEND", b"")):
        crc = zlib.crc32(kind + content).to_bytes(4, "big")
        made += len(content).to_bytes(4, "big") + kind + content + crc
    return made


@WAYS
def test_a_picture_by_another_program(node: str, tmp_path: Path, *, core: bool) -> None:
    """Its filters are undone, and what is damaged is refused, by the browser and by the core."""
    count = 6_000 if core else 40
    chance = np.random.default_rng(count)
    images = chance.integers(0, 256, (count, 63), np.uint8)
    images[:, 20:40] = chance.integers(0, 9, (count, 20), np.uint8)
    plain = np.concatenate([np.zeros((count, 1), np.uint8), images], axis=1).tobytes()
    packed = zlib.compress(plain)
    high = bytearray(plain)
    high[64 * 7] = 9
    damaged = {
        "filter": (zlib.compress(bytes(high)), "row 7 has an unknown filter"),
        "adler": (packed[:-1] + bytes([packed[-1] ^ 1]), "data are damaged"),
        "header": (b"\x78\x9d" + packed[2:], "data are damaged"),
        "window": (b"\x88\x1c" + packed[2:], "data are damaged"),
        "cut": (packed[:-9], "data are damaged"),
        "behind": (packed + b"\0", "data are damaged"),
        "short": (zlib.compress(plain[:-5]), "data are too short"),
        "long": (zlib.compress(plain + b"1"), "data are too long"),
    }
    if not core:
        del damaged["behind"]  # Node.js 20 doesn't see it, browsers do
    (tmp_path / "labels").write_bytes((np.arange(count) % 4).astype(np.uint8).tobytes())
    Image.fromarray(np.cumsum(images, axis=0, dtype=np.uint8)).save(tmp_path / "right.png")
    for name, (data, _) in damaged.items():
        (tmp_path / f"{name}.png").write_bytes(picture_of(count, 63, data))
    options = {"labels": "labels", "imageSize": [7, 9]}
    names = ["right", *damaged]
    found, *told = read_sets(node, tmp_path, [[[f"{n}.png"], options, f"{n}.out"] for n in names])
    assert found["splits"] == {"train": count}
    right = np.cumsum(images, axis=0, dtype=np.uint8).tobytes()
    assert (tmp_path / "right.out").read_bytes() == right
    for message, (name, (_, words)) in zip(told, damaged.items(), strict=True):
        assert message.startswith("DataError "), (name, message)
        assert words in message, (name, message)


def broken_sprites() -> ModuleType:
    """The module with every way to break a sprite."""
    spec = importlib.util.spec_from_file_location("broken_sprites", SPRITES / "test_broken.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@WAYS
def test_a_broken_sprite_is_refused_in_one_line(node: str, tmp_path: Path, *, core: bool) -> None:
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
    [whole, *messages] = read(node, tmp_path, ["right", *contents], core=core)
    assert len(whole["labels"]) == 24
    names = list(broken.BROKEN)
    told = [names[int(n[6:])] if n.startswith("broken") else n for n in contents]
    answers = dict(zip(told, messages, strict=True))
    accepted = {name for name, answer in answers.items() if not isinstance(answer, str)}
    assert accepted <= SAME_IN_JAVASCRIPT
    for name in answers.keys() - accepted:
        assert answers[name].startswith("DataError "), (name, answers[name])
        assert "\n" not in answers[name]
