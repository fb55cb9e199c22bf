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

from spritenet.runs.folder import Run

__all__ = ["Run"]
