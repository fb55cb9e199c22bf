"""The command line: turns arguments into calls, and errors into one line and an exit code.

No other package imports it. Each command has a file: train.py, pack.py, verify.py, … Heavy modules
are imported inside the commands, so that `spritenet --help` is quick.

    arguments.py, data_options.py, train_options.py   arguments and options
    datasets.py, models.py, image_files.py            what they name, read from disk
    experiment.py, train_log.py, live_line.py         training, and what it prints
    terminal.py, graphics.py                          output: tables, progress bars, images
    serving.py                                        pages of `draw`, `lab`, `collect`, `watch`

Exit codes: 0 success, 1 an internal error or a diverged training, 2 a user error, 130 Ctrl-C.
"""

from __future__ import annotations

import gc
import os
import sys
import warnings
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from spritenet.cli.terminal import PlainScreen, print_error
from spritenet.errors import CoreError, DataWarning, InputError, SpritenetError

__all__ = ["COMMANDS", "application", "main"]

COMMANDS = (
    "train",
    "tune-rate",
    "bench",
    "sweep",
    "evaluate",
    "report",
    "predict",
    "info",
    "pack",
    "unpack",
    "verify",
    "sheet",
    "clean",
    "suggest",
    "embed",
    "draw",
    "lab",
    "collect",
    "watch",
    "runs",
    "export",
    "convert",
    "quantize",
)
"""The commands in the order of the help: functions in the modules of their names, with `_`."""

DEVICES = ("--gpu", "--gpus", "--devices", "--cuda", "--no-cuda", "--mps", "--tpu", "--device")
"""Options of other programs that choose a processor."""

CHOOSE = "train, tune-rate, evaluate and report take --device cpu, cuda, mps or auto."

NEW_OBJECTS = 50_000
"""Objects from which on Python looks for garbage. By default it does at 700, a hundred times while
modules are imported, whose objects all stay: 15 ms."""


def application(*names: str) -> typer.Typer:
    """Returns the program with some of its commands, or with all of them.

    Typer inspects the arguments of every command, which takes as long as importing NumPy. So when
    a command is called by name, only that one is added.
    """
    app = typer.Typer(
        name="spritenet",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        help="Pack small images into sprites; train, evaluate and export networks on them.",
    )
    app.callback()(_program)
    for name in names or COMMANDS:
        function = name.replace("-", "_")
        module = import_module(f"spritenet.cli.{function}")
        app.command(name)(getattr(module, function))
    return app


def _version(wanted: bool) -> None:
    """Prints the version and exits."""
    if wanted:
        import spritenet

        print(f"spritenet {spritenet.__version__}")
        raise typer.Exit


def _program(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """The options of the program itself."""


def main() -> None:
    """Runs the command line of this process, and exits."""
    gc.set_threshold(NEW_OBJECTS)
    warnings.formatwarning = _format_warning
    sys.stdout, sys.stderr = PlainScreen(sys.stdout), PlainScreen(sys.stderr)
    try:
        words = [_expand_home(word) for word in sys.argv[1:]]
        called = [word for word in words[:1] if word in COMMANDS]
        code = application(*called)(words, prog_name="spritenet", standalone_mode=False)
    except Exception as error:  # noqa: BLE001 - the last place where it can be explained
        code = _explain(error)
    except KeyboardInterrupt:
        code = 130
    gc.freeze()  # Python looks for garbage several times as it ends: a tenth of a short training
    sys.exit(code if isinstance(code, int) else 0)


def _expand_home(word: str) -> str:
    """Returns a word with "~" expanded, which shells don't do in `--out=~/x`."""
    option, mark, path = word.rpartition("=") if word.startswith("--") else ("", "", word)
    home = path == "~" or path.startswith("~/")
    return option + mark + str(Path(path).expanduser()) if home else word


def _format_warning(
    message: Warning | str, category: type[Warning], *_: object, **__: object
) -> str:
    """Returns a warning as a line; that of a ambiguous reading is a note."""
    word = "note" if issubclass(category, DataWarning) else "warning"
    return f"{word}: {message}\n"


def _explain(error: Exception) -> int:
    """Prints an error as one line on standard error, and returns the exit code."""
    if isinstance(error, DataWarning):  # which --strict made an error
        print_error(f"{str(error).rstrip('.')}. Not allowed with --strict.")
        return 2
    if isinstance(error, SpritenetError):
        print_error(str(error))
        if isinstance(error, CoreError):
            print_error("This is a bug: please report it with the command you typed.")
        return 2 if isinstance(error, InputError) else 1
    if isinstance(error, BrokenPipeError):
        # The reader closed the pipe; nothing may be flushed into it any more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    if hasattr(error, "format_message"):
        return _explain_usage(error)
    if os.environ.get("SPRITENET_TRACEBACK", "") not in {"", "0"}:
        raise error
    print_error(
        f"{type(error).__name__}: {error}. This is a bug: please report it with the "
        "command you typed. SPRITENET_TRACEBACK=1 shows where it happened."
    )
    return 1


def _explain_usage(error: Any) -> int:  # noqa: ANN401 - typer's errors, whose class is private
    """Prints an error of usage, and returns the exit code."""
    if not error.format_message():
        return 0  # without arguments, the help was printed
    option = getattr(error, "option_name", "")
    if option in DEVICES:
        print_error(f"{option}: {CHOOSE}")
        return 2
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "spritenet"
    message = error.format_message().rstrip(".")
    print_error(f"{message}{'' if message.endswith('?') else '.'} Type {path} --help.")
    return 2
