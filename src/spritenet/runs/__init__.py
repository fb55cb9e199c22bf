"""Runs: what a training leaves on disk.

    folder          one run: config.json, events.jsonl, checkpoint/, model/; one writer at a time
    journal         events.jsonl as it is written, a line an event
    journal_format  the same as it is read, from any place on
    reader          the same as a page follows it, thinned out where it is long
    controls        commands to a training that is running
    summary         the figures of a run
    run_directory   a folder of runs

It reads events and writes files; it knows no network.
"""

from __future__ import annotations

from spritenet.runs.folder import Run

__all__ = ["Run"]
