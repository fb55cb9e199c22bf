"""An experiment of `spritenet train`: a network is trained on a data set, tested and saved."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import FrameType
from typing import TYPE_CHECKING

from spritenet.atomic import write_file
from spritenet.cli import live_line, terminal, train_log
from spritenet.cli.advice import NOT_CALIBRATED, advice
from spritenet.cli.train_options import TrainOptions
from spritenet.core.png import COLOUR_TYPES, encode_png
from spritenet.dataset import Dataset
from spritenet.errors import CoreError, DivergedError
from spritenet.formatting import plural
from spritenet.model import Model, trainer
from spritenet.model.recording import observe
from spritenet.prepare import infer_preparation
from spritenet.runs import Run
from spritenet.training.callbacks import Callback, Logs
from spritenet.training.controls import BY_HAND, is_complete
from spritenet.training.events import (
    Controlled,
    EpochEnded,
    Evaluated,
    Event,
    Finished,
    Started,
    Stopped,
    Tested,
)

if TYPE_CHECKING:
    from pathlib import Path

    from spritenet.streams import Stream

__all__ = ["Experiment"]

INTERRUPTED = "Ctrl-C"
"""Reason of a training that was stopped by Ctrl-C."""

FEW = 200
"""Training images a class up to which the network `few` is suggested."""


class Interrupt(Callback):
    """Stops training before the next step once Ctrl-C is pressed; a second Ctrl-C raises.

    Training then ends as planned: checkpoint, journal and model are written. Before and after the
    training, Ctrl-C raises at once.

    Attributes:
        stoppable: true while there are steps before which training can stop.
    """

    stoppable = False

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Clears the reason for which a resumed run was stopped before."""
        del logs
        if self.session.reason == INTERRUPTED:
            self.session.reason = ""
        self.stoppable = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Notes that there are no more steps."""
        del logs
        self.stoppable = False

    @contextmanager
    def handle_signal(self) -> Iterator[None]:
        """Handles Ctrl-C while the context lasts."""
        before = signal.signal(signal.SIGINT, self._press)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _press(self, number: int, frame: FrameType | None) -> None:
        """Stops the training if it can; else raises KeyboardInterrupt."""
        del number, frame
        if not self.stoppable:
            raise KeyboardInterrupt
        self.stoppable = False
        self.session.stop(INTERRUPTED)
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[2KStopping. Press Ctrl-C again to stop at once.\n")
            sys.stderr.flush()


@dataclass(slots=True, eq=False)
class Experiment:
    """The training of a network on a data set, its test, and its run on disk.

    Attributes:
        options: of the command.
        dataset: to train and test on.
        model: compiled.
        run: where everything is saved.
        log_every: steps between two lines of the Node.js tutorial; None for a line per epoch.
        quiet: print only a JSON object at the end.
        watched: the live page is open from the start; the test set is evaluated each epoch.
        last_evaluation: the latest evaluation on the test set during training.
        test_result: the evaluation on the whole test set at the end.
        last_validation: the latest evaluation on the validation set.
        last_epoch: the latest epoch that ended.
    """

    options: TrainOptions
    dataset: Dataset | Stream
    model: Model
    run: Run
    log_every: int | None = None
    quiet: bool = False
    watched: bool = False
    last_evaluation: Evaluated | None = None
    test_result: Evaluated | None = None
    last_validation: Evaluated | None = None
    last_epoch: EpochEnded | None = None

    @property
    def _holds_out(self) -> bool:
        """True if a part of the training set is held out for validation."""
        return self.options.training.validation_split > 0

    def train(self, *, resume: bool) -> Finished | Stopped:
        """Trains the network and returns the last event.

        Raises:
            DivergedError: the loss is no longer a number; the error says where the weights are.
        """
        interrupt = Interrupt()
        events = self._events(interrupt, resume=resume)
        for line in train_log.introduction(self.dataset, self.model, self.options):
            self._print(line)
        end: Event | None = None
        with self._saving_on_error(), interrupt.handle_signal():
            for event in self._logged(events):
                if isinstance(event, Started) and event.step:
                    self._print(f"resuming after {plural(event.step, 'step')}")
                if isinstance(event, Evaluated) and self._holds_out:
                    self.last_validation = event
                elif isinstance(event, Evaluated):
                    self.last_evaluation = event
                if isinstance(event, EpochEnded):
                    self.last_epoch = event
                if isinstance(event, Controlled) and not event.refused:
                    self._print(train_log.control_line(event))
                end = event
        if isinstance(end, Stopped) and end.reason not in BY_HAND:
            self._save()
            self._explain_stop()
        if not isinstance(end, Finished | Stopped):
            raise CoreError("the training ended without a last event")
        return end

    def conclude(self, end: Finished | Stopped) -> None:
        """Records the test, saves the network, and prints the results."""
        if self.test_result is not None:
            self._record(self.test_result)
        self._save()
        example = self._write_example()
        if self.quiet:
            terminal.print_json(self._results(end))
            return
        run = self.run.folder
        for line in (*self._advice(end), train_log.saved(run)):
            self._print(line)
        commands: list[list[object]] = [["spritenet", "evaluate", run, self.options.data]]
        if example is not None:
            commands += [["spritenet", "predict", run, example], ["spritenet", "draw", run]]
        self._print("\nNext, try")
        for words in commands:
            self._print(f"  {terminal.shell_command(words)}")

    def discard(self, end: Stopped) -> None:
        """Reports that the run was deleted from the live page."""
        steps = plural(end.step, "step")
        self._print(f"Discarded after {steps}, from the page: {self.run.folder} is deleted.")
        if self.quiet:
            terminal.print_json({"discarded": True, "steps": end.step, "run": None, "model": None})

    def _advice(self, end: Finished | Stopped) -> Iterator[str]:
        """Yields what the accuracies mean, and that a model is not calibrated."""
        result, model = self.test_result or self.last_validation, self.model
        accuracy = None if result is None else result.accuracy
        if result is not None and accuracy is not None and end.images >= len(self.dataset.train):
            training = None if self.last_epoch is None else self.last_epoch.accuracy
            several = model.is_multi_label  # each answer is a yes or no
            classes = 2 if several else len(self.dataset.class_names)
            name = "test images" if self.test_result is not None else "validation images"
            augmented = self.options.training.augment not in (None, "none")
            each = len(self.dataset.train) / len(self.dataset.class_names)
            yield from advice(
                training,
                accuracy,
                result.images,
                classes,
                name,
                augmented=augmented,
                few=each <= FEW and self.options.start is None and model.name != "few",
            )
        if model.is_multi_label and model.thresholds is not None and not self._holds_out:
            yield (
                "The thresholds are tuned on the test images, so F1 on them is a little too high; "
                "--validation 0.1 tunes them on others."
            )
        if not model.calibrated and model.classifies:
            yield NOT_CALIBRATED

    def _print(self, line: str) -> None:
        """Prints a line unless quiet."""
        if not self.quiet:
            print(line, flush=True)

    def _events(self, interrupt: Interrupt, *, resume: bool) -> Iterator[Event]:
        """Returns the training's events; it trains while they are pulled."""
        options = self.options
        self.model.preparation = infer_preparation(self.dataset).to_json()
        each_epoch = self.watched or self.log_every is not None
        on_test_set = options.training.test_every is not None
        on_test_set |= each_epoch and "test" in self.dataset.splits
        on_test_set &= not self._holds_out
        if self.watched:
            self.run.controls.watch()
        fit_options = replace(
            options.training,
            validation_data=self.dataset.test if on_test_set else None,
            callbacks=[interrupt, self._test_at_end],
            run=self.run.folder,
            resume=resume,
            about={"data": self.dataset.name, "command": options.to_json()},
            calibrate_on=None if self._holds_out else self.dataset.splits.get("test"),
        )
        return trainer.events(self.model, self.dataset.train, None, fit_options)

    def _logged(self, events: Iterator[Event]) -> Iterator[Event]:
        """Yields the events, printing the log and the live line."""
        word = "validation" if self._holds_out else "test"
        if self.log_every is not None:
            events = train_log.node_log(events, self.log_every, f"{word.capitalize()} set")
        elif not self.quiet:
            events = train_log.epoch_log(events, word)
        return live_line.with_live_line(events, evaluation=word)

    @contextmanager
    def _saving_on_error(self) -> Iterator[None]:
        """Saves the model also when training ends with an error or a second Ctrl-C."""
        try:
            yield
        except DivergedError as error:
            self._save()
            raise DivergedError(
                error.what, where=error.where, do=f"{error.do} They are in {self.run.model_path}."
            ) from error
        except KeyboardInterrupt:
            if self.model.trained_on is not None:
                self._save()
                self._explain_stop()
            raise

    def _test_at_end(self, event: Event) -> None:
        """Tests the network after its last step, and prints the results.

        Calibration, which takes longer, comes after this callback.
        """
        if is_complete(event):
            self.test_result = self._tested()
            for line in train_log.results(event, self.test_result):
                self._print(line)

    def _tested(self) -> Evaluated | None:
        """Returns the evaluation on the test set, if there is one, without repeating the last."""
        if "test" not in self.dataset.splits:
            return None
        test, step, last = self.dataset.test, self.model.state.now.step, self.last_evaluation
        if last is not None and (last.images, last.step) == (len(test), step):
            return last
        scores = self.model.evaluate(test)
        return Evaluated(step, 0, scores.loss, scores.accuracy, len(test), metrics=scores.metrics)

    def _record(self, result: Evaluated) -> None:
        """Writes the test result into the journal."""
        event = Tested(
            result.step, result.loss, result.accuracy, result.images, metrics=result.metrics
        )
        observations: tuple[Event, ...] = ()
        if self.last_evaluation is None and not self._holds_out:  # no images observed yet
            test, seed = self.dataset.test, self.options.training.seed or 0
            observations = tuple(observe(self.model, test, self.run, seed))
        self.run.add(event, *observations)

    def _save(self) -> None:
        """Saves the model with its metadata."""
        model = self.model
        if model.trained_on is not None:
            model.trained_on = replace(model.trained_on, dataset=self.dataset.name)
        if self.test_result is not None:
            result = self.test_result
            model.scores = {**model.scores, "test_loss": result.loss}
            if result.accuracy is not None:
                model.scores["test_accuracy"] = result.accuracy
            for name, value in result.metrics.items():
                if not isinstance(value, list):
                    model.scores[f"test_{name}"] = value
        model.save(self.run.model_path)

    def _explain_stop(self) -> None:
        """Prints where everything is after Ctrl-C, and how to resume."""
        steps, folder = plural(self.model.state.now.step, "step"), self.run.folder
        self._print(f"Stopped after {steps}. Weights and history are in {folder}; resume with")
        words = ["spritenet", "train", "--resume", "--out", folder]
        self._print(f"  {terminal.shell_command(words)}")

    def _results(self, end: Finished | Stopped) -> dict[str, object]:
        """Returns the object that `--json` prints."""
        model, result = self.model, self.test_result
        return {
            "network": model.name,
            "data": self.dataset.name,
            "parameters": model.count_params(),
            "steps": end.step,
            "images": end.images,
            "batch_size": self.options.training.batch_size,
            "seed": self.options.training.seed,
            "images_per_second": end.images / end.seconds if end.seconds else 0.0,
            "train_seconds": end.seconds,
            "total_seconds": terminal.process_seconds(),
            "test_accuracy": result.accuracy if result else None,
            "test_loss": result.loss if result else None,
            **({"test_metrics": dict(result.metrics)} if result and result.metrics else {}),
            "weights_sha256": model.weights_sha256,
            "run": str(self.run.folder),
            "model": str(self.run.model_path),
        }

    def _write_example(self) -> Path | None:
        """Writes a test image to try `predict` on; None for channels that PNG doesn't have."""
        split = self.dataset.splits.get("test", self.dataset.train)
        image, _ = split[0]
        if image.shape[2] not in COLOUR_TYPES:
            return None
        path = self.run.folder / "example.png"
        write_file(path, encode_png(image))
        return path
