"""The command line: arguments become calls, errors become one line and an exit code.

Nobody imports it. One file a command: train.py, pack.py, verify.py, … Everything heavy
is imported inside the commands, so that `spritenet --help` answers at once.

Exit codes: 0 done, 1 our mistake, or a training that diverged, 2 the user's mistake, 130 Ctrl-C.
"""

from __future__ import annotations

import os
import sys
import warnings
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from spritenet.cli import clock
from spritenet.cli.terminal import complain
from spritenet.errors import CoreError, DataWarning, InputError, SpritenetError

__all__ = ["COMMANDS", "application", "clock", "main"]

COMMANDS = (
    "train",
    "evaluate",
    "report",
    "predict",
    "info",
    "pack",
    "unpack",
    "verify",
    "sheet",
    "draw",
    "lab",
    "watch",
    "runs",
    "export",
)
"""The commands, as help lists them. Each is the function of its name in the module of its name."""


DEVICES = ("--gpu", "--gpus", "--device", "--devices", "--cuda", "--no-cuda", "--mps", "--tpu")
"""Options with which other programs choose a processor."""

CPU_ONLY = "Spritenet trains and predicts on the CPU, on all cores; --threads says on how many."


def application(*names: str) -> typer.Typer:
    """The program with these of its commands, or with all of them.

    Typer asks every command for its arguments, which takes as long as NumPy's import. So a command
    that is called by its name is made alone.
    """
    app = typer.Typer(
        name="spritenet",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        help="Small images, the whole way: train a small network on them, judge it, ship it.",
    )
    app.callback()(_options)
    for name in names or COMMANDS:
        module = import_module(f"spritenet.cli.{name}")
        app.command(name)(getattr(module, name))
    return app


def _version(wanted: bool) -> None:
    """Print the version and end."""
    if wanted:
        import spritenet

        print(f"spritenet {spritenet.__version__}")
        raise typer.Exit


def _options(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """The options of the program itself."""


def main() -> None:
    """Run the command line of this process, and end it."""
    warnings.formatwarning = _noted
    try:
        words = [_at_home(word) for word in sys.argv[1:]]
        called = [word for word in words[:1] if word in COMMANDS]
        code = application(*called)(words, prog_name="spritenet", standalone_mode=False)
    except Exception as error:  # noqa: BLE001 - the last place where anything can be said of it
        code = _explain(error)
    except KeyboardInterrupt:
        code = 130
    sys.exit(code if isinstance(code, int) else 0)


def _at_home(word: str) -> str:
    """A typed word with "~" as the home folder: shells don't expand it in `--out=~/x`."""
    option, mark, path = word.rpartition("=") if word.startswith("--") else ("", "", word)
    home = path == "~" or path.startswith("~/")
    return option + mark + str(Path(path).expanduser()) if home else word


def _noted(message: Warning | str, category: type[Warning], *_: object, **__: object) -> str:
    """A warning in a line: a doubtful reading of data is a note."""
    word = "note" if issubclass(category, DataWarning) else "warning"
    return f"{word}: {message}\n"


def _explain(error: Exception) -> int:
    """Say what went wrong in one line on standard error; the exit code."""
    if isinstance(error, DataWarning):  # which --strict made an error
        complain(f"{str(error).rstrip('.')}. Not allowed with --strict.")
        return 2
    if isinstance(error, SpritenetError):
        complain(str(error))
        if isinstance(error, CoreError):
            complain("This is a mistake of ours: please report it with the command you typed.")
        return 2 if isinstance(error, InputError) else 1
    if isinstance(error, BrokenPipeError):
        # Whoever read our output has seen enough; nothing may be flushed into the pipe any more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    if hasattr(error, "format_message"):
        return _explain_usage(error)
    if os.environ.get("SPRITENET_TRACEBACK", "") not in {"", "0"}:
        raise error
    complain(
        f"{type(error).__name__}: {error}. This is a mistake of ours: please report it with the "
        "command you typed. SPRITENET_TRACEBACK=1 shows where it happened."
    )
    return 1


def _explain_usage(error: Any) -> int:  # noqa: ANN401 - typer's errors, whose class is private
    """Say what was typed wrongly."""
    if not error.format_message():
        return 0  # no arguments at all: help was shown
    option = getattr(error, "option_name", "")
    if option in DEVICES:
        complain(f"{option}: {CPU_ONLY}")
        return 2
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "spritenet"
    message = error.format_message().rstrip(".")
    complain(f"{message}{'' if message.endswith('?') else '.'} Type {path} --help.")
    return 2
