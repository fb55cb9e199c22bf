"""Transfer: the layers and weights of a trained model under a new output layer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from spritenet.dataset.source import has_several_labels
from spritenet.errors import ModelError
from spritenet.layers import Flatten, GlobalAveragePooling2D, Tensor
from spritenet.migration import accepts
from spritenet.model.model import Model
from spritenet.model.output_layer import output_layer
from spritenet.optimizers import Adam

if TYPE_CHECKING:
    from spritenet.layers import ImageShape

__all__ = ["transfer"]


@runtime_checkable
class _Labelled(Protocol):
    """A data set or a split: images of a shape, with classes."""

    @property
    def class_names(self) -> tuple[str, ...]: ...

    @property
    def image_shape(self) -> ImageShape: ...


@accepts
def transfer(
    model: Model,
    classes: int | Sequence[str] | _Labelled,
    *,
    trainable: bool = False,
    seed: int | None = 0,
    name: str | None = None,
) -> Model:
    """Returns a new model: the layers and weights of a trained one, and a new output layer.

        strokes = sn.load_model("runs/tutorial-1")
        model = sn.transfer(strokes, data)
        model.fit(data.train, epochs=20)

    All layers before the last one with weights are copied; `model` itself stays as it is. The
    output layer is a `Dense` with softmax, on the average over all positions if the layers before
    it give an image. The new model takes the same images and is compiled with Adam and
    sparse_categorical_crossentropy; for multi-label data with a sigmoid and binary_crossentropy.

    Args:
        model: the trained model.
        classes: the number of new classes, their names, or a data set that has them.
        trainable: False freezes the copied layers, so that training changes the output layer only;
            with more than some fifty images a class, True may do better.
        seed: random seed of the output layer's weights; None for a new one each time.
        name: of the new model; that of `model` by default.

    Raises:
        ModelError: the model has no weights yet or only one layer with weights, there is no class,
            two have one name, or the data set has images of another size or channel count.
    """
    if not isinstance(model, Model):
        raise ModelError(
            "it is no model",
            where="transfer",
            got=repr(model)[:60],
            do="Load it first: sn.load_model(path).",
        )
    names, count = _classes(model, classes)
    features = _features(model)
    if len(features.shape) == 3:
        features = GlobalAveragePooling2D()(features)
    elif len(features.shape) == 2:
        features = Flatten()(features)
    several = has_several_labels(classes) or has_several_labels(getattr(classes, "train", None))
    if count == 1 and not several:
        raise ModelError(
            "one class leaves nothing to learn",
            where="transfer",
            expected="at least 2",
            got=1,
            do="For yes or no, give both names.",
        )
    head, loss = output_layer(count, multi_label=several)
    made = Model(model.inputs, head(features), name or model.name, threads=model.threads)
    weights = model.weights
    new = f"{made.layers[-1].label}/"
    made.build(made.input_shape or (), seed)
    values = made.weights.items()
    made.set_weights([v if key.startswith(new) else weights[key] for key, v in values])
    for layer in made.layers[:-1]:
        layer.trainable = layer.trainable and trainable
    made.class_names, made.preparation = names, model.preparation
    made.compile(Adam(), loss, metrics=["accuracy"])
    return made


def _classes(model: Model, classes: int | Sequence[str] | _Labelled) -> tuple[tuple[str, ...], int]:
    """Returns the names of the classes, none if only their number is given, and the number.

    Raises:
        ModelError: see `transfer`.
    """
    if isinstance(classes, _Labelled):
        if model.image_shape not in (None, classes.image_shape):
            raise ModelError(
                "the model was trained on images of another shape",
                where="transfer",
                expected=" × ".join(map(str, model.image_shape)),
                got=" × ".join(map(str, classes.image_shape)),
                do="Load or pack the data set in that size and colour.",
            )
        classes = classes.class_names
    if isinstance(classes, int):
        if isinstance(classes, bool) or classes < 1:
            raise ModelError("no classes", where="transfer", expected="at least 1", got=classes)
        return (), classes
    given: object = classes
    listed = given if isinstance(given, Iterable) and not isinstance(given, str) else ()
    names: tuple[object, ...] = tuple(listed)
    if {type(one) for one in names} != {str}:
        raise ModelError(
            "classes are a number, names or a data set", where="transfer", got=repr(classes)
        )
    if len(set(names)) < len(names):
        twice = next(one for one in names if names.count(one) > 1)
        raise ModelError("two classes have one name", where="transfer", got=repr(twice))
    return tuple(map(str, names)), len(names)


def _features(model: Model) -> Tensor:
    """Returns what the last layer with weights reads.

    Raises:
        ModelError: the model has no weights yet, or no other layer has some.
    """
    graph, shape = model.graph, model.input_shape
    if not model.built or shape is None:
        raise ModelError(
            "it has no weights yet", where=model.name, do="Fit it, or load a trained model."
        )
    weighted = [place for place, node in enumerate(graph.nodes(shape)) if node.weights]
    if len(weighted) < 2:
        raise ModelError(
            "nothing to transfer",
            where=model.name,
            expected="a layer with weights before the output layer",
            got=", ".join(layer.class_name for layer in graph),
        )
    tensors = {layer.label: layer.output for layer in model.layers}
    (read,) = graph.inputs[weighted[-1]]
    return tensors[graph[read].label]
