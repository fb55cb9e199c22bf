"""model_of_run: the saved network of a run, or that of its checkpoint if training was killed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spritenet.errors import ModelError, RunError
from spritenet.export import Metadata, SavedModel
from spritenet.export.read_topology import read_topology
from spritenet.model import Model, load_model, model_of
from spritenet.training import checkpoint

if TYPE_CHECKING:
    from spritenet.runs import Run

__all__ = ["model_of_run"]


def model_of_run(run: Run, *, threads: int | None = None) -> Model:
    """Loads the network of a run.

    Raises:
        RunError: there is neither a model nor a checkpoint, or the run's config is broken.
        ModelError: the model is broken.
    """
    if (run.model_path / "model.json").exists():
        return load_model(run.model_path, threads=threads)
    if not run.checkpoint_path.exists():
        raise RunError(
            "there is no model and no checkpoint",
            where=run.folder,
            do="Train it until the first checkpoint, at least.",
        )
    config = run.config()
    found = checkpoint.load(run.checkpoint_path)
    entries, shape = config.get("layers"), config.get("input_shape")
    if not (isinstance(entries, list) and entries and isinstance(shape, list)):
        raise RunError("missing layers or input_shape", where=run.config_path)
    first = entries[0] if isinstance(entries[0], dict) else {}
    sized = {**first, "config": {**first.get("config", {}), "batch_input_shape": [None, *shape]}}
    topology = {"class_name": "Sequential", "config": {"layers": [sized, *entries[1:]]}}
    if "inputs" in first:
        topology = {"class_name": "Functional", "config": _functional(entries, shape)}
    names = config.get("class_names")
    try:
        network = read_topology(topology)
        words = tuple(map(str, names)) if isinstance(names, list) else ()
        parameters = found.state.best_guess
        saved = SavedModel(network.layers, network.input_shape, parameters, Metadata(words))
        saved.check()
    except ModelError as error:
        raise RunError(f"invalid network ({error})", where=run.config_path) from error
    model = model_of(saved, threads=threads)
    model.name = str(config.get("model", model.name))
    return model


def _functional(entries: list[Any], shape: list[Any]) -> dict[str, Any]:
    """Returns the config of a graph whose layers name their inputs; None names the images."""
    images = "images of the run"
    first = {"name": images, "batch_input_shape": [None, *shape]}
    layers: list[Any] = [{"class_name": "InputLayer", "config": first}]
    for entry in entries:
        read: list[Any] = [[name or images, 0, 0, {}] for name in entry["inputs"]]
        layers.append({**entry, "name": entry["config"]["name"], "inbound_nodes": [read]})
    last = layers[-1]["name"]
    return {"layers": layers, "input_layers": [[images, 0, 0]], "output_layers": [[last, 0, 0]]}
