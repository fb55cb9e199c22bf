"""The output of `spritenet sweep`: a line for each trial, then the result."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from spritenet.cli import terminal
from spritenet.cli.watch import start_page
from spritenet.formatting import duration, percent, plural

if TYPE_CHECKING:
    from spritenet.sweeps import Outcome, Spread, Sweep, Trial, TrialEvent

__all__ = ["print_repeated", "run"]

MOST = 5
"""Trials in the table of the best."""

WORDS = {
    "finished": "",
    "pruned": "ended early",
    "stopped": "time is over",
    "diverged": "diverged",
    "failed": "failed",
}


def run(sweep: Sweep, *, quiet: bool, watch: bool = False, no_browser: bool = False) -> None:
    """Searches to the end, and prints the trials and the result.

    Args:
        sweep: not yet begun.
        quiet: print only a JSON object at the end.
        watch: open its page once it has begun.
        no_browser: print the page's address only.
    """
    try:
        for event in sweep.events:
            if watch and sweep.folder is not None:
                start_page(sweep.folder.path, no_browser=no_browser, quiet=quiet)
                watch = False
            if not quiet:
                for line in _lines(sweep, event):
                    print(line, flush=True)
    except KeyboardInterrupt:
        _explain_stop(sweep)
        raise typer.Exit(130) from None
    if quiet:
        terminal.print_json(_results(sweep))
        return
    _print_result(sweep)


def print_repeated(sweep: Sweep, number: int, *, json: bool) -> None:
    """Trains a trial again, and prints that its weights are the same.

    Raises:
        RunError: they differ.
    """
    model = sweep.repeat(number)
    if json:
        terminal.print_json({"trial": number, "weights_sha256": model.weights_sha256, "same": True})
        return
    print(f"trial {number} trained again, alone: the same weights, SHA-256 {model.weights_sha256}")


def _lines(sweep: Sweep, event: TrialEvent) -> Iterator[str]:
    """Yields the lines of an event."""
    trial = event.trial
    if event.kind == "lost":
        yield f"{_title(trial)}: its process died; it is trained again"
    if event.kind != "ended":
        return
    best = sweep.outcome.best
    parts = [_title(trial), _value(sweep, trial.value).rjust(9)]
    parts += [duration(trial.total_seconds).rjust(7), _settings(trial)]
    note = WORDS.get(trial.state, "")
    if best is trial:
        note = "best so far"
    line = "  ".join(parts)
    yield f"{line}  ({note})" if note else line
    if trial.error:
        yield f"    {trial.error}"


def _title(trial: Trial) -> str:
    """Returns the number of a trial, or its seed."""
    if trial.group == "seed":
        return f"seed {trial.settings['seed']:>4}"
    return f"trial {trial.number:>3}"


def _settings(trial: Trial) -> str:
    """Returns the settings in words, without the seed of the sweep."""
    from spritenet.sweeps.settings import Settings

    left_out = {"seed"}
    return str(Settings({k: v for k, v in trial.settings.items() if k not in left_out}))


def _value(sweep: Sweep, value: float | None) -> str:
    """Returns a value of the metric."""
    if value is None:
        return "–"
    return percent(value) if "accuracy" in sweep.outcome.metric else f"{value:.4g}"


def _print_result(sweep: Sweep) -> None:
    """Prints the best trials, the importance of settings, the other seeds, and what to do next."""
    outcome, folder = sweep.outcome, sweep.folder
    states: dict[str, int] = dict.fromkeys(WORDS, 0)
    for trial in outcome.searched:
        states[trial.state] = states.get(trial.state, 0) + 1
    counted = [f"{n} {WORDS.get(state) or state}" for state, n in states.items() if n]
    print(f"\n{plural(len(outcome.searched), 'trial')} in {duration(sweep.seconds)}: ", end="")
    print(", ".join(counted))
    best = sweep.best  # raises where no trial has finished
    _print_table(sweep)
    if sweep.importance:
        words = ", ".join(f"{name} {percent(part, 0)}" for name, part in sweep.importance.items())
        print(f"importance: {words}")
    for line in _merit(sweep, outcome):
        print(line)
    if folder is None:
        return
    run_path = folder.run_path(best)
    print(f"\nThe best model: {run_path / 'model'}\nNext, try")
    commands: list[list[object]] = [
        ["spritenet", "watch", folder.path],
        ["spritenet", "sweep", "--out", folder.path, "--repeat", best.number],
        ["spritenet", "sweep", "--out", folder.path, "--resume", "--trials", _more(outcome)],
    ]
    for command in commands:
        print(f"  {terminal.shell_command(command)}")


def _print_table(sweep: Sweep) -> None:
    """Prints the best trials."""
    outcome = sweep.outcome
    shown = terminal.table("trial", "settings", outcome.metric, "parameters", "seconds", left=2)
    for trial in outcome.ranked[:MOST]:
        shown.add_row(
            str(trial.number),
            _settings(trial),
            _value(sweep, trial.value),
            f"{trial.parameters:,}",
            f"{trial.seconds:.1f}",
        )
    terminal.print_table(shown)


def _merit(sweep: Sweep, outcome: Outcome) -> Iterator[str]:
    """Yields what other seeds say of the winner."""
    spread, test, best, luck = outcome.spread, outcome.test_spread(), outcome.best, outcome.luck
    if spread is None or best is None:
        return
    yield f"with other seeds: {outcome.metric} {_spread(sweep, spread)}"
    if luck is not None:
        word = "lucky" if luck > 1 else "unlucky" if luck < -1 else "neither lucky nor unlucky"
        side = "above" if _above(outcome) else "below"
        found = f"trial {best.number} was {word}: {_value(sweep, best.value)}"
        yield f"{found}, {abs(luck):.1f} standard deviations {side} the mean"
    alike = outcome.alike
    if alike:
        yield f"{plural(len(alike), 'other trial')} may be as good: within 2 standard deviations"
    if test is not None:
        yield f"test accuracy: {percent(test.mean)} ± {percent(test.std)}, {test.count} seeds"


def _above(outcome: Outcome) -> bool:
    """Returns True if the winner's value is above the mean of other seeds."""
    best, spread = outcome.best, outcome.spread
    return best is not None and spread is not None and best.score >= spread.mean


def _spread(sweep: Sweep, spread: Spread) -> str:
    """Returns a spread in words."""
    mean, std = _value(sweep, spread.mean), _value(sweep, spread.std)
    return f"{mean} ± {std} ({plural(spread.count, 'seed')})"


def _more(outcome: Outcome) -> int:
    """Returns a number of trials for which to go on."""
    return 2 * len(outcome.searched)


def _explain_stop(sweep: Sweep) -> None:
    """Prints how to go on after Ctrl-C."""
    if sweep.folder is None:
        return
    done = sum(trial.ended for trial in sweep.outcome.searched)
    print(f"\nStopped after {plural(done, 'trial')}. Resume with", file=sys.stderr)
    words = ["spritenet", "sweep", "--resume", "--out", sweep.folder.path]
    print(f"  {terminal.shell_command(words)}", file=sys.stderr)


def _results(sweep: Sweep) -> dict[str, object]:
    """Returns the object that `--json` prints."""
    folder, best = sweep.folder, sweep.best
    return {
        **sweep.outcome.to_json(),
        "importance": dict(sweep.importance),
        "seconds": sweep.seconds,
        "trials": [trial.to_json() for trial in sweep.outcome.trials],
        "folder": None if folder is None else str(folder.path),
        "model": None if folder is None else str(folder.run_path(best) / "model"),
    }
