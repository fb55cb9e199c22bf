"""`spritenet info`: the contents of a data set or a saved model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spritenet.cli import terminal
from spritenet.cli.advice import NOT_CALIBRATED
from spritenet.cli.arguments import Classes, Json, Memory, Pixels
from spritenet.cli.data_options import DataOptions, with_data_options
from spritenet.cli.int8_model import describe_int8, is_int8
from spritenet.errors import InputError
from spritenet.formatting import percent, plural, shape
from spritenet.migration import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.table import Table

    from spritenet.dataset import Dataset
    from spritenet.dataset.statistics import Duplicates
    from spritenet.export import SavedModel
    from spritenet.layers import Layer
    from spritenet.streams import Stream

__all__ = ["info"]

PREVIEW = 14
"""Columns of an image in the preview, at most."""

BAR = 30
"""Columns of the longest bar."""


@with_data_options
def info(
    what: Annotated[
        str, typer.Argument(metavar="DATA|MODEL", help="A data set, a saved model, or a run.")
    ],
    memory: Memory = None,
    pixels: Pixels = None,
    classes: Classes = None,
    json: Json = False,
    *,
    data_options: DataOptions,
) -> None:
    """Describe a data set or a saved model."""
    from spritenet.export import is_model

    path = Path(what)
    if is_int8(path):
        data_options.refuse(what, "is for data sets, and this is a model")
        describe_int8(path, json=json)
        return
    if is_model(path.expanduser()):
        from spritenet.cli.models import read_saved

        data_options.refuse(what, "is for data sets, and this is a model")
        if path.suffix.lower() in FORMATS["onnx"].endings:
            from spritenet.cli.onnx_info import describe_onnx

            refused = describe_onnx(path, json=json)
            if refused:
                return
        _describe_model(path, read_saved(path, pixels, classes), json)
        return
    from spritenet.cli.datasets import load_or_stream
    from spritenet.dataset import Dataset

    for option, value in (("--pixels", pixels), ("--classes", classes)):
        if value is not None:
            raise InputError(f"{option} is for models, and this is a data set", where=what)
    data = load_or_stream(what, memory, data_options)
    if isinstance(data, Dataset):
        _describe_dataset(data, json)
    else:
        with data:
            _describe_stream(data, json)


def _describe_stream(data: Stream, json: bool) -> None:
    """Prints the metadata of a data set that does not fit into memory, without reading images."""
    counts = {name: split.class_counts for name, split in data.splits.items()}
    if json:
        terminal.print_json(
            {
                "name": data.name,
                "image_shape": list(data.image_shape),
                "class_names": list(data.class_names),
                "splits": {
                    name: {"images": len(split), "classes": counts[name]}
                    for name, split in data.splits.items()
                },
                "sprites": len(data.shards),
                "source": data.source,
                "licence": data.licence,
                "content_hash": data.content_hash,
            }
        )
        return
    print(
        f"{data.name}: {shape(data.image_shape)} pixels, {plural(len(data.class_names), 'class')}, "
        f"{plural(data.count, 'image')} in {plural(len(data.shards), 'sprite')}"
    )
    for word, text in (("source", data.source), ("licence", data.licence)):
        if text:
            print(f"{word}: {text}")
    print(f"content hash, from its metadata: {data.content_hash}")
    several = any(split.is_multi_label for split in data.splits.values())
    sizes = [len(split) for split in data.splits.values()] if several else None
    terminal.print_table(_classes(data.class_names, counts, sizes))
    print("The images do not fit into memory and were not read. `spritenet verify` reads them all.")


def _describe_dataset(data: Dataset, json: bool) -> None:
    """Prints the metadata, classes, statistics and duplicates of a data set."""
    from spritenet.dataset.statistics import find_duplicates, pixel_statistics

    pixels = {name: pixel_statistics(split) for name, split in data.splits.items()}
    duplicates = find_duplicates(data.splits)
    if json:
        splits = {name: split.class_counts for name, split in data.splits.items()}
        terminal.print_json(
            {
                "name": data.name,
                "image_shape": list(data.image_shape),
                "class_names": list(data.class_names),
                "multi_label": data.is_multi_label,
                "splits": {
                    name: {
                        "images": len(data[name]),
                        "classes": counts,
                        "mean": list(pixels[name].mean),
                        "deviation": list(pixels[name].deviation),
                    }
                    for name, counts in splits.items()
                },
                "duplicates": {
                    "within": dict(duplicates.within),
                    "between": [
                        {"splits": list(pair), "images": count}
                        for pair, count in duplicates.between.items()
                    ],
                    "contradictions": duplicates.contradictions,
                    "examples": [[list(copy), list(of)] for copy, of in duplicates.examples],
                },
                "source": data.source,
                "licence": data.licence,
                "content_hash": data.content_hash,
                "split_hashes": {name: split.content_hash for name, split in data.splits.items()},
            }
        )
        return
    print(
        f"{data.name}: {shape(data.image_shape)} pixels, {plural(len(data.class_names), 'class')}"
    )
    for word, text in (("source", data.source), ("licence", data.licence)):
        if text:
            print(f"{word}: {text}")
    print(f"content hash: {data.content_hash}")
    for name, split in data.splits.items():
        print(f"  of {name}: {split.content_hash}")
    counts = {name: split.class_counts for name, split in data.splits.items()}
    sizes = [len(split) for split in data.splits.values()] if data.is_multi_label else None
    terminal.print_table(_classes(data.class_names, counts, sizes))
    if data.is_multi_label:
        print(_label_line(data))
    _print_images(data)
    for name, statistics in pixels.items():
        mean, deviation = (
            ", ".join(f"{value:.4f}" for value in values)
            for values in (statistics.mean, statistics.deviation)
        )
        print(f"pixels of {name}, scaled to 0..1: mean {mean}, standard deviation {deviation}")
    for line in _duplicate_lines(duplicates):
        print(line)


def _label_line(data: Dataset) -> str:
    """Returns a line about the number of labels of an image."""
    import numpy as np

    sums = np.concatenate([split.labels.sum(axis=1) for split in data.splits.values()])
    none, several = int((sums == 0).sum()), int((sums > 1).sum())
    return (
        f"multi-label: {sums.mean():.2f} classes an image, {plural(several, 'image')} with "
        f"several, {none:,} with none"
    )


def _print_images(data: Dataset) -> None:
    """Prints a row of images: the first of each class, as many classes as fit."""
    import numpy as np

    from spritenet.cli.graphics import image_grid
    from spritenet.dataset.multi_label import label_text

    split = next(iter(data.splits.values()))
    screen = terminal.console()
    most = max(1, (screen.width + 2) // (PREVIEW + 2))
    if split.is_multi_label:
        found = np.flatnonzero(split.labels.any(axis=0))
        places = list(dict.fromkeys(split.labels[:, found].argmax(axis=0).tolist()))
    else:
        places = np.unique(split.labels, return_index=True)[1].tolist()
    firsts = places[:most]
    colour = screen.color_system is not None and not screen.no_color
    captions = [label_text(split.labels[place], data.class_names) for place in firsts]
    images = [split.images[place] for place in firsts]
    shown = image_grid(images, captions, columns=screen.width, colour=colour, width=PREVIEW)
    for line in shown:
        screen.print(line, no_wrap=True)


def _duplicate_lines(duplicates: Duplicates) -> Iterator[str]:
    """Yields lines about images that occur more than once."""
    from spritenet.dataset.statistics import MOST_EXAMPLES

    if not duplicates:
        yield "no duplicate images"
        return
    for name, count in duplicates.within.items():
        if count:
            yield f"{plural(count, 'duplicate image')} within {name}"
    for (first, second), count in duplicates.between.items():
        if count:
            yield f"{plural(count, 'image')} of {second} also in {first}"
    if duplicates.contradictions:
        yield f"{plural(duplicates.contradictions, 'duplicate image')} with contradictory labels"
    pairs = (f"{a} {i} = {b} {j}" for (a, i), (b, j) in duplicates.examples)
    yield f"  {', '.join(pairs)}{', …' if len(duplicates.examples) == MOST_EXAMPLES else ''}"


def _classes(
    names: Sequence[str],
    counts: Mapping[str, Mapping[str, int]],
    sizes: Sequence[int] | None = None,
) -> Table:
    """Returns the number of images per class and split, with bars.

    Args:
        names: of the classes.
        counts: for each split the images of each class.
        sizes: the images of each split, where one may have several classes.
    """
    rows = terminal.table("class", *counts, "")
    rows.columns[-1].justify = "left"
    totals = {name: sum(each[name] for each in counts.values()) for name in names}
    largest = max(totals.values()) or 1
    for name, total in totals.items():
        bar = "█" * round(BAR * total / largest)
        rows.add_row(name, *(f"{each[name]:,}" for each in counts.values()), bar)
    rows.add_section()
    sums = [sum(each.values()) for each in counts.values()] if sizes is None else sizes
    word = "total" if sizes is None else "images"
    rows.add_row(word, *(f"{count:,}" for count in sums), "")
    return rows


def _describe_model(folder: Path, model: SavedModel, json: bool) -> None:
    """Prints the layers and metadata of a saved model."""
    from spritenet.model.building import classifies

    metadata, trained = model.metadata, model.metadata.trained_on
    rows = list(_layer_rows(model))
    count = model.parameters.size
    if json:
        terminal.print_json(
            {
                "model": str(folder),
                "input_shape": list(model.input_shape),
                "parameters": count,
                "layers": [
                    {
                        "name": layer.name,
                        "class_name": layer.class_name,
                        "output_shape": list(made),
                        "parameters": size,
                        "config": layer.config(),
                    }
                    for layer, made, size in rows
                ],
                **_metadata(model),
            }
        )
        return
    print(f"{folder}: a network of {plural(count, 'parameter')}, {4 * count:,} bytes")
    print(f"input: images of {shape(model.input_shape)} pixels, 0 to 255")
    layers = terminal.table("layer", "", "output shape", "parameters", left=2)
    for layer, made, size in rows:
        layers.add_row(layer.name, _call(layer), shape(made), f"{size:,}" if size else "")
    terminal.print_table(layers)
    if metadata.class_names:
        print("classes:", ", ".join(metadata.class_names))
    if trained:
        print(
            f"trained on: {trained.dataset}, seed {trained.seed}, {plural(trained.steps, 'step')}"
        )
        print(f"content hash of the data: {trained.content_hash}")
    for name, score in metadata.scores.items():
        print(f"{name.replace('_', ' ')}: {score:.4g}")
    if metadata.rejection is not None:
        known = metadata.rejection
        images = plural(known.images, "image")
        print(f"calibrated on {images}, {percent(known.refused)} of them rejected as not sure")
    elif classifies(model.layers, rows[-1][1]):
        print(NOT_CALIBRATED)
    print(f"SHA-256 of the weights: {model.weights_sha256}")


def _metadata(model: SavedModel) -> dict[str, object]:
    """Returns the metadata of the model, without the arrays of its OOD detector."""
    entry = model.metadata.to_json(model.input_shape, {"weights_sha256": model.weights_sha256})
    if "rejection" in entry:
        entry["rejection"].pop("detector")
    return entry


def _layer_rows(model: SavedModel) -> list[tuple[Layer, tuple[int, ...], int]]:
    """Returns each layer with its output shape and number of parameters."""
    return [
        (node.layer, node.output_shape, sum(weight.size for weight in node.weights))
        for node in model.layers.nodes(model.input_shape)
    ]


def _call(layer: Layer) -> str:
    """Returns the call that makes the layer, without its name."""
    call = repr(layer).replace(f"name={layer.name!r}", "").replace("(, ", "(").replace(", )", ")")
    return call.replace(repr(1 / 255), "1/255")
