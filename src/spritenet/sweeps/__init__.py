"""Many trainings of one model: with other seeds, and with other settings.

    settings        the settings in which trainings differ, applied to a model and its training
    thread_workers  trainings side by side in the threads of this process
    members         train_many, and Members: copies of a model that differ in seed and settings
    ensemble        Ensemble: the mean output of several models
    spread          Spread: mean, standard deviation and range of a metric over trainings

Each training is `spritenet.train` on one thread: the same bits as alone.
"""

from __future__ import annotations

from spritenet.sweeps.ensemble import Ensemble
from spritenet.sweeps.members import Member, MemberEvent, Members, train_many
from spritenet.sweeps.spread import Spread

__all__ = ["Ensemble", "Member", "MemberEvent", "Members", "Spread", "train_many"]
