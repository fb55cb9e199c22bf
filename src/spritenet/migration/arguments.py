"""Keras's arguments: those that are renamed, ignored or refused here, in one table.

`accepts` puts the table before a function or a class; its own arguments stay as they are, for
editors and type checkers too.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError, dataclass
from functools import cache, partial, wraps
from typing import Any, TypeVar

from spritenet.errors import UnsupportedError

__all__ = ["ARGUMENTS", "Ignored", "Refused", "Renamed", "accepts", "rule"]

Taking = TypeVar("Taking", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Ignored:
    """An argument that is taken and changes nothing.

    Attributes:
        why: the reason, as the end of a sentence.
        silent: True if no warning is needed, since the argument has no effect to miss.
    """

    why: str
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """An argument that may only have the values that change nothing.

    Attributes:
        advice: a sentence that says what to do.
        harmless: those values; None always is one.
    """

    advice: str = ""
    harmless: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Renamed:
    """An argument that has another name here."""

    to: str


Rule = Ignored | Refused | Renamed

_FLOAT32 = "Networks compute in float32."
_CHANNELS_LAST = "Images are height, width, channels."
_THREADS = Ignored("the core's own threads work: Sequential(threads=…)")
_COMPILED = Ignored("everything runs in the compiled core")

ARGUMENTS: Mapping[str, Rule] = {
    # layers
    "activity_regularizer": Refused("Use kernel_regularizer=L2(factor)."),
    "autocast": Ignored("networks compute in float32", silent=True),
    "data_format": Refused(_CHANNELS_LAST, ("channels_last",)),
    "dtype": Refused(_FLOAT32, ("float32",)),
    "input_axes": Refused("Fans are counted as for kernels."),
    "input_dim": Refused("Say input_shape=(values,)."),
    "lora_alpha": Refused("All weights are trained."),
    "lora_rank": Refused("All weights are trained."),
    "noise_shape": Refused("Every value is dropped on its own."),
    "output_axes": Refused("Fans are counted as for kernels."),
    "quantization_config": Refused(_FLOAT32),
    "seed": Ignored("all randomness comes from the seed of fit"),
    "threshold": Refused("Use negative_slope=, or a bias before it.", (0, 0.0)),
    "renorm": Refused("Normalisation is over the batch.", (False,)),
    "renorm_clipping": Refused("Normalisation is over the batch."),
    "renorm_momentum": Refused("Normalisation is over the batch.", (0.99,)),
    "rms_scaling": Refused("Use RMSNormalization.", (False,)),
    "synchronized": Refused("All threads share one batch.", (False,)),
    "weights": Refused("Use model.set_weights(arrays)."),
    "batch_input_shape": Renamed("input_shape"),
    "LeakyReLU.alpha": Renamed("negative_slope"),
    "crop_to_aspect_ratio": Refused("Put CenterCrop(height, width) before it.", (False,)),
    "pad_to_aspect_ratio": Refused("Put ZeroPadding2D before it.", (False,)),
    "fill_mode": Refused("Images are not padded.", ("constant",)),
    "fill_value": Refused("Images are not padded.", (0, 0.0)),
    "antialias": Refused("Put AveragePooling2D before it.", (False,)),
    # Input
    "batch_shape": Renamed("shape"),
    "batch_size": Ignored("batches may have any size", silent=True),
    "optional": Refused("A network has one input.", (False,)),
    "ragged": Refused("All images have one size.", (False,)),
    "sparse": Refused("Images are arrays.", (False,)),
    "tensor": Refused("A network has no tensors: give fit images."),
    "Input.dtype": Ignored("pixels may be uint8 or floats", silent=True),
    # optimizers
    "betas": Refused("Use beta_1= and beta_2=."),
    "decay": Refused("Use learning_rate=sn.ExponentialDecay(…).", (0, 0.0)),
    "eps": Renamed("epsilon"),
    "exclude_embeddings": Ignored("images have no embeddings", silent=True),
    "loss_scale_factor": Ignored("float32 needs no scaling"),
    "lr": Renamed("learning_rate"),
    # losses
    "axis": Refused("Classes are on the last axis.", (-1,)),
    "ignore_class": Refused("Give those images sample_weight 0."),
    "reduction": Refused(
        "The loss is the mean over the batch.", ("sum_over_batch_size", "mean", "auto")
    ),
    # callbacks
    "epsilon": Renamed("min_delta"),
    "on_train_batch_begin": Refused("Use on_train_batch_end=, or on_epoch_begin=."),
    "options": Refused("A model is a folder on disk."),
    "period": Refused("The model is saved after each epoch.", (1,)),
    "save_freq": Refused(
        "The model is saved after each epoch; fit(run=…, checkpoint_every=…) keeps more.",
        ("epoch",),
    ),
    # compile, fit, evaluate, predict
    "auto_scale_loss": Ignored("float32 needs no scaling", silent=True),
    "jit_compile": _COMPILED,
    "loss_weights": Refused("A network has one loss."),
    "max_queue_size": _THREADS,
    "run_eagerly": _COMPILED,
    "steps_per_execution": _COMPILED,
    "use_multiprocessing": _THREADS,
    "validation_batch_size": Ignored("evaluation picks its own batches", silent=True),
    "validation_steps": Refused("Give a smaller validation_data."),
    "workers": _THREADS,
    "steps": Refused("Give fewer images."),
    "callbacks": Refused("Callbacks are called while fit trains.", ([], ())),
    "config": Refused("int8 has one specification: docs/reference/int8.md."),
    "filters": Refused("All layers are computed in int8."),
    "mode": Refused("int8 is the only mode.", ("int8",)),
    # files, tables
    "by_name": Refused("Weights are matched by name and shape.", (False,)),
    "compile": Ignored("a model comes with the optimizer that was saved with it", silent=True),
    "custom_objects": Refused("Layers run in the compiled core.", ({},)),
    "expand_nested": Ignored("no layer holds others", silent=True),
    "layer_range": Refused("All layers are shown."),
    "filepath": Renamed("path"),
    "line_length": Ignored("columns are as wide as their words", silent=True),
    "max_shard_size": Ignored("weights are one file", silent=True),
    "overwrite": Refused("An older one is replaced; choose another name.", (True,)),
    "positions": Ignored("columns are as wide as their words", silent=True),
    "rebuild": Ignored("a model is always built as far as it can be", silent=True),
    "safe_mode": Ignored("no code is ever read from a file", silent=True),
    "save_format": Refused("A model is a folder: TensorFlow.js's format.", ("tfjs",)),
    "show_trainable": Ignored("frozen weights are counted below the table", silent=True),
    "skip_mismatch": Refused("All weights must fit.", (False,)),
    "zipped": Refused("A model is a folder; load_model reads a ZIP of it too.", (False,)),
    # metrics
    "y_pred": Renamed("probabilities"),
    "y_true": Renamed("labels"),
    # everywhere
    "name": Ignored("nothing shows it", silent=True),
    "verbose": Ignored("nothing is written", silent=True),
}
"""Argument, or "Owner.argument", → what becomes of it where it isn't an argument here."""


def rule(owner: str, argument: str) -> Rule | None:
    """Returns the rule for an argument that `owner` doesn't have; None if it is unknown."""
    return ARGUMENTS.get(f"{owner}.{argument}") or ARGUMENTS.get(argument)


def accepts(target: Taking) -> Taking:
    """Makes a function, or a class's constructor, take Keras's arguments as the table says.

    What fits neither the table nor the arguments raises `UnsupportedError`, never a bare
    TypeError. A frozen class advises on attributes that can't be set; those
    that its `SETTABLE` names can, and are arguments of its constructor too.
    """
    if not isinstance(target, type):
        return _taking(target)
    setattr(target, "__init__", _taking(vars(target)["__init__"]))  # noqa: B010 - mypy forbids it
    if "__setattr__" in vars(target):  # a frozen dataclass
        setattr(target, "__setattr__", _refuse_change)  # noqa: B010 - the same
        setattr(target, "__delattr__", _refuse_change)  # noqa: B010 - the same
    return target


def _taking(function: Taking) -> Taking:
    """The function, its arguments looked at first."""
    # Looked at in the first call: most functions are never called in a process.
    look = cache(partial(_looked_at, function))

    @wraps(function)
    def taking(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the function takes
        own, method, free = look()
        owner = function.__name__
        later: dict[str, Any] = {}
        if owner == "__init__":
            owner = type(arguments[0]).__name__
            settable: frozenset[str] = getattr(type(arguments[0]), "SETTABLE", frozenset())
            later = {name: named.pop(name) for name in settable & named.keys()}
        if not (free or named.keys() <= own.parameters.keys()):
            named = _translated(owner, named, list(own.parameters)[method:])
        try:
            own.bind(*arguments, **named)
        except TypeError as error:
            do = f"It takes: {', '.join(list(own.parameters)[method:])}."
            raise UnsupportedError(str(error), where=owner, do=do) from None
        result = function(*arguments, **named)
        for name, value in later.items():
            setattr(arguments[0], name, value)
        return result

    return taking  # type: ignore[return-value]  # the same arguments and result


def _looked_at(function: Callable[..., Any]) -> tuple[inspect.Signature, bool, bool]:
    """Returns the signature, True for a method, and True if it takes any named argument."""
    own = inspect.signature(function)
    is_method = next(iter(own.parameters), "") in {"self", "cls"}
    return own, is_method, any(p.kind is p.VAR_KEYWORD for p in own.parameters.values())


def _translated(owner: str, named: Mapping[str, Any], known: list[str]) -> dict[str, Any]:
    """The arguments under their names here, without those that change nothing.

    Raises:
        UnsupportedError: one asks for what isn't here.
    """
    result = {name: value for name, value in named.items() if name in known}
    for name, value in named.items():
        if name in result:
            continue
        match rule(owner, name):
            case Renamed(to) if to in known and (value is None or to not in result):
                if value is not None:
                    result[to] = value
            case Ignored(why, silent):
                if not silent and value is not None:
                    warnings.warn(f"{owner}: {name} is ignored: {why}.", stacklevel=3)
            case Refused(do, harmless):
                if value is not None and not any(_same(value, fine) for fine in harmless):
                    raise UnsupportedError(
                        f"Unsupported argument {name}={_short(value)}", where=owner, do=do
                    )
            case _:
                raise _unknown(owner, name, known)
    return result


def _unknown(owner: str, name: str, known: list[str]) -> UnsupportedError:
    """The error for an argument nobody knows."""
    from difflib import get_close_matches

    near = get_close_matches(name, known, 1)
    do = f"Did you mean {near[0]}?" if near else f"It takes: {', '.join(known)}."
    return UnsupportedError(f"Unsupported argument {name!r}", where=owner, do=do)


def _same(value: object, harmless: object) -> bool:
    """Returns True if both values are equal; 1 is not True."""
    if isinstance(value, bool) is not isinstance(harmless, bool):
        return False
    try:
        return bool(value == harmless)
    except ValueError:  # an array
        return False


def _short(value: object) -> str:
    """A value in few letters."""
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}…"


class _FrozenError(UnsupportedError, FrozenInstanceError):
    """The error for setting an attribute of a frozen dataclass, with what to do."""


def _refuse_change(self: object, name: str, value: object = None) -> None:
    """Refuses to set or delete an attribute of a frozen value.

    Raises:
        UnsupportedError: always, but for what changes nothing.
    """
    if name in getattr(type(self), "SETTABLE", ()):
        object.__setattr__(self, name, value)
        return
    from spritenet.migration import advice  # imported late: only errors need it

    kind = next(
        base.__name__ for base in reversed(type(self).__mro__[:-1]) if base.__name__ != "ABC"
    )
    words = advice.ATTRIBUTES.get(kind.lower(), {})
    raise _FrozenError(
        f"Unsupported: changing {name} of {type(self).__name__}, which is frozen",
        do=words.get(name, "") or f"Make another {type(self).__name__}.",
    )
