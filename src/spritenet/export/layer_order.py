"""The order of layers in files: that in which readers find them, from the output back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spritenet.export.saved_model import SavedModel
from spritenet.layers import IMAGES, Graph

__all__ = ["depth_first"]


def depth_first(model: SavedModel) -> SavedModel:
    """Returns a model with its layers, and their weights, in the order in which files are read.

    Models that are built have that order. Those read from files of operators may have another.
    """
    graph = model.layers
    order = _depth_first(graph)
    if order == list(range(len(graph))) or len(order) != len(graph):
        return model
    sizes = [sum(one.size for one in node.weights) for node in graph.nodes(model.input_shape)]
    ends = np.cumsum(sizes)
    index = np.concatenate([np.arange(ends[place] - sizes[place], ends[place]) for place in order])
    new = {old: place for place, old in enumerate(order)} | {IMAGES: IMAGES}
    inputs = tuple(tuple(new[read] for read in graph.inputs[old]) for old in order)
    state = model.optimizer
    if state is not None:
        state = replace(state, slots=state.slots[:, index])
    layers = Graph(tuple(graph[old] for old in order), inputs)
    return replace(model, layers=layers, parameters=model.parameters[index], optimizer=state)


def _depth_first(graph: Graph) -> list[int]:
    """Returns the indices of what leads to the output, each layer after those it reads."""
    done: list[int] = []
    begun: set[int] = set()
    waiting = [(len(graph) - 1, False)]
    while waiting:
        place, ready = waiting.pop()
        if ready:
            done.append(place)
        elif place != IMAGES and place not in begun:
            begun.add(place)
            waiting.append((place, True))
            waiting += [(read, False) for read in reversed(graph.inputs[place])]
    return done
