"""Model: a network of layers to train, evaluate, use and save. Keras's, for small images."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, overload

import numpy as np

from spritenet.arguments import file_path
from spritenet.engines.engine import Engine
from spritenet.errors import ModelError
from spritenet.layers import Graph, Shape, Tensor
from spritenet.migration import accepts, refuse_format
from spritenet.model import building, image_batch, progress, trainer
from spritenet.model.assembly import Origin, assemble
from spritenet.model.class_weight import ClassWeight
from spritenet.model.compilation import Compiled
from spritenet.model.encoder import Encoder, to_batches
from spritenet.model.fit_options import FitOptions
from spritenet.model.input_data import adapt
from spritenet.model.scores import Scores
from spritenet.training import evaluation
from spritenet.training.batch_source import BatchSource
from spritenet.training.callbacks import AnyCallback
from spritenet.training.history import History
from spritenet.training.state import CurrentState, TrainingState

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    # Imported when a model is saved or loaded: training shall not wait for them.
    from spritenet.export import SavedModel, TrainedOn
    from spritenet.model.predictions import Predictions

__all__ = ["Model"]


class Model(Compiled):
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
        engine: where it runs, called as `engines.native.Network` is; None for the compiled core.

    Attributes:
        input_shape: of its images: (height, width, channels), (height, width) or (values,); None
            before it is built.
        optimizer: the optimizer; None before `compile`.
        loss: the loss; None before `compile`.
        history: of the last `fit`; None before.
        class_names: the names of its outputs; empty if unknown.
        preparation: how a photo or drawing becomes an input, as JSON values; saved with it.
        trained_on: the data and training that made the weights; saved with it.
        scores: like {"test_accuracy": 0.98}; saved with it.
        rejection: its calibration and OOD detector, saved with it; None until it is calibrated.

    Raises:
        ModelError: no path leads from inputs to outputs, there are several inputs or outputs, a
            layer with weights is used twice, two have the same name, or shapes don't fit.
    """

    @accepts
    def __init__(
        self,
        inputs: Tensor | Sequence[Tensor],
        outputs: Tensor | Sequence[Tensor],
        name: str | None = None,
        *,
        threads: int | None = None,
        engine: Callable[..., Engine] | None = None,
    ) -> None:
        graph, shape, origins = assemble(inputs, outputs)
        self._start(graph, name or "model", threads, engine, shape)
        self._copy_weights(origins)

    def _start(
        self,
        graph: Graph,
        name: str,
        threads: int | None,
        engine: Callable[..., Engine] | None,
        input_shape: Shape | None,
    ) -> None:
        """Sets all fields."""
        self.history: History | None = None
        self.preparation: Mapping[str, object] | None = None
        self.trained_on: TrainedOn | None = None
        self.scores: Mapping[str, float] = {}
        super().__init__(graph, name, threads, engine, input_shape)

    def _copy_weights(self, origins: Sequence[Origin | None]) -> None:
        """Takes over the weights of layers that come from other models."""
        parameters = self.state.now.parameters
        known = {
            layer.label: origin
            for layer, origin in zip(self._layers, origins, strict=True)
            if origin is not None and isinstance(origin.model, Model) and origin.model.built
        }
        models = {id(origin.model): origin.model for origin in known.values()}
        weights = {key: model.weights for key, model in models.items() if isinstance(model, Model)}
        for place in self._places:
            if (origin := known.get(place.layer.label)) is not None:
                value = weights[id(origin.model)][f"{origin.label}/{place.weight.name}"]
                parameters[place.slice] = value.ravel()

    @accepts
    def fit(
        self,
        x: object,
        y: ArrayLike | None = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: str | int = "auto",
        callbacks: Iterable[AnyCallback] | AnyCallback | None = None,
        validation_split: float = 0.0,
        validation_data: object = None,
        shuffle: bool = True,
        class_weight: ClassWeight | None = None,
        sample_weight: ArrayLike | None = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        *,
        steps: int | None = None,
        seed: int | None = 0,
        test_every: int | None = None,
        test_size: int | None = None,
        ema: float | None = None,
        run: str | Path | None = None,
        resume: bool = False,
        checkpoint_every: int | None = None,
        calibrate_on: object = None,
        validation_freq: int = 1,
    ) -> History:
        """Trains the model. `spritenet.train` takes the same options and yields events.

        Ctrl-C stops training at once: the model keeps its weights, and `history` the metrics so
        far.

        Args:
            x: a Split, a StreamSplit or another `Source`; a Dataset or a Stream, whose training
                split is used; images n h w c, uint8 or float k/255; an array, table or data set of
                another library; or, with `steps_per_epoch`, an iterable of batches.
            y: labels or targets, n, unless x has labels.
            batch_size: images in a step; 32 by default, or the size of the batches in x.
            epochs: the number of the last epoch, counted from 1.
            verbose: 1 prints a line for each epoch, 0 nothing; "auto" prints only to terminals, and
                draws a live chart in notebooks.
            callbacks: `Callback` objects, or functions called with every event.
            validation_split: the fraction of x held out to evaluate on after each epoch: of a
                Split a fraction of each class, picked by the seed; of arrays the last images, as
                in Keras.
            validation_data: the validation set instead: a Split, a StreamSplit, or (x, y).
            shuffle: False keeps the stored order.
            class_weight: factors on the loss of each class: {class or its name: factor}, one
                factor per class, or "balanced".
            sample_weight: a factor on the loss of each image, n.
            initial_epoch: the number of epochs trained before.
            steps_per_epoch: steps in an epoch; by default as many as see every image once.
            steps: the number of steps, in place of epochs.
            seed: random seed of the initial weights, the shuffling and the dropout; None for a new
                one each time.
            test_every: steps between evaluations on `test_size` validation images.
            test_size: the number of those images; all by default.
            ema: decay per step of an exponential moving average of the weights, such as 0.999; the
                average is evaluated, and the model ends with it.
            run: the folder of the run, for config.json, journal, checkpoints and model.
            resume: resumes the run in that folder, to a bit-identical end.
            checkpoint_every: steps between checkpoints; by default each epoch, or 10 seconds.
            calibrate_on: held-out images to calibrate the model on at the end
                (docs/explanation/ood.md): a Split or (x, y); the validation set by default.
            validation_freq: epochs between evaluations.

        Returns:
            The metrics of each epoch, as in Keras.

        Raises:
            ModelError: the model isn't compiled or doesn't fit the images, or a number is out of
                range.
            DataError: images or labels are wrong.
            RunError: the run's folder can't be used.
            DivergedError: a loss was not finite; the model has the last good weights.
        """
        events = trainer.events(self, x, y, FitOptions.of(locals()))
        self.history = history = History(("loss", *self.metrics))
        if progress.is_enabled(verbose):
            events = progress.with_progress(events, verbose)
        for _ in history.recording(events):
            pass
        return history

    @overload
    def evaluate(
        self,
        x: object,
        y: ArrayLike | None = None,
        batch_size: int | None = None,
        verbose: str | int = "auto",
        sample_weight: ArrayLike | None = None,
        *,
        return_dict: Literal[False] = False,
    ) -> Scores: ...

    @overload
    def evaluate(
        self,
        x: object,
        y: ArrayLike | None = None,
        batch_size: int | None = None,
        verbose: str | int = "auto",
        sample_weight: ArrayLike | None = None,
        *,
        return_dict: bool,
    ) -> Scores | dict[str, float]: ...

    @accepts
    def evaluate(
        self,
        x: object,
        y: ArrayLike | None = None,
        batch_size: int | None = None,
        verbose: str | int = "auto",
        sample_weight: ArrayLike | None = None,
        *,
        return_dict: bool = False,
    ) -> Scores | dict[str, float]:
        """Returns loss and accuracy: `loss, accuracy = model.evaluate(data.test)`.

        Args:
            x: a Split, a StreamSplit, (x, y), or images n h w c.
            y: what the images mean, if x has no labels itself.
            batch_size: taken as in Keras, but it changes nothing.
            verbose: the same.
            sample_weight: a factor on each image's loss.
            return_dict: give {"loss": …, "accuracy": …} instead.

        Raises:
            ModelError: it has no weights or no loss yet.
            DataError: images or labels are wrong.
        """
        del batch_size, verbose
        loss = self.compiled()[1]
        shape, parameters = self._shape(), self.state.now.best_guess
        data = adapt(x, y, sample_weight, input_shape=shape)
        examples = to_batches(data, shape, Encoder(self.output_shape[-1], loss))
        most = evaluation.images_per_call(self._layers, shape)
        result = evaluation.evaluate(self.engine(), parameters, examples, loss, most)
        copy = parameters.copy()  # training changes them in place
        scores = Scores(result.loss, result.accuracy, lambda: self._predictions(examples, copy))
        return scores._asdict() if return_dict else scores

    def _predictions(self, source: BatchSource, parameters: NDArray[np.float32]) -> Predictions:
        """Returns the predictions of these weights for labelled images.

        Raises:
            ModelError: they have targets that are no classes.
        """
        from spritenet.model.predictions import Predictions, as_probabilities

        examples = source.all()
        labels = examples.labels
        if labels is None and examples.targets is not None:
            labels = examples.targets.argmax(axis=1).astype(np.int32)
        if labels is None or len(self._output_shape) != 1:
            raise ModelError("no classes to predict", where=self.name)
        share = evaluation.images_per_call(self._layers, self._shape())
        outputs = evaluation.predict(self.engine(), parameters, examples.images, share)
        rows = as_probabilities(outputs, building.last_activation(self._layers))
        names = self.class_names or tuple(map(str, range(rows.shape[1])))
        return Predictions(examples.images, labels, rows, names)

    @accepts
    def predict(
        self, x: object, batch_size: int | None = None, verbose: str | int = "auto"
    ) -> NDArray[np.float32]:
        """Its outputs, float32: (n, classes) for n images, (classes,) for one.

        Args:
            x: a Split or a StreamSplit; images n h w c or n h w; or one image h w c or h w. uint8,
                or float k/255. Or what another library holds them in; labels are passed over.
            batch_size: taken as in Keras, but it changes nothing.
            verbose: the same.

        Raises:
            ModelError: it has no weights yet.
            DataError: the images don't fit.
        """
        del batch_size, verbose
        blocks = image_batch.image_blocks(x, self._shape())
        outputs = [self._outputs(images) for images in blocks]
        return outputs[0] if len(outputs) == 1 else np.concatenate(outputs)

    def _outputs(self, images: NDArray[Any]) -> NDArray[np.float32]:
        """Returns the outputs for an array of images, or for one image."""
        shape, parameters = self._shape(), self.state.now.best_guess
        batch = image_batch.batch_of(images, shape)
        few = len(batch) <= evaluation.LEAST
        share = len(batch) if few else evaluation.images_per_call(self._layers, shape)
        outputs = evaluation.predict(self.engine(), parameters, batch, share)
        one = image_batch.is_one(images.shape, shape)
        return outputs.reshape(self._output_shape if one else (len(batch), *self._output_shape))

    @accepts
    def predict_classes(self, x: object) -> NDArray[np.int64]:
        """The class each image most likely is: indices (n,), or one number for one image.

        Raises:
            ModelError: it has no weights yet.
            DataError: the images don't fit.
        """
        return np.asarray(self.predict(x).argmax(axis=-1))

    @accepts
    def save(self, path: str | Path, *, include_optimizer: bool = False) -> None:
        """Write it as a TensorFlow.js layers model: a folder of model.json and weights.bin.

        Args:
            path: the folder; an older model there is replaced.
            include_optimizer: whether its memory is saved too, so that training can go on.

        Raises:
            ModelError: it has no weights yet, the folder holds other files, or the disk refuses.
        """
        file_path(path, "save")
        refuse_format(path, "Use model.save(folder): a folder in TensorFlow.js's format.")
        from spritenet.export import Metadata, OptimizerState, SavedModel, tfjs

        now = self.state.now
        memory = None
        if include_optimizer and self.optimizer is not None:
            memory = OptimizerState(self.optimizer, now.step, now.slots, self.loss)
        made = self.trained_on
        if made is not None:
            made = replace(made, steps=now.step)
        metadata = Metadata(self.class_names, self.preparation, made, self.scores, self.rejection)
        tfjs.save(SavedModel(self._layers, self._shape(), now.best_guess, metadata, memory), path)

    @classmethod
    def from_saved(cls, saved: SavedModel, *, threads: int | None = None) -> Self:
        """Returns the model of a model file's content."""
        model = cls.__new__(cls)
        model._restore(saved, threads)  # noqa: SLF001 - of its own class
        return model

    def _restore(self, saved: SavedModel, threads: int | None) -> None:
        """Sets all fields to the content of a model file."""
        graph = building.named(Graph.of(saved.layers))
        self._start(graph, "sequential", threads, None, saved.input_shape)
        memory, metadata = saved.optimizer, saved.metadata
        if memory is not None:
            self.optimizer, self.loss = memory.optimizer, memory.loss
        slots = self._empty_slots(saved.parameters.size) if memory is None else memory.slots
        step = 0 if memory is None else memory.steps
        self._state = CurrentState(TrainingState(saved.parameters.copy(), slots.copy(), step=step))
        self.class_names = metadata.class_names
        self.preparation, self.scores = metadata.preparation, metadata.scores
        self.trained_on, self.rejection = metadata.trained_on, metadata.rejection
