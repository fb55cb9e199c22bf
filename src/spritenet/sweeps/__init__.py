"""Many trainings of one model: with other seeds, and with other settings.

    settings         the settings in which trainings differ, applied to a model and its training
    thread_workers   trainings side by side in the threads of this process
    members          train_many, and Members: copies of a model that differ in seed and settings
    ensemble         Ensemble: the mean output of several models
    spread           Spread: mean, standard deviation and range of a metric over trainings

    sweep_call       sweep: the call that makes a Sweep
    sweep_results    Sweep: a search and its results
    sweep_plan       SweepPlan: the extent of a search; and the events of its trials
    search           Search: trials, spread over workers until the plan is done
    search_space     ranges and choices of settings
    study            Study: the next settings, and the trials to end early, by Optuna
    trial            Trial: one training of a sweep, as a file
    trial_worker     TrialWorker: trains trials, an epoch at a call
    process_workers  workers in processes of this machine
    worker_process   the program of such a process
    ray_workers      workers in a Ray cluster
    shared_pickle    objects whose arrays several processes share
    sweep_folder     the files of a sweep
    importance       the fraction of the metric's variation that each setting explains
    outcome          Outcome: the ranking, and whether the winner was lucky

Each training is `spritenet.train` on one thread: the same bits as alone.
"""

from __future__ import annotations

from spritenet.sweeps.ensemble import Ensemble
from spritenet.sweeps.members import Member, MemberEvent, Members, train_many
from spritenet.sweeps.outcome import Outcome
from spritenet.sweeps.spread import Spread
from spritenet.sweeps.sweep_call import sweep
from spritenet.sweeps.sweep_plan import TrialEvent
from spritenet.sweeps.sweep_results import Sweep
from spritenet.sweeps.trial import Trial

__all__ = [
    "Ensemble",
    "Member",
    "MemberEvent",
    "Members",
    "Outcome",
    "Spread",
    "Sweep",
    "Trial",
    "TrialEvent",
    "sweep",
    "train_many",
]
