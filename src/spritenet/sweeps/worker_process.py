"""The process of a worker: calls of a `TrialWorker`, from standard input to standard output.

python -c "from spritenet.sweeps.worker_process import main; main()" FOLDER PARENT
"""

from __future__ import annotations

import os
import pickle
import sys
import threading
import time
from pathlib import Path

__all__ = ["main"]


def main() -> None:
    """Answers calls until standard input ends. Arguments: folder of the workload, parent's id."""
    folder, parent = sys.argv[1:3]
    calls = sys.stdin.buffer
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a network prints is no answer
    threading.Thread(target=_end_with, args=(int(parent),), daemon=True).start()
    sys.path[:0] = pickle.load(calls)  # noqa: S301 - of our parent
    from spritenet.atomic import flush_files
    from spritenet.sweeps.shared_pickle import load
    from spritenet.sweeps.trial_worker import TrialWorker

    flush_files(False)  # a trial that a loss of power takes is trained again
    worker = TrialWorker(load(Path(folder)))
    _answer(answers, {"kind": "ready"})
    while True:
        try:
            name, argument = pickle.load(calls)  # noqa: S301 - of our parent
        except EOFError:
            return
        call = getattr(worker, name)
        _answer(answers, call() if argument is None else call(argument))


def _answer(answers: object, message: object) -> None:
    """Sends a message to the parent."""
    pickle.dump(message, answers)  # type: ignore[arg-type]  # a binary file
    answers.flush()  # type: ignore[attr-defined]  # the same


def _end_with(parent: int) -> None:
    """Ends this process soon after its parent is gone, also in the middle of a training."""
    while os.getppid() == parent or os.name == "nt":  # there, the next answer fails
        time.sleep(0.5)
    os._exit(1)
