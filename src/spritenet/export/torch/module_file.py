"""The PyTorch module of a model: one Python file, and its weights in NumPy's .npz beside it."""

from __future__ import annotations

import io
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import spritenet
from spritenet.atomic import write_file
from spritenet.destination import destination
from spritenet.errors import ModelError
from spritenet.export.error_location import located
from spritenet.export.random_layers import without_random
from spritenet.export.torch.activation_source import HELPERS
from spritenet.export.torch.arrangement_code import channels_first
from spritenet.export.torch.layer_code import Written, write_layer
from spritenet.export.torch.module_code import Code, identifiers
from spritenet.layers import IMAGES

if TYPE_CHECKING:
    import os

    from spritenet.export.saved_model import SavedModel

__all__ = ["save_torch"]

SIGN = "written by Spritenet"
"""In the first line of our files."""

HEAD = '''"""A network in PyTorch, {sign} {version}: images of {shape}.

    from {module} import load

    network = load()  # the weights of {weights}
    outputs = network(images)  # {images}, pixels from 0 to 255

Needs torch and numpy only.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
{functional}from torch import nn

WEIGHTS = Path(__file__).with_suffix(".npz")
WEIGHTS_SHA256 = "{sha256}"
"""Of the parameters as Spritenet has them."""

INPUT_SHAPE = {input_shape}
{classes}{preparation}'''
BODY = '''

class Network(nn.Module):
    """The network: raw pixels in, outputs as in Spritenet."""

    def __init__(self) -> None:
        super().__init__()
{made}

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Returns the outputs for {images}, uint8 or float, from 0 to 255."""
{steps}
        return {output}


def load(path: str | Path = WEIGHTS) -> Network:
    """Returns the network with the weights of a file, ready to predict."""
    network = Network()
    with np.load(path) as arrays:
        state = {{name: torch.from_numpy(arrays[name]) for name in arrays}}
    network.load_state_dict(state)
    return network.eval()
'''
CLASSIFY = '''

def classify(network: Network, images: torch.Tensor) -> list[str]:
    """Returns the most likely class of each image."""
    with torch.no_grad():
        return [CLASS_NAMES[place] for place in network(images).argmax(1).tolist()]
'''


PREPARED = '"""The preparation of photos and drawings: see spritenet.prepare."""'


def save_torch(model: SavedModel, path: str | os.PathLike[str]) -> None:
    """Writes a model as a Python file, and its weights as an .npz of the same name.

    Raises:
        ModelError: a layer has no counterpart in PyTorch, the file is another program's, or the
            disk refuses.
    """
    with destination(path) as place:
        with located(place.path):
            _check_ours(place.path)
            model.check()
            files = _module_files(model, place.path.stem)
        for ending, content in files.items():
            write_file(place.path.with_suffix(ending), content, error=ModelError)


def _check_ours(path: Path) -> None:
    """Raise ModelError if a file, or that of the weights, is none that an older model is in."""
    if not path.is_file():
        weights = path.with_suffix(".npz")
        if weights.exists():
            what = f"the weights would replace another file, {weights.name}"
            raise ModelError(what, do="Choose another name, or remove it.")
        return
    with path.open("rb") as file:
        head = file.readline(500)
    if SIGN.encode() not in head:
        raise ModelError("the file holds other code", do="Choose another name, or remove it.")


def _module_files(model: SavedModel, name: str) -> dict[str, bytes]:
    """Returns the files of a model by their endings: .npz, then .py.

    Args:
        model: the model.
        name: of the files, without an ending.

    Raises:
        ModelError: a layer has no counterpart in PyTorch.
    """
    graph = without_random(model.layers, model.input_shape)
    nodes = list(graph.nodes(model.input_shape))
    names = identifiers([node.layer.label for node in nodes])
    readers = Counter(source for node in nodes for source in node.inputs)
    targets: list[str] = []
    for index, _ in enumerate(nodes):
        following = nodes[index + 1] if index + 1 < len(nodes) else None
        is_next = following is None or (following.inputs == (index,) and readers[index] == 1)
        targets.append("x" if is_next else names[index])
    code, offset = Code(), 0
    rank = len(model.input_shape)
    code.steps.append(
        f"        x = {channels_first('images.reshape(-1, *INPUT_SHAPE)', rank)}.float()"
    )
    for node, own, target in zip(nodes, names, targets, strict=True):
        arrays = {}
        for weight in node.weights:
            values = model.parameters[offset : offset + weight.size]
            arrays[weight.name] = values.reshape(weight.shape)
            offset += weight.size
        read = tuple("x" if source == IMAGES else targets[source] for source in node.inputs)
        if node.layer.class_name == "Identity" and target != read[0]:
            code.steps.append(f"        {target} = {read[0]}")
            continue
        write_layer(Written(code, node, own, arrays, read), target)
    output = _channels_last(targets[-1], len(nodes[-1].output_shape))
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **code.arrays)
    return {".npz": buffer.getvalue(), ".py": _source(model, name, code, output).encode()}


def _channels_last(code: str, rank: int) -> str:
    """Returns an output as Spritenet has it: images n h w c."""
    return f"{code}.permute(0, 2, 3, 1)" if rank == 3 else code


def _source(model: SavedModel, name: str, code: Code, output: str) -> str:
    """Returns the text of the Python file."""
    names, rank = model.metadata.class_names, len(model.input_shape)
    rows = "".join(f"    {_literal(each)},\n" for each in names)
    sides = ["n", "h", "w", "c"][: rank + 1]
    axes = " × ".join(sides if rank > 1 else ["n", "values"])
    prepared = model.metadata.preparation or {}
    entries = "".join(f"    {_literal(k)}: {_literal(v)},\n" for k, v in prepared.items())
    preparation = f"PREPARATION = {{\n{entries}}}\n{PREPARED}\n" if entries else ""
    helpers = "".join(f"\n{HELPERS[each]}" for each in HELPERS if each in code.helpers)
    functions = helpers + BODY.format(
        made="\n".join(code.made) or "        # no layer has weights",
        steps="\n".join(code.steps),
        output=output,
        images=axes,
    )
    head = HEAD.format(
        sign=SIGN,
        version=spritenet.__version__,
        shape="×".join(map(str, model.input_shape)),
        module=name if name.isidentifier() else "this_file",
        weights=f"{name}.npz",
        images=axes,
        sha256=model.weights_sha256,
        input_shape=f"({model.input_shape[0]},)" if rank == 1 else model.input_shape,
        functional="import torch.nn.functional as F\n" if "F." in functions else "",
        classes=f"CLASS_NAMES = (\n{rows})\n" if names else "",
        preparation=preparation,
    )
    return head + functions + (CLASSIFY if names else "")


def _literal(value: object) -> str:
    """Returns a JSON value as Python writes it, with double quotes where it can."""
    if isinstance(value, str) and ('"' not in value or "'" in value):
        return json.dumps(value, ensure_ascii=False)
    return repr(value)
