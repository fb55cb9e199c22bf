"""Files of every kind, damaged at random: one line, or the data set, and nothing else."""

from __future__ import annotations

import io
import random
import tarfile
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

import spritenet as sn
from picture_folders import encoded, noise

LARGEST = b"\xff\xff\xff\xff"
ZERO = b"\0\0\0\0"
NEGATIVE = b"\x80\0\0\0"


def zipped(method: int) -> bytes:
    """Two images in a zip."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as made:
        made.writestr("a/1.png", encoded(noise()))
        made.writestr("b/2.png", encoded(noise(seed=1)))
    return file.getvalue()


def tarred(mode: str) -> bytes:
    """The same in a tar."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as made:  # type: ignore[call-overload] # any mode
        for name in ("a/1.png", "b/2.png"):
            info = tarfile.TarInfo(name)
            data = encoded(noise())
            info.size = len(data)
            made.addfile(info, io.BytesIO(data))
    return file.getvalue()


def arrays(*, npz: bool) -> bytes:
    """Images in an npz, with their labels, or in an npy."""
    file = io.BytesIO()
    if npz:
        np.savez_compressed(file, x=noise((9, 6, 5)), y=np.zeros(9, np.uint8))
    else:
        np.save(file, noise((9, 6, 5)))
    return file.getvalue()


def whole(kind: str) -> bytes:
    """An undamaged file."""
    if kind.endswith("zip"):
        return zipped(zipfile.ZIP_STORED if kind == "stored.zip" else zipfile.ZIP_DEFLATED)
    if kind.startswith("tar"):
        return tarred(f"w:{kind[4:]}")
    if kind == "csv":
        rows = np.column_stack([np.arange(9) % 3, noise((9, 16))]).tolist()
        return "\n".join(",".join(map(str, row)) for row in rows).encode()
    if kind in {"npz", "npy"}:
        return arrays(npz=kind == "npz")
    return encoded(noise((16, 16, 3)), kind)


def damaged(data: bytes, dice: random.Random) -> bytes:
    """A few bytes changed, cut out, put in, or the end cut off."""
    made = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 8))):
        place = dice.randrange(len(made) + 1)
        match dice.randrange(6):
            case 0 | 1:
                made[place : place + 1] = bytes([dice.randrange(256)])
            case 2:
                del made[place : place + dice.choice((1, 4, 30))]
            case 3:
                made[place:place] = dice.randbytes(dice.choice((1, 4, 30)))
            case 4:
                made[place : place + 4] = dice.choice((LARGEST, ZERO, NEGATIVE))
            case _:
                del made[place:]
    return bytes(made)


ARCHIVES = ("zip", "stored.zip", "tar", "tar.gz", "tar.xz", "tar.bz2")
PICTURES = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "ICO")


@pytest.mark.parametrize("kind", [*ARCHIVES, "csv", "npz", "npy", *PICTURES])
def test_damage_is_one_line_or_does_not_matter(tmp_path: Path, kind: str) -> None:
    """Sixty times each; the seed is the kind's name, so that a failure comes again."""
    dice = random.Random(kind)  # noqa: S311 - no secret
    path = source = tmp_path / f"images.{kind}"
    if kind in PICTURES:
        source = tmp_path / "pets"
        path = source / "a" / f"1.{kind.lower().replace('jpeg', 'jpg')}"
        path.parent.mkdir(parents=True)
        (path.parent / "2.png").write_bytes(encoded(noise((16, 16, 3))))
    np.save(tmp_path / "labels.npy", np.zeros(9, np.uint8))
    data = whole(kind)
    path.write_bytes(data)
    assert len(sn.load(source).train) in {2, 9}
    for _ in range(60):
        path.write_bytes(damaged(data, dice))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            try:
                sn.load(source)
            except sn.InputError as error:
                assert "\n" not in str(error)  # noqa: PT017 - both ends are fine
