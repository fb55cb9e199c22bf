"""A short run of the fuzzer on the kept corpus: no bytes break a promise of the readers."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from fuzz_input import one_input, picture
from spritenet.sprites import verify

HERE = Path(__file__).parent
CORPUS = sorted((HERE / "corpus").iterdir())


def mutated(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    """A few of the changes that fuzzers make: bits, bytes, numbers, lost and doubled parts."""
    changed = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 4])):
        place = chance.randrange(len(changed))
        other = chance.choice(others)
        kind = chance.randrange(6)
        if kind == 0:
            changed[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            changed[place] = chance.choice([0, 1, 127, 128, 255])
        elif kind == 2:
            number = chance.choice([0, 1, 255, 65535, 2**31 - 1, 2**31, 2**32 - 1])
            changed[place : place + 4] = number.to_bytes(4, "big")
        elif kind == 3:
            del changed[place : place + chance.randrange(1, 9)]
        elif kind == 4:
            changed[place:place] = changed[place : place + chance.randrange(1, 33)]
        else:
            from_ = chance.randrange(len(other))
            changed[place : place + 16] = other[from_ : from_ + 16]
        changed = changed or bytearray(1)
    return bytes(changed)


def test_the_corpus_keeps_all_promises(tmp_path: Path) -> None:
    """Every input that was ever worth keeping."""
    assert len(CORPUS) >= 19
    for path in CORPUS:
        one_input(path.read_bytes(), tmp_path / "input.png")


def test_the_seeds_are_whole_sprites(tmp_path: Path) -> None:
    """Also after their chunks were put right: else nothing deep is ever reached."""
    for name in ("draft", "grey", "rgb", "rgba"):
        for mode in range(3):
            path = tmp_path / "seed.png"
            path.write_bytes(picture((HERE / "corpus" / f"{name}-{mode}").read_bytes()))
            assert verify(path) == []


def test_five_hundred_changed_inputs_keep_all_promises(tmp_path: Path) -> None:
    """The same ones each time."""
    chance = random.Random(20)  # noqa: S311 - the same inputs each time, no secrets
    inputs = [path.read_bytes() for path in CORPUS]
    for _ in range(500):
        one_input(mutated(chance.choice(inputs), chance, inputs), tmp_path / "input.png")


def test_the_coverage_guided_fuzzer_finds_nothing(tmp_path: Path) -> None:
    """A seeded run of it; hours of them are for `make fuzz`."""
    pytest.importorskip("atheris", reason="pip install atheris")
    words = ["-runs=1500", "-seed=7", "-max_len=4096", f"-artifact_prefix={tmp_path}/"]
    done = subprocess.run(
        [sys.executable, HERE / "fuzz_sprites.py", *words, tmp_path, HERE / "corpus"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Done 15" in done.stderr, done.stderr[-3000:]
