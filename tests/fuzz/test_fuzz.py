"""A short run of the fuzzer on the kept corpus: no bytes break a promise of the readers."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from fuzz_input import mutated, one_input, picture
from spritenet.sprites import verify

HERE = Path(__file__).parent
CORPUS = sorted((HERE / "corpus").iterdir())


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
    # Linux starts a program's peak memory at its parent's, which may have mapped gigabytes.
    words.append("-rss_limit_mb=0")
    done = subprocess.run(
        [sys.executable, HERE / "fuzz_sprites.py", *words, tmp_path, HERE / "corpus"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Done 15" in done.stderr, done.stderr[-3000:]
