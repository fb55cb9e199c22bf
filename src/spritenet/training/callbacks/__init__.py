"""Callbacks: users' code that is called during training.

    base              Callback: the hooks; plain functions are called with every event
    early_stopping    EarlyStopping
    learning_rate     LearningRateScheduler, ReduceLROnPlateau
    model_checkpoint  ModelCheckpoint
    functions         LambdaCallback
    monitor           Monitor: one metric, and the direction that is better

The loop knows only `Callbacks`.
"""

from __future__ import annotations

from spritenet.training.callbacks.base import AnyCallback, Callback, Callbacks, Logs
from spritenet.training.callbacks.early_stopping import EarlyStopping
from spritenet.training.callbacks.functions import LambdaCallback
from spritenet.training.callbacks.learning_rate import LearningRateScheduler, ReduceLROnPlateau
from spritenet.training.callbacks.model_checkpoint import ModelCheckpoint

__all__ = [
    "AnyCallback",
    "Callback",
    "Callbacks",
    "EarlyStopping",
    "LambdaCallback",
    "LearningRateScheduler",
    "Logs",
    "ModelCheckpoint",
    "ReduceLROnPlateau",
]
