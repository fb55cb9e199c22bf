"""Search spaces: for each setting a range of numbers, or a list of values to choose from.

learning_rate=1e-4..1e-1:log    numbers between the two, evenly on a logarithmic scale
batch_size=16..128              whole numbers
augment=none,digits             one of the values
augment=none|rotation=10,zoom=0.1   the same, for values with commas
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from spritenet.errors import InputError, ModelError
from spritenet.sweeps.settings import Settings, known_names
from spritenet.training.fit_options import FitOptions

if TYPE_CHECKING:
    from spritenet.model import Model

__all__ = ["NETWORK", "Choice", "Domain", "Range", "SearchSpace", "parse_try"]

WHOLE = frozenset(
    {
        *("batch_size", "epochs", "steps", "steps_per_epoch", "seed"),
        *("gradient_accumulation_steps", "ema_overwrite_frequency"),
    }
)
"""Settings that are whole numbers."""

NETWORK = "model"
"""The setting that chooses among several networks."""

NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
RANGE = re.compile(rf"\s*({NUMBER})\s*\.\.\s*({NUMBER})\s*(?::\s*(\w+)\s*)?")


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers between two limits, which are included.

    Attributes:
        low: the smallest.
        high: the largest.
        log: if True, spread evenly on a logarithmic scale.
        whole: if True, whole numbers.

    Raises:
        InputError: it is upside down, or a logarithmic one reaches 0.
    """

    low: float
    high: float
    log: bool = False
    whole: bool = False

    def __post_init__(self) -> None:
        got = f"{self.low:g}..{self.high:g}"
        if not (math.isfinite(self.low) and math.isfinite(self.high)):
            raise InputError("not a range of finite numbers", got=got)
        if self.low >= self.high:
            raise InputError("the range is upside down", expected="LOW..HIGH", got=got)
        if self.log and self.low <= 0:
            raise InputError("a logarithmic range can't reach 0", expected="LOW above 0", got=got)
        if self.whole and not (float(self.low).is_integer() and float(self.high).is_integer()):
            raise InputError("not a range of whole numbers", got=got)

    @property
    def samples(self) -> tuple[Any, ...]:
        """The two limits."""
        if self.whole:
            return int(self.low), int(self.high)
        return self.low, self.high

    def to_json(self) -> object:
        """Returns the range as a text that `parse_try` reads."""
        return f"{self.low!r}..{self.high!r}" + (":log" if self.log else "")


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several values: numbers, texts, True, False or None.

    Attributes:
        values: different from each other.

    Raises:
        InputError: there is none, or one comes twice.
    """

    values: tuple[Any, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise InputError("no values", expected="one or more")
        if len(set(map(repr, self.values))) < len(self.values):
            raise InputError("a value comes twice", got=", ".join(map(str, self.values)))
        for value in self.values:
            if not isinstance(value, str | int | float | bool | None):
                raise InputError(
                    "not a plain value", expected="numbers, texts, True, False", got=repr(value)
                )

    @property
    def samples(self) -> tuple[Any, ...]:
        """The values."""
        return self.values

    def to_json(self) -> object:
        """Returns the values as a list."""
        return list(self.values)


Domain: TypeAlias = Range | Choice


@dataclass(frozen=True, slots=True, eq=False)
class SearchSpace:
    """The domains of all settings that a sweep changes, by name.

    Attributes:
        domains: name → domain; `optimizer` and the network come first, since others depend on them.
    """

    domains: Mapping[str, Domain]

    @classmethod
    def of(cls, given: Mapping[str, object]) -> SearchSpace:
        """Returns the space of domains, lists, or texts as `--try` takes them.

        Raises:
            InputError: there is none, or one is wrong; the error names it.
        """
        if not given:
            raise InputError(
                "nothing to search", expected="one setting or more, such as learning_rate"
            )
        first = [name for name in (NETWORK, "optimizer") if name in given]
        names = [*first, *(name for name in given if name not in first)]
        return cls({name: _domain(name, given[name]) for name in names})

    def to_json(self) -> dict[str, object]:
        """Returns texts and lists, from which `of` makes the same space."""
        return {name: domain.to_json() for name, domain in self.domains.items()}

    def check(self, models: Mapping[str, Model], options: FitOptions) -> None:
        """Refuses settings that are unknown, and values that no trial can use.

        Args:
            models: the networks to choose from, by name.
            options: of the training, but for these settings.

        Raises:
            InputError: the error names the setting, and the value.
        """
        optimizers = self.domains.get("optimizer", Choice((None,))).samples
        for name, domain in self.domains.items():
            if name == NETWORK:
                continue
            for value in domain.samples:
                refusals = [
                    _refusal(name, value, model, optimizer, options)
                    for model in models.values()
                    for optimizer in optimizers
                ]
                if all(refusals):
                    raise _named(name, refusals[0])

    def suggested(self, suggest: Any, models: Mapping[str, Model]) -> dict[str, Any]:  # noqa: ANN401 - a function of a name and a domain
        """Returns the values of a trial.

        Args:
            suggest: name, domain → value; called for the settings that suit those before.
            models: the networks, by name.
        """
        values: dict[str, Any] = {}
        for name, domain in self.domains.items():
            model = models[values.get(NETWORK, next(iter(models)))]
            if name == NETWORK or name in known_names(Settings(values), model):
                values[name] = suggest(name, domain)
        return values


def _refusal(
    name: str, value: object, model: Model, optimizer: str | None, options: FitOptions
) -> ModelError | None:
    """Returns the error that a model and optimizer raise for a value; None if they take it."""
    values: dict[str, Any] = {} if optimizer is None else {"optimizer": optimizer}
    try:
        settings = Settings({**values, name: value})
        settings.model(model, keep_weights=True, steps=1)
        settings.options(options)
    except ModelError as error:
        return error
    return None


def _named(name: str, refusal: ModelError | None) -> InputError:
    """Returns the error about a setting that nothing takes."""
    assert refusal is not None  # noqa: S101 - all are errors
    return InputError(
        refusal.what, where=f"--try {name}", expected=refusal.expected, got=refusal.got
    )


def parse_try(text: str) -> tuple[str, Domain]:
    """Returns the setting and domain of a text such as "learning_rate=1e-4..1e-1:log".

    >>> parse_try("batch_size=32,64")
    ('batch_size', Choice(values=(32, 64)))
    >>> parse_try("learning_rate=1e-4..1e-1:log")
    ('learning_rate', Range(low=0.0001, high=0.1, log=True, whole=False))

    Raises:
        InputError: it is something else.
    """
    name, mark, rest = text.partition("=")
    name = name.strip().replace("-", "_")
    if not mark or not name.isidentifier() or not rest.strip():
        raise InputError(
            "not a setting and its values",
            where="--try",
            expected="NAME=LOW..HIGH, NAME=LOW..HIGH:log or NAME=A,B,…",
            got=repr(text),
        )
    return name, _domain(name, rest)


def _domain(name: str, given: object) -> Domain:
    """Returns the domain of a setting: one, a text, a list, or (low, high) with "log".

    Raises:
        InputError: it is wrong; the error names the setting.
    """
    try:
        if isinstance(given, Range | Choice):
            return given
        if isinstance(given, str):
            return _parsed(name, given)
        if isinstance(given, Iterable):
            return Choice(tuple(given))
        return Choice((given,))
    except InputError as error:
        raise InputError(
            error.what, where=f"--try {name}", expected=error.expected, got=error.got
        ) from None


def _parsed(name: str, text: str) -> Domain:
    """Returns the domain of a text."""
    found = RANGE.fullmatch(text)
    if found is not None:
        low, high, scale = found.groups()
        if scale not in {None, "log", "linear"}:
            raise InputError("unknown scale", expected="log or linear", got=scale)
        return Range(float(low), float(high), scale == "log", name in WHOLE)
    if ".." in text and re.match(rf"\s*{NUMBER}\s*\.\.", text):
        raise InputError("not a range", expected="LOW..HIGH or LOW..HIGH:log", got=repr(text))
    return Choice(tuple(_values(text)))


def _values(text: str) -> Iterator[object]:
    """Yields the values of a list: numbers, True, False, None, and texts.

    Raises:
        InputError: one is empty.
    """
    parts: Sequence[str] = text.split("|") if "|" in text else text.split(",")
    words: dict[str, object] = {"true": True, "false": False, "none": None}
    for part in map(str.strip, parts):
        if not part:
            raise InputError("an empty value", expected="A,B,…", got=repr(text))
        if part.lower() in words and part != "none":
            yield words[part.lower()]
            continue
        for kind in (int, float):
            try:
                yield kind(part)
                break
            except ValueError:
                continue
        else:
            yield part
