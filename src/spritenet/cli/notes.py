"""What was left out of a data set, told at the end on standard error."""

from __future__ import annotations

import sys

from spritenet.dataset.load_warnings import LoadWarnings

__all__ = ["tell"]

LINES = 20
"""Of each kind at most; `--json` has all of them."""


def tell(remarks: LoadWarnings) -> None:
    """Print a line for each image that was left out, and for each note."""
    lines = [f"left out: {error}" for error in remarks.left_out]
    for kind in (lines, [f"note: {note}." for note in remarks.notes]):
        for line in kind[:LINES]:
            print(line, file=sys.stderr)
        if len(kind) > LINES:
            print(f"… and {len(kind) - LINES:,} more", file=sys.stderr)
