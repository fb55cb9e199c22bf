"""Runs: what a training leaves on disk.

    folder   config.json, events.jsonl, checkpoint/, model/: who may write there, and how
    lock     one training to a folder
    journal  events.jsonl: a line for each event

It reads events and writes files; it knows no network.
"""

from __future__ import annotations

from spritenet.runs.folder import Run
from spritenet.runs.journal import Journal, read_journal

__all__ = ["Journal", "Run", "read_journal"]
