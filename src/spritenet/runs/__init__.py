"""Runs: the files of a training on disk.

    run             one run: config.json, events.jsonl, checkpoint/, model/; one writer at a time
    journal         events.jsonl as it is written, a line an event
    journal_lines   its lines, with random access
    journal_follower  its new events for a page, sampled where it is long
    controls        commands to a training that is running
    summary         the figures of a run
    run_directory   a folder of runs

It reads events and writes files; it knows no network.
"""

from __future__ import annotations

from spritenet.runs.run import Run

__all__ = ["Run"]
