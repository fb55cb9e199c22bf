"""The core's pseudo-characters are those of the formulas in NumPy that described them first."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from spritenet.core import library
from spritenet.core.glyphs import KINDS, draw_glyphs
from spritenet.errors import CoreError

# Of the images that NumPy drew, operation by operation in float32: kind, seed, count.
DIGESTS = {
    "composed 0 5000": "659f6e385f85f0b714556e5b914c4da172fd0a4ad921c5b40df93850b3b6e44f",
    "composed 7 3000": "a06f4cf4f231b6cde412c2a57a65eee15b008d2c2c5227b82777b610979ec790",
    "composed -1 1000": "026e35a7e3b749aca0e36574e9389c65464203de47e0447382912f7d11654cee",
    "composed 9223372036854775813 1000": (
        "c327d75146043a2a447cb3caae25a6ed6f2d0f848b136fa0528da043d072b454"
    ),
    "random 0 5000": "07b58d1c13f40b9a360a5b7d97969489a658acba71f2efc35a8d5eb8a0932c3a",
    "random 7 3000": "edb313110800bc77c61a1c2a06e44fbf0164a22290e83abfcab908ae0d588c90",
    "random -1 1000": "e444c99a273e9f47c481cfc725f90a1a1d9c345ec4934f285577d6bcea9b7cd3",
    "random 9223372036854775813 1000": (
        "ca1936ae84e94776f50cc1fbbe901c80e1ed4fe19aa816d83e27d8de478abda1"
    ),
}
# Of signs NumPy drew none: what all instruction sets agree on.
SIGNS = {
    "signs 0 5000": "55c855ed8e46dd6c4757556c15db704b95397cc054bb06709b7078a57421aa94",
    "signs 9223372036854775813 1000": (
        "39949354dcf3de70ec22f9dbe98333bd9972172a04c07d623cd5da0403f7f9c3"
    ),
}

PROGRAM = """
import hashlib, sys
from spritenet.core.glyphs import draw_glyphs
for case in sys.argv[1:]:
    kind, seed, count = case.split()
    print(hashlib.sha256(draw_glyphs(kind, int(count), seed=int(seed))).hexdigest())
"""


def test_every_instruction_set_draws_what_numpy_drew() -> None:
    """With and without fused multiply-adds: every byte of 20,000 images, and of 6,000 signs."""
    expected = DIGESTS | SIGNS
    for level in library.builds():
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *expected],
            env={**os.environ, "SPRITENET_ISA": level},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.split() == list(expected.values()), level


def test_characters_are_the_same_however_many() -> None:
    """Image i is a function of seed and i; another seed draws others."""
    for kind in KINDS:
        many = draw_glyphs(kind, 120, seed=1)
        assert (draw_glyphs(kind, 40, seed=1) == many[:40]).all()
        assert (draw_glyphs(kind, 40, seed=2) != many[:40]).any()
        assert many.any(axis=(1, 2, 3)).all()
        assert draw_glyphs(kind, 0).shape == (0, 28, 28, 1)


def test_a_negative_number_is_refused() -> None:
    """In words."""
    with pytest.raises(CoreError, match="negative number of characters"):
        draw_glyphs("signs", -1)
