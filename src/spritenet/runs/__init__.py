"""Runs: what a training leaves on disk.

    folder    config.json, events.jsonl, checkpoint/, model/: who may write there, and how
    lock      one training to a folder
    journal   events.jsonl, written: a line for each event
    lines     the same, read where one likes
    reader    the same, as a page follows it: a part of it where it is large
    controls  what is asked of a training while it works
    summary   a run in a few figures
    shelf     a folder of runs

It reads events and writes files; it knows no network.
"""

from __future__ import annotations

from spritenet.runs.controls import ask
from spritenet.runs.folder import Run
from spritenet.runs.journal import Journal, read_journal
from spritenet.runs.reader import Reader
from spritenet.runs.shelf import Shelf
from spritenet.runs.summary import Summary, summary

__all__ = ["Journal", "Reader", "Run", "Shelf", "Summary", "ask", "read_journal", "summary"]
