"""Problem: the kind of question a network answers, which decides what metrics mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["ANSWERS", "CLASSES", "NUMBERS", "Kind", "Problem"]

Kind = Literal["one class of several", "answers from 0 to 1", "numbers"]

CLASSES: Kind = "one class of several"
ANSWERS: Kind = "answers from 0 to 1"
NUMBERS: Kind = "numbers"


@dataclass(frozen=True, slots=True)
class Problem:
    """The outputs of a network, and what they are compared with.

    Attributes:
        kind: `CLASSES`: labels, or rows of probabilities; `ANSWERS`: each output is a yes or no;
            `NUMBERS`: any targets.
        outputs: k, the number of outputs.
        logits: the function that turns outputs into probabilities, "softmax" or "sigmoid"; empty
            where they are probabilities, or numbers.
    """

    kind: Kind
    outputs: int
    logits: str = ""
