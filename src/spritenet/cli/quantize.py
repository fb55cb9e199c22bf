"""`spritenet quantize`: a saved model in int8, and the accuracy before and after."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spritenet.cli import terminal
from spritenet.cli.arguments import Classes, Data, Json, Model, Pixels, Threads
from spritenet.cli.data_options import DataOptions, with_data_options
from spritenet.cli.models import read_saved
from spritenet.errors import InputError
from spritenet.formatting import percent

__all__ = ["quantize"]


@with_data_options
def quantize(
    model: Model,
    data: Data,
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="The int8 model, an .int8 or .onnx file.")
    ],
    split: Annotated[
        str, typer.Option(metavar="NAME", help="Split to measure the accuracy on.")
    ] = "test",
    epochs: Annotated[
        int, typer.Option(metavar="N", min=0, help="Epochs of fine-tuning with rounding.")
    ] = 0,
    learning_rate: Annotated[
        float, typer.Option(metavar="RATE", min=0, help="Learning rate of fine-tuning.")
    ] = 1e-3,
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of fine-tuning.")] = 0,
    threads: Threads = None,
    pixels: Pixels = None,
    classes: Classes = None,
    json: Json = False,
    *,
    data_options: DataOptions,
) -> None:
    """Quantize a saved model to int8, calibrated on the training images of a data set."""
    from spritenet.cli.int8_model import training_data
    from spritenet.migration import INT8_ENDING
    from spritenet.model import QuantizedModel, model_of
    from spritenet.model.int8_tuning import tuning_of

    if out.suffix not in (INT8_ENDING, ".onnx"):
        expected = f"{INT8_ENDING} or .onnx"
        raise InputError("the output has another ending", where=out, expected=expected)
    saved = read_saved(model, pixels, classes)
    saved.check_classifies()
    images = training_data(saved, data, data_options)
    if split not in images.splits:
        raise InputError(
            "unknown split", where="--split", expected=", ".join(images.splits), got=split
        )
    tuning = tuning_of(epochs, learning_rate, seed, threads)
    made = QuantizedModel.of(saved, images, tuning=tuning, threads=threads)
    test = images.splits[split]
    real = model_of(saved, threads=threads).predict_classes(test)
    before = float((real == test.labels).mean())
    after = float((made.predict_classes(test) == test.labels).mean())
    made.save(out)
    size = out.stat().st_size
    if json:
        terminal.print_json(
            {
                "path": str(out),
                "bytes": size,
                "split": split,
                "images": len(test),
                "accuracy_float32": before,
                "accuracy_int8": after,
            }
        )
        return
    print(f"{out}: {size:,} bytes")
    print(f"accuracy {percent(before)} in float32, {percent(after)} in int8 ({split})")
