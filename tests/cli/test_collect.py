"""`spritenet collect`: one HTML file, and what it can't begin with."""

from __future__ import annotations

import base64
import gzip
import re
from pathlib import Path

import numpy as np
import pytest

import spritenet as sn
from program import spritenet


def test_a_data_set_is_inside_the_file(tmp_path: Path) -> None:
    """As a sprite; the same images."""
    images = np.random.default_rng(0).integers(0, 256, (6, 9, 9, 1), np.uint8)
    data = sn.Dataset.from_arrays((images, np.arange(6) % 2))
    sn.pack(data, tmp_path / "d.png")
    done = spritenet("collect", tmp_path / "d.png", "--out", tmp_path / "page.html")
    assert done.returncode == 0, done.stderr
    assert "6 images of 9×9×1 pixels" in done.stdout
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    found = re.search(r'application/gzip" id="images">([\w+/=]+)<', text)
    assert found is not None
    (tmp_path / "again.png").write_bytes(gzip.decompress(base64.b64decode(found[1])))
    assert (sn.load(tmp_path / "again.png").train.images == images).all()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--out", "page.txt"], "not the name of an HTML file"),
        (["strokes", "--out", "page.html"], "too many images to look at each"),
        (["nothing.zip"], "nothing.zip"),
        (["--image-size", "9x9"], "--image-size"),
    ],
)
def test_what_it_cannot_do_is_one_line(tmp_path: Path, words: list[str], line: str) -> None:
    """With what to do."""
    done = spritenet("collect", *words, folder=tmp_path)
    assert done.returncode == 2
    assert line in done.stderr
    assert done.stderr.count("\n") == 1
