"""Every error Spritenet raises on purpose, in one tree, and its one category of warnings.

    SpritenetError
    ├── InputError          the user's mistake: the command line exits with 2
    │   ├── DataError       a data file or array is not what it must be
    │   ├── DownloadError   a file could not be fetched or is not the one expected
    │   ├── ModelError      a network or a saved model can't be used
    │   │   ├── MissingKeyError         a figure or a weight array isn't there
    │   │   ├── UnsupportedError        a name or argument of Keras or PyTorch that isn't here
    │   │   └── UnsupportedImportError  the same in an import statement
    │   ├── RunError        a run's folder is busy, broken or belongs to something else
    │   └── MissingExtraError   an optional library isn't installed
    ├── DivergedError       training produced a loss that is not finite
    └── CoreError           a mistake of ours: the command line exits with 1

    UserWarning
    └── DataWarning         data was read, but in a way that may not be the one meant

A message is one line with up to five parts: where, what, expected, got, what to do.

    >>> print(DataError("the magic number is wrong", where="t10k.idx", expected=2051, got=7))
    t10k.idx: the magic number is wrong: expected 2051, got 7.
    >>> print(DataError("can't be read", where="a.parquet", got="No magic bytes."))
    a.parquet: can't be read: got No magic bytes.
"""

from __future__ import annotations

__all__ = [
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
]


class SpritenetError(Exception):
    """Base of all errors here. `str(error)` is the one line a person reads.

    Args:
        what: the problem, without a full stop.
        where: the file, argument or layer with the problem.
        expected: the valid values.
        got: the value that was given or found.
        do: the remedy, as a full sentence.
    """

    def __init__(
        self,
        what: str,
        *,
        where: object = "",
        expected: object = "",
        got: object = "",
        do: str = "",
    ) -> None:
        self.what = what
        self.where = str(where)
        self.expected = str(expected)
        self.got = str(got)
        self.do = do
        super().__init__(self._line())

    def __reduce__(self) -> tuple[object, ...]:
        """Pickled as it is: errors come back from other processes."""
        return _remade, (type(self), str(self), self.__dict__)

    def _line(self) -> str:
        line = f"{self.where}: {self.what}" if self.where else self.what
        facts = [
            f"{word} {fact}"
            for word, fact in (("expected", self.expected), ("got", self.got))
            if fact
        ]
        if facts:
            line += ": " + ", ".join(facts)
        if not (line.endswith(".") and line[-2:-1].isalpha()):  # other libraries' words end so
            line += "."
        if self.do:
            line += " " + self.do
        return " ".join(line.split())


def _remade(cls: type[SpritenetError], line: str, parts: dict[str, object]) -> SpritenetError:
    """An error that was pickled."""
    error = cls.__new__(cls, line)
    error.__dict__.update(parts)
    return error


class InputError(SpritenetError):
    """A wrong option, argument or file, which the user can correct."""


class DataError(InputError):
    """A data file or array is not what it must be: truncated, mislabelled, of another size."""


class DataWarning(UserWarning):
    """Warns of an assumption about data: the scale of its pixels, the column of its labels.

    `strict=True`, or `--strict`, makes each of them an error.
    """


class DownloadError(InputError):
    """A file could not be fetched, or its content is not the one that is known."""


class ModelError(InputError):
    """A network can't be built for this input, or a saved model can't be read."""


class MissingKeyError(ModelError, KeyError):
    """A figure or a weight array of that name isn't there."""

    __str__ = Exception.__str__  # KeyError's own would put the line in quotes


class UnsupportedError(ModelError, AttributeError, TypeError):
    """A name or an argument, often of Keras or PyTorch, isn't here; the message names our way.

    It is what Python itself would raise, too, so that `hasattr` works.
    """


class UnsupportedImportError(ModelError, ImportError):
    """The same for `from spritenet import …`."""


class RunError(InputError):
    """A run's folder is in use by another process, is broken, or holds something else."""


class MissingExtraError(InputError, ImportError):
    """A feature needs a library that is not installed; the message holds the command to type."""

    def __init__(self, feature: str, extra: str) -> None:
        InputError.__init__(
            self,
            f"{feature} needs a library that is not installed",
            do=f'Type: pip install "spritenet[{extra}]"',
        )
        self.extra = extra


class DivergedError(SpritenetError):
    """The loss became infinite or not a number. The last good weights are kept in the model."""


class CoreError(SpritenetError):
    """The core refused a call that its host should never have made: a bug, please report it."""
