"""Data curation: wrong labels, duplicates, outliers, and which images to label next.

cross_validation.py  probabilities by networks that weren't trained on the image
label_issues.py      labels that they contradict
outliers.py          nearest neighbours in features; images far from all others
findings.py          clean: all of these for a data set
changes.py           what to do with each image, as CSV; made in a copy
suggestion.py        suggest: the unlabelled images to label next
embedding.py         embed: features, a map of the images, nearest neighbours
"""

from __future__ import annotations

from spritenet.curation.changes import Change, apply_changes, read_changes, write_changes
from spritenet.curation.cross_validation import cross_val_predict
from spritenet.curation.embedding import Embedding, embed
from spritenet.curation.findings import Finding, Findings, clean, trainings
from spritenet.curation.label_issues import LabelIssues, find_label_issues
from spritenet.curation.suggestion import Suggestion, suggest

__all__ = [
    "Change",
    "Embedding",
    "Finding",
    "Findings",
    "LabelIssues",
    "Suggestion",
    "apply_changes",
    "clean",
    "cross_val_predict",
    "embed",
    "find_label_issues",
    "read_changes",
    "suggest",
    "trainings",
    "write_changes",
]
