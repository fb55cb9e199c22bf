"""Model: a network of layers to train, evaluate, use and save. Keras's, for small images."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, Unpack

import numpy as np

from spritenet.arguments import file_path, seed_of
from spritenet.arguments import input_shape as checked_shape
from spritenet.augmentation import Step
from spritenet.engines.devices import CPU
from spritenet.engines.engine import Engine
from spritenet.errors import ModelError
from spritenet.layers import Graph, ImageShape, Layer, Shape, Tensor
from spritenet.layers.input import fits
from spritenet.losses import Loss
from spritenet.migration import accepts, attribute
from spritenet.model import building, evaluation_methods, fit_methods, quantize_methods, rate_test
from spritenet.model.assembly import assemble, inherited
from spritenet.model.classifier import Classifier
from spritenet.model.compilation import Compilation
from spritenet.model.delegation import (
    PartProperty,
    part_method,
    refuse_foreign_name,
    set_if_settable,
)
from spritenet.model.metric_choice import MetricChoice
from spritenet.model.network import Network, Running
from spritenet.model.prediction import Predictor
from spritenet.model.weights import Weights
from spritenet.optimizers import Optimizer
from spritenet.training.history import History
from spritenet.training.session import Session
from spritenet.training.state import CurrentState

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    # Imported when a model is saved or loaded: training shall not wait for them.
    from spritenet.export import SavedModel, TrainedOn
    from spritenet.model.scores import Scores
    from spritenet.ood import Rejection

    Arrays = dict[str, NDArray[np.float32]]

__all__ = ["Model"]


class Model:
    """A network of layers that classifies small images.

        images = sn.Input((28, 28, 1))
        x = sn.Conv2D(16, 3, padding="same", activation="relu")(images)
        y = sn.Conv2D(16, 3, padding="same")(x)
        x = sn.ReLU()(sn.Add()([x, y]))
        x = sn.GlobalAveragePooling2D()(x)
        model = sn.Model(images, sn.Dense(10, activation="softmax")(x))
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit(data.train, epochs=5)

    It takes raw pixels, 0–255: `Rescaling(1 / 255)` is put first unless a Rescaling is there. Its
    layers are copies of those called; where a tensor comes from another model, such as
    `model.get_layer("dense").output`, it begins with a copy of that model's weights.

    Args:
        inputs: an `Input`, or a list of one.
        outputs: the tensor that the last layer gives, or a list of one.
        name: in summaries and files.
        threads: the number of threads; None for all (or `SPRITENET_THREADS`).
        device: where it runs: "cpu", "cuda", "mps" or "auto" (docs/how-to/devices.md).
        precision: of multiplications on a GPU: "float32", "tf32" or "bf16".
        engine: another engine, called as `engines.native.Network` is; None for the device's.

    Attributes:
        network: its layers, with their shapes and engines.
        threads: the number of threads of the next engine; None for all.
        device, precision: where and with which precision it runs; can be set at any time.
        input_shape: of its images: (height, width, channels), (height, width) or (values,); None
            before it is built.
        optimizer, loss: None before `compile`.
        history: of the last `fit`; None before.
        class_names: the names of its outputs; empty if unknown.
        preparation: the preprocessing of photos and drawings, as JSON values; saved with the model.
        trained_on: the data and training that made the weights; saved with it.
        scores: like {"test_accuracy": 0.98}; saved with it.
        augmentation: the random changes of images in its last training; saved with it.
        rejection: its calibration and OOD detector, saved with it; None until it is calibrated and
            when weights change.

    Raises:
        ModelError: no path leads from inputs to outputs, there are several inputs or outputs, a
            layer with weights is used twice, two have the same name, or shapes don't fit.
    """

    if not TYPE_CHECKING:  # type checkers shall know what is missing
        __getattr__, __setattr__ = refuse_foreign_name, set_if_settable

    @accepts
    def __init__(
        self,
        inputs: Tensor | Sequence[Tensor],
        outputs: Tensor | Sequence[Tensor],
        name: str | None = None,
        *,
        threads: int | None = None,
        device: str = CPU,
        precision: str = "float32",
        engine: Callable[..., Engine] | None = None,
    ) -> None:
        graph, shape, origins = assemble(inputs, outputs)
        where: Running = {"threads": threads, "device": device, "precision": precision}
        self._start(graph, name or "model", engine, shape, where)
        self._weights.take_over(inherited(graph, origins))

    def _start(
        self,
        graph: Graph,
        name: str,
        engine: Callable[..., Engine] | None,
        input_shape: Shape | None,
        running: Running,
    ) -> None:
        """Makes its parts, and sets all fields."""
        threads, device = running.get("threads"), running.get("device", CPU)
        precision = running.get("precision", "float32")
        self.network = Network(name, threads, engine, input_shape, self, device, precision)
        self._weights = Weights(self.network)
        self._compilation = Compilation(self._weights)
        self._predictor = Predictor(self._weights)
        self._classifier = Classifier(self._weights)
        self.class_names: tuple[str, ...] = ()
        self.history: History | None = None
        self.preparation: Mapping[str, object] | None = None
        self.trained_on: TrainedOn | None = None
        self.scores: Mapping[str, float] = {}
        if graph:
            self._change(graph)

    name = PartProperty[str]("network", Network, settable=True, doc="In summaries and files.")
    threads = PartProperty[int | None](
        "network", Network, settable=True, doc="The number of threads; None for all."
    )
    device = PartProperty[str]("network", Network, settable=True)
    precision = PartProperty[str]("network", Network, settable=True)
    graph = PartProperty[Graph]("network", Network, doc="Its layers, and what each of them reads.")
    input_shape = PartProperty[Shape | None](
        "network", Network, doc="The shape of its images, as in `Input`; None before it is built."
    )
    image_shape = PartProperty[ImageShape | None]("network", Network)
    output_shape = PartProperty[tuple[int, ...]]("network", Network)
    layers = PartProperty[list[Layer]]("network", Network)
    inputs = PartProperty[list[Tensor]]("network", Network)
    output = PartProperty[Tensor]("network", Network)
    outputs = PartProperty[list[Tensor]]("network", Network)
    trainable = PartProperty[bool]("network", Network, settable=True)
    classifies = PartProperty[bool]("network", Network)
    augmentation = PartProperty[tuple[Step, ...]](
        "network", Network, settable=True, doc="The random changes of images in its training."
    )
    is_multi_label = PartProperty[bool]("network", Network)
    get_layer = accepts(part_method("network", Network.get_layer))
    engine = part_method("network", Network.engine)
    beginning = part_method("network", Network.beginning)
    summary = accepts(part_method("network", Network.summary))
    get_config = part_method("network", Network.get_config)
    to_json = part_method("network", Network.to_json)
    __str__ = part_method("network", Network.__str__)
    _repr_html_ = part_method("network", Network.table_html)

    built = PartProperty[bool]("_weights", Weights)
    state = PartProperty[CurrentState]("_weights", Weights)
    parameters: PartProperty[NDArray[np.float32]] = PartProperty("_weights", Weights)
    weights: PartProperty[Arrays] = PartProperty("_weights", Weights)
    trainable_weights: PartProperty[Arrays] = PartProperty("_weights", Weights)
    non_trainable_weights: PartProperty[Arrays] = PartProperty("_weights", Weights)
    weights_sha256 = PartProperty[str]("_weights", Weights)
    count_params = part_method("_weights", Weights.count_params)
    check_trainable = part_method("_weights", Weights.check_trainable)
    get_weights = part_method("_weights", Weights.get_weights)
    set_weights = accepts(part_method("_weights", Weights.set_weights))
    load_weights = accepts(part_method("_weights", Weights.load_weights))
    save_weights = accepts(part_method("_weights", Weights.save_weights))
    show_filters = part_method("_weights", Weights.show_filters)
    show_layer = part_method("_weights", Weights.show_layer)

    optimizer = PartProperty[Optimizer | None]("_compilation", Compilation, settable=True)
    loss = PartProperty[Loss | None]("_compilation", Compilation, settable=True)
    metrics = PartProperty[tuple[str, ...]]("_compilation", Compilation)
    chosen_metrics = PartProperty[MetricChoice](
        "_compilation", Compilation, settable=True, doc="The metrics, by name and object."
    )
    metrics_names = PartProperty[list[str]]("_compilation", Compilation)
    session = PartProperty[Session | None](
        "_compilation", Compilation, settable=True, doc="The last or running training."
    )
    stop_training = PartProperty[bool]("_compilation", Compilation, settable=True)
    compile = accepts(part_method("_compilation", Compilation.compile))
    compiled = part_method("_compilation", Compilation.compiled)

    predict = accepts(part_method("_predictor", Predictor.predict))
    predict_classes = accepts(part_method("_predictor", Predictor.predict_classes))
    predict_on_batch = accepts(part_method("_predictor", Predictor.predict_on_batch))
    activations = part_method("_predictor", Predictor.activations)
    show_activations = part_method("_predictor", Predictor.show_activations)

    rejection: PartProperty[Rejection | None] = PartProperty(
        "_classifier", Classifier, settable=True
    )
    calibrated = PartProperty[bool]("_classifier", Classifier)
    thresholds: PartProperty[NDArray[np.float64] | None] = PartProperty(
        "_classifier", Classifier, settable=True
    )
    predict_labels = accepts(part_method("_classifier", Classifier.predict_labels))
    tune_thresholds = part_method("_classifier", Classifier.tune_thresholds)
    classify = part_method("_classifier", Classifier.classify)
    calibrate = part_method("_classifier", Classifier.calibrate)
    after_training = part_method("_classifier", Classifier.after_training)

    fit = fit_methods.fit
    train_on_batch = fit_methods.train_on_batch
    evaluate = evaluation_methods.evaluate
    quantize = quantize_methods.quantize
    tune_rate = rate_test.tune_rate

    def _change(self, graph: Graph, shape: Shape | None = None) -> None:
        """Replaces the layers, for images of that shape if it is known; weights that fit stay.

        Raises:
            ModelError: they don't fit each other.
        """
        before = self.output_shape if self.built else None
        self._weights.change(graph, shape, self._compilation.initial_slots)
        if before is not None and self.built and before != self.output_shape:
            self.class_names = ()

    @accepts
    def build(self, input_shape: Sequence[int | None], seed: int | None = 0) -> None:
        """Make its weights for images of that shape.

        Args:
            input_shape: as in `Input`, also after the batch's None.
            seed: of the weights; None for another each time.

        Raises:
            ModelError: the layers don't fit such images; the message names the layer.
        """
        shape = checked_shape(input_shape, "input_shape", self.name)
        if not self.graph:
            raise ModelError("it has no layers", where=self.name)
        self._weights.seed = seed_of(seed, "build")
        self._weights.clear()
        self._change(self.graph, shape)

    def prepare(self, input_shape: Shape, class_names: tuple[str, ...], seed: int) -> None:
        """Be ready for such images: build it if it isn't, and take over what classes are called.

        Raises:
            ModelError: it was built for others, or has another number of outputs.
        """
        if not self.built:
            self.build(input_shape, seed)
        elif not fits(input_shape, self.network.shape):
            raise ModelError(
                "it was built for other images",
                where=self.name,
                expected=f"{self.input_shape}",
                got=f"{input_shape}",
            )
        building.check_outputs(self.graph[-1].label, self.output_shape, len(class_names))
        self.class_names = class_names or self.class_names

    @accepts
    def test_on_batch(
        self,
        x: object,
        y: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        *,
        return_dict: bool = False,
    ) -> Scores | dict[str, Any]:
        """Returns the scores that `evaluate` gives."""
        return self.evaluate(x, y, sample_weight=sample_weight, return_dict=return_dict)

    @accepts
    def __call__(self, x: object, training: bool = False) -> NDArray[np.float32] | Tensor:
        """Returns the outputs that `predict` gives; of a `Tensor`, the tensor of its output there.

        Called on a tensor, its layers become part of the network that is built, with copies of its
        weights. Dropout never works here: `fit` alone trains.

        Raises:
            ModelError: it has no weights yet, or training was asked for.
            DataError: the images don't fit.
        """
        if training:
            raise attribute("train", "model")
        if isinstance(x, Tensor):
            return self.graph.tensors(x, self)[-1]
        return self.predict(x)

    @accepts
    def save(
        self, path: str | Path, *, include_optimizer: bool = False, precision: str = "float32"
    ) -> None:
        """Writes it for TensorFlow.js, as a folder or ZIP; or for Keras, ONNX or PyTorch.

        Args:
            path: a folder; or a file that ends in .zip, .keras or .h5 (extra `keras`), .onnx
                (`onnx`), or .py: a PyTorch module, its weights in an .npz beside it.
            include_optimizer: if True, a folder also has the optimizer state and metrics, and a
                .keras file the optimizer and its state.
            precision: the type as which kernels are stored: "float32"; "float16"; or, in a
                folder, "uint16" or "uint8".

        Raises:
            ModelError: it has no weights yet, the folder holds other files, or the disk refuses.
            MissingExtraError: h5py or onnx is not installed.
        """
        file_path(path, "save")
        from spritenet.export import save

        save(self._saved(include_optimizer=include_optimizer), path, precision=precision)

    def _saved(self, *, include_optimizer: bool = False) -> SavedModel:
        """Returns the content of its model file."""
        from spritenet.export import Metadata, OptimizerState, SavedModel
        from spritenet.export.random_layers import head_of

        now = self.state.now
        memory = None
        if include_optimizer and self.optimizer is not None:
            measured = self.chosen_metrics.config()
            memory = OptimizerState(self.optimizer, now.step, now.slots, self.loss, measured)
        made = self.trained_on and replace(self.trained_on, steps=now.step)
        found = self.class_names, self.preparation, made, self.scores
        learned = self.rejection, self.augmentation, self.thresholds
        metadata = Metadata(*found, *learned, head_of(self.graph))
        return SavedModel(self.graph, self.network.shape, now.best_guess, metadata, memory)

    @classmethod
    def from_saved(cls, saved: SavedModel, **running: Unpack[Running]) -> Self:
        """Returns the model of a model file's content."""
        model = cls.__new__(cls)
        model._restore(saved, running)  # noqa: SLF001 - of its own class
        return model

    def _restore(self, saved: SavedModel, running: Running) -> None:
        """Sets all fields to the content of a model file."""
        from spritenet.export.random_layers import with_head

        graph = with_head(Graph.of(saved.layers), saved.metadata.random_layers)
        self._start(building.named(graph), "sequential", None, saved.input_shape, running)
        memory, metadata = saved.optimizer, saved.metadata
        if memory is None:
            self._weights.restore(saved.parameters, None, 0)
        else:
            self.optimizer, self.loss = memory.optimizer, memory.loss
            self.chosen_metrics = MetricChoice.from_config(memory.metrics)
            self._weights.restore(saved.parameters, memory.slots, memory.steps)
        self.class_names = metadata.class_names
        self.preparation, self.scores = metadata.preparation, dict(metadata.scores)
        self.trained_on, self.rejection = metadata.trained_on, metadata.rejection
        self.augmentation = metadata.augmentation
        self.thresholds = metadata.thresholds

    def __repr__(self) -> str:
        """Its layers, in one line."""
        size = f", {self.count_params():,} parameters" if self.built else ""
        return f"<{type(self).__name__} {self.name}: {len(self.graph)} layers{size}>"

    def __copy__(self) -> Self:
        """Returns a copy with parts of its own."""
        return deepcopy(self)
