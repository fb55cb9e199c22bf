"""Spritenet: small images, the whole way, from files to a trained, tested, saved classifier.

    import spritenet as sn

    data = sn.load("strokes")
    model = sn.networks.tutorial(data.train)
    model.fit(data.train, validation_data=data.test, epochs=5)
    model.save("digits")

Importing does nothing: each name is fetched from its module when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spritenet import (
        callbacks,
        constraints,
        initializers,
        layers,
        losses,
        metrics,
        networks,
        optimizers,
        plots,
        regularizers,
        schedules,
        utils,
    )
    from spritenet.dataset import Dataset, Split
    from spritenet.errors import (
        CoreError,
        DataError,
        DataWarning,
        DivergedError,
        DownloadError,
        InputError,
        MissingExtraError,
        MissingKeyError,
        ModelError,
        RunError,
        SpritenetError,
        UnsupportedError,
        UnsupportedImportError,
    )
    from spritenet.layers import (
        ELU,
        Activation,
        Add,
        Average,
        AveragePooling2D,
        BatchNormalization,
        Concatenate,
        Conv2D,
        Conv2DTranspose,
        Cropping2D,
        Dense,
        DepthwiseConv2D,
        Dropout,
        Flatten,
        GlobalAveragePooling2D,
        GlobalMaxPooling2D,
        Identity,
        Input,
        LeakyReLU,
        Maximum,
        MaxPooling2D,
        Minimum,
        Multiply,
        Permute,
        PReLU,
        ReLU,
        Rescaling,
        Reshape,
        SeparableConv2D,
        Softmax,
        Subtract,
        UpSampling2D,
        ZeroPadding2D,
    )
    from spritenet.losses import (
        CategoricalCrossentropy,
        MeanSquaredError,
        SparseCategoricalCrossentropy,
    )
    from spritenet.model import Classified, Model, Scores, Sequential, load_model, train, transfer
    from spritenet.model.live_chart import LiveChart
    from spritenet.model.predictions import Predictions
    from spritenet.optimizers import (
        SGD,
        Adadelta,
        Adafactor,
        Adagrad,
        Adam,
        Adamax,
        AdamW,
        Ftrl,
        Lamb,
        Lion,
        Muon,
        Nadam,
        RMSprop,
    )
    from spritenet.regularizers import L1, L1L2, L2
    from spritenet.runs import Run
    from spritenet.schedules import (
        CosineDecay,
        ExponentialDecay,
        OneCycle,
        PiecewiseConstantDecay,
    )
    from spritenet.sources import load
    from spritenet.sources.mnist_data import MnistData
    from spritenet.sprites import Sprite
    from spritenet.sprites.pack import pack
    from spritenet.streams import Stream, StreamSplit, open  # noqa: A004 - as gzip.open
    from spritenet.training.callbacks import (
        Callback,
        EarlyStopping,
        LambdaCallback,
        LearningRateScheduler,
        ModelCheckpoint,
        ReduceLROnPlateau,
    )
    from spritenet.training.events import (
        CheckpointSaved,
        Confused,
        Controlled,
        EpochEnded,
        Evaluated,
        Event,
        Finished,
        Predicted,
        SnapshotSaved,
        Started,
        StepEvent,
        Stopped,
        Tested,
    )
    from spritenet.training.history import History

__version__ = "0.1.0"

_MODULES = (
    "callbacks",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "networks",
    "optimizers",
    "plots",
    "constraints",
    "regularizers",
    "schedules",
    "utils",
)

_NAMES = {
    "spritenet.dataset": ("Dataset", "Split"),
    "spritenet.errors": (
        "CoreError",
        "DataError",
        "DataWarning",
        "DivergedError",
        "DownloadError",
        "InputError",
        "MissingExtraError",
        "MissingKeyError",
        "ModelError",
        "RunError",
        "SpritenetError",
        "UnsupportedError",
        "UnsupportedImportError",
    ),
    "spritenet.layers": (
        "Input",
        "Activation",
        "Add",
        "Average",
        "AveragePooling2D",
        "BatchNormalization",
        "Concatenate",
        "Conv2D",
        "Conv2DTranspose",
        "Cropping2D",
        "Dense",
        "DepthwiseConv2D",
        "Dropout",
        "ELU",
        "Flatten",
        "GlobalAveragePooling2D",
        "GlobalMaxPooling2D",
        "Identity",
        "LeakyReLU",
        "Maximum",
        "MaxPooling2D",
        "Minimum",
        "Multiply",
        "Permute",
        "PReLU",
        "ReLU",
        "Rescaling",
        "Reshape",
        "SeparableConv2D",
        "Softmax",
        "Subtract",
        "UpSampling2D",
        "ZeroPadding2D",
    ),
    "spritenet.losses": (
        "CategoricalCrossentropy",
        "MeanSquaredError",
        "SparseCategoricalCrossentropy",
    ),
    "spritenet.model": (
        "Classified",
        "Model",
        "Scores",
        "Sequential",
        "load_model",
        "train",
        "transfer",
    ),
    "spritenet.model.live_chart": ("LiveChart",),
    "spritenet.model.predictions": ("Predictions",),
    "spritenet.optimizers": (
        "Adadelta",
        "Adafactor",
        "Adagrad",
        "Adam",
        "Adamax",
        "AdamW",
        "Ftrl",
        "Lamb",
        "Lion",
        "Muon",
        "Nadam",
        "RMSprop",
        "SGD",
    ),
    "spritenet.regularizers": ("L1", "L1L2", "L2"),
    "spritenet.runs": ("Run",),
    "spritenet.schedules": (
        "CosineDecay",
        "ExponentialDecay",
        "OneCycle",
        "PiecewiseConstantDecay",
    ),
    "spritenet.sources": ("load",),
    "spritenet.sources.mnist_data": ("MnistData",),
    "spritenet.sprites": ("Sprite", "pack"),
    "spritenet.streams": ("Stream", "StreamSplit", "open"),
    "spritenet.training.callbacks": (
        "Callback",
        "EarlyStopping",
        "LambdaCallback",
        "LearningRateScheduler",
        "ModelCheckpoint",
        "ReduceLROnPlateau",
    ),
    "spritenet.training.events": (
        "CheckpointSaved",
        "Confused",
        "Controlled",
        "EpochEnded",
        "Evaluated",
        "Event",
        "Finished",
        "Predicted",
        "SnapshotSaved",
        "Started",
        "StepEvent",
        "Stopped",
        "Tested",
    ),
    "spritenet.training.history": ("History",),
}
_HOME = {name: module for module, names in _NAMES.items() for name in names}

__all__ = [
    "ELU",
    "L1",
    "L1L2",
    "L2",
    "SGD",
    "Activation",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Add",
    "Average",
    "AveragePooling2D",
    "BatchNormalization",
    "Callback",
    "CategoricalCrossentropy",
    "CheckpointSaved",
    "Classified",
    "Concatenate",
    "Confused",
    "Controlled",
    "Conv2D",
    "Conv2DTranspose",
    "CoreError",
    "CosineDecay",
    "Cropping2D",
    "DataError",
    "DataWarning",
    "Dataset",
    "Dense",
    "DepthwiseConv2D",
    "DivergedError",
    "DownloadError",
    "Dropout",
    "EarlyStopping",
    "EpochEnded",
    "Evaluated",
    "Event",
    "ExponentialDecay",
    "Finished",
    "Flatten",
    "Ftrl",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling2D",
    "History",
    "Identity",
    "Input",
    "InputError",
    "Lamb",
    "LambdaCallback",
    "LeakyReLU",
    "LearningRateScheduler",
    "Lion",
    "LiveChart",
    "MaxPooling2D",
    "Maximum",
    "MeanSquaredError",
    "Minimum",
    "MissingExtraError",
    "MissingKeyError",
    "MnistData",
    "Model",
    "ModelCheckpoint",
    "ModelError",
    "Multiply",
    "Muon",
    "Nadam",
    "OneCycle",
    "PReLU",
    "Permute",
    "PiecewiseConstantDecay",
    "Predicted",
    "Predictions",
    "RMSprop",
    "ReLU",
    "ReduceLROnPlateau",
    "Rescaling",
    "Reshape",
    "Run",
    "RunError",
    "Scores",
    "SeparableConv2D",
    "Sequential",
    "SnapshotSaved",
    "Softmax",
    "SparseCategoricalCrossentropy",
    "Split",
    "Sprite",
    "SpritenetError",
    "Started",
    "StepEvent",
    "Stopped",
    "Stream",
    "StreamSplit",
    "Subtract",
    "Tested",
    "UnsupportedError",
    "UnsupportedImportError",
    "UpSampling2D",
    "ZeroPadding2D",
    "callbacks",
    "constraints",
    "initializers",
    "layers",
    "load",
    "load_model",
    "losses",
    "metrics",
    "networks",
    "open",
    "optimizers",
    "pack",
    "plots",
    "regularizers",
    "schedules",
    "train",
    "transfer",
    "utils",
]


if not TYPE_CHECKING:  # type checkers shall know what is missing

    def __getattr__(name: str) -> object:
        """The public name, fetched from its module."""
        if name in _MODULES:
            return import_module(f"spritenet.{name}")
        if name not in _HOME:
            from importlib.util import find_spec

            # `from spritenet import cli`: Python goes on. Keras has an `export`, too.
            if name != "export" and find_spec(f"{__name__}.{name}"):
                raise AttributeError(name)
            from spritenet.migration import module_name

            raise module_name(name, __name__, __all__)
        value: object = getattr(import_module(_HOME[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """All public names."""
    return [*__all__, "__version__"]
