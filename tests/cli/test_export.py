"""`spritenet export`: files others can use, and what it refuses."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import spritenet as sn
from onnx_networks import random_graph
from program import spritenet
from spritenet import export
from spritenet.cli.model_formats import NAMES, OutFormat
from spritenet.export.layer_order import depth_first
from spritenet.migration import FORMATS
from spritenet.quantization import quantize, reference


def test_the_ending_says_what_is_written(run: Path, tmp_path: Path) -> None:
    """A page for .html, else TensorFlow.js's folder; both hold the run's model."""
    page = spritenet("export", run, tmp_path / "digits.html", "--json")
    folder = spritenet("export", run, tmp_path / "digits", "--json")
    assert (page.returncode, folder.returncode) == (0, 0), page.stderr + folder.stderr
    told = [json.loads(done.stdout) for done in (page, folder)]
    assert [each["to"] for each in told] == ["html", "tfjs"]
    assert told[0]["bytes"] == (tmp_path / "digits.html").stat().st_size
    assert (tmp_path / "digits.html").read_text("utf-8").startswith("<!doctype html>")
    ours, theirs = (export.load(where) for where in (run / "model", tmp_path / "digits"))
    assert ours.weights_sha256 == theirs.weights_sha256


def test_the_page_is_the_same_each_time(run: Path, tmp_path: Path) -> None:
    """Byte for byte, so that it can be compared and kept under version control."""
    for name in ("one.html", "two.html"):
        assert spritenet("export", run, tmp_path / name).returncode == 0
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


def test_an_older_page_is_replaced_and_nothing_else_is_left(run: Path, tmp_path: Path) -> None:
    """No half of a file under its name, at no time."""
    out = tmp_path / "digits.html"
    out.write_text("old")
    done = spritenet("export", run, out)
    assert re.fullmatch(r".*digits\.html: [\d,]+ bytes\n", done.stdout)
    assert [path.name for path in tmp_path.iterdir()] == ["digits.html"]
    assert out.read_text("utf-8") != "old"


def test_with_data_the_page_holds_all_of_it(run: Path, data: str, tmp_path: Path) -> None:
    """And says how many images."""
    out = tmp_path / "digits.html"
    done = spritenet("export", run, out, "--with-data", data, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["images"], told["left_out"]) == (500, 0)
    text = out.read_text("utf-8")
    assert '<template id="lab"' in text
    assert 'id="data.png"' in text
    assert 'id="examples.png"' in text


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["nowhere", "x.html"], "nowhere: no model found"),
        (
            ["{run}", "{folder}", "--to", "html"],
            "the output is a folder: expected the name",
        ),
        (["{run}", "x", "--with-data", "strokes"], "--with-data: only an HTML file includes data"),
        (["{run}", "x.html", "--with-data", "nothing"], "'nothing': unknown data set"),
        (["{run}", "x.html", "--to", "nothing"], "'--to'"),
        (["{run}", "x.html", "--to", "onnx"], "x.html: unsupported file extension .html"),
        (
            ["{run}", "x", "--precision", "float64"],
            "--precision: invalid precision: expected",
        ),
        (["{run}", "x.html", "--to", "tfjs"], "x.html: unsupported file extension .html"),
        (["{run}", "x", "--to", "keras"], "x: unsupported file extension: expected a name that"),
        (["{run}", "x.html", "--to", "keras"], "x.html: unsupported file extension .html"),
        (["{run}", "x.tflite"], "x.tflite: unsupported file extension .tflite"),
        (["{run}", "x.png", "--to", "html"], "expected a name that ends in .html or .htm."),
        (["{run}"], "Missing argument 'OUT'"),
    ],
)
def test_mistakes_are_one_line(run: Path, tmp_path: Path, arguments: list[str], line: str) -> None:
    """And nothing is written."""
    given = [argument.format(run=run, folder=tmp_path) for argument in arguments]
    done = spritenet("export", *given, folder=tmp_path)
    assert done.returncode == 2
    assert line in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_images_the_model_does_not_take_are_for_the_lab_alone(run: Path, tmp_path: Path) -> None:
    """That is allowed, and said."""
    images = np.zeros((20, 8, 8, 3), np.uint8)
    sn.pack((images, np.arange(20) % 2), tmp_path / "other.png")
    words = ["digits.html", "--with-data", "other.png"]
    done = spritenet("export", run, *words, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "other.png is for the lab only: its images don't fit the model's input\n" in done.stdout


def test_a_keras_file_is_written_and_read(run: Path, tmp_path: Path) -> None:
    """By its ending; every command that takes a model takes it."""
    for name in ("m.keras", "m.h5"):
        done = spritenet("export", run, name, folder=tmp_path)
        assert done.returncode == 0, done.stderr
        assert export.load(tmp_path / name).weights_sha256 == export.load(run).weights_sha256
        said = spritenet("predict", name, run / "example.png", folder=tmp_path)
        assert said.stdout == spritenet("predict", run, run / "example.png").stdout
    done = spritenet("info", "m.keras", folder=tmp_path)
    assert done.returncode == 0, done.stderr


def test_c_code_is_written(run: Path, tmp_path: Path) -> None:
    """The outputs in the example are those of the model; the memory is printed."""
    done = spritenet(
        "export", run, "digits", "--to", "c", "--precision", "float32", folder=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(rf"digits: [\d,]+ bytes\nfloat32: {MEMORY}", done.stdout)
    pixels, outputs = example_arrays(tmp_path / "digits")
    expected = sn.load_model(run / "model").predict(pixels.reshape(1, 28, 28, 1))[0]
    np.testing.assert_array_equal(outputs, expected)


def test_int8_is_calibrated_on_the_models_data(run: Path, data: str, tmp_path: Path) -> None:
    """By default, of a run; `--data` names it. The example's image is the first test image."""
    for name, more in (("default", []), ("named", ["--data", data])):
        done = spritenet("export", run, name, "--to", "c", *more, folder=tmp_path)
        assert done.returncode == 0, done.stderr
        assert re.fullmatch(rf"{name}: [\d,]+ bytes\nint8: {MEMORY}", done.stdout)
    codes = [(tmp_path / name / "src" / "model.c").read_text() for name in ("default", "named")]
    assert codes[0] == codes[1]
    images, saved = sn.load(data), export.load(run)
    integers = quantize(saved.layers, saved.input_shape, saved.parameters, images.train.images)
    pixels, outputs = example_arrays(tmp_path / "named")
    first = images.test.images[:1]
    np.testing.assert_array_equal(pixels, first.ravel())
    np.testing.assert_array_equal(outputs, reference.predict(integers, first)[0])


def test_int8_needs_images(run: Path, data: str, tmp_path: Path) -> None:
    """They are the model's, of its size, and for C code only."""
    model = sn.Sequential([sn.Input((9, 9, 1)), sn.layers.Flatten(), sn.layers.Dense(2)])
    model.save(tmp_path / "bare")
    for words, line in (
        (["bare", "c", "--to", "c"], "--data: missing images to calibrate int8 with"),
        (["bare", "c", "--to", "c", "--data", data], "its images don't fit the network"),
        ([run, "m.html", "--data", data], "--data: only int8 is calibrated on images"),
        ([run, "c", "--to", "c", "--precision", "float16"], "expected int8 or float32 for c"),
    ):
        done = spritenet("export", *words, folder=tmp_path)
        assert done.returncode == 2
        assert line in done.stderr
        assert done.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["bare"]


MEMORY = r"weights [\d,]+ bytes, working memory [\d,]+ bytes beside an image of 784\n"


def example_arrays(folder: Path) -> list[NDArray[np.float32]]:
    """The pixels and the outputs in example.c."""
    text = (folder / "example.c").read_text(encoding="utf-8")
    arrays = re.findall(r"= \{\n([^}]*)\}", text)
    return [
        np.array([float(item.strip(" \nf")) for item in found.split(",")[:-1]], np.float32)
        for found in arrays
    ]


def test_convert_takes_each_format_to_each(run: Path, tmp_path: Path) -> None:
    """The weights stay the same, bit by bit; the page is written, too."""
    names: list[str | Path] = [run, "m.onnx", "m.keras", "m.h5", "m.zip", "m", "m.html"]
    for source, out in pairwise(names):
        done = spritenet("convert", source, out, "--json", folder=tmp_path)
        assert done.returncode == 0, done.stderr
        written = json.loads(done.stdout)
        assert written["same_weights"] is (None if out == "m.html" else True)
    done = spritenet("convert", "m", "half.onnx", "--precision", "float16", folder=tmp_path)
    assert done.stdout.endswith("weights are rounded to float16\n")
    said = spritenet("predict", "m.onnx", run / "example.png", folder=tmp_path)
    assert said.stdout == spritenet("predict", run, run / "example.png").stdout
    done = spritenet("convert", "m.onnx", "x.pt", folder=tmp_path)
    assert "x.pt: unsupported file extension .pt" in done.stderr


def test_convert_compares_weights_layer_by_layer(tmp_path: Path) -> None:
    """Files of operators may have layers in another order than other formats."""
    model = random_graph(14)
    assert depth_first(model).weights_sha256 != model.weights_sha256
    export.save(model, tmp_path / "m.onnx")
    for source, out in (("m.onnx", "m"), ("m", "m.keras"), ("m.keras", "n.onnx")):
        done = spritenet("convert", source, out, folder=tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stdout.endswith("reads back with the same weights, bit by bit\n")


def test_formats_of_the_command_line_are_those_of_the_library() -> None:
    """Every format that is written has a name for `--to`."""
    assert set(NAMES) == {*FORMATS, "html", "c", "int8"}
    assert [name.value for name in OutFormat] == list(NAMES)  # type: ignore[attr-defined]  # an enum at run time


def test_info_tells_what_an_onnx_file_holds(run: Path, tmp_path: Path) -> None:
    """Its operators and network; of a network that isn't read, what is refused."""
    import onnx

    assert spritenet("export", run, "m.onnx", folder=tmp_path).returncode == 0
    done = spritenet("info", "m.onnx", folder=tmp_path)
    assert done.stdout.startswith(f"ONNX of Spritenet {sn.__version__}, opset 21\ninput images: n")
    assert re.search(r"operators: .*Conv \d", done.stdout)
    assert "SHA-256 of the weights" in done.stdout
    content = onnx.load(tmp_path / "m.onnx")
    content.graph.node[3].op_type = "QuantizeLinear"
    onnx.save(content, tmp_path / "m.onnx")
    done = spritenet("info", "m.onnx", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "unsupported operators: QuantizeLinear 1\nrefused as a network: m.onnx: " in done.stdout
    told = json.loads(spritenet("info", "m.onnx", "--json", folder=tmp_path).stdout)
    assert told["unsupported"] == {"QuantizeLinear": 1}
    assert "unsupported operator 'QuantizeLinear'" in told["refused"]
