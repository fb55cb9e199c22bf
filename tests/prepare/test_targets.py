"""Preprocessing of image files: the same integers in Python, JavaScript, C and ONNX."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import spritenet as sn
from c_models import CompiledModel, write_model
from spritenet.export import Metadata, load
from spritenet.prepare import Preparation, prepare
from spritenet.sources.images.image_file import read_image

NODE = Path(__file__).parents[1] / "node"
EACH = 250  # files for each preparation, of which there are four
KINDS = ("RGB", "RGBA", "L", "LA", "P", "I;16", "1", "JPEG", "upright")
PREPARATIONS = (
    Preparation("digit", 28, 28, 1),
    Preparation("fit", 16, 12, 3, 40),
    Preparation("crop", 10, 14, 4),
    Preparation("stretch", 12, 12, 1, 255),
)


def photographs() -> list[Image.Image]:
    """Two photographs of 640 × 427 pixels."""
    datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn has the photographs")
    return [Image.fromarray(image) for image in datasets.load_sample_images().images]


def write_view(view: Image.Image, kind: str, path: Path, random: np.random.Generator) -> Path:
    """Writes a view as a file of a kind."""
    if kind == "JPEG":
        view.save(path.with_suffix(".jpg"), quality=80)
        return path.with_suffix(".jpg")
    if kind == "I;16":
        grey = np.asarray(view.convert("L"), np.uint16) * 257
        Image.fromarray(grey - random.integers(0, 257, grey.shape, np.uint16).clip(max=grey)).save(
            path
        )
        return path
    if kind == "upright":
        exif = Image.Exif()
        exif[0x0112] = int(random.integers(1, 9))  # the orientation
        view.save(path, exif=exif)
        return path
    if kind in ("RGBA", "LA"):
        view = view.convert(kind)
        opacity = random.integers(0, 256, (view.height, view.width), np.uint8)
        view.putalpha(Image.fromarray(opacity))
    view.convert(kind).save(path)
    return path


def files(folder: Path, seed: int) -> Iterator[Path]:
    """Views of the photographs, of mixed sizes, as files of every kind."""
    random, whole = np.random.default_rng(seed), photographs()
    for number in range(EACH):
        photograph = whole[number % len(whole)]
        width, height = (int(2 ** random.uniform(0, np.log2(side))) for side in photograph.size)
        if number % 50 == 0:
            width, height = 40, 1100  # which is reduced first
            photograph = photograph.resize((41, 1101))
        left = int(random.integers(0, photograph.width - width + 1))
        top = int(random.integers(0, photograph.height - height + 1))
        view = photograph.crop((left, top, left + width, top + height))
        kind = KINDS[number % len(KINDS)]
        yield write_view(view, kind, folder / f"{number}.png", random)


def in_javascript(
    folder: Path, pixels: list[NDArray[np.uint8]], preparation: Preparation
) -> NDArray[np.uint8]:
    """The images that our JavaScript prepares."""
    jobs = []
    for number, image in enumerate(pixels):
        (folder / f"pixels{number}").write_bytes(image.tobytes())
        jobs.append((f"pixels{number}", *image.shape[:2], preparation.to_json()))
    done = subprocess.run(
        ["node", NODE / "library.mjs", "prepare"],
        input=json.dumps({"folder": str(folder), "pictures": jobs}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)) == {None}
    data = [(folder / f"pixels{number}.out").read_bytes() for number in range(len(pixels))]
    return np.frombuffer(b"".join(data), np.uint8).reshape(-1, *preparation.shape)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*its 16 bits reach")
@pytest.mark.usefixtures("node")
@pytest.mark.parametrize("preparation", PREPARATIONS, ids=lambda found: found.mode)
def test_image_files_become_the_same_integers_everywhere(
    preparation: Preparation, tmp_path: Path
) -> None:
    """Prepared bytes; then the integers of an int8 network, and the outputs of ONNX within 1e-5."""
    oracle = pytest.importorskip("onnx_oracle", reason="onnxruntime is the oracle here")
    pixels = [
        read_image(path, upright=True) for path in files(tmp_path, PREPARATIONS.index(preparation))
    ]
    assert {image.shape[2] for image in pixels} == {1, 3, 4}
    images = np.stack([prepare(image, preparation) for image in pixels])
    assert np.array_equal(in_javascript(tmp_path, pixels, preparation), images)

    model = sn.Sequential(
        [sn.Conv2D(4, 3, activation="relu"), sn.Flatten(), sn.Dense(3, "softmax")]
    )
    model.build(preparation.shape)
    model.preparation = preparation.to_json()
    model.save(tmp_path / "m")
    saved, small = load(tmp_path / "m"), model.quantize(images)
    assert saved.metadata == Metadata(preparation=preparation.to_json())
    compiled = CompiledModel(write_model(saved, tmp_path / "c", integers=small.network), saved)
    for image, expected in zip(pixels, images, strict=True):
        done, got = compiled.prepare(image)
        assert np.array_equal(got, expected)
        assert done == (preparation.mode != "digit" or expected.any())
    integers = small.predict_integers(images)
    assert np.array_equal(compiled.predict(images), integers)
    (tmp_path / "int8").mkdir()
    small.save(tmp_path / "int8" / "model.int8")
    (tmp_path / "int8" / "pixels.bin").write_bytes(images.tobytes())
    subprocess.run(["node", NODE / "int8.mjs", tmp_path / "int8"], check=True, capture_output=True)
    found = np.fromfile(tmp_path / "int8" / "integers.bin", "<i2").reshape(integers.shape)
    assert np.array_equal(found, integers)
    model.save(tmp_path / "m.onnx")
    outputs = next(iter(oracle.run(tmp_path / "m.onnx", images).values()))
    assert np.abs(outputs - model.predict(images)).max() < 1e-5
