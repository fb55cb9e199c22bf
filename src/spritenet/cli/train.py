"""`spritenet train`: trains a network on a data set, tests it and saves it."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spritenet.cli.arguments import (
    Json,
    Memory,
    check_exclusive,
    device_option,
    precision_option,
    set_device,
    threads_option,
)
from spritenet.cli.data_options import DataOptions, with_data_options
from spritenet.cli.run_folder import enter_ranks, is_rank, latest_folder, new_folder

if TYPE_CHECKING:
    from spritenet.cli.train_options import TrainOptions
    from spritenet.dataset import Dataset
    from spritenet.model import Model
    from spritenet.streams import Stream

__all__ = ["network_of", "train"]

LOCAL_ONLY = "Name a path on this machine; `spritenet export` writes the model to addresses."

training_option = partial(typer.Option, rich_help_panel="Training")
output_option = partial(typer.Option, rich_help_panel="Output")


@with_data_options
def train(
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="DATA",
            help="A data set: strokes, strokes2, mnist, fashion-mnist, kmnist, a path or address.",
            show_default="strokes",
        ),
    ] = None,
    model: Annotated[
        str | None,
        training_option(
            metavar="NETWORK",
            help="Network: tutorial, convnet, mnist-node, dense, fast, tiny, accurate, mobile, "
            "few, or module:function for your own. Each comes with its own optimizer and training.",
            show_default="tutorial",
        ),
    ] = None,
    start: Annotated[
        str | None,
        training_option(
            "--from",
            metavar="MODEL",
            help="Start from a saved model; other classes get a new output layer.",
        ),
    ] = None,
    freeze: Annotated[
        bool | None,
        training_option("--freeze", help="With --from, train the output layer only."),
    ] = None,
    epochs: Annotated[
        int | None,
        training_option(
            metavar="N", min=1, help="Number of epochs.", show_default="the network's, else 5"
        ),
    ] = None,
    steps: Annotated[
        int | None,
        training_option(metavar="N", min=1, help="Number of steps, instead of --epochs."),
    ] = None,
    batch_size: Annotated[
        int | None,
        training_option(
            metavar="N", min=1, help="Batch size.", show_default="the network's, else 64"
        ),
    ] = None,
    optimizer: Annotated[
        str | None,
        training_option(
            metavar="NAME",
            help="Optimizer: sgd, momentum, adam, adamw, rmsprop, lion, muon, …",
            show_default="the network's",
        ),
    ] = None,
    optimizer_option: Annotated[
        list[str] | None,
        training_option(
            metavar="NAME=VALUE",
            help="An argument of the optimizer, such as clipnorm=1. Repeatable.",
        ),
    ] = None,
    learning_rate: Annotated[
        float | None,
        training_option(
            metavar="RATE",
            min=0.0,
            help="Learning rate; the highest one of a schedule.",
            show_default="the optimizer's",
        ),
    ] = None,
    schedule: Annotated[
        str | None,
        training_option(
            metavar="NAME",
            help="Learning rate schedule: constant, cosine, one-cycle or exponential.",
            show_default="the network's",
        ),
    ] = None,
    ema: Annotated[
        float | None,
        training_option(
            metavar="DECAY",
            min=0.0,
            max=0.999999,
            help="Evaluate and save an exponential moving average of the weights, with this decay.",
        ),
    ] = None,
    seed: Annotated[
        int | None, training_option(metavar="N", help="Random seed.", show_default="0")
    ] = None,
    augment: Annotated[
        str | None,
        training_option(
            metavar="NAME",
            help="Change the training images at random: digits, photos, or amounts such as "
            "rotation=10,translation=0.1.",
            show_default="the network's",
        ),
    ] = None,
    sampling: Annotated[
        str | None,
        training_option(
            metavar="NAME",
            help="Draw training images as NAME says: balanced draws each class equally often.",
            show_default="every image once an epoch",
        ),
    ] = None,
    class_weight: Annotated[
        str | None,
        training_option(
            metavar="CLASS=FACTOR,…",
            help="Factors on the loss of classes; balanced gives each class the same weight.",
            show_default="1",
        ),
    ] = None,
    metrics: Annotated[
        str | None,
        training_option(
            metavar="NAME,…",
            help="Metrics besides the accuracy: auc, f1_score, recall:class_id=3, …",
        ),
    ] = None,
    threads: Annotated[int | None, threads_option("Training")] = None,
    device: Annotated[str | None, device_option("Training")] = None,
    precision: Annotated[str | None, precision_option("Training")] = None,
    validation: Annotated[
        float | None,
        training_option(
            metavar="FRACTION",
            min=0.0,
            max=0.99,
            help="Fraction of the training set held out for validation.",
        ),
    ] = None,
    test_every: Annotated[
        int | None,
        training_option(
            metavar="N",
            min=1,
            help="Evaluate every N steps, on the validation set or else the test set.",
        ),
    ] = None,
    test_size: Annotated[
        int | None,
        training_option(
            metavar="N", min=1, help="Number of images evaluated every N steps.", show_default="all"
        ),
    ] = None,
    out: Annotated[
        Path | None,
        output_option(
            metavar="FOLDER", help="Folder of the run.", show_default="runs/NETWORK-NUMBER"
        ),
    ] = None,
    resume: Annotated[
        bool, output_option("--resume", help="Resume the run in --out, or the latest in runs/.")
    ] = False,
    checkpoint_every: Annotated[
        int | None,
        output_option(
            metavar="N",
            min=1,
            help="Steps between checkpoints.",
            show_default="each epoch, or 10 seconds",
        ),
    ] = None,
    log_every: Annotated[
        int | None,
        output_option(
            metavar="N", min=1, help="Print a line every N steps, as the Node.js tutorial does."
        ),
    ] = None,
    watch: Annotated[bool, output_option("--watch", help="Open the live page of the run.")] = False,
    no_browser: Annotated[
        bool,
        output_option("--no-browser", help="Print the address of that page, but don't open it."),
    ] = False,
    memory: Memory = None,
    json: Json = False,
    *,
    data_options: DataOptions,
) -> None:
    """Train a network on a data set, evaluate it, and save it."""
    given = dict(locals())
    # NumPy's threads would wait in busy loops beside the core's.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from spritenet.cli.train_options import TrainOptions
    from spritenet.destination import local_only
    from spritenet.engines.devices import check_device
    from spritenet.errors import InputError

    check_exclusive("--epochs", epochs, "--steps", steps)
    check_exclusive("--model", model, "--from", start)

    folder = local_only(out, LOCAL_ONLY) if out else (latest_folder() if resume else None)
    recorded: dict[str, object] = {}
    if folder is not None and resume:
        from spritenet.cli.models import recorded_command

        recorded = recorded_command(folder)
    options = TrainOptions.from_json(recorded).updated(given)
    if options.freeze and options.start is None:
        raise InputError("it needs a trained model", where="--freeze", do="Give one with --from.")
    if is_rank():
        folder, device, watch = enter_ranks(folder, options.label, device, watch=watch)
    check_device(device or "cpu", precision or "float32", "--device")
    load = _loader(options)
    from spritenet.cli.experiment import Experiment
    from spritenet.runs import Run
    from spritenet.training.controls import DISCARDED, KEPT
    from spritenet.training.events import Stopped

    dataset = load()
    network = network_of(options, dataset, threads)
    set_device(network, device, precision)
    run = Run(folder or new_folder(options.label))
    experiment = Experiment(
        options, dataset, network, run, log_every=log_every, quiet=json, watched=watch
    )
    if resume and not run.exists and not json:
        print(f"{run.folder}: no run to resume, so a new one begins")
    try:
        if watch:
            from spritenet.cli.watch import start_page

            start_page(run.folder, no_browser=no_browser, quiet=json)
        end = experiment.train(resume=resume)
    finally:
        with suppress(OSError):
            run.folder.rmdir()  # succeeds only if it is empty: the training never began
    if isinstance(end, Stopped) and end.reason == DISCARDED:
        experiment.discard(end)
        return
    if isinstance(end, Stopped) and end.reason != KEPT:
        raise typer.Exit(130)
    experiment.conclude(end)


def _loader(options: TrainOptions) -> Callable[[], Dataset | Stream]:
    """Returns a function that loads the data set.

    A local one is loaded in a thread, while the main thread imports everything else. What loading
    needs is imported before: two threads import no faster than one. It is a daemon thread, so that
    Ctrl-C and errors end the process at once.
    """
    import threading
    from concurrent.futures import Future

    import spritenet.sources  # noqa: F401 - see above
    from spritenet.cli.datasets import load_or_stream
    from spritenet.core.pool import HAS_THREADS

    def load() -> Dataset | Stream:
        dataset = load_or_stream(options.data, options.memory, options.data_options)
        if "train" in dataset.splits:
            _ = dataset.train.identity  # hashed here, beside the imports, and cached in the split
        return dataset

    if not HAS_THREADS or not Path(options.data).exists():
        return load
    future: Future[Dataset | Stream] = Future()

    def work() -> None:
        try:
            future.set_result(load())
        except BaseException as error:  # noqa: BLE001 - raised in the main thread
            future.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return future.result


def network_of(options: TrainOptions, dataset: Dataset | Stream, threads: int | None) -> Model:
    """Returns the network of the options, compiled."""
    from spritenet import networks, optimizers
    from spritenet.cli.train_options import metrics_of

    if options.start is None:
        model = (
            _custom_network(options.model, dataset)
            if ":" in options.model
            else networks.get(options.model, dataset.train)
        )
    else:
        model = _trained_network(options.start, dataset, options)
    model.threads = threads
    default, loss = model.compiled()
    chosen = default if options.optimizer is None else optimizers.get(options.optimizer)
    chosen = options.with_optimizer_options(chosen)
    scheduled = options.with_schedule(chosen, options.steps_on(len(dataset.train)))
    if scheduled != default or options.metrics:
        model.compile(scheduled, loss, metrics=["accuracy", *metrics_of(options.metrics or "")])
    return model


def _trained_network(start: str, dataset: Dataset | Stream, options: TrainOptions) -> Model:
    """Returns a saved model, with a new output layer if the data set has other classes."""
    import warnings

    from spritenet.cli.models import load_network
    from spritenet.dataset.source import has_several_labels
    from spritenet.errors import DataWarning
    from spritenet.model import transfer
    from spritenet.optimizers import Adam

    model = load_network(Path(start))
    names = dataset.class_names
    several = has_several_labels(dataset.train)
    same = len(names) == model.output_shape[-1] and model.class_names in {(), names}
    if not same or several != model.is_multi_label:
        warnings.warn(
            f"{start}: it was trained on other {'classes' if not same else 'kinds of labels'}, "
            "so it gets a new output layer",
            DataWarning,
            stacklevel=2,
        )
        return transfer(model, dataset, trainable=not options.freeze, seed=options.training.seed)
    if options.freeze:
        *others, _ = dict.fromkeys(name.rpartition("/")[0] for name in model.weights)
        for name in others:
            model.get_layer(name).trainable = False
    if model.optimizer is None or model.loss is None:
        loss = "binary_crossentropy" if several else "sparse_categorical_crossentropy"
        model.compile(Adam(), loss)
    return model


def _custom_network(name: str, dataset: Dataset | Stream) -> Model:
    """Calls the user's function that makes a network.

    Raises:
        InputError: the function raised an error.
    """
    from spritenet import networks
    from spritenet.errors import InputError, SpritenetError

    try:
        return networks.get(name, dataset.train)
    except SpritenetError:
        raise
    except Exception as error:
        if os.environ.get("SPRITENET_TRACEBACK"):
            raise
        raise InputError(
            f"building the network failed with {type(error).__name__}",
            where=name,
            got=error,
            do="SPRITENET_TRACEBACK=1 shows where.",
        ) from error
