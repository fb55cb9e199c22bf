"""One training from the command line: what is said of it, tested and kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from spritenet.atomic import write_file
from spritenet.cli import clock, progress, terminal, train_log
from spritenet.cli.interrupt import Interruptible
from spritenet.cli.options import Options
from spritenet.cli.preparation import for_data
from spritenet.core.png import COLOUR_TYPES, encode_png
from spritenet.dataset import Dataset
from spritenet.errors import CoreError, DivergedError
from spritenet.formatting import duration, percent, plural, shape
from spritenet.metrics import accuracy_interval
from spritenet.model import Sequential
from spritenet.model import train as training
from spritenet.model.recording import observed
from spritenet.runs import Run
from spritenet.training.controls import BY_HAND
from spritenet.training.events import (
    Controlled,
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

__all__ = ["Job"]


@dataclass(slots=True, eq=False)
class Job:
    """One training.

    Attributes:
        options: what was asked for.
        dataset: to train and test on.
        model: compiled as asked for.
        run: where it is kept.
        log_every: steps between two of the Node.js tutorial's lines; None for a line an epoch.
        quiet: print nothing for people; a JSON object at the end.
        watched: somebody looks on from the start; it is tried on the test images each epoch.
        seen: the last evaluation on test images while training.
        tested: on all of them, at the end.
    """

    options: Options
    dataset: Dataset | Stream
    model: Sequential
    run: Run
    log_every: int | None = None
    quiet: bool = False
    watched: bool = False
    seen: Evaluated | None = None
    tested: Evaluated | None = None

    def work(self, *, resume: bool) -> Finished | Stopped:
        """Train; the last event.

        Raises:
            DivergedError: it says where the last good weights are.
        """
        interruptible = Interruptible()
        events = self._events(interruptible, resume=resume)
        self._introduce()
        end: Event | None = None
        with self._weights_kept(), interruptible.listening():
            for event in self._shown(events):
                if isinstance(event, Started) and event.step:
                    self._say(f"going on after {plural(event.step, 'step')}")
                if isinstance(event, Evaluated) and not self.options.validation:
                    self.seen = event
                if isinstance(event, Controlled) and not event.refused:
                    self._say(train_log.obeyed(event))
                end = event
        if isinstance(end, Stopped) and end.reason not in BY_HAND:
            self._keep()
            self._explain_stop()
        if not isinstance(end, Finished | Stopped):
            raise CoreError("a training ended without saying how")
        return end

    def finish(self, end: Finished | Stopped) -> None:
        """Test the network, save it, and say what came of it."""
        try:
            self._test()
        except KeyboardInterrupt:
            self._explain_stop()
            raise
        self._keep()
        example = self._example()
        if self.quiet:
            terminal.print_json(self._result(end))
        else:
            self._conclude(end, example)

    def discarded(self, end: Stopped) -> None:
        """Say that nothing is left."""
        steps = plural(end.step, "step")
        self._say(f"Discarded after {steps}, as asked from the page: {self.run.folder} is gone.")
        if self.quiet:
            terminal.print_json({"discarded": True, "steps": end.step, "run": None, "model": None})

    def _say(self, line: str) -> None:
        """A line for people."""
        if not self.quiet:
            print(line, flush=True)

    def _introduce(self) -> None:
        """Say what is trained on what."""
        data, model = self.dataset, self.model
        counts = " and ".join(f"{len(split):,} {name}" for name, split in data.splits.items())
        size, classes = shape(data.image_shape), plural(len(data.class_names), "class")
        self._say(f"{data.name}: {counts} images of {size}, {classes}")
        if not isinstance(data, Dataset):
            self._say(f"read while they are used; the order is {data.train.order.description}")
        optimizer, batch = model.compiled()[0], self.options.batch_size
        rate = self.options.rate_of(optimizer)
        self._say(
            f"{model.name}: {plural(model.count_params(), 'parameter')}; "
            f"{type(optimizer).__name__} at {rate}, {plural(batch, 'image')} an update"
        )

    def _events(self, interruptible: Interruptible, *, resume: bool) -> Iterator[Event]:
        """The training's events."""
        options = self.options
        self.model.preparation = for_data(self.dataset).to_json()
        each_epoch = self.watched or self.log_every is not None
        on_tests = options.test_every is not None or (each_epoch and "test" in self.dataset.splits)
        on_tests &= not options.validation
        if self.watched:
            self.run.controls.watch()
        return training(
            self.model,
            self.dataset.train,
            validation_data=self.dataset.test if on_tests else None,
            validation_split=options.validation,
            epochs=options.epochs,
            steps=options.steps,
            batch_size=options.batch_size,
            seed=options.seed,
            test_every=options.test_every,
            test_size=options.test_size,
            ema=options.ema,
            callbacks=interruptible,
            run=self.run.folder,
            resume=resume,
            checkpoint_every=options.checkpoint_every,
            about={"data": self.dataset.name, "command": options.to_json()},
            calibrate_on=None if options.validation else self.dataset.splits.get("test"),
        )

    def _shown(self, events: Iterator[Event]) -> Iterator[Event]:
        """The events, with lines and the live line while they pass."""
        if self.log_every is not None:
            tried = "Validation set" if self.options.validation else "Test set"
            events = train_log.like_node(events, self.log_every, tried)
        elif not self.quiet:
            events = train_log.by_epoch(events, "validation" if self.options.validation else "test")
        word = "validation" if self.options.validation else "tested"
        return progress.watched(events, evaluated=word)

    @contextmanager
    def _weights_kept(self) -> Iterator[None]:
        """Save the model also when the training ends with an error or a second Ctrl-C."""
        try:
            yield
        except DivergedError as error:
            self._keep()
            raise DivergedError(
                error.what, where=error.where, do=f"{error.do} They are in {self.run.model_path}."
            ) from error
        except KeyboardInterrupt:
            if self.model.trained_on is not None:
                self._keep()
                self._explain_stop()
            raise

    def _test(self) -> None:
        """Try the network on all test images, unless the training just did."""
        if "test" not in self.dataset.splits:
            return
        test, step, seen = self.dataset.test, self.model.state.now.step, self.seen
        if seen is not None and (seen.images, seen.step) == (len(test), step):
            self.tested = seen
        else:
            scores = self.model.evaluate(test)
            self.tested = Evaluated(step, 0, scores.loss, scores.accuracy, len(test))
        self._record(self.tested)

    def _record(self, tested: Evaluated) -> None:
        """Write the test's figures into the journal."""
        event = Tested(tested.step, tested.loss, tested.accuracy, tested.images)
        seen: tuple[Event, ...] = ()
        if self.seen is None and not self.options.validation:  # nobody was followed until now
            seen = tuple(observed(self.model, self.dataset.test, self.run, self.options.seed))
        self.run.add(event, *seen)

    def _keep(self) -> None:
        """Save the model with all that is known of it."""
        model = self.model
        if model.trained_on is not None:
            model.trained_on = replace(model.trained_on, dataset=self.dataset.name)
        if self.tested is not None:
            tested = {"test_accuracy": self.tested.accuracy, "test_loss": self.tested.loss}
            model.scores = {**model.scores, **tested}
        model.save(self.run.model_path)

    def _explain_stop(self) -> None:
        """Say where everything is after a Ctrl-C, and how to go on."""
        steps = plural(self.model.state.now.step, "step")
        self._say(
            f"Stopped after {steps}. Weights and history are in {self.run.folder}; go on with"
        )
        again = ["spritenet", "train", "--resume", "--out", self.run.folder]
        self._say(f"  {terminal.command(again)}")

    def _result(self, end: Finished | Stopped) -> dict[str, object]:
        """What `--json` prints."""
        model, tested = self.model, self.tested
        return {
            "network": model.name,
            "data": self.dataset.name,
            "parameters": model.count_params(),
            "steps": end.step,
            "images": end.images,
            "batch_size": self.options.batch_size,
            "seed": self.options.seed,
            "images_per_second": end.images / end.seconds if end.seconds else 0.0,
            "train_seconds": end.seconds,
            "total_seconds": clock.process_seconds(),
            "test_accuracy": tested.accuracy if tested else None,
            "test_loss": tested.loss if tested else None,
            "weights_sha256": model.weights_sha256,
            "run": str(self.run.folder),
            "model": str(self.run.model_path),
        }

    def _conclude(self, end: Finished | Stopped, example: Path | None) -> None:
        """Say how well it does, how fast that was, where it is, and what to type next."""
        speed = end.images / end.seconds if end.seconds else 0.0
        images, steps = plural(end.images, "image"), plural(end.step, "step")
        self._say(f"trained on {images} in {duration(end.seconds)}: {speed:,.0f} images/s, {steps}")
        if self.tested is not None:
            count = self.tested.images
            low, high = accuracy_interval(round(self.tested.accuracy * count), count)
            accuracy = (
                f"accuracy {percent(self.tested.accuracy)} ({percent(low)} to {percent(high)})"
            )
            self._say(
                f"tested on {plural(count, 'image')}: {accuracy}, loss {self.tested.loss:.4f}"
            )
            if low <= 1 / len(self.dataset.class_names) and end.images >= len(self.dataset.train):
                self._say("That is no better than guessing. Try a lower --learning-rate.")
        self._say(
            f"saved in {self.run.folder}, {duration(clock.process_seconds())} after the start"
        )
        self._say("\nNow type")
        words: list[object] = ["spritenet", "evaluate", self.run.folder, self.options.data]
        self._say(f"  {terminal.command(words)}")
        if example is not None:
            words = ["spritenet", "predict", self.run.folder, example]
            self._say(f"  {terminal.command(words)}")
            self._say(f"  {terminal.command(['spritenet', 'draw', self.run.folder])}")

    def _example(self) -> Path | None:
        """The file of a test image, to try `predict` on; None for images that are no picture."""
        split = self.dataset.splits.get("test", self.dataset.train)
        image, _ = split[0]
        if image.shape[2] not in COLOUR_TYPES:
            return None
        path = self.run.folder / "example.png"
        write_file(path, encode_png(image))
        return path
